"""The ground that torture tests run on.

Numbered lines go from files through the real binary into flusher_sink, while a test
kills, starves and deceives the host. In the end every line must be there and whole,
duplicates must stay below what the configuration allows, the host must still be well,
and the fault must have fired.
"""
import contextlib
import json
import os
import pathlib
import random
import threading
import time

import pytest

pytest.register_assert_rewrite("world", "lines", "faults")

from faults import Faults  # noqa: E402
from lines import Found, Stream  # noqa: E402
from world import BUILD, Weir, long_form, wait_for  # noqa: E402,F401

MIB = 1 << 20
SINK = BUILD / "tests" / "torture" / "flusher_sink.so"
FAST = {"RetryInitialDelay": "10ms", "RetryMaxDelay": "50ms"}

# What a kill may repeat, beside the queue: what a flush carries, the distance between
# checkpoints, and the blocks that are being read and collected.
PARCEL_BYTES = 4 * MIB
CHECKPOINT_BYTES = 4 * MIB
READING_BYTES = 1 * MIB
QUEUE_BYTES = {"64KiB": 1 << 16, "1MiB": MIB, "4MiB": 4 * MIB, "32MiB": 32 * MIB}


class Sink:
    """The destination: what it is told, what it has taken."""

    def __init__(self, folder, name="sink"):
        self.path = folder / f"{name}.lines"
        self.control = folder / f"{name}.control"
        self.found = Found()
        self._read = 0
        self.tell("up")

    def entry(self, **delivery):
        return {"type": "flusher_sink", "delivery": {**FAST, **delivery},
                "detail": {"Path": str(self.path), "Control": str(self.control)}}

    def tell(self, word):
        new = self.control.with_suffix(".new")
        new.write_text(word)
        new.rename(self.control)

    def times(self, word):
        """How many flushes were treated so."""
        path = pathlib.Path(f"{self.control}.{word}")
        return path.stat().st_size if path.exists() else 0

    def take(self):
        """What has arrived so far; whole lines only."""
        if self.path.exists():
            with open(self.path, "rb") as file:
                file.seek(self._read)
                data = file.read()
            whole = data.rfind(b"\n") + 1
            self._read += whole
            for line in data[:whole].split(b"\n")[:-1]:
                self.found.take(line)
        return self.found


class Torture:
    """One host, its pipelines, its faults; and the verdict in the end."""

    def __init__(self, weir, seed):
        self.weir, self.seed = weir, seed
        self.random = random.Random(seed)
        self.folder = weir.folder
        self.logs = weir.folder / "logs"
        self.logs.mkdir()
        self.faults = Faults(weir.folder)
        self.sink = Sink(weir.folder)
        self.streams = []
        self.host = None
        self.kills = self.resent = 0
        self.queue_bytes = QUEUE_BYTES["32MiB"]
        self.preload = False
        self.paths = []
        weir.write_plugins([SINK, *(BUILD / "flushers" / f"flusher_{name}.so"
                                    for name in ("stdout", "file", "blackhole"))])

    def stream(self, name="s", **more):
        stream = Stream(name, seed=self.seed, **more)
        self.streams.append(stream)
        return stream

    def pipeline(self, pattern, name="p", sink=None, queue="32MiB", delivery=None, **inputs):
        """From files to the sink."""
        self.queue_bytes = QUEUE_BYTES[queue]
        delivery = {"QueueMaxBytes": queue, **(delivery or {})}
        self.paths.append(self.weir.pipeline(name, {
            "inputs": [{"type": "input_file", "detail": {"FilePaths": [str(pattern)], **inputs}}],
            "flushers": [(sink or self.sink).entry(**delivery)]}))
        return self.paths[-1]

    def start(self, **more):
        if self.preload:
            more["env"] = {**os.environ, **self.faults.environment()}
        self.host = self.weir.start(*self.paths, "--drain-timeout", "2s", **more)
        return self.host

    def running(self):
        self.host.wait_log("msg=running")
        return self.host

    def kill(self):
        """SIGKILL at once."""
        self.host.kill()
        self.kills += 1

    def ended(self):
        """The host ended by itself; its exit code."""
        code = wait_for(lambda: self.host.process.poll() is not None and [self.host.process.poll()],
                        "the end of the host", 20)[0]
        self.kills += 1
        return code

    def expect_some(self, more=1):
        """Waits until some more lines have arrived."""
        before = sum(len(c) for c in self.sink.take().counts.values())
        wait_for(lambda: sum(len(c) for c in self.sink.take().counts.values()) >= before + more
                 or self.host.process.poll() is not None, "more lines", 20)

    @contextlib.contextmanager
    def feeding(self, log, pause, name="s", piece=500):
        """Lines come in while the host is being ill-treated."""
        stream, stop = self.stream(name), threading.Event()

        def write():
            while not stop.is_set():
                stream.append(log, piece)
                stop.wait(pause)

        thread = threading.Thread(target=write)
        thread.start()
        try:
            yield stream
        finally:
            stop.set()
            thread.join()

    def status(self):
        """What `weir status` says of the first flusher; {} while there is none."""
        answer = self.weir.command("status", "--data", self.weir.data, "--format", "json")
        pipelines = [] if answer.returncode else json.loads(answer.stdout)["pipelines"]
        flushers = [flusher for pipeline in pipelines for flusher in pipeline["flushers"]]
        return flushers[0] if flushers else {}

    def spool(self):
        return self.status().get("spool") or {}

    def missing(self, sink=None):
        found = (sink or self.sink).take()
        return {s.name: found.missing(s) for s in self.streams if found.missing(s)}

    def expect_all(self, sink=None, timeout=60):
        """Waits until every line that was written is there."""
        sink = sink or self.sink
        end = time.monotonic() + timeout
        while self.missing(sink):
            assert self.host.process.poll() is None, self.host.text()[-4000:]
            assert time.monotonic() < end, (
                {name: (len(gone), gone[:5]) for name, gone in self.missing(sink).items()},
                self.host.text()[-4000:])
            time.sleep(0.05)

    def bound(self):
        """How many bytes may be there twice."""
        once = self.queue_bytes + PARCEL_BYTES + CHECKPOINT_BYTES + READING_BYTES
        return self.kills * once + self.resent * PARCEL_BYTES

    def finish(self, exit_code=0):
        """Faults are over: everything arrives, nothing is torn, the host is well."""
        self.running()
        self.expect_all()
        assert self.host.stop() == exit_code, self.host.text()[-4000:]
        found = self.sink.take()
        assert not found.wrong, found.wrong[:5]
        assert not self.missing()
        print(f"seed {self.seed}: {self.kills} kills, {found.twice()} lines "
              f"({found.bytes_twice} bytes) twice, allowed {self.bound()} bytes")
        assert found.bytes_twice <= self.bound()
        return found


@pytest.fixture
def weir(tmp_path):
    world = Weir(tmp_path)
    yield world
    for host in world.hosts:
        if host.process.poll() is None:
            host.kill()


@pytest.fixture
def seed():
    return int(os.environ.get("WEIR_TORTURE_SEED", "1"))


@pytest.fixture
def torture(weir, seed):
    return Torture(weir, seed)
