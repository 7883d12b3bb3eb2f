"""Runs a program and says what it took: wall time, CPU, memory."""
import os
import signal
import subprocess
import threading
import time
from dataclasses import dataclass

TICKS = os.sysconf("SC_CLK_TCK")
TIMEOUT_S = 300
SAMPLE_S = 0.01  # how often a process is looked at
QUIET_S = 0.4    # a daemon that has read all and takes no CPU for so long is done
SILENT_S = 2.5   # so is one whose reading cannot be seen, after so long
KILL_S = 30      # what a daemon gets to end in
END_S = 5        # and what all get when this program is told to end


class Failed(Exception):
    """A program did not do what it should; the words are for people."""


@dataclass
class Taken:
    wall_s: float
    cpu_s: float
    rss_mb: float   # peak, with what is mapped from files
    anon_mb: float  # peak of what is its own, as sampled


def memory_kb(pid):
    """The peak of all that was resident, and what is its own now; None when it is gone.
    (What wait4 says of the peak counts what this program was before exec, too.)"""
    try:
        with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as status:
            fields = dict(line.split(":", 1) for line in status)
        return tuple(int(fields[name].split()[0]) for name in ("VmHWM", "RssAnon"))
    except (OSError, KeyError, ValueError):
        return None


def stat_fields(folder):
    """What follows the name in a stat file: the state first."""
    with open(f"{folder}/stat", encoding="ascii", errors="replace") as stat:
        return stat.read().rsplit(")", 1)[1].split()


def cpu_ticks(pid):
    fields = stat_fields(f"/proc/{pid}")
    return int(fields[11]) + int(fields[12])


def wants_cpu(pid):
    """Whether a thread runs, or would if it were let (or waits for a disk)."""
    try:
        return any(stat_fields(f"/proc/{pid}/task/{task}")[0] in "RD" for task in os.listdir(f"/proc/{pid}/task"))
    except OSError:  # a thread ended meanwhile
        return True


class Sampler(threading.Thread):
    """Looks at a process's memory until it is told to stop."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.peaks_kb, self.over = pid, (0, 0), threading.Event()
        self.start()

    def run(self):
        while not self.over.wait(SAMPLE_S):
            now = memory_kb(self.pid)
            if now:
                self.peaks_kb = tuple(map(max, self.peaks_kb, now))

    def end(self):
        """Peaks in MB: all, its own."""
        self.over.set()
        self.join()
        return tuple(kb / 1024 for kb in self.peaks_kb)


def start(argv, log, stdout=subprocess.DEVNULL, **more):
    """In a session of its own, so that it can be ended with all that it starts."""
    with open(log, "wb") as errors:
        return subprocess.Popen(list(map(str, argv)), stdin=subprocess.DEVNULL, stdout=stdout, stderr=errors,
                                start_new_session=True, **more)


def children():
    found = []
    for task in os.listdir("/proc/self/task"):
        with open(f"/proc/self/task/{task}/children", encoding="ascii") as pids:
            found += map(int, pids.read().split())
    return found


def send(pid, number):
    """To a program and all that it has started; False when it is gone."""
    try:
        if os.getpgid(pid) == pid:
            os.killpg(pid, number)
        else:
            os.kill(pid, number)
        return True
    except ProcessLookupError:
        return False


def has_ended(pid):
    try:
        return stat_fields(f"/proc/{pid}")[0] in "ZX"
    except OSError:
        return True


def end_children():
    """Nothing that was started here is left; what does not end by itself is killed."""
    pids = children()
    for pid in pids:
        send(pid, signal.SIGTERM)
    end_s = time.monotonic() + END_S
    while time.monotonic() < end_s and not all(map(has_ended, pids)):
        time.sleep(SAMPLE_S)
    for pid in pids:
        send(pid, signal.SIGKILL)


def first_line(argv, **more):
    """Of what a program says of its version; "" when it says nothing."""
    try:
        done = subprocess.run(list(map(str, argv)), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=END_S, check=False, **more)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode(errors="replace").strip().split("\n", 1)[0].strip()


def tail_of(log):
    with open(log, encoding="utf-8", errors="replace") as file:
        return file.read()[-600:].strip()


def wait(process, sampler, start_s, end_s=None):
    """Waits for the end; what the process and its children took."""
    deadline = threading.Timer(TIMEOUT_S, process.kill)
    deadline.daemon = True
    deadline.start()
    try:
        _, status, usage = os.wait4(process.pid, 0)
    finally:
        deadline.cancel()
    process.returncode = os.waitstatus_to_exitcode(status)
    wall_s = (end_s or time.monotonic()) - start_s
    return Taken(wall_s, usage.ru_utime + usage.ru_stime, *sampler.end())


def to_end(argv, log, **more):
    """A program that ends by itself, with 0."""
    start_s = time.monotonic()
    process = start(argv, log, **more)
    taken = wait(process, Sampler(process.pid), start_s)
    if process.returncode:
        raise Failed(f"{argv[0]} ended with {process.returncode}: {tail_of(log)}")
    return taken


def position(pid, path):
    """How far a process has read a file, None when it has not opened it."""
    try:
        for name in os.listdir(f"/proc/{pid}/fd"):
            if os.path.realpath(f"/proc/{pid}/fd/{name}") == path:
                with open(f"/proc/{pid}/fdinfo/{name}", encoding="ascii") as info:
                    return int(info.readline().split()[1])
    except OSError:
        pass
    return None


def until_quiet(argv, log, source, **more):
    """A daemon: ended when it has read the source and takes no more CPU. The wall time
    is that of the last moment at which it did."""
    source, size = os.path.realpath(source), os.path.getsize(source)
    start_s = time.monotonic()
    process = start(argv, log, **more)
    sampler = Sampler(process.pid)
    busy_s, ticks = start_s, -1
    while time.monotonic() < start_s + TIMEOUT_S and process.poll() is None:
        time.sleep(SAMPLE_S)
        now = cpu_ticks(process.pid)
        if now != ticks or wants_cpu(process.pid):
            busy_s, ticks = time.monotonic(), now
        quiet_s = time.monotonic() - busy_s
        if quiet_s > SILENT_S or (quiet_s > QUIET_S and (position(process.pid, source) or 0) >= size):
            break
    if process.poll() is not None:
        sampler.end()
        raise Failed(f"{argv[0]} ended with {process.returncode}: {tail_of(log)}")
    process.send_signal(signal.SIGTERM)
    killer = threading.Timer(KILL_S, process.kill)
    killer.daemon = True
    killer.start()
    try:
        return wait(process, sampler, start_s, busy_s)
    finally:
        killer.cancel()
