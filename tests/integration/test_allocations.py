"""Nothing is allocated per log: a run over three times the lines allocates the same."""
import os

import pytest

from conftest import BUILD, SANITIZED

COUNTER = BUILD / "tests" / "fakes" / "count_malloc.so"
LINE = "192.0.2.7 - frank [10/Oct/2026:13:55:36 +0000] \"GET /a/%d HTTP/1.1\" 200 2326 \"-\" \"curl/8\"\n"
REGEX = r'^(\S+) \S+ (\S+) \[([^\]]*)\] "(\S+) (\S+) [^"]*" (\d+) (\d+) "([^"]*)" "([^"]*)"$'
KEYS = ["ip", "user", "time", "method", "path", "status", "bytes", "referer", "agent"]

ROUTES = {
    "blackhole": ([], {"type": "flusher_blackhole"}),
    "regex to file": (
        [{"type": "processor_regex", "detail": {"SourceKey": "content", "Regex": REGEX, "Keys": KEYS}}],
        {"type": "flusher_file", "detail": {"FilePath": "out.jsonl"}}),
}


@pytest.fixture(scope="module")
def corpora(tmp_path_factory):
    folder = tmp_path_factory.mktemp("corpora")
    files = {}
    for millions in (1, 3):
        files[millions] = folder / f"{millions}m.log"
        with files[millions].open("w") as file:
            block = "".join(LINE % i for i in range(100_000))
            for _ in range(millions * 10):
                file.write(block)
    yield files
    for path in files.values():
        path.unlink()


# How full a queue gets depends on how busy the machine is; a small one fills at once,
# so both runs reach their steady state.
SMALL_QUEUE = {"QueueMaxBytes": "4MiB"}


def allocations(weir, name, source, processors, flusher):
    counts = weir.folder / f"{name}.counts"
    path = weir.pipeline(name, {
        "inputs": [{"type": "input_file", "detail": {"FilePaths": [str(source)]}}],
        "processors": processors, "flushers": [{**flusher, "delivery": SMALL_QUEUE}]})
    result = weir.command(
        *weir.run_arguments("--once", path),
        env={**os.environ, "LD_PRELOAD": str(COUNTER), "COUNT_MALLOC": str(counts)})
    assert result.returncode == 0, result.stderr
    return max(int(line) for line in counts.read_text().split())


@pytest.mark.skipif(SANITIZED, reason="a sanitizer build has a malloc of its own")
@pytest.mark.parametrize("route", ROUTES)
def test_allocations_do_not_grow_with_the_lines(weir, corpora, route):
    processors, flusher = ROUTES[route]
    few = allocations(weir, "few", corpora[1], processors, flusher)
    many = allocations(weir, "many", corpora[3], processors, flusher)
    print(f"{route}: {few} allocations for 1,000,000 lines, {many} for 3,000,000")
    assert abs(many - few) < 1000
