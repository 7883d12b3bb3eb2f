"""Figures that are promised, asserted: each of the whole program, the better of several tries.

They want the machine to themselves, and take minutes: `tools/test --long` runs them one at a
time after the other tests, `tools/test --only figures` alone.
"""
import contextlib
import json
import os
import subprocess
import time

import pytest

pytest.register_assert_rewrite("world")

from world import BUILD, SANITIZED, TIMEOUT_S, WEIR, Weir, long_form, wait_for  # noqa: E402,F401

TRIES_MIN, TRIES = 3, 10
LINES = 3_000_000
PLUGINS = [BUILD / "flushers" / f"flusher_{name}.so" for name in ("file", "blackhole", "http", "sleep")]
PLUGINS.append(BUILD / "tests" / "fakes" / "flusher_fake.so")


@pytest.fixture(autouse=True)
def only_in_the_long_form(long_form):
    if not long_form or SANITIZED:
        pytest.skip("figures are of the long form, and of what is not instrumented")


@pytest.fixture(scope="session", autouse=True)
def before_all_others():
    """What else the machine does comes after this process and those that it starts, so that
    it hardly matters. It takes root; without it the machine had better do nothing."""
    policy, parameters = os.sched_getscheduler(0), os.sched_getparam(0)
    with contextlib.suppress(PermissionError):
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(5))
    yield
    with contextlib.suppress(PermissionError):
        os.sched_setscheduler(0, policy, parameters)


@pytest.fixture(scope="session")
def access_log(tmp_path_factory):
    """3,000,000 lines, 573 MB, in the page cache."""
    path = tmp_path_factory.mktemp("corpus") / "access.log"
    with path.open("wb") as file:
        subprocess.run([BUILD / "tests" / "bench" / "corpus", "access", str(LINES), "1"], stdout=file, check=True)
    return path


@pytest.fixture
def worlds(tmp_path):
    """Makes a fresh host's world for each run; what a run leaves goes before the next."""
    made = []

    def make():
        finish()
        folder = tmp_path / f"run-{len(made)}"
        folder.mkdir()
        world = Weir(folder)
        world.write_plugins(PLUGINS)
        made.append(world)
        return world

    def finish():
        for world in made:
            for host in world.hosts:
                if host.process.poll() is None:
                    host.kill()
            subprocess.run(["rm", "-rf", world.folder], check=True)
            world.hosts.clear()

    yield make
    finish()


def cpu_s(pid):
    """What a process has taken so far."""
    taken_ns = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/schedstat", encoding="ascii") as stat:
            taken_ns += int(stat.read().split()[0])
    return taken_ns / 1e9


def lanes(world):
    """What `weir status` says of each flusher, by name; {} while nobody answers."""
    result = world.command("status", "--data", world.data, "--format", "json")
    if result.returncode:
        return {}
    return {lane["name"]: lane for pipeline in json.loads(result.stdout)["pipelines"]
            for lane in pipeline["flushers"]}


class Taken:
    """Wall time and CPU; the least of several runs."""

    def __init__(self):
        self.wall_s = self.cpu_s = float("inf")

    def note(self, wall_s, cpu):
        self.wall_s, self.cpu_s = min(self.wall_s, wall_s), min(self.cpu_s, cpu)

    def __str__(self):
        return f"{self.wall_s:.3f} s, CPU {self.cpu_s:.3f} s"


def once(world, path):
    """`weir run --once` to its end: seconds, and CPU of it and its children."""
    log = world.folder / "once.log"
    start_s = time.monotonic()
    with log.open("wb") as errors:
        process = subprocess.Popen([WEIR, *map(str, world.run_arguments("--once", path))], stderr=errors,
                                   stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL, cwd=world.folder)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, log.read_text()
    return time.monotonic() - start_s, usage.ru_utime + usage.ru_stime


def compare(say, plain, other, good, tries=TRIES):
    """Runs the two in turn until the least of each are as promised, TRIES_MIN times at least.
    Returns the sentence that says how it was, and whether that is good."""
    a, b = Taken(), Taken()
    words, kept = "", False
    for number in range(tries):
        a.note(*plain())
        b.note(*other())
        words = f"try {number + 1}: {a} against {b}; wall {a.wall_s / b.wall_s:.1%}, CPU {a.cpu_s / b.cpu_s:.1%}"
        kept = good(a, b)
        if kept and number + 1 >= TRIES_MIN:
            break
    say(words)
    return words, kept


@pytest.fixture
def say(record_property, capsys):
    """Puts a figure into the report, and on the terminal."""
    def write(words):
        record_property("figure", words)
        with capsys.disabled():
            print(f"\n{words}")
    return write
