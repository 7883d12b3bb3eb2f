"""Results as a table, as JSON, and as a picture."""
import dataclasses
import json
import platform

COLORS = {"weir": "#1b6ca8", "limit": "#8a8a8a"}
OTHER_COLOR = "#c9b28f"


@dataclasses.dataclass
class Result:
    route: str
    program: str
    mb: float  # of the corpus
    wall_s: float = 0
    cpu_s: float = 0
    rss_mb: float = 0
    anon_mb: float = 0
    problem: str = ""

    @property
    def mb_per_core(self):
        return self.mb / max(self.cpu_s, 0.01)


def ratio(result, results, program):
    """How much more CPU than that program on the same route, None when there is none."""
    base = next((r for r in results if (r.route, r.program) == (result.route, program) and not r.problem), None)
    return result.cpu_s / max(base.cpu_s, 0.01) if base and not result.problem else None


def number(value, digits=2):
    return "" if value is None else f"{value:.{digits}f}"


def lay_out(rows):
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join("  ".join(cell.ljust(width) if i < 2 else cell.rjust(width)
                               for i, (cell, width) in enumerate(zip(row, widths))).rstrip() for row in rows)


def route_table(results):
    rows = [["route", "program", "wall s", "CPU s", "MB/s/core", "RSS MB", "CPU/limit", "CPU/weir"]]
    for result in results:
        if result.problem:
            rows.append([result.route, result.program, result.problem, "", "", "", "", ""])
            continue
        rows.append([result.route, result.program, number(result.wall_s), number(result.cpu_s),
                     number(result.mb_per_core, 0), number(result.rss_mb, 0),
                     number(ratio(result, results, "limit"), 1), number(ratio(result, results, "weir"), 1)])
    return lay_out(rows)


def scale_table(scaled):
    rows = [["of weir", "count", "CPU s", "RSS MB", "ready s", "idle %", "idle MB"]]
    rows += [[s.what, str(s.count), number(s.cpu_s), number(s.rss_mb, 0), number(s.ready_s), number(s.idle_percent),
              number(s.idle_rss_mb, 0)] for s in scaled]
    return lay_out(rows)


def version_table(versions):
    return "\n".join(f"{name}: {words}" for name, words in versions.items())


def as_json(results, scaled, lines, versions):
    return json.dumps({
        "lines": lines, "machine": platform.machine(), "kernel": platform.release(), "versions": versions,
        "routes": [{**dataclasses.asdict(r), "mb_per_core": round(r.mb_per_core, 1) if not r.problem else None,
                    "cpu_of_limit": ratio(r, results, "limit"), "cpu_of_weir": ratio(r, results, "weir")}
                   for r in results],
        "scale": [dataclasses.asdict(s) for s in scaled]}, indent=1)


def bar(y, result, longest):
    width = 470 * result.mb_per_core / longest
    color = COLORS.get(result.program, OTHER_COLOR)
    return (f'<text x="150" y="{y + 12}" text-anchor="end">{result.program}</text>'
            f'<rect x="156" y="{y + 1}" width="{max(width, 1):.1f}" height="13" fill="{color}"/>'
            f'<text x="{162 + width:.1f}" y="{y + 12}">{result.mb_per_core:,.0f}</text>')


def as_svg(results, words_of):
    """A bar for each program on each route, as long as what a core moves."""
    good = [r for r in results if not r.problem]
    longest = max(r.mb_per_core for r in good)
    parts, y = [], 34
    for route in dict.fromkeys(r.route for r in good):
        parts.append(f'<text x="8" y="{y + 12}" font-weight="bold">{words_of[route]}</text>')
        y += 18
        for result in (r for r in good if r.route == route):
            parts.append(bar(y, result, longest))
            y += 17
        y += 8
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 700 {y}" font-family="sans-serif" font-size="12">'
            f'<rect width="700" height="{y}" fill="white"/>'
            f'<text x="8" y="18" font-size="14" font-weight="bold">MB of logs for each second of one core</text>'
            + "\n".join(parts) + "</svg>\n")
