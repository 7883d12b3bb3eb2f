"""Destinations and flushers that misbehave while lines come in."""
import re
import time

import pytest

from conftest import Sink
from world import wait_for


@pytest.mark.parametrize("word", ["down", "broken", "garbage", "unready"])
def test_ill_for_a_while(torture, word):
    """Catalogue 52: whatever it answers, nothing was written, so nothing is twice."""
    log = torture.folder / "a.log"
    torture.pipeline(log)
    torture.start()
    with torture.feeding(log, pause=0.005):
        for _ in range(3):
            torture.expect_some(500)
            before = torture.sink.times(word)
            torture.sink.tell(word)
            wait_for(lambda: torture.sink.times(word) > before, f"an answer {word}")
            torture.sink.tell("up")
    assert torture.finish().twice() == 0


def test_answers_get_lost(torture):
    """Catalogue 52: written, but the host heard RETRY: again, at most what was in flight."""
    log = torture.folder / "a.log"
    torture.pipeline(log)
    torture.start()
    with torture.feeding(log, pause=0.005):
        torture.expect_some(500)
        torture.sink.tell("after")
        wait_for(lambda: torture.sink.times("after") >= 3, "lost answers")
        torture.sink.tell("up")
    torture.resent = torture.sink.times("after")
    torture.finish()


def test_hangs_and_comes_back(torture):
    """Catalogue 53: another pipeline goes on while this one hangs in a flush."""
    log, other_log = torture.folder / "a.log", torture.folder / "b.log"
    other = Sink(torture.folder, "other")
    torture.pipeline(log)
    torture.pipeline(other_log, name="q", sink=other)
    stream = torture.stream("a")
    stream.append(log, 1_000)
    torture.sink.tell("hang")
    torture.start()
    wait_for(lambda: torture.sink.times("hang"), "the hang")
    other_stream = torture.stream("b")
    other_stream.append(other_log, 20_000)
    wait_for(lambda: not other.take().missing(other_stream), "the neighbour's lines")
    torture.streams.remove(other_stream)
    torture.sink.tell("up")
    assert torture.finish().twice() == 0


@pytest.mark.parametrize("kills", [0, 4])
def test_settles_later(torture, kills):
    """Catalogue 55: many batches are on their way, settled by other threads."""
    log = torture.folder / "a.log"
    torture.pipeline(log)
    torture.sink.tell("later 30")
    torture.start()
    with torture.feeding(log, pause=0.002):
        for _ in range(kills):
            torture.expect_some(500)
            torture.kill()
            torture.start()
        torture.expect_some(2_000)
    found = torture.finish()
    assert kills or found.twice() == 0


def test_one_poisoned_line(torture):
    """Catalogue 60: it goes, counted and named; every other line arrives, once."""
    log = torture.folder / "a.log"
    torture.pipeline(log)
    stream = torture.stream()
    stream.append(log, 1_000)
    with open(log, "ab") as file:
        file.write(b"this is POISON\n")
    stream.append(log, 1_000)
    torture.sink.tell("poison")
    torture.start()
    assert torture.finish().twice() == 0
    assert re.search(r"rejected=1\b|rejected.*\b1\b", torture.host.text()), torture.host.text()


def test_everything_at_random(torture, long_form):
    """Catalogue 54: moods that change while kills go on."""
    log = torture.folder / "a.log"
    torture.pipeline(log, queue="1MiB")
    moods = ["up", "down", "after", "broken", "garbage", "unready", "slow 20", "later 20"]
    torture.start()
    with torture.feeding(log, pause=0.005):
        for _ in range(200 if long_form else 25):
            torture.sink.tell(torture.random.choice(moods))
            time.sleep(torture.random.uniform(0, 0.1))
            if torture.random.random() < 0.15:
                torture.kill()
                torture.start()
        before = torture.sink.times("after")
        torture.sink.tell("after")  # whatever chance has chosen
        wait_for(lambda: torture.sink.times("after") > before, "a batch that arrives and fails")
        torture.sink.tell("up")
    torture.resent = torture.sink.times("after")
    torture.finish()
