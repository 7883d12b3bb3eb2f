"""What a full-size run may cost, with WEIR_TEST_LONG=1: CPU seconds and peak memory, as
promised. Small runs say nothing of either."""
import json
import os
import subprocess
import sys

import pytest

from conftest import BUILD, ROOT, SANITIZED

TOOLS = ROOT / "tools" / "lib" / "bench"
LINES = 3_000_000
PEAK_MAX_MB = 48
HTTP_CPU_MAX_S = 1.5


@pytest.fixture(scope="module")
def measured(tmp_path_factory, request):
    """Rows of tools/bench by route: of two runs the least CPU, the most memory."""
    if os.environ.get("WEIR_TEST_LONG") != "1":
        pytest.skip("WEIR_TEST_LONG=1 runs it")
    if SANITIZED:
        pytest.skip("figures of a sanitized build are others")
    folder = tmp_path_factory.mktemp("bench")
    done = subprocess.run(
        [sys.executable, TOOLS / "main.py", "--build", BUILD, "--work", folder, "--programs", "weir",
         "--only", "http,trace", "--runs", "2", "--lines", str(LINES)],
        cwd=ROOT, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    yield {row["route"]: row for row in json.loads((folder / "result.json").read_text())["routes"]}
    for corpus in folder.glob("*.log"):
        corpus.unlink()


def test_lines_into_nginx(measured):
    if "http" not in measured:
        pytest.skip("no nginx")
    row = measured["http"]
    assert row["mb"] > 570
    assert row["cpu_s"] <= HTTP_CPU_MAX_S
    assert row["rss_mb"] <= PEAK_MAX_MB


def test_stack_traces_into_a_file(measured):
    assert measured["trace"]["rss_mb"] <= PEAK_MAX_MB
