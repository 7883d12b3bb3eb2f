"""The stop on the real binary: drained by deadline, and never kept up by foreign code."""
import signal
import time

import pytest

from conftest import file_to_file, wait_for
from test_delivery import FAST, Fake
from test_reload import World, calls, fake, mock, numbers, quick, world  # noqa: F401
from test_status import lane, status

# What a stop may take beyond the drain timeout: flushers get 5 s for stop(), and the
# calls around it a second or two.
STOP_S = 5 + 2 + 2


def stop_timed(host):
    assert host.stop() == 0, host.text()
    return host.stop_took()


def test_sigterm_delivers_what_has_been_read(weir):
    fake_one = Fake(weir, lines=2000, UnreadyCalls=20)
    host = weir.start(fake_one.path)
    host.wait_log("msg=running ")
    wait_for(lambda: lane(weir)["logs"]["received"] == 2000, "the lines")
    assert host.stop() == 0
    kinds = [call.split()[0] for call in fake_one.calls()]
    exiting = fake_one.calls().index("set_urgent exiting")
    assert kinds[0] == "init" and kinds[-1] == "stop" and kinds.count("stop") == 1
    assert "flush" in kinds[exiting:-1], "upstream's order: told, then asked and flushed, then stopped"
    lane_kinds = fake_one.of_the_lane()
    for i, kind in enumerate(lane_kinds):
        if kind == "flush":
            assert lane_kinds[i - 1] == "is_ready"
    assert sum(int(flush[2]) for flush in fake_one.flushes()) == 2000


def test_drain_goes_on_while_something_is_delivered(weir):
    """The deadline restarts at progress: many short retries outlast one timeout."""
    fake_one = Fake(weir, lines=200_000, Script=["retry", "retry", "retry", "delivered"] * 50,
                    delivery={"RetryInitialDelay": "60ms", "RetryMaxDelay": "60ms", "CircuitFailures": 0})
    host = weir.start("--drain-timeout", "500ms", fake_one.path)
    host.wait_log("msg=running ")
    wait_for(lambda: lane(weir)["logs"]["received"] == 200_000, "the lines")
    assert host.stop() == 0
    delivered = [flush for flush in fake_one.flushes() if flush[5] == "delivered"]
    assert sum(int(flush[2]) for flush in delivered) == 200_000


def test_second_signal_stops_at_once(weir):
    fake_one = Fake(weir, Script=["retry"])
    host = weir.start("--drain-timeout", "10m", fake_one.path)
    host.wait_log("flush failed")
    host.process.send_signal(signal.SIGTERM)
    wait_for(lambda: "set_urgent exiting" in fake_one.calls(), "the stop to begin")
    time.sleep(0.35)  # a signal within 300 ms counts as the same one
    assert host.process.poll() is None, "it drains"
    host.process.send_signal(signal.SIGTERM)
    assert host.process.wait(30) == 0
    assert host.at("msg=stopped") - host.at("stopping at once") < 5
    assert fake_one.calls()[-1] == "stop"


@pytest.mark.parametrize("call", ["init", "is_ready", "flush", "set_urgent", "stop"])
def test_call_that_never_returns(world, tmp_path, call):  # noqa: F811
    """It delays the exit by no more than its deadline, is named, and costs its neighbour
    nothing."""
    source, out = tmp_path / "in.log", tmp_path / "out"
    source.write_text("one\n")
    world.write("good", file_to_file(source, out))
    world.write("bad", quick([mock(10)], [fake(tmp_path / "r", HangIn=call)]))
    host = world.weir.start("--no-watch", "--drain-timeout", "300ms", world.folder)
    wait_for(lambda: out.exists() and out.read_text() == "one\n", "the neighbour's line")
    if call != "init":
        wait_for(lambda: any(pipeline["name"] == "bad" and pipeline["flushers"]
                             for pipeline in status(world.weir)["pipelines"]) and
                 lane(world.weir, "bad")["logs"]["received"] == 10, "the logs")
    if call in ("is_ready", "flush"):
        wait_for(lambda: lane(world.weir, "bad")["flushing_batches"], "the call")
    assert stop_timed(host) < 0.3 + STOP_S
    lines = [line for line in host.text().splitlines() if "hang" in line]
    assert any("flusher_fake/1" in line and "bad" in line for line in lines), host.text()


def test_many_that_hang_cost_no_more_than_one(world, tmp_path):  # noqa: F811
    for i in range(20):
        world.write(f"p{i}", quick([mock(1)], [fake(tmp_path / f"r{i}", HangIn="stop")]))
    host = world.start("--drain-timeout", "300ms")
    assert stop_timed(host) < 0.3 + STOP_S
    assert host.text().count("flusher hangs in stop and is left behind") == 20


def test_stop_during_the_first_load(world, tmp_path):  # noqa: F811
    """A SIGTERM while pipelines are being made: what was made is stopped in order."""
    for i in range(50):
        world.write(f"p{i}", quick([mock(5)], [fake(tmp_path / f"r{i}", tmp_path / f"out{i}")]))
    world.write("zz", quick([mock(1)], [fake(tmp_path / "rz", HangIn="init")]))
    host = world.weir.start("--no-watch", "--drain-timeout", "300ms", world.folder)
    wait_for(lambda: "init" in calls(tmp_path / "rz"), "the hanging init")
    assert stop_timed(host) < 2 * 0.3 + STOP_S
    for i in range(50):
        assert calls(tmp_path / f"r{i}")[-1:] in ([], ["stop"])
        assert len(numbers(tmp_path / f"out{i}")) == len(set(numbers(tmp_path / f"out{i}")))


@pytest.mark.parametrize("during", ["drain", "flushers"])
@pytest.mark.parametrize("change", ["added", "changed"])
def test_change_that_ends_after_the_stop_has_gone_on(world, tmp_path, during, change):  # noqa: F811
    """What hung comes back while others are still being stopped: it begins nothing any more,
    and the end is as soon as without it."""
    gate, record = tmp_path / "gate", tmp_path / "r"
    world.write("stays", quick([mock(10)], [fake(
        tmp_path / "s", **({"Script": ["retry"]} if during == "drain" else {"HangIn": "stop"}))]))
    if change == "changed":
        world.write("late", quick([mock(1)], [fake(tmp_path / "before")]))
    host = world.start("--drain-timeout", "1500ms")
    wait_for(lambda: lane(world.weir, "stays")["logs"]["received"] == 10, "the logs")
    gate.touch()
    world.write("late", quick([{"type": "service_mock", "detail": {"LogsPerSecond": 50}}],
                              [fake(record, HangIn="init", HangWhile=str(gate))]))
    host.process.send_signal(signal.SIGHUP)
    wait_for(lambda: calls(record) == ["init"], "the change to hang")
    host.process.send_signal(signal.SIGTERM)
    host.wait_log("hangs while its pipeline is changed")
    gate.unlink()
    assert host.stop() == 0, host.text()
    assert host.stop_took() < 2 * 1.5 + STOP_S
    assert calls(record) == ["init"]
