"""weir-plugin fuzz and weir-plugin bench."""
import json
import re
import subprocess

import pytest

from conftest import BUILD, ROOT, SANITIZED

TOOL = BUILD / "tools" / "weir-plugin"
ZOO = BUILD / "tests" / "plugins" / "zoo"
CONFIG = ROOT / "tests" / "plugins" / "zoo" / "verify-file.json"


def tool(*arguments):
    return subprocess.run([TOOL, *map(str, arguments)], capture_output=True, text=True,
                          errors="replace", timeout=120, stdin=subprocess.DEVNULL, check=False)


@pytest.mark.parametrize("name", ["good_plain", "good_cxx"])
def test_fuzz_finds_nothing_wrong_with_the_good_ones(name):
    plugin = ZOO / f"flusher_{name}.so"
    if not plugin.exists():
        pytest.skip("no C++ compiler")
    run = tool("fuzz", plugin, "-d", "1ms", "--seed", 7, "--config", CONFIG)
    assert run.returncode == 0, run.stdout + run.stderr
    assert run.stdout == "1 rounds, seeds 7 to 7: nothing found\n"


@pytest.mark.parametrize("name", ["keeps_batch", "crashes_on_empty_log", "settles_twice"])
def test_fuzz_finds_what_is_wrong_and_again(name):
    plugin = ZOO / f"flusher_{name}.so"
    run = tool("fuzz", plugin, "-d", "30s", "--config", CONFIG)
    assert run.returncode == 1, run.stdout + run.stderr
    assert "something is wrong" in run.stdout.splitlines()[-1]
    again = re.search(r"^again: weir-plugin (fuzz .*)$", run.stdout, re.M)[1]
    assert tool(*again.split()).returncode == 1


@pytest.mark.skipif(SANITIZED, reason="what a plugin may still use is left behind")
def test_bench_measures():
    run = tool("bench", ZOO / "flusher_good_plain.so", "-d", "20ms", "--format", "json",
               "--config", CONFIG)
    assert run.returncode == 0, run.stderr
    found = json.loads(run.stdout)
    assert found["type"] == "flusher_good_plain"
    assert [(size["logs"], size["bytes"]) for size in found["sizes"]] == [
        (1, 100), (16, 100), (256, 100), (1, 1024), (16, 1024), (256, 1024)]
    for size in found["sizes"]:
        assert size["flushes"] > 0 and size["not_delivered"] == 0
        assert size["logs_per_s"] > 0 and size["ns_per_group"] > 0
        assert size["times_blackhole"] > 1


@pytest.mark.skipif(SANITIZED, reason="what a plugin may still use is left behind")
def test_bench_prints_a_table():
    run = tool("bench", BUILD / "flushers" / "flusher_blackhole.so", "-d", "5ms")
    assert run.returncode == 0, run.stderr
    lines = run.stdout.splitlines()
    assert lines[0] == "flusher_blackhole" and len(lines) == 8


@pytest.mark.skipif(SANITIZED, reason="what a plugin may still use is left behind")
def test_bench_does_not_praise_what_delivers_nothing(tmp_path):
    config = tmp_path / "nowhere.json"
    config.write_text('{"config": {"FilePath": "/nowhere/at/all"}, "sink": "file:out"}')
    run = tool("bench", ZOO / "flusher_good_plain.so", "-d", "5ms", "--config", config)
    assert run.returncode == 1
    assert "batches were not delivered: RETRY: cannot write the file" in run.stderr


@pytest.mark.parametrize("arguments, words", [
    (("fuzz",), "which plugin?"),
    (("fuzz", "x.so", "-d", "soon"), "no time: soon"),
    (("fuzz", "x.so", "--seed", "-1"), "no seed: -1"),
    (("fuzz", "x.so", "-j", "0"), "no number of processes: 0"),
    (("bench",), "which plugin?"),
    (("bench", "x.so", "-d", "0"), "no time: 0"),
    (("bench", "x.so", "--format", "xml"), "no format: xml"),
])
def test_wrong_arguments(arguments, words):
    run = tool(*arguments)
    assert run.returncode == 64
    assert words in run.stderr


@pytest.mark.parametrize("command", ["fuzz", "bench"])
def test_a_file_that_is_not_there(command, tmp_path):
    run = tool(command, tmp_path / "absent.so")
    assert run.returncode == 66
    assert run.stderr == f"weir-plugin: {tmp_path / 'absent.so'}: No such file or directory\n"
