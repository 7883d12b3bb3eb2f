"""tools/bench: a small run of all that Weir does in it, and that it does not believe what is incomplete."""
import json
import os
import pathlib
import signal
import subprocess
import sys
import xml.etree.ElementTree

import pytest

from conftest import BUILD, ROOT, wait_for

TOOLS = ROOT / "tools" / "lib" / "bench"
ROUTES = {"none", "raw", "json", "spool", "regex", "parse", "keyvalue", "trace"}


@pytest.fixture(scope="module")
def bench():
    """The modules of the tool."""
    sys.path.insert(0, str(TOOLS))
    import corpora
    import measure
    import routes
    yield {"corpora": corpora, "measure": measure, "routes": routes}
    sys.path.remove(str(TOOLS))


def run(folder, *arguments, **more):
    return subprocess.run([ROOT / "tools" / "bench", "--work", folder, *map(str, arguments)], capture_output=True,
                          text=True, timeout=120, **more)


def test_a_quick_run(tmp_path):
    done = run(tmp_path, "--quick", "--lines", 3000, "--programs", "weir,limit,cat",
               env={**os.environ, "WEIR_BUILD": str(BUILD)})
    assert done.returncode == 0, done.stdout + done.stderr
    result = json.loads((tmp_path / "result.json").read_text())
    weir = {row["route"]: row for row in result["routes"] if row["program"] == "weir"}
    assert ROUTES <= set(weir), done.stderr
    assert set(result["versions"]) == {"weir", "limit", "cat"} and result["versions"]["weir"].startswith("weir ")
    assert all(row["cpu_s"] > 0 and not row["problem"] for row in weir.values())
    assert {row["program"] for row in result["routes"] if row["route"] == "raw"} == {"weir", "limit", "cat"}
    assert {(row["what"], row["count"]) for row in result["scale"]} == {
        (what, count) for what in ("pipelines", "files") for count in (1, 100)}
    xml.etree.ElementTree.parse(tmp_path / "result.svg")
    assert not list(tmp_path.glob("run-*")), "outputs are removed"


def test_corpora_are_the_same_each_time(tmp_path, bench):
    for kind in ("access", "json", "keyvalue", "trace"):
        made = []
        for name in ("a", "b"):
            (tmp_path / name).mkdir(exist_ok=True)
            made.append(bench["corpora"].make(BUILD, tmp_path / name, kind, 2700).path.read_bytes())
        assert made[0] == made[1] and made[0].endswith(b"\n")


def broken(lines):
    """Each way in which an output of JSON lines is not all there."""
    yield lines[:-1]
    yield lines[:5] + lines[6:]
    yield lines + lines[-1:]
    yield lines[:-1] + [lines[-1].replace("4", "5")]
    yield lines[:-1] + ["{}"]


def test_incomplete_outputs_are_told(tmp_path, bench):
    source = bench["corpora"].make(BUILD, tmp_path, "access", 100)
    route = {route.name: route for route in bench["routes"].ROUTES}
    output = tmp_path / "out"
    good = [json.dumps({"content": line}) for line in source.path.read_text().splitlines()]
    output.write_text("\n".join(good) + "\n")
    bench["routes"].check(route["json"], source, output)
    for lines in broken(good):
        output.write_text("".join(line + "\n" for line in lines))
        with pytest.raises(bench["measure"].Failed):
            bench["routes"].check(route["json"], source, output)
    for text in (b"", source.path.read_bytes()[:-1], source.path.read_bytes().replace(b"7", b"8", 1)):
        output.write_bytes(text)
        with pytest.raises(bench["measure"].Failed):
            bench["routes"].check(route["raw"], source, output)


def test_a_program_that_loses_is_a_failure(tmp_path):
    """A cat that leaves the last line out."""
    fake = tmp_path / "bin" / "cat"
    fake.parent.mkdir()
    fake.write_text("#!/bin/sh\nexec head -n -1 \"$1\"\n")
    fake.chmod(0o755)
    done = subprocess.run(
        ["/usr/bin/python3", TOOLS / "main.py", "--build", BUILD, "--work", tmp_path, "--lines", "100",
         "--runs", "1", "--only", "raw", "--programs", "cat"],
        env={**os.environ, "PATH": f"{fake.parent}:{os.environ['PATH']}"}, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "the output differs" in done.stdout


def is_alive(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_all_that_was_started(tmp_path, number):
    """A cat that never ends, with a child of its own."""
    pids = tmp_path / "pids"
    fake = tmp_path / "bin" / "cat"
    fake.parent.mkdir()
    fake.write_text(f"#!/bin/sh\n[ $1 = --version ] && exit\nsleep 1000 &\necho $$ $! > {pids}.part\n"
                    f"mv {pids}.part {pids}\nwait\n")
    fake.chmod(0o755)
    process = subprocess.Popen(
        ["/usr/bin/python3", TOOLS / "main.py", "--build", BUILD, "--work", tmp_path, "--lines", "100",
         "--runs", "1", "--only", "raw", "--programs", "cat"],
        env={**os.environ, "PATH": f"{fake.parent}:{os.environ['PATH']}"})
    try:
        wait_for(pids.exists, "the program to run")
        started = pids.read_text().split()
        assert len(started) == 2 and all(map(is_alive, started))
        process.send_signal(number)
        assert process.wait(20) == -number
        wait_for(lambda: not any(map(is_alive, started)), "their end")
        assert not list(tmp_path.glob("run-*")), "outputs are removed"
    finally:
        process.kill()


def test_unknown_names_are_refused(tmp_path):
    done = run(tmp_path, "--only", "rwa", env={**os.environ, "WEIR_BUILD": str(BUILD)})
    assert done.returncode == 2 and "not rwa" in done.stderr
