"""The admin page, the service manager's socket, and the log's forms."""
import contextlib
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import threading
import time

import pytest

from conftest import BUILD, ROOT, file_to_file, wait_for
from test_delivery import Fake
from test_status import status

GOLDEN = ROOT / "tests" / "golden" / "metrics.txt"


class Connection(http.client.HTTPConnection):
    """HTTP over a unix socket."""

    def __init__(self, path):
        super().__init__("localhost", timeout=30)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(30)
        self.sock.connect(self.path)


def get(path, url, method="GET", headers=None, body=None):
    connection = Connection(path)
    connection.request(method, url, body=body, headers=headers or {})
    answer = connection.getresponse()
    return answer.status, answer.read().decode(), dict(answer.getheaders())


@pytest.fixture
def page(tmp_path):
    """Short enough for an address."""
    folder = os.open(tmp_path, os.O_PATH)
    path = f"/tmp/weir-admin-{os.getpid()}-{folder}"
    yield path
    os.close(folder)
    if os.path.exists(path):
        os.unlink(path)


def start(weir, page, *paths):
    host = weir.start("--admin", f"unix:{page}", *paths)
    host.wait_log("msg=running ")
    return host


def families(text):
    return re.findall(r"^# TYPE (\S+) (\S+)$", text, re.M)


def value(text, name, **labels):
    for line in text.splitlines():
        if line.startswith((name + "{", name + " ")) and all(
                f'{key}="{wanted}"' in line for key, wanted in labels.items()):
            return float(line.rsplit(" ", 1)[1])
    raise AssertionError(f"no {name} {labels} in\n{text}")


def test_names_are_a_promise(weir, page):
    fake = Fake(weir)
    start(weir, page, fake.path)
    code, text, headers = get(page, "/metrics")
    assert code == 200 and headers["Content-Type"].startswith("text/plain; version=0.0.4")
    found = "".join(f"{name} {kind}\n" for name, kind in sorted(families(text))
                    if name == "weir_plugin_info" or not name.startswith(("weir_plugin_", "weir_input_")))
    assert found == GOLDEN.read_text(), "a name went, came or changed its kind"
    assert len(families(text)) == len({name for name, _ in families(text)}), "a family comes once"


@pytest.mark.skipif(not shutil.which("promtool"), reason="promtool is not installed")
def test_promtool_finds_nothing(weir, page):
    fake = Fake(weir, Script=["retry", "delivered"])
    hostile = weir.pipeline('a"b\\c\u00e9\udcff', fake.path.read_text())
    start(weir, page, fake.path, hostile, weir.pipeline("bad", "{"))
    text = wait_for(lambda: (text := get(page, "/metrics")[1]) and
                    value(text, "weir_flusher_sent_events_total", pipeline="p") == 10 and
                    'code="W3201",stage="flush"} ' in text and text, "delivery")
    result = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True,
                            text=True, check=False, timeout=60)
    assert result.returncode == 0 and not result.stderr, result.stdout + result.stderr
    assert 'pipeline="a\\"b\\\\c\u00e9\ufffd"' in text
    assert 'a"b\\c\u00e9\ufffd' in {found["name"] for found in status(weir)["pipelines"]}
    assert 'callback="is_ready",le="+Inf"} ' in text


def test_numbers_are_those_of_status(weir, page):
    fake = Fake(weir, Script=["marks", "delivered"])
    host = start(weir, page, fake.path)
    text = wait_for(lambda: (text := get(page, "/metrics")[1]) and
                    value(text, "weir_flusher_unsent_events") == 0 and
                    value(text, "weir_flusher_received_events_total") == 10 and text, "delivery")
    logs = status(weir)["pipelines"][0]["flushers"][0]["logs"]
    labels = {"pipeline": "p", "flusher": "flusher_fake/1", "type": "flusher_fake"}
    assert value(text, "weir_flusher_sent_events_total", **labels) == logs["delivered"] == 9
    assert value(text, "weir_flusher_discarded_events_total", reason="rejected", intentional="false") == 1
    assert value(text, "weir_flusher_retries_total", **labels) == logs["retries"] == 1
    assert value(text, "weir_flusher_send_duration_seconds_count", **labels) == logs["flushes"] == 2
    assert value(text, "weir_flusher_send_duration_seconds_bucket", le="+Inf") == 2
    assert value(text, "weir_flusher_state", state="idle") == 1
    assert value(text, "weir_pipeline_state", state="running") == 1
    assert value(text, "weir_pipeline_read_events_total") == 10
    assert value(text, "weir_config_last_reload_successful") == 1
    assert value(text, "weir_config_reloads_total", result="success") == 1
    assert value(text, "process_resident_memory_bytes") > 1 << 20
    assert abs(value(text, "process_start_time_seconds") - time.time()) < 300
    weir.pipeline("p", "{")
    host.process.send_signal(signal.SIGHUP)
    text = wait_for(lambda: (text := get(page, "/metrics")[1]) and
                    value(text, "weir_config_last_reload_successful") == 0 and text, "the bad reload")
    assert value(text, "weir_config_reloads_total", result="failure") >= 1
    assert value(text, "weir_pipeline_config_refused", pipeline="p") == 1
    assert value(text, "weir_flusher_sent_events_total", **labels) == 9, "what runs goes on"


def test_health(weir, page):
    fake = Fake(weir)
    host = start(weir, page, fake.path)
    assert get(page, "/livez")[:2] == (200, "ok\n")
    assert get(page, "/readyz")[:2] == (200, "ok\n")
    fake.path.write_text("{")
    host.process.send_signal(signal.SIGHUP)
    code, text, _ = wait_for(lambda: (found := get(page, "/readyz"))[0] == 503 and found, "503")
    assert re.match(r"p: refused: .*p\.json:1:", text)
    assert get(page, "/livez")[0] == 200


def test_nothing_can_be_changed_and_names_are_checked(weir, page):
    start(weir, page, Fake(weir).path)
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        assert get(page, "/metrics", method, body="x" * 100_000)[0] == 405
    assert get(page, "/metrics", "HEAD")[:2] == (200, "")
    assert get(page, "/nothing")[0] == 404
    assert get(page, "/metrics", headers={"Host": "evil.example"})[0] == 403
    assert get(page, "/metrics", headers={"Host": "127.0.0.1:9598"})[0] == 200
    assert get(page, "/metrics", headers={"Host": "localhost"})[0] == 200


@pytest.mark.parametrize("address, words", [
    ("0.0.0.0:0", "other machines"),
    ("[::]:0", "other machines"),
    ("192.0.2.1:80", "other machines"),
    ("example.com:80", "no address"),
    ("127.0.0.1:99999", "no address"),
    ("127.0.0.1", "no address"),
    ("nonsense", "no address"),
    ("unix:", "1 to 107 bytes"),
    ("unix:/nowhere/at/all", "cannot listen"),
])
def test_addresses_that_are_refused(weir, address, words):
    path = weir.pipeline("p", file_to_file(weir.folder / "in", weir.folder / "out"))
    result = weir.command(*weir.run_arguments("--admin", address, path))
    assert result.returncode == 64 and words in result.stderr, result.stderr


def test_loopback(weir):
    with socket.socket() as finder:
        finder.bind(("127.0.0.1", 0))
        port = finder.getsockname()[1]
    host = weir.start("--admin", str(port), Fake(weir).path)
    host.wait_log("msg=running ")
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", "/livez")
    assert connection.getresponse().status == 200
    assert host.stop() == 0


def answers(page):
    try:
        return get(page, "/livez")[0] == 200
    except BlockingIOError:  # those that are gone still wait to be accepted
        return False


def test_slow_and_many_clients_hurt_nobody(weir, page):
    start(weir, page, Fake(weir).path)
    clients = []
    for _ in range(40):
        client = socket.socket(socket.AF_UNIX)
        client.settimeout(5)
        try:
            client.connect(page)
            client.sendall(b"GET /metr")
        except (BlockingIOError, TimeoutError, ConnectionError):
            pass
        clients.append(client)
    assert status(weir)["pipelines"], "the control socket answers"
    for client in clients:
        client.close()
    wait_for(lambda: answers(page), "the page to answer again")


def test_clients_that_never_come_to_an_end_lose_their_place(weir, page):
    """A byte now and then is no request: who asks properly is answered all the same."""
    host = start(weir, page, Fake(weir).path)
    stop = threading.Event()
    clients = [socket.socket(socket.AF_UNIX) for _ in range(16)]
    for client in clients:
        client.connect(page)
        client.sendall(b"G")

    def dribble():
        while not stop.wait(0.3):
            for client in clients:
                with contextlib.suppress(OSError):  # it has lost its place
                    client.sendall(b"G")
    dribbler = threading.Thread(target=dribble)
    dribbler.start()
    try:
        wait_for(lambda: answers(page), "the page to answer")
        connection = Connection(page)
        for _ in range(3):
            connection.request("GET", "/livez")
            assert connection.getresponse().read() == b"ok\n"
        connection.close()
    finally:
        stop.set()
        dribbler.join()
        for client in clients:
            client.close()
    assert host.stop() == 0


# -- the service manager --


class Manager:
    """What systemd would hear."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(path)
        self.socket.settimeout(60)

    def hear(self):
        return dict(line.split("=", 1) for line in self.socket.recv(4096).decode().splitlines())

    def hear_until(self, key):
        while True:
            message = self.hear()
            if key in message:
                return message


@pytest.mark.parametrize("abstract", [False, True])
def test_service_manager_is_told(weir, page, abstract):
    manager = Manager("\0" + page if abstract else page)
    fake = Fake(weir)
    environment = {**os.environ, "NOTIFY_SOCKET": "@" + page if abstract else page,
                   "WATCHDOG_USEC": "400000"}
    host = weir.start(fake.path, weir.pipeline("bad", "{"), env=environment)
    assert "1 pipelines run, 1 refused" in manager.hear_until("READY")["STATUS"]
    for _ in range(3):
        manager.hear_until("WATCHDOG")
    host.process.send_signal(signal.SIGHUP)
    message = manager.hear_until("RELOADING")
    assert int(message["MONOTONIC_USEC"]) > 0
    assert manager.hear_until("READY")["READY"] == "1"
    host.process.send_signal(signal.SIGTERM)
    assert int(manager.hear_until("STOPPING")["EXTEND_TIMEOUT_USEC"]) >= 10_000_000
    assert host.process.wait(30) == 0


def test_no_watchdog_for_another_process(weir, page):
    manager = Manager(page)
    environment = {**os.environ, "NOTIFY_SOCKET": page, "WATCHDOG_USEC": "1000", "WATCHDOG_PID": "1"}
    host = weir.start(Fake(weir).path, env=environment)
    assert "READY" in manager.hear()
    host.process.send_signal(signal.SIGTERM)
    assert "STOPPING" in manager.hear()
    assert host.process.wait(30) == 0


# -- the log --


def test_log_forms(weir):
    source = weir.folder / "in.log"
    source.write_text("one\n")
    path = weir.pipeline("p", file_to_file(source, weir.folder / "out"))
    for form in ("json", "logfmt"):
        result = weir.command(*weir.run_arguments("--once", "--log-format", form, path))
        assert result.returncode == 0
        for line in result.stderr.splitlines():
            if form == "json":
                assert {"ts", "level", "msg"} <= set(json.loads(line)), line
            else:
                assert re.match(r'ts=\S+Z level=(info|warn|error) msg=("[^"]*"|\S+)( [a-z0-9_]+=("(\\.|[^"\\])*"|\S*))*$', line), line


def test_json_log_stays_json_with_bad_configurations(weir):
    result = weir.command(*weir.run_arguments(
        "--log-format", "json", weir.pipeline("bad", '{"inputs": 5, "x": "a\\"b"}')))
    assert result.returncode == 78
    lines = [json.loads(line) for line in result.stderr.splitlines()]
    assert any(line.get("code", "").startswith("W1") and "bad.json:1:" in line["what"] for line in lines)


def test_idle_costs_nothing(weir, page):
    """No thread polls: an idle host with a page uses less than 0.2 % of a core."""
    source = weir.folder / "in.log"
    source.write_text("one\n")
    path = weir.pipeline("p", file_to_file(source, weir.folder / "out"))
    host = start(weir, page, path)
    wait_for(lambda: (weir.folder / "out").exists(), "delivery")

    def cpu_ticks():
        fields = open(f"/proc/{host.process.pid}/stat", encoding="utf-8").read().rsplit(")", 1)[1].split()
        return int(fields[11]) + int(fields[12])

    def switches():
        total = 0
        for task in os.listdir(f"/proc/{host.process.pid}/task"):
            text = open(f"/proc/{host.process.pid}/task/{task}/status", encoding="utf-8").read()
            total += int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)", text, re.M)[1])
        return total

    ticks, wakes = cpu_ticks(), switches()
    time.sleep(3)
    assert switches() - wakes < 3 * 15, "something polls"
    assert cpu_ticks() - ticks <= 1


CALLBACKS = "weir_flusher_callback_duration_seconds"
ERRORS = "weir_flusher_errors_total"
# What the flusher does, the code and the call that it is counted under.
BY_ANSWER = [
    (["retry", "delivered"], "W3201", "flush"),
    (["pending_retry", "delivered"], "W3201", "flush"),
    (["marks", "delivered"], "W3202", "flush"),
    (["broken", "delivered"], "W3203", "flush"),
    (["unknown", "delivered"], "W5001", "flush"),
    (["settles_unknown", "delivered"], "W5004", "settle"),
    (["settles_twice"], "W5005", "settle"),
    (["marks_nothing"], "W5006", "mark"),
]
AT_RELOAD = [
    ({"FailStop": True}, "W3205", "stop"),
    ({"HangIn": "flush"}, "W3206", "flush"),
    ({"HangIn": "stop"}, "W3206", "stop"),
    ({"HangIn": "set_urgent"}, "W5003", "set_urgent"),
]
ELSEWHERE = {"W3204", "W5002"}


def change_options(fake, **options):
    """The same flusher with these options and no other; the source is not touched."""
    config = json.loads(fake.path.read_text())
    config["flushers"][0]["detail"] = {"Record": str(fake.record), **options}
    fake.path.write_text(json.dumps(config))


def errors(page):
    found = re.findall(ERRORS + r'\{pipeline="p",flusher="([^"]+)",type="[^"]+",code="(W\d+)",stage="(\w+)"\} (\d+)',
                       get(page, "/metrics")[1])
    return {(code, stage): int(count) for _, code, stage, count in found}


def settled(page):
    text = get(page, "/metrics")[1]
    return value(text, "weir_flusher_received_events_total") == 10 \
        and value(text, "weir_flusher_unsent_events") == 0 and text


@pytest.mark.parametrize("script, code, stage", BY_ANSWER)
def test_errors_are_counted_by_code(weir, page, script, code, stage):
    fake = Fake(weir, Script=script)
    start(weir, page, fake.path)
    wait_for(lambda: settled(page), "delivery")
    expected = {(code, stage): 1}
    if script[0] in ("marks", "unknown", "settles_unknown"):
        expected["W3201", "flush"] = 1  # something is sent again, too
    assert errors(page) == expected


@pytest.mark.parametrize("options, code, stage", AT_RELOAD)
def test_errors_outlive_the_flusher(weir, page, options, code, stage):
    fake = Fake(weir, **options)
    start(weir, page, "--drain-timeout", "300ms", fake.path)
    wait_for(lambda: any(call.startswith("flush") for call in fake.calls()), "a flush")
    change_options(fake, Copy=str(weir.folder / "copy"))
    done = weir.command("reload", "--data", weir.data)
    assert done.returncode == 0, done.stdout + done.stderr
    wait_for(lambda: settled(page), "delivery by the new one")
    assert errors(page) == {(code, stage): 1}


def test_an_init_that_fails_later_is_counted(weir, page):
    marker = weir.folder / "fails"
    fake = Fake(weir, lines=0, Script=["broken", "delivered"], FailInitIf=str(marker))
    start(weir, page, fake.path)
    marker.touch()
    fake.source.write_text("".join(f"line {i}\n" for i in range(10)))
    wait_for(lambda: errors(page).get(("W3204", "init")), "the new one to fail")
    marker.unlink()
    wait_for(lambda: settled(page), "delivery")
    assert errors(page)["W3203", "flush"] == 1


def test_pending_of_a_class_that_is_not_async_is_counted(weir, page):
    fake = Fake(weir)
    weir.write_plugins([BUILD / "tests" / "plugins" / "zoo" / "flusher_pending_without_async.so"])
    config = json.loads(fake.path.read_text())
    config["flushers"] = [{"type": "flusher_pending_without_async",
                           "detail": {"FilePath": str(weir.folder / "out")}}]
    start(weir, page, weir.pipeline("p", config))
    wait_for(lambda: errors(page).get(("W5002", "flush")), "the misbehaviour")


def test_every_code_of_errors_is_provoked(weir):
    listed = set(re.findall(r"^(W(?:32|50)\d\d) ", weir.command("explain").stdout, re.M))
    assert listed == {code for _, code, _ in BY_ANSWER + AT_RELOAD} | ELSEWHERE


def test_calls_are_measured(weir, page):
    fake = Fake(weir, Script=["retry", "delivered"], UnreadyCalls=3)
    start(weir, page, fake.path)
    text = wait_for(lambda: settled(page), "delivery")
    calls = [call.split()[0] for call in fake.calls()]
    for callback in ("init", "is_ready", "flush"):
        assert value(text, CALLBACKS + "_count", callback=callback) == calls.count(callback)
        assert value(text, CALLBACKS + "_bucket", callback=callback, le="+Inf") == calls.count(callback)
    assert 'callback="stop"' not in text, "only what has been called has a line"
    assert value(text, "weir_flusher_send_duration_seconds_count") == 2
    change_options(fake, Script=["delivered"])
    assert weir.command("reload", "--data", weir.data).returncode == 0
    text = get(page, "/metrics")[1]
    for callback, times in (("init", 2), ("set_urgent", 1), ("stop", 1), ("flush", 2)):
        assert value(text, CALLBACKS + "_count", callback=callback) == times, callback


def test_a_send_lasts_until_the_verdict(weir, page):
    """flush returns at once and settle never comes: a call has ended, a send has not."""
    fake = Fake(weir, Script=["never_settled", "delivered"])
    start(weir, page, fake.path)
    text = wait_for(lambda: (text := get(page, "/metrics")[1]) and 'callback="flush"' in text and text, "flush")
    assert value(text, CALLBACKS + "_count", callback="flush") == 1
    assert value(text, "weir_flusher_send_duration_seconds_count") == 0
