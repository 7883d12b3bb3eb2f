"""See tools/bench."""
import argparse
import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path

import corpora
import measure
import nginx
import report
import routes
import scale
from measure import Failed
from programs import Setting, Weir, all_programs
from unpacked import Unpacked

LINES, QUICK_LINES = 3_000_000, 60_000
RUNS = 3
SCALE_LINES, QUICK_SCALE_LINES = 1_000_000, 20_000
COUNTS, QUICK_COUNTS = (1, 10, 100, 1_000, 10_000), (1, 100)
SCALES = ("pipelines", "files")
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# An idle host looks for changes less and less often: it is left alone before it is looked at.
SETTLE_S, LOOK_S = 16, 10
QUICK_SETTLE_S, QUICK_LOOK_S = 0.5, 0.5


def names(text):
    return text.split(",")


def options():
    parser = argparse.ArgumentParser(add_help=False, usage="tools/bench --help")
    parser.add_argument("--build", type=Path, required=True)
    parser.add_argument("--unpack", type=str.split, default=[])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", type=names)
    parser.add_argument("--programs", type=names)
    parser.add_argument("--lines", type=int)
    parser.add_argument("--runs", type=int)
    parser.add_argument("--work", type=Path)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--svg", type=Path)
    given = parser.parse_args()
    given.build = given.build.resolve()
    given.work = (given.work or given.build / "bench").resolve()
    given.lines = given.lines or (QUICK_LINES if given.quick else LINES)
    given.runs = given.runs or (1 if given.quick else RUNS)
    known = [route.name for route in routes.ROUTES] + list(SCALES)
    for name in given.only or []:
        if name not in known:
            parser.error(f"--only takes {' '.join(known)}, not {name}")
    return given


def say(words):
    print(words, file=sys.stderr, flush=True)


class Bench:
    def __init__(self, given):
        self.given = given
        given.work.mkdir(parents=True, exist_ok=True)
        self.unpacked = Unpacked(given.unpack if self.wants_others() else [], given.work)
        self.programs = [program for program in all_programs(given.build, self.unpacked)
                         if not given.programs or program.name in given.programs]
        self.results, self.scaled = [], []

    def wants_others(self):
        return not self.given.programs or {"rsyslog", "syslog-ng"} & set(self.given.programs)

    def wants(self, name):
        return not self.given.only or name in self.given.only

    def setting(self, folder, sink=None):
        return Setting(self.given.build, Path(folder), self.unpacked, sink)

    def run_once(self, program, route, source):
        """What it took; None when the program has no way to do it."""
        with tempfile.TemporaryDirectory(dir=self.given.work, prefix="run-") as folder:
            output = Path(folder) / "out"
            sink = nginx.Sink(Path(folder) / "nginx") if route.name == "http" else None
            try:
                taken = program.run(route, source, self.setting(folder, sink), output)
                if taken and route.output:
                    routes.check(route, source, output)
                if taken and sink:
                    sink.check(source.size)
                return taken
            finally:
                if sink:
                    sink.close()

    def run_route(self, route):
        source = corpora.make(self.given.build, self.given.work, route.kind, self.given.lines)
        if route.name == "http" and not shutil.which("nginx"):
            say("http: nginx is not on PATH")
            return
        best = {}
        for _ in range(self.given.runs):  # in turn, so that what else the machine does hits all
            for program in self.programs:
                problem = best.get(program.name) and best[program.name].problem
                if not problem and not program.there():
                    self.run_and_note(program, route, source, best)
        self.results += best.values()

    def run_and_note(self, program, route, source, best):
        result = report.Result(route.name, program.name, source.size / 1e6)
        try:
            taken = self.run_once(program, route, source)
            if not taken:
                return
            result.wall_s, result.cpu_s = taken.wall_s, taken.cpu_s
            result.rss_mb, result.anon_mb = taken.rss_mb, taken.anon_mb
        except Failed as failure:
            result.problem = str(failure)
        say(f"{route.name} {program.name}: {result.problem or f'{result.cpu_s:.2f} s CPU'}")
        before = best.get(program.name)
        if before and not result.problem:
            result.rss_mb = max(result.rss_mb, before.rss_mb)
            result.anon_mb = max(result.anon_mb, before.anon_mb)
        if not before or result.problem or result.cpu_s < before.cpu_s:
            best[program.name] = result
        else:
            before.rss_mb, before.anon_mb = result.rss_mb, result.anon_mb

    def run_scale(self, what):
        quick = self.given.quick
        lines = min(self.given.lines, QUICK_SCALE_LINES if quick else SCALE_LINES)
        source = corpora.make(self.given.build, self.given.work, "access", lines)
        for count in QUICK_COUNTS if quick else COUNTS:
            with tempfile.TemporaryDirectory(dir=self.given.work, prefix="run-") as folder:
                self.scaled.append(scale.scale(
                    Weir(self.given.build), self.setting(folder), what, source, count,
                    QUICK_SETTLE_S if quick else SETTLE_S, QUICK_LOOK_S if quick else LOOK_S))
            say(f"{what} {count}: {self.scaled[-1].cpu_s:.2f} s CPU")

    def run(self):
        for program in self.programs:
            if program.there():
                say(f"{program.name}: {program.there()}")
        for route in routes.ROUTES:
            if self.wants(route.name):
                self.run_route(route)
        for what in SCALES:
            if self.wants(what) and any(program.name == "weir" for program in self.programs):
                self.run_scale(what)

    def tell(self):
        versions = {program.name: program.version() for program in self.programs if not program.there()}
        print(report.version_table(versions))
        if self.results:
            print(report.route_table(self.results))
        if self.scaled:
            print(report.scale_table(self.scaled))
        json_path = self.given.json or self.given.work / "result.json"
        json_path.write_text(report.as_json(self.results, self.scaled, self.given.lines, versions), encoding="utf-8")
        if any(not result.problem for result in self.results):
            words = {route.name: route.words for route in routes.ROUTES}
            svg_path = self.given.svg or self.given.work / "result.svg"
            svg_path.write_text(report.as_svg(self.results, words), encoding="utf-8")


class Told(BaseException):
    """A signal says that this is to end."""


def end_on_signals():
    def end(number, _):
        for other in SIGNALS:
            signal.signal(other, signal.SIG_IGN)
        measure.end_children()
        raise Told(number)

    for number in SIGNALS:
        signal.signal(number, end)


def main():
    given = options()
    end_on_signals()
    try:
        bench = Bench(given)
        bench.run()
    except Told as told:
        signal.signal(told.args[0], signal.SIG_DFL)
        os.kill(os.getpid(), told.args[0])
    except Failed as failure:
        say(f"bench: {failure}")
        return 1
    bench.tell()
    return 1 if any(result.problem for result in bench.results) else 0


if __name__ == "__main__":
    sys.exit(main())
