"""Lanes on the real binary: verdicts, readiness, retry, stop."""
import re
import signal
import time

import pytest

from conftest import BUILD, file_to_file, wait_for

FAKE = BUILD / "tests" / "fakes" / "flusher_fake.so"
FAST = {"RetryInitialDelay": "10ms", "RetryMaxDelay": "20ms"}


class Fake:
    """One flusher_fake in a pipeline that reads `lines` numbered lines."""

    def __init__(self, weir, lines=10, delivery=None, **options):
        self.weir = weir
        self.record = weir.folder / "calls"
        self.source = weir.folder / "in.log"
        self.source.write_text("".join(f"line {i}\n" for i in range(lines)))
        weir.write_plugins([FAKE, BUILD / "flushers" / "flusher_file.so"])
        self.path = weir.pipeline("p", {
            "inputs": [{"type": "input_file", "detail": {"FilePaths": [str(self.source)]}}],
            "flushers": [{"type": "flusher_fake", "delivery": delivery or FAST,
                          "detail": {"Record": str(self.record), **options}}],
        })

    def once(self):
        return self.weir.once(self.path)

    def calls(self):
        return self.record.read_text().splitlines() if self.record.exists() else []

    def of_the_lane(self):
        """The kinds of the calls that never overlap: set_urgent may come amid any of them."""
        kinds = [call.split()[0] for call in self.calls()]
        return [kind for kind in kinds if kind != "set_urgent"]

    def flushes(self):
        keys = re.compile(r"flush id=(\d+) attempt=(\d+) logs=(\d+) replay=(\d) urgent=(\d) (\w+)")
        return [keys.match(call).groups() for call in self.calls() if call.startswith("flush")]


def done(result):
    """The numbers of the closing report."""
    line = next(line for line in result.stderr.splitlines() if "flusher=" in line and "left=" in line)
    return {key: int(value) for key, value in re.findall(r"(\w+)=(\d+)", line)}


def test_order_of_calls(weir):
    fake = Fake(weir)
    result = fake.once()
    assert result.returncode == 0, result.stderr
    assert [call for call in fake.calls() if call.startswith("set_urgent")] == ["set_urgent exiting"]
    calls = fake.of_the_lane()
    assert calls[0] == "init" and calls[-1] == "stop"
    assert calls.count("init") == calls.count("stop") == 1
    for i, call in enumerate(calls):
        if call == "flush":
            assert calls[i - 1] == "is_ready", "is_ready is asked right before every flush"
    assert done(result)["delivered"] == 10


@pytest.mark.parametrize("script, delivered, rejected, attempts, code", [
    (["retry", "retry", "delivered"], 10, 0, 3, 0),
    (["unknown", "delivered"], 10, 0, 2, 0),
    (["pending"], 10, 0, 1, 0),
    (["pending_retry", "delivered"], 10, 0, 2, 0),
    (["early"], 10, 0, 1, 0),
    (["rejected"], 0, 10, 1, 1),
    (["broken", "delivered"], 10, 0, None, 0),
])
def test_verdicts(weir, script, delivered, rejected, attempts, code):
    fake = Fake(weir, Script=script)
    result = fake.once()
    assert result.returncode == code, result.stderr
    assert done(result)["delivered"] == delivered
    assert done(result)["rejected"] == rejected
    if attempts:
        assert len(fake.flushes()) == attempts
        assert len({flush[0] for flush in fake.flushes()}) == 1, "a retry keeps its batch id"
        assert all(flush[3] == "1" for flush in fake.flushes()[1:]), "and says that it is one"


def test_broken_is_restarted(weir):
    fake = Fake(weir, Script=["broken", "delivered"])
    assert fake.once().returncode == 0
    kinds = [call.split()[0] for call in fake.calls()]
    assert kinds.count("init") == 2 and kinds.count("stop") == 2
    assert kinds.index("stop") < len(kinds) - 1 - kinds[::-1].index("init")


def test_marks_split_a_batch(weir):
    fake = Fake(weir, Script=["marks", "delivered"])
    result = fake.once()
    assert result.returncode == 1, result.stderr
    assert (done(result)["delivered"], done(result)["rejected"]) == (9, 1)
    assert [flush[2] for flush in fake.flushes()] == ["10", "1"]
    assert "bad log" in result.stderr


@pytest.mark.parametrize("notify", [False, True])
def test_waits_until_ready(weir, notify):
    fake = Fake(weir, UnreadyCalls=3, Notify=notify)
    result = fake.once()
    assert result.returncode == 0, result.stderr
    assert fake.calls().count("is_ready no") == 3
    assert done(result)["delivered"] == 10
    assert fake.flushes()[0][1] == "1", "waiting is no attempt"


def test_attempt_limit_drops_with_words(weir):
    fake = Fake(weir, Script=["retry"], delivery={**FAST, "RetryMaxAttempts": 3})
    result = fake.once()
    assert result.returncode == 1
    assert len(fake.flushes()) == 3
    assert done(result)["dropped"] == 10
    assert re.search(r"logs given up.*flusher=p/flusher_fake/1.*reason=attempts.*logs=10", result.stderr)


def test_what_cannot_be_delivered_is_left_and_read_again(weir):
    fake = Fake(weir, Script=["retry"])
    result = weir.command(*weir.run_arguments("--once", "--drain-timeout", "300ms", fake.path))
    assert result.returncode == 75, result.stderr
    assert done(result)["left"] == 10
    fake.path.write_text(fake.path.read_text().replace('"retry"', '"delivered"'))
    result = fake.once()
    assert result.returncode == 0, result.stderr
    assert done(result)["delivered"] == 10


@pytest.mark.parametrize("call", ["is_ready", "flush", "set_urgent", "stop"])
def test_hanging_call_does_not_hang_the_process(weir, call):
    fake = Fake(weir, HangIn=call)
    started = time.monotonic()
    result = weir.command(*weir.run_arguments("--once", "--drain-timeout", "500ms", fake.path))
    assert time.monotonic() - started < 30
    assert "flusher_fake" in result.stderr and "hang" in result.stderr, result.stderr
    if call in ("is_ready", "flush"):
        assert result.returncode == 75


def test_failing_init_refuses_its_pipeline_only(weir):
    fake = Fake(weir, FailInit=True)
    other = weir.pipeline("good", file_to_file(fake.source, weir.folder / "out"))
    result = weir.once(fake.path, other)
    assert result.returncode == 1, result.stderr
    assert "told to fail" in result.stderr
    assert (weir.folder / "out").read_text() == fake.source.read_text()


def test_dead_flusher_does_not_stop_its_neighbour(weir):
    fake = Fake(weir, lines=5000, Script=["retry"])
    config = fake.path.read_text()
    out = weir.folder / "out"
    extra = file_to_file(fake.source, out)["flushers"][0]
    import json
    both = json.loads(config)
    both["flushers"].append(extra)
    fake.path.write_text(json.dumps(both))
    host = weir.start(fake.path)
    wait_for(lambda: out.exists() and out.read_text() == fake.source.read_text(), "the neighbour's lines")
    host.process.send_signal(signal.SIGTERM)
    host.process.send_signal(signal.SIGTERM)
    host.process.wait(30)


def test_second_host_on_the_data_folder_refuses(weir):
    fake = Fake(weir)
    host = weir.start(fake.path)
    host.wait_log("running")
    result = weir.once(fake.path)
    assert result.returncode == 78
    assert "another weir" in result.stderr
    assert host.stop() == 0


def test_reading_nothing_says_why(weir):
    fake = Fake(weir)
    fake.source.unlink()
    result = fake.once()
    assert result.returncode == 0
    assert "nothing was read" in result.stderr and "in.log" in result.stderr


def test_many_dead_destinations_leave_memory_to_one_that_lives(weir):
    """Together their queues could hold more than the process may have."""
    source, out = weir.folder / "in.log", weir.folder / "out"
    line, lines = "x" * 1000 + "\n", 30000
    source.write_text(line * lines)
    weir.write_plugins([FAKE, BUILD / "flushers" / "flusher_file.so"])
    dead = [weir.pipeline(f"dead{i}", {
        "inputs": [{"type": "input_file", "detail": {"FilePaths": [str(source)]}}],
        "flushers": [{"type": "flusher_fake", "detail": {
            "Record": str(weir.folder / "calls"), "Script": ["retry"]}}],
    }) for i in range(20)]
    living = weir.pipeline("living", file_to_file(source, out))
    host = weir.start("--drain-timeout", "100ms", *dead, living)
    wait_for(lambda: out.exists() and out.stat().st_size == len(line) * lines, "all lines")
    host.stop()
