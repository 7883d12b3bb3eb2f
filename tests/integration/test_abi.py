"""Plugins built from the frozen headers of ABI 1.0 (tests/abi/v1/plugins), in today's host:
they are checked, loaded, given data and settled, and weir-plugin verify passes them."""
import json
import re
import subprocess

import pytest

from conftest import BUILD, ROOT, wait_for

SOURCES = ROOT / "tests" / "abi" / "v1" / "plugins"
PLUGINS = BUILD / "tests" / "abi" / "v1"
CXX = PLUGINS / "flusher_v1_cxx.so"
ALL = [PLUGINS / f"flusher_v1_{name}.so" for name in ("groups", "options", "pending")] \
    + ([CXX] if CXX.exists() else [])
N_LINES = 5000
needs_cxx = pytest.mark.skipif(not CXX.exists(), reason="built without a C++ compiler")


@pytest.fixture(name="v1")
def old_plugins(weir):
    weir.write_plugins(ALL)
    return weir


def pipeline(weir, kind, lines, processors=(), name="p", options=None, **more):
    """A pipeline from a file of these lines to flusher_v1_<kind>; and where it writes."""
    source, target = weir.folder / f"{name}.log", weir.folder / f"{name}.out"
    source.write_text("".join(f"{line}\n" for line in lines))
    path = weir.pipeline(name, {
        "inputs": [{"type": "input_file", "detail": {"FilePaths": [str(source)]}}],
        "processors": list(processors),
        "flushers": [{"type": f"flusher_v1_{kind}",
                      "detail": {"FilePath": str(target), **(options or {})}}],
        **more})
    return path, target


def read_lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def contents(logs):
    return [value for log in logs for key, value in log["contents"] if key == "content"]


def test_frozen_headers_are_all_they_are_built_from():
    commands = json.loads((BUILD / "compile_commands.json").read_text())
    ours = [c["command"] for c in commands if "tests/abi/v1/" in c["output"]]
    assert len(ours) == len(ALL)
    for command in ours:
        assert "-I../tests/abi/v1/include" in command and not re.search(r"-I\S*sdk/", command)


def test_verify_passes_them():
    done = subprocess.run(
        [BUILD / "tools" / "weir-plugin", "verify", "--level", "2", "--seed", "1", "--config",
         SOURCES / "weir-verify.json", *ALL],
        capture_output=True, text=True, timeout=300, check=False, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stdout
    passed = set(re.findall(r"^PASS +FLU-01 +flusher_v1_(\w+):", done.stdout, re.M))
    assert passed >= {"groups", "options", "pending"}, done.stdout


def test_they_are_listed_and_described(v1):
    done = v1.command("plugins", "--plugins", v1.plugins, "--format", "json")
    listed = {p["name"]: p for p in json.loads(done.stdout)["plugins"]}
    assert {"v1_groups", "v1_options", "v1_pending"} <= set(listed)
    said = v1.command("describe", "--plugins", v1.plugins, "flusher_v1_options").stdout
    assert "A number, and whether it was given." in said and "OldNumber" in said


def test_a_group_arrives_whole(v1):
    path, target = pipeline(
        v1, "groups", ["a", 'b"\\', "ü"],
        processors=[{"type": "processor_add_fields", "detail": {"Fields": {"k": "v"}}}],
        **{"global": {"Project": "project one", "Logstore": "store"}})
    done = v1.once(path)
    assert done.returncode == 0, done.stderr
    logs = read_lines(target)
    assert [contents([log["log"]])[0] for log in logs] == ["a", 'b"\\', "ü"]
    for log in logs:
        assert (log["project"], log["logstore"], log["config"]) == ("project one", "store", "p")
        assert ["k", "v"] in log["log"]["contents"] and log["log"]["time"] > 1_600_000_000
        assert log["source"] and log["tags"]


def test_options_of_every_type(v1):
    path, target = pipeline(v1, "options", ["a", "b"], options={
        "flag": False, "Integer": 10, "OldNumber": 3, "Ratio": 0.25, "Size": "1MiB",
        "Pause": "1m30s", "Mode": "fast", "Names": ["x", "y", "z"], "Headers": {"H": "v", "I": ""},
        "TLS": {"Verify": False, "CA": "me"},
        "Peers": [{"Host": "one"}, {"Host": "two", "Port": 8080}],
        "Extra": {"deep": [1, None]}, "Token": "secret"})
    assert v1.once(path).returncode == 0
    first, *logs = read_lines(target)
    assert json.loads(first.pop("extra")) == {"deep": [1, None]}
    assert first == {
        "flag": 0, "integer": 10, "number": 3, "given": 0, "ratio": 0.25, "size": 1 << 20,
        "pause": 90_000_000_000, "mode": "fast", "names": ["x", "y", "z"],
        "headers": [["H", "v"], ["I", ""]], "verify": 0, "ca": "me", "token_bytes": 6,
        "peers": [["one", 80], ["two", 8080]]}
    assert contents(logs) == ["a", "b"]


def test_defaults_of_every_type(v1):
    path, target = pipeline(v1, "options", ["a"], options={"Number": 9})
    assert v1.once(path).returncode == 0
    assert read_lines(target)[0] == {
        "flag": 1, "integer": -5, "number": 9, "given": 1, "ratio": 0.5, "size": 64 << 10,
        "pause": 2_000_000_000, "mode": "plain", "names": ["a", "b"], "headers": [], "verify": 1,
        "ca": "", "token_bytes": 0, "peers": [], "extra": ""}


@pytest.mark.parametrize("options, words", [
    ({"Numbr": 1}, "Number"),
    ({"Integer": 11}, "10"),
    ({"Ratio": 2}, "1"),
    ({"Size": "2GiB"}, "1GiB"),
    ({"Mode": "quick"}, "fast"),
    ({"Peers": [{"Port": 1}]}, "Host"),
    ({"TLS": {"Verify": "perhaps"}}, "Verify"),
])
def test_wrong_options_are_refused(v1, options, words):
    path, _ = pipeline(v1, "options", [], options=options)
    done = v1.command("check", "--plugins", v1.plugins, path)
    assert done.returncode == 1 and words in done.stdout + done.stderr


def test_probe(v1):
    path, _ = pipeline(v1, "options", [])
    command = ("check", "--connect", "--format", "json", "--plugins", v1.plugins)
    done = v1.command(*command, path)
    assert (done.returncode, json.loads(done.stdout)["diagnostics"]) == (0, [])
    path, _ = pipeline(v1, "options", [], options={"ProbeAnswer": "nobody home"})
    done = v1.command(*command, path)
    (diag,) = json.loads(done.stdout)["diagnostics"]
    assert done.returncode == 1 and diag["code"] == "W3001"
    assert "nobody home, with time left" in diag["message"]


def test_pending_and_marks(v1):
    lines = [json.dumps({"reject" if i % 1000 == 7 else "content": str(i)}) for i in range(N_LINES)]
    path, target = pipeline(v1, "pending", lines, processors=[
        {"type": "processor_json", "detail": {"SourceKey": "content", "KeepSource": False,
                                              "IgnoreFirstConnector": True}}])
    n_rejected = len(range(7, N_LINES, 1000))
    done = v1.once(path)
    assert done.returncode == 1, "some were rejected"
    assert f"delivered={N_LINES - n_rejected} rejected={n_rejected} dropped=0 left=0" in done.stderr
    assert contents(read_lines(target)) == [str(i) for i in range(N_LINES) if i % 1000 != 7]


@needs_cxx
@pytest.mark.parametrize("kind", ["cxx", "concurrent"])
def test_cxx(v1, kind):
    path, target = pipeline(v1, kind, [f"line {i}" for i in range(N_LINES)])
    assert v1.once(path).returncode == 0
    came = contents(read_lines(target))
    assert (came if kind == "cxx" else sorted(came, key=lambda line: int(line[5:]))) \
        == [f"line {i}" for i in range(N_LINES)]


def test_all_kinds_through_a_reload(v1):
    """Old plugins in a running host: stopped and made anew, and nothing is missing."""
    made = {kind: pipeline(v1, kind, ["first"], name=kind) for kind in ("groups", "options", "pending")}
    host = v1.start(*(path for path, _ in made.values()))
    wait_for(lambda: all(t.exists() and "first" in t.read_text() for _, t in made.values()), "first")
    for path, _ in made.values():
        config = json.loads(path.read_text())
        config["global"] = {"Logstore": "moved"}
        path.write_text(json.dumps(config))
    done = v1.command("reload", "--data", v1.data)
    assert done.returncode == 0, done.stdout + done.stderr
    for kind in made:
        with (v1.folder / f"{kind}.log").open("a") as source:
            source.write("second\n")
    wait_for(lambda: all("second" in t.read_text() for _, t in made.values()), "second")
    assert host.stop() == 0
    assert read_lines(made["groups"][1])[-1]["logstore"] == "moved"
    for _, target in made.values():
        assert [w for w in ("first", "second") for _ in range(target.read_text().count(w))] \
            == ["first", "second"]
