"""`weir check --connect`: whether destinations answer, asked in child processes."""
import json
import re
import socket

import pytest

from conftest import BUILD

FAKE = BUILD / "tests" / "fakes" / "flusher_fake.so"
INPUT = {"type": "input_stdin"}


def connect(weir, *paths, timeout="10s"):
    done = weir.command("check", "--plugins", weir.plugins, "--connect", "--connect-timeout",
                        timeout, "--format", "json", *paths)
    return done.returncode, json.loads(done.stdout)["diagnostics"]


def fake_pipeline(weir, **options):
    weir.write_plugins([FAKE])
    record = weir.folder / "calls"
    path = weir.pipeline("p", {"inputs": [INPUT], "flushers": [
        {"type": "flusher_fake", "detail": {"Record": str(record), **options}}]})
    return path, record


WRONG = [
    ({"Probe": "refuses"}, "W3001", "nobody is there"),
    ({"FailInit": True}, "W3003", "told to fail"),
    ({"Probe": "crashes"}, "W3004", "Aborted"),
    ({"Probe": "exits"}, "W3004", "ended the process"),
    ({"HangIn": "probe"}, "W3001", "probe hangs"),
    ({"HangIn": "init"}, "W3003", "init"),
]


@pytest.mark.parametrize("options, code, words", WRONG)
def test_what_is_wrong_is_said_at_its_flusher(weir, options, code, words):
    path, _ = fake_pipeline(weir, **options)
    status, (diag,) = connect(weir, path, timeout="300ms")
    assert status == 1
    assert diag["code"] == code and words in diag["message"]
    assert diag["file"] == str(path) and diag["line"] == 1 and diag["severity"] == "error"


def test_a_destination_that_answers(weir):
    path, record = fake_pipeline(weir)
    assert connect(weir, path) == (0, [])
    assert record.read_text().split() == ["init", "probe", "stop"], "and no data is sent"


def test_without_connect_nothing_is_run(weir):
    path, record = fake_pipeline(weir, Probe="refuses")
    assert weir.command("check", "--plugins", weir.plugins, path).returncode == 0
    assert not record.exists()


def test_no_connection_test_is_a_note(weir):
    path = weir.pipeline("p", {"inputs": [INPUT], "flushers": [{"type": "flusher_blackhole"}]})
    status, (diag,) = connect(weir, path)
    assert (status, diag["code"], diag["severity"]) == (0, "W3002", "note")


def test_flusher_http_gives_up_in_time(weir):
    """The server takes the connection and never begins with TLS."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"https://127.0.0.1:{server.getsockname()[1]}/"
        config = weir.pipeline("p", {"inputs": [INPUT], "flushers": [
            {"type": "flusher_http", "detail": {"RemoteURL": address}}]})
        status, (diag,) = connect(weir, config, timeout="1s")
    assert status == 1 and diag["code"] == "W3001"
    assert address in diag["message"] and "timed out" in diag["message"], diag["message"]


def test_every_flusher_of_every_file_is_asked(weir):
    weir.write_plugins([FAKE])
    record = weir.folder / "calls"
    flusher = {"type": "flusher_fake", "detail": {"Record": str(record), "Probe": "refuses"}}
    weir.pipeline("a", {"inputs": [INPUT], "flushers": [flusher, flusher]})
    weir.pipeline("b", {"inputs": [INPUT], "flushers": [flusher]})
    weir.pipeline("c", {"inputs": [INPUT], "flushers": [flusher], "enable": False})
    weir.pipeline("d", {"inputs": [INPUT], "flushers": [flusher], "oops": 1})
    status, found = connect(weir, weir.folder)
    assert status == 1
    assert sorted(diag["code"] for diag in found) == ["W1003", "W3001", "W3001", "W3001"]
    assert "flusher_fake/2" in found[1]["message"]


@pytest.mark.parametrize("path, words", [
    ("{folder}/new/deep/out.log", None),
    ("{folder}", "directory"),
    ("{folder}/p.json/out.log", "Not a directory"),
])
def test_flusher_file_looks_without_touching(weir, path, words):
    path = path.format(folder=weir.folder)
    config = weir.pipeline("p", {"inputs": [INPUT], "flushers": [
        {"type": "flusher_file", "detail": {"FilePath": path}}]})
    status, found = connect(weir, config)
    assert status == (1 if words else 0), found
    if words:
        assert found[0]["code"] == "W3001" and words in found[0]["message"]
    assert not (weir.folder / "new").exists()


def test_every_code_is_provoked(weir):
    listed = set(re.findall(r"^(W300\d) ", weir.command("explain").stdout, re.MULTILINE))
    assert listed == {code for _, code, _ in WRONG} | {"W3002"}
