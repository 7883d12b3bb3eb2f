"""The same load on more and more pipelines, and on more and more files of one."""
import json
import re
import signal
import time
from dataclasses import dataclass

import measure
from measure import Failed
from programs import write


@dataclass
class Scaled:
    what: str            # pipelines, files
    count: int
    logs: int
    cpu_s: float         # for the whole load
    rss_mb: float
    ready_s: float       # from the start of the program to "running", all read before
    idle_percent: float  # of a core
    idle_rss_mb: float


def deal_out(source, folder, count):
    """The corpus cut into `count` files of equally many lines; how many lines that are."""
    each = source.records // count
    folder.mkdir()
    with source.path.open("rb") as lines:
        for i in range(count):
            (folder / f"{i}.log").write_bytes(b"".join(next(lines) for _ in range(each)))
    return each * count


def write_configs(what, logs, folder, count):
    """One pipeline a file, or one with all of them."""
    folder.mkdir()
    patterns = [logs / f"{i}.log" for i in range(count)] if what == "pipelines" else [logs / "*.log"]
    for i, pattern in enumerate(patterns):
        write(folder / f"p{i:05}.json", json.dumps({
            "inputs": [{"Type": "input_file", "FilePaths": [str(pattern)]}],
            "flushers": [{"Type": "flusher_blackhole"}]}))


def delivered(log):
    return sum(map(int, re.findall(r"done.*delivered=(\d+)", log.read_text())))


def wait_for_words(words, log, process):
    end = time.monotonic() + 120
    while words not in log.read_text():
        if process.poll() is not None or time.monotonic() > end:
            raise Failed(f"it does not run: {measure.tail_of(log)}")
        time.sleep(0.005)


def look_at_idle(argv, log, settle_s, look_s):
    """Seconds until it runs; percent of a core and MB when there is nothing to do."""
    start_s = time.monotonic()
    process = measure.start(argv, log)
    try:
        wait_for_words("running", log, process)
        ready_s = time.monotonic() - start_s
        time.sleep(settle_s)
        before = measure.cpu_ticks(process.pid)
        time.sleep(look_s)
        ticks = measure.cpu_ticks(process.pid) - before
        return ready_s, 100 * ticks / measure.TICKS / look_s, measure.memory_kb(process.pid)[1] / 1024
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def scale(weir, setting, what, source, count, settle_s, look_s):
    logs, configs = setting.folder / "logs", setting.folder / "configs"
    n_logs = deal_out(source, logs, count)
    write_configs(what, logs, configs, count)
    log = setting.folder / "once.log"
    taken = measure.to_end(weir.argv(setting, "--once", configs), log)
    if delivered(log) != n_logs:
        raise Failed(f"{delivered(log)} of {n_logs} logs were delivered")
    ready_s, idle_percent, idle_mb = look_at_idle(
        weir.argv(setting, configs), setting.folder / "idle.log", settle_s, look_s)
    return Scaled(what, count, n_logs, taken.cpu_s, taken.rss_mb, ready_s, idle_percent, idle_mb)
