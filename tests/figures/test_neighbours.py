"""What a dead flusher costs a healthy one."""
import os
import time

import pytest

from conftest import LINES, compare, cpu_s, lanes, wait_for
from servers import free_port

AT_MOST = 0.05
# The time that the destination takes for a batch of 1 MiB: some 130 MB of logs a second, as
# a gigabit network. (A file in the page cache takes ten times as much, with two processors
# busy; the spool's share of these and of the disk is then missed.)
ROUND_TRIP_MS = 4


def dead_flusher(world, kind):
    if kind == "refused":
        return {"type": "flusher_http", "detail": {"RemoteURL": f"http://127.0.0.1:{free_port()}/"}}
    return {"type": "flusher_fake", "detail": {"Record": str(world.folder / "calls"), "Script": ["retry"]}}


def pipeline(world, name, source, flushers):
    return world.pipeline(name, {
        "inputs": [{"type": "input_file", "detail": {"FilePaths": [str(source)]}}], "flushers": flushers})


def delivered(world, name):
    return lanes(world).get(name, {"logs": {"delivered": 0}})["logs"]["delivered"]


class Clock:
    """From when the source is there until all of it is delivered."""

    def __init__(self, host, source, target):
        self.host, self.cpu_s = host, cpu_s(host.process.pid)
        self.start_s = time.monotonic()
        os.link(source, target)

    def stop(self):
        return time.monotonic() - self.start_s, cpu_s(self.host.process.pid) - self.cpu_s


def size_of(path):
    return path.stat().st_size if path.exists() else 0


def costs_little(alone, beside):
    return beside.wall_s <= alone.wall_s * (1 + AT_MOST)


@pytest.fixture(scope="module")
def escaped_size(access_log):
    """Bytes of the lines of the access log, as texts in JSON."""
    with access_log.open("rb") as file:
        return sum(len(line) + line.count(b'"') for line in file)


class Output:
    """What flusher_file writes: lines of JSON that differ in their content only."""

    def __init__(self, path, source, escaped_size):
        self.path, self.size = path, None
        with source.open("rb") as file:
            first = file.readline()
        self.first_size, self.escaped_size = len(first) + first.count(b'"'), escaped_size

    def is_whole(self):
        """Whether all is there; asks for nothing but the size of the file."""
        if not self.size and size_of(self.path):
            with self.path.open("rb") as file:
                self.size = self.escaped_size + LINES * (len(file.readline()) - self.first_size)
        return self.size and size_of(self.path) >= self.size


@pytest.mark.parametrize("kind", ["refused", "retry"])
def test_in_another_pipeline(worlds, access_log, escaped_size, say, kind):
    """file -> flusher_file as fast as it goes, while another pipeline's queue is full."""
    def run(with_dead):
        world = worlds()
        source, out = world.folder / "in.log", world.folder / "out"
        paths = [pipeline(world, "healthy", source, [{"type": "flusher_file", "detail": {"FilePath": str(out)}}])]
        if with_dead:
            paths.append(pipeline(world, "dead", access_log, [dead_flusher(world, kind)]))
        host = world.start(*paths)
        wait_for(lambda: lanes(world), "the host")
        if with_dead:
            wait_for(lambda: any(lane["state"] == "down" and lane["queue"]["blocks"]
                                 for lane in lanes(world).values()), "the dead one's full queue")
        clock = Clock(host, access_log, source)
        output = Output(out, access_log, escaped_size)
        wait_for(output.is_whole, "all lines")
        taken = clock.stop()
        assert size_of(out) == output.size
        return taken

    words, kept = compare(say, lambda: run(False), lambda: run(True), lambda alone, beside:
                          costs_little(alone, beside) and beside.cpu_s <= alone.cpu_s * (1 + AT_MOST))
    assert kept, words


@pytest.mark.parametrize("kind", ["refused", "retry"])
def test_in_the_same_pipeline_with_a_spool(worlds, access_log, say, kind):
    """Its logs go to the disk meanwhile, all of them: that is CPU, but not the neighbour's time."""
    def run(with_dead):
        world = worlds()
        source = world.folder / "in.log"
        flushers = [{"type": "flusher_sleep", "detail": {"SleepMS": ROUND_TRIP_MS}}]
        if with_dead:
            flushers.append({**dead_flusher(world, kind), "delivery": {"Spool": "overflow"}})
        host = world.start(pipeline(world, "p", source, flushers))
        wait_for(lambda: lanes(world), "the host")
        clock = Clock(host, access_log, source)
        wait_for(lambda: delivered(world, "p/flusher_sleep/1") == LINES, "all logs")
        taken = clock.stop()
        if with_dead:
            wait_for(lambda: all(lane["spool"]["logs"] == LINES for lane in lanes(world).values() if lane["spool"]),
                     "the dead one's logs in its spool")
        return taken

    words, kept = compare(say, lambda: run(False), lambda: run(True), costs_little)
    assert kept, words
