"""The control socket and `weir status`."""
import contextlib
import itertools
import json
import os
import pathlib
import re
import resource
import socket
import stat
import time

import pytest

from conftest import file_to_file, wait_for
from test_delivery import Fake


def ask(weir, *arguments):
    return weir.command("status", "--data", weir.data, *arguments)


def status(weir):
    result = ask(weir, "--format", "json")
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def lane(weir, pipeline="p"):
    found = next(one for one in status(weir)["pipelines"] if one["name"] == pipeline)
    return found["flushers"][0]


def raw(weir, data, half_closed=False):
    """Bytes to the socket; what comes back until it is closed."""
    folder = os.open(weir.data, os.O_PATH)
    try:
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(20)
            client.connect(f"/proc/self/fd/{folder}/control.sock")
            try:
                client.sendall(data)
                if half_closed:
                    client.shutdown(socket.SHUT_WR)
                answer = b""
                while part := client.recv(65536):
                    answer += part
            except (BrokenPipeError, ConnectionResetError):
                return b""
            return answer
    finally:
        os.close(folder)


def test_why_it_does_not_send(weir):
    fake = Fake(weir, Script=["retry"],
                delivery={"RetryInitialDelay": "1h", "RetryMaxDelay": "1h"})
    host = weir.start(fake.path)
    host.wait_log("flush failed")
    one = wait_for(lambda: (found := lane(weir))["state"] == "retrying" and found, "a retry")
    assert one["name"] == "p/flusher_fake/1"
    assert one["retrying_batches"] == 1 and one["logs"]["left"] == 10
    assert one["last_error"]["words"] == "scripted retry"
    assert one["last_error"]["attempt"] == 1 and one["last_error"]["age"] < 60
    assert 0 < one["next_attempt_in"] <= 3600
    assert one["oldest_unsent_age"] > 0
    text = ask(weir).stdout
    row = next(line for line in text.splitlines() if line.startswith("p/flusher_fake/1"))
    assert re.search(r"retrying .* 10 .*scripted retry, .* ago; next try in \d+", row), text
    host.kill()


def test_what_has_been_delivered(weir):
    fake = Fake(weir)
    host = weir.start(fake.path)
    host.wait_log("running")
    wait_for(lambda: lane(weir)["logs"]["delivered"] == 10, "delivery")
    one = lane(weir)
    assert one["state"] == "idle" and one["last_error"] is None
    assert one["oldest_unsent_age"] == 0 and one["logs"]["received"] == 10
    found = status(weir)
    assert found["pid"] == host.process.pid
    assert found["pipelines"][0]["read_logs"] == 10


@pytest.mark.parametrize("options, state, field", [
    ({"UnreadyCalls": 1000000}, "not_ready", "retrying_batches"),
    ({"HangIn": "flush"}, "hanging", "flushing_batches"),
    ({"HangIn": "is_ready"}, "hanging", "flushing_batches"),
    ({"Script": ["never_settled"]}, "pending", "pending_batches"),
])
def test_states(weir, options, state, field):
    fake = Fake(weir, delivery={"FlushTimeout": "1s"}, **options)
    host = weir.start(fake.path)
    host.wait_log("running")
    one = wait_for(lambda: (found := lane(weir))["state"] == state and found, state)
    assert one[field] == 1
    host.kill()


def test_refused_pipelines_and_why(weir):
    fake = Fake(weir)
    bad = weir.pipeline("bad", '{"inputs": [], "flushers": [}')
    weir.pipeline("failing", json.dumps(json.loads(fake.path.read_text())).replace(
        '"Record"', '"FailInit": true, "Record"'))
    host = weir.start(fake.path, bad, weir.folder / "failing.json")
    host.wait_log("running")
    found = {one["name"]: one for one in status(weir)["pipelines"]}
    assert found["p"]["state"] == "running" and found["p"]["refused"] is None
    assert found["bad"]["state"] == "refused"
    assert re.search(r"bad\.json:1:\d+: W1\d\d\d: ", found["bad"]["refused"])
    assert found["failing"]["state"] == "refused"
    assert "told to fail" in found["failing"]["refused"]
    assert "bad: refused: " in ask(weir).stdout


def test_reading_nothing_says_why(weir):
    path = weir.pipeline("web", file_to_file(weir.folder / "none.log", weir.folder / "out"))
    host = weir.start(path)
    host.wait_log("running")
    assert "none.log" in status(weir)["pipelines"][0]["nothing_read"]
    assert "web: nothing read yet: " in ask(weir).stdout


def test_without_a_host(weir):
    weir.data.mkdir()
    result = ask(weir)
    assert result.returncode == 69
    assert str(weir.data) in result.stderr and not result.stdout


def test_socket_is_the_owners_alone_and_survives_a_kill(weir):
    fake = Fake(weir)
    host = weir.start(fake.path)
    host.wait_log("running")
    path = weir.data / "control.sock"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    host.kill()
    assert ask(weir).returncode == 69, "a dead host's socket answers nothing"
    second = weir.start(fake.path)
    second.wait_log("running")
    assert status(weir)["pid"] == second.process.pid
    assert second.stop() == 0
    assert not path.exists()


@pytest.mark.parametrize("data", [
    b"hello\n", b"{}\n", b"[]\n", b'"status"\n', b"{\n", b'{"command":5}\n', b"\0\n", b"\n",
    b'{"command":"nonsense"}\n',
])
def test_requests_that_are_none(weir, data):
    host = weir.start(Fake(weir).path)
    host.wait_log("running")
    answer = json.loads(raw(weir, data))
    assert answer["ok"] is False and answer["code"] == 64 and answer["error"]
    assert status(weir)["pid"] == host.process.pid


def test_a_request_without_end_is_cut_off(weir):
    host = weir.start(Fake(weir).path)
    host.wait_log("running")
    assert raw(weir, b"x" * 200_000) == b""
    assert status(weir)["pid"] == host.process.pid


@pytest.mark.parametrize("end", [b"\n", b""], ids=["newline", "none"])
@pytest.mark.parametrize("command", ["status", "reload", "spool list"])
def test_a_client_may_close_its_half(weir, command, end):
    """As `echo ... | nc -N` does: it is answered, also by what takes a while."""
    host = weir.start(Fake(weir).path)
    host.wait_log("running")
    answer = json.loads(raw(weir, json.dumps({"command": command}).encode() + end, half_closed=True))
    assert answer["ok"] is True, answer
    assert host.stop() == 0


def n_sockets(host):
    folder = pathlib.Path(f"/proc/{host.process.pid}/fd")
    n = 0
    for fd in folder.iterdir():
        with contextlib.suppress(FileNotFoundError):  # closed meanwhile
            n += os.readlink(fd).startswith("socket:")
    return n


def test_clients_that_go_away_before_their_answer(weir):
    """Wholly, or by half and then wholly; at last there are as many places as before."""
    host = weir.start(Fake(weir).path)
    host.wait_log("running")
    assert n_sockets(host) == 1, "where it listens"
    folder = os.open(weir.data, os.O_PATH)
    for i in range(100):
        client = socket.socket(socket.AF_UNIX)
        client.connect(f"/proc/self/fd/{folder}/control.sock")
        client.sendall(b'{"command":"reload"}\n'[:20 + i % 2])
        if i % 3:
            client.shutdown(socket.SHUT_WR)
        client.close()
    os.close(folder)
    assert status(weir)["pid"] == host.process.pid
    wait_for(lambda: n_sockets(host) == 1, "the ends")
    assert host.stop() == 0


def busy_s(host):
    """CPU seconds of the control thread."""
    fields = (pathlib.Path(f"/proc/{host.process.pid}/task/{host.process.pid}/stat")
              .read_text().rsplit(")", 1)[1].split())
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextlib.contextmanager
def descriptors_used_up(host):
    """The host has as many open as it may have."""
    pid = host.process.pid
    limits = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    used = {int(fd) for fd in os.listdir(f"/proc/{pid}/fd")}
    lowest_free = next(fd for fd in itertools.count() if fd not in used)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (lowest_free, limits[1]))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_NOFILE, limits)


def test_a_client_without_a_descriptor_waits_and_burns_nothing(weir):
    """The host has used up its descriptors: who asks is answered when there is one again."""
    host = weir.start(Fake(weir).path)
    host.wait_log("running")
    status(weir)
    folder = os.open(weir.data, os.O_PATH)
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(60)
        with descriptors_used_up(host):
            client.connect(f"/proc/self/fd/{folder}/control.sock")
            client.sendall(b'{"command":"status"}\n')
            before = busy_s(host)
            time.sleep(2)
            assert busy_s(host) - before < 0.2
        assert client.recv(10).startswith(b'{"ok":true')
    os.close(folder)
    assert host.stop() == 0


def test_second_host_names_the_first(weir):
    fake = Fake(weir)
    host = weir.start(fake.path)
    host.wait_log("running")
    result = weir.once(fake.path)
    assert result.returncode == 78
    assert "another weir runs on this data folder" in result.stderr
    assert f"pid={host.process.pid}" in result.stderr
    assert status(weir)["pid"] == host.process.pid, "the first goes on"
