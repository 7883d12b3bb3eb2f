"""Many pipelines: what each of them keeps when it has nothing to do."""
import json
import re

import pytest

from conftest import SANITIZED, wait_for

N = 1000
TEXT = 200 * b"192.0.2.7 - - [10/Oct/2026:13:55:36 +0000] \"GET /index.html HTTP/1.1\" 200 2326\n"


def write_pipelines(folder):
    """Each with a file of its own."""
    (folder / "logs").mkdir()
    (folder / "pipelines").mkdir()
    for i in range(N):
        (folder / "logs" / f"{i}.log").write_bytes(TEXT)
        (folder / "pipelines" / f"p{i:04}.json").write_text(json.dumps({
            "inputs": [{"type": "input_file", "detail": {"FilePaths": [str(folder / "logs" / f"{i}.log")]}}],
            "flushers": [{"type": "flusher_blackhole"}]}))
    return folder / "pipelines"


def number(host, name, file):
    with open(f"/proc/{host.process.pid}/{file}", encoding="ascii") as text:
        return int(re.search(rf"^{name}:\s+(\d+)", text.read(), re.M)[1])


@pytest.mark.skipif(SANITIZED, reason="a sanitizer build has a malloc of its own")
def test_what_a_pipeline_keeps_that_has_read_a_file(weir):
    host = weir.start(write_pipelines(weir.folder))
    wait_for(lambda: number(host, "rchar", "io") > N * len(TEXT), "all to be read")
    wait_for(lambda: number(host, "RssAnon", "status") < (26 << 10) + 15 * N, "memory to be given back")
