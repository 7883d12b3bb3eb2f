"""Starts, stops and restarts while lines come in."""
import signal
import time

import pytest

from world import wait_for

DRAIN_S = 2  # as Torture.start() says
CHECKPOINTS_CLOSE_S = 5
STOP_S, GRACE_S = 5, 2  # what a flusher's last call gets, and the step that waits for it


def test_stop_and_start_again_and_again(torture, long_form):
    """Catalogue 62: an orderly stop repeats nothing."""
    log = torture.folder / "a.log"
    torture.pipeline(log)
    with torture.feeding(log, pause=0.005):
        for _ in range(40 if long_form else 6):
            torture.start()
            torture.running()
            torture.expect_some(100)
            assert torture.host.stop() == 0, torture.host.text()
        torture.start()
    assert torture.finish().twice() == 0


def test_stop_while_the_disk_of_the_checkpoints_hangs(torture):
    """Catalogue 14, 62: the end comes all the same; at worst more is read again."""
    log = torture.folder / "a.log"
    torture.preload = True
    torture.pipeline(log)
    torture.start()
    torture.stream().append(log, 5_000)
    torture.expect_all()
    fault = torture.faults.lag("sync", "/checkpoints/", 60_000)
    torture.streams[0].append(log, 5_000)
    torture.expect_all()
    torture.host.stop()
    assert torture.host.stop_took() < DRAIN_S + CHECKPOINTS_CLOSE_S + GRACE_S
    assert fault.lift() and "checkpoints cannot be written in time" in torture.host.text()
    torture.kills += 1
    torture.start()
    torture.finish()


@pytest.mark.parametrize("mood", ["hang", "down", "unready", "later 60000"])
def test_stop_while_the_destination_is_ill(torture, mood):
    """Catalogue 62: the end comes by the deadline, and a restart has everything."""
    log = torture.folder / "a.log"
    torture.pipeline(log)
    torture.stream().append(log, 5_000)
    torture.sink.tell(mood)
    torture.start()
    wait_for(lambda: torture.sink.times(mood.split()[0]), "the mood")
    torture.host.stop()
    assert torture.host.stop_took() < DRAIN_S + STOP_S + GRACE_S + 1
    torture.kills += 1
    torture.sink.tell("up")
    torture.start()
    torture.finish()


def test_second_signal_stops_at_once(torture):
    """Catalogue 62: whoever asks twice does not want to wait."""
    log = torture.folder / "a.log"
    torture.pipeline(log)
    torture.stream().append(log, 5_000)
    torture.sink.tell("down")
    torture.paths += ["--drain-timeout", "60s"]
    torture.start()
    wait_for(lambda: torture.sink.times("down"), "a flush")
    torture.host.process.send_signal(signal.SIGTERM)
    torture.host.wait_log("msg=stopping")
    time.sleep(0.5)  # closer together, two signals count as one
    torture.host.stop()
    assert torture.host.at("msg=stopped") - torture.host.at("stopping at once") < 5
    torture.kills += 1
    torture.sink.tell("up")
    torture.start()
    torture.finish()


def test_stopped_while_it_starts(torture):
    """Catalogue 62: a signal at any moment of the start."""
    log = torture.folder / "a.log"
    torture.pipeline(log)
    torture.stream().append(log, 5_000)
    for i in range(20):
        torture.start()
        time.sleep(0.004 * i)
        torture.host.process.send_signal(signal.SIGTERM)
        assert torture.host.process.wait(20) in (0, -signal.SIGTERM), torture.host.text()
    torture.start()
    assert torture.finish().twice() == 0


def test_two_hosts_on_one_data_folder(torture):
    """Catalogue 21: the second refuses, and the first does not notice."""
    log = torture.folder / "a.log"
    torture.pipeline(log)
    torture.stream().append(log, 5_000)
    torture.start()
    torture.running()
    first = torture.host
    second = torture.weir.start(*torture.paths)
    assert second.process.wait(20) not in (0, -signal.SIGSEGV)
    assert str(torture.weir.data) in second.text()
    torture.host = first
    assert torture.finish().twice() == 0
