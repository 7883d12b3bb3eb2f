"""Everything at once, drawn from a seed that is printed: what no test of one fault shows."""
import errno
import os
import shutil
import signal
import time

import pytest


class Weather:
    """What may happen to a running host. Each method is one fault; it counts itself."""

    MOODS = ["down", "broken", "garbage", "unready", "slow 20", "later 20", "after"]

    def __init__(self, torture, log):
        self.torture, self.log = torture, log
        self.random = torture.random
        self.rotations = 0
        self.happened = {}

    def kill(self):
        self.torture.kill()
        self.torture.start()

    def stop(self):
        code = self.torture.host.stop()
        assert code in (0, -signal.SIGTERM), self.torture.host.text()[-4000:]
        self.torture.kills += 1  # what was in flight at the deadline comes again
        self.torture.start()

    def freeze(self):
        self.torture.host.process.send_signal(signal.SIGSTOP)
        time.sleep(self.random.uniform(0, 0.2))
        self.torture.host.process.send_signal(signal.SIGCONT)

    def mood(self):
        self.torture.sink.tell(self.random.choice(self.MOODS))
        time.sleep(self.random.uniform(0, 0.2))
        self.torture.sink.tell("up")

    def rotate(self):
        if self.log.exists():
            self.rotations += 1
            self.log.rename(self.log.with_name(f"app.log.{self.rotations}"))

    def rotate_while_down(self):
        self.torture.kill()
        self.rotate()
        self.torture.start()

    def disk(self):
        call, part = self.random.choice([("write", "sink.lines"), ("write", "/checkpoints/"),
                                         ("sync", "/checkpoints/"), ("read", "app.log"),
                                         ("open", "app.log")])
        self.torture.faults.used = 0
        fault = self.torture.faults.fail(
            call, part, self.random.choice([errno.EIO, errno.ENOSPC, errno.EINTR]),
            every=self.random.randint(1, 3))
        time.sleep(self.random.uniform(0, 0.2))
        fault.lift()

    def half(self):
        self.torture.faults.used = 0
        fault = self.torture.faults.short("write", "sink.lines", every=2)
        time.sleep(self.random.uniform(0, 0.1))
        self.torture.resent += fault.lift()

    def clock(self):
        self.torture.faults.shift_clock(self.random.choice([-3600, 0, 3600]))

    def lose_checkpoints(self):
        self.torture.kill()
        shutil.rmtree(self.torture.weir.data / "checkpoints", ignore_errors=True)
        self.torture.start()

    def happen(self, names):
        name = self.random.choice(names)
        self.happened[name] = self.happened.get(name, 0) + 1
        getattr(self, name)()


ALL = ["kill", "stop", "freeze", "mood", "rotate", "rotate_while_down", "disk", "half", "clock"]


@pytest.mark.parametrize("more", range(4))
@pytest.mark.parametrize("queue", ["64KiB", "4MiB"])
def test_all_faults_at_random(torture, long_form, more, queue):
    torture.random.seed(torture.seed * 1000 + more)
    torture.preload = True
    log = torture.logs / "app.log"
    torture.pipeline(torture.logs / "app.log*", queue=queue)
    weather = Weather(torture, log)
    torture.start()
    with torture.feeding(log, pause=0.003, piece=200):
        for _ in range(300 if long_form else 18):
            time.sleep(torture.random.uniform(0, 0.15))
            weather.happen(ALL)
    torture.resent += torture.sink.times("after")
    print(weather.happened)
    torture.finish()


def test_lost_checkpoints_repeat_and_lose_nothing(torture):
    """All that is still in the files comes again; none of it is missing."""
    torture.preload = True
    log = torture.logs / "app.log"
    torture.pipeline(torture.logs / "app.log*")
    weather = Weather(torture, log)
    torture.start()
    with torture.feeding(log, pause=0.003, piece=200):
        for name in ["rotate", "lose_checkpoints", "rotate", "lose_checkpoints"]:
            torture.expect_some(1_000)
            weather.happen([name])
    torture.running()
    torture.expect_all()
    assert torture.host.stop() == 0
    assert not torture.sink.take().wrong and not torture.missing()
    sizes = sum(os.path.getsize(path) for path in torture.logs.iterdir())
    assert torture.sink.take().bytes_twice <= 2 * sizes
