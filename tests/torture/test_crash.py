"""The process ends without warning, or thinks it does."""
import signal
import time

import pytest

from world import wait_for


@pytest.mark.parametrize("queue", ["64KiB", "32MiB"])
@pytest.mark.parametrize("mode", ["up", "slow 5", "later 20"])
def test_kill_again_and_again(torture, long_form, mode, queue):
    """Catalogue 1: SIGKILL at random moments while lines come in."""
    log = torture.folder / "in.log"
    torture.pipeline(log, queue=queue)
    torture.sink.tell(mode)
    with torture.feeding(log, pause=0.002):
        for _ in range(100 if long_form else 6):
            torture.start()
            torture.expect_some()
            time.sleep(torture.random.uniform(0, 0.3))  # the moment is what is random
            torture.kill()
        torture.start()
    torture.finish()


@pytest.mark.parametrize("call, part, every", [
    ("open", "in.log", 1),
    ("read", "in.log", 2),
    ("write", "sink.lines", 1),
    ("write", "sink.control", 2),
    ("write", "/checkpoints/", 4),
    ("sync", "/checkpoints/", 2),
    ("open", "/checkpoints/", 2),
    ("open", "flusher_sink.so", 3),
])
def test_kill_at_a_point(torture, call, part, every):
    """Catalogue 4: between any two steps, three times each."""
    log = torture.folder / "in.log"
    torture.preload = True
    torture.pipeline(log, queue="1MiB")
    stream = torture.stream()
    fired = 0
    for _ in range(3):
        stream.append(log, 5_000)
        torture.faults.used = 0
        fault = torture.faults.kill(call, part, every)
        torture.start()
        assert torture.ended() == -signal.SIGKILL
        fired += fault.lift()
    assert fired == 3
    torture.start()
    torture.finish()


@pytest.mark.parametrize("word, code", [
    ("segv", -signal.SIGSEGV), ("abort", -signal.SIGABRT), ("exit", 3)])
def test_plugin_ends_the_process(torture, word, code):
    """Catalogue 6, 7: a crash in a flusher costs a restart and no line."""
    log = torture.folder / "in.log"
    torture.pipeline(log)
    stream = torture.stream()
    for _ in range(3):
        stream.append(log, 5_000)
        torture.sink.tell(word)
        torture.start()
        assert torture.ended() == code
    assert torture.sink.times(word) >= 3
    torture.sink.tell("up")
    torture.start()
    torture.finish()


def test_stopped_for_a_while(torture):
    """Catalogue 9: SIGSTOP, SIGCONT; timers are behind and nothing is lost."""
    log = torture.folder / "in.log"
    torture.pipeline(log)
    torture.start()
    with torture.feeding(log, pause=0.005):
        for _ in range(5):
            torture.expect_some()
            torture.host.process.send_signal(signal.SIGSTOP)
            time.sleep(0.3)
            torture.host.process.send_signal(signal.SIGCONT)
    assert torture.finish().twice() == 0


@pytest.mark.parametrize("seconds", [-3600, 86400])
def test_clock_jumps(torture, seconds):
    """Catalogue 10: waits are by the monotonic clock, so a jump neither stalls nor hurries."""
    log = torture.folder / "in.log"
    torture.preload = True
    torture.pipeline(log)
    torture.start()
    with torture.feeding(log, pause=0.005):
        torture.expect_some()
        torture.sink.tell("down")
        torture.faults.shift_clock(seconds)
        downs = torture.sink.times("down")
        time.sleep(1)
        assert torture.sink.times("down") - downs < 200, "no storm"
        wait_for(lambda: torture.sink.times("down") > downs, "a try: no stall")
        torture.sink.tell("up")
        torture.expect_some()
        torture.faults.shift_clock(0)
    assert torture.finish().twice() == 0


def test_killed_before_it_can_do_anything(torture):
    """Catalogue 1: a crash loop makes no progress, and no harm."""
    log = torture.folder / "in.log"
    torture.pipeline(log)
    torture.stream().append(log, 20_000)
    for _ in range(15):
        torture.start()
        time.sleep(torture.random.uniform(0, 0.03))
        torture.kill()
    torture.start()
    torture.finish()


def test_destination_comes_up_late(torture):
    """Catalogue 11: the machine was restarted and the destination is not there yet."""
    log = torture.folder / "in.log"
    torture.pipeline(log)
    torture.stream().append(log, 20_000)
    torture.sink.tell("down")
    torture.start()
    wait_for(lambda: torture.sink.times("down"), "a try")
    torture.kill()
    downs = torture.sink.times("down")
    torture.start()
    wait_for(lambda: torture.sink.times("down") > downs, "another try")
    torture.sink.tell("up")
    assert torture.finish().twice() == 0, "nothing had been delivered before"
