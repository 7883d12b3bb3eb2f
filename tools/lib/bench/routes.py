"""The routes, and how it is known that an output is complete."""
import json
import re
from dataclasses import dataclass

import corpora
from measure import Failed


TRACE_BYTES_MAX = 64 << 10  # of the one that may be held back


@dataclass
class Route:
    name: str
    kind: str     # of the corpus
    words: str
    limit: str    # the mode of the bare limit that it is held against
    output: bool  # there is a file
    held_back: int = 0  # so many logs a daemon may wait with, for what comes next


ROUTES = [
    Route("none", "access", "read, thrown away", "none", False),
    Route("raw", "access", "to a file, as it is", "raw", True),
    Route("json", "access", "to a file, lines of JSON", "json", True),
    Route("spool", "access", "to a file, lines of JSON, through a spool", "json", True),
    Route("regex", "access", "nine captures, to a file of JSON", "json", True),
    Route("parse", "json", "JSON parsed, to a file of JSON", "json", True),
    Route("keyvalue", "keyvalue", "pairs split, to a file of JSON", "json", True),
    Route("trace", "trace", "stack traces joined, to a file of JSON", "json", True, held_back=1),
    Route("http", "access", "lines of JSON to nginx", "json", False),
]


def values(thing):
    """All strings and numbers in a JSON value, as text; numbers all written alike."""
    if isinstance(thing, dict):
        return [text for item in thing.values() for text in values(item)]
    try:
        return [str(float(thing))]
    except (TypeError, ValueError):
        return [str(thing)]


def expected_values(route, source):
    """Texts of the last log that one object of the output must have."""
    last = corpora.last_lines(source.path)[-1].decode()
    if route.name in ("json", "spool", "http"):
        return [last]
    if route.name == "regex":
        return list(re.match(corpora.ACCESS, last).groups())
    if route.name == "parse":
        return values(json.loads(last))
    if route.name == "keyvalue":
        return [pair.split("=", 1)[1] for pair in last.split(" ")]
    return []


def check(route, source, output):
    """Complains of an output that is not all there."""
    if route.name == "raw":
        if not corpora.equal(source.path, output):
            raise Failed(f"the output differs from the input ({output.stat().st_size} of {source.size} bytes)")
        return
    n_lines = corpora.count_lines(output)
    if not source.records - route.held_back <= n_lines <= source.records:
        raise Failed(f"the output has {n_lines} lines for {source.records} logs")
    if route.name == "trace" and output.stat().st_size < source.size - TRACE_BYTES_MAX:
        raise Failed(f"the output has {output.stat().st_size} bytes for {source.size}")
    wanted = {text for value in expected_values(route, source) for text in values(value)}
    # Some have several threads, and change the order a little.
    if not any(wanted <= set(values(json.loads(line))) for line in reversed(corpora.last_lines(output))):
        raise Failed(f"no line near the end has the values {sorted(wanted)[:4]} of the last log")
