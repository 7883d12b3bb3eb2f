"""input_file on the real binary: rotation, truncation, restarts, many files.

Every line is "<stream> <number>"; the oracle wants each number of each stream, and
counts those that came twice.
"""
import os
import pathlib
import re
import shutil
import subprocess
import threading
import time

from conftest import WEIR, file_to_file, wait_for


class Stream:
    """Numbered lines of one name, appended to whatever path is said."""

    def __init__(self, name="s"):
        self.name = name
        self.count = 0

    def append(self, path, n):
        with open(path, "ab", buffering=0) as file:
            self.write(file, n)

    def write(self, file, n):
        lines = (b"%s %d\n" % (self.name.encode(), i) for i in range(self.count, self.count + n))
        file.write(b"".join(lines))
        self.count += n


def read_out(out):
    """What has arrived: numbers by stream, in order; None while a line is half there."""
    found = {}
    if not out.exists():
        return found
    data = out.read_bytes()
    if data and not data.endswith(b"\n"):
        return None
    for line in data.splitlines():
        name, number = line.decode().split(" ")
        found.setdefault(name, []).append(int(number))
    return found


def arrived(out, *streams):
    found = read_out(out)
    return found is not None and all(
        len(set(found.get(s.name, ()))) == s.count for s in streams)


def expect_all(out, *streams):
    wait_for(lambda: arrived(out, *streams), f"all lines of {[s.name for s in streams]}")


def expect_once_each(out, *streams):
    expect_all(out, *streams)
    found = read_out(out)
    for stream in streams:
        assert sorted(found[stream.name]) == list(range(stream.count)), stream.name


def start(weir, pattern, out, name="copy", **inputs):
    config = file_to_file(pattern, out)
    config["inputs"][0]["detail"].update(inputs)
    return weir.start(weir.pipeline(name, config))


def test_follows_in_order(weir):
    log, out = weir.folder / "a.log", weir.folder / "out"
    stream = Stream()
    start(weir, log, out)
    for _ in range(20):
        stream.append(log, 500)
        time.sleep(0.01)
    expect_all(out, stream)
    assert read_out(out)["s"] == list(range(stream.count))


def rotate_under_load(weir, pattern, out, seconds_per_file):
    """A writer that never pauses, renamed away under its hands."""
    log, stream, stop = weir.folder / "app.log", Stream(), threading.Event()

    def write():
        while not stop.is_set():
            stream.append(log, 100)
            time.sleep(0.001)

    start(weir, pattern, out)
    writer = threading.Thread(target=write)
    writer.start()
    try:
        for i in range(10):
            end = time.monotonic() + seconds_per_file
            wait_for(lambda end=end: log.exists() and time.monotonic() > end, "time for a rotation")
            os.rename(log, weir.folder / f"app.log.{i}")
    finally:
        stop.set()
        writer.join()
    expect_once_each(out, stream)


def test_rotation_by_rename(weir):
    rotate_under_load(weir, weir.folder / "app.log", weir.folder / "out", 0.3)


def test_rotation_within_the_pattern(weir):
    rotate_under_load(weir, weir.folder / "app.log*", weir.folder / "out", 0.02)


def test_copytruncate(weir):
    log, out, stream = weir.folder / "a.log", weir.folder / "out", Stream()
    host = start(weir, log, out)
    with open(log, "ab", buffering=0) as file:
        for i in range(5):
            stream.write(file, 1000 * (i + 1))
            expect_all(out, stream)  # what copytruncate cannot promise without a pause
            shutil.copy(log, weir.folder / f"a.log.{i}")
            os.truncate(log, 0)
    stream.append(log, 10)
    expect_once_each(out, stream)
    assert "reading it from its start" in host.text()


def test_stop_and_start_is_exactly_once(weir):
    log, out, stream = weir.folder / "a.log", weir.folder / "out", Stream()
    for _ in range(3):
        stream.append(log, 5000)
        host = start(weir, log, out)
        expect_all(out, stream)
        stream.append(log, 5000)
        assert host.stop() == 0, host.text()
    start(weir, log, out)
    expect_once_each(out, stream)


def test_killed_and_rotated_meanwhile_loses_nothing(weir):
    log, out, stream = weir.folder / "app.log", weir.folder / "out", Stream()
    first = 0  # of the file at hand: who has not seen it cannot know where it went
    for i in range(4):
        host = start(weir, log, out)
        stream.append(log, 20000)
        wait_for(lambda first=first: max((read_out(out) or {}).get("s", [-1])) >= first,
                 "some output")
        host.kill()
        stream.append(log, 1000)
        os.rename(log, weir.folder / f"rotated-{i}")
        first = stream.count
        stream.append(log, 1000)
    start(weir, log, out)
    expect_all(out, stream)


def test_new_file_is_found_within_a_second(weir):
    """Other tests run beside this one, so the best of a few files is what counts."""
    out, stream, took = weir.folder / "out", Stream(), []
    folder = weir.folder / "logs"
    folder.mkdir()
    start(weir, folder / "*.log", out)
    stream.append(folder / "first.log", 1)
    expect_all(out, stream)
    while not took or (min(took) >= 1 and len(took) < 5):
        began = time.monotonic()
        stream.append(folder / f"{len(took)}.log", 1)
        expect_all(out, stream)
        took.append(time.monotonic() - began)
    assert min(took) < 1, took


def test_folder_made_later(weir):
    out, stream = weir.folder / "out", Stream()
    start(weir, weir.folder / "logs" / "**" / "*.log", out, MaxDirSearchDepth=3)
    deep = weir.folder / "logs" / "a" / "b"
    deep.mkdir(parents=True)
    stream.append(deep / "x.log", 100)
    expect_once_each(out, stream)
    shutil.rmtree(weir.folder / "logs")
    deep.mkdir(parents=True)
    stream.append(deep / "x.log", 100)
    expect_once_each(out, stream)


def anonymous_kib(host):
    text = pathlib.Path(f"/proc/{host.process.pid}/status").read_text()
    return int(re.search(r"RssAnon:\s+(\d+)", text)[1])


def test_many_files(weir, long_form):
    n_files = 2000
    folder, out = weir.folder / "many", weir.folder / "out"
    folder.mkdir()
    streams = [Stream(f"s{i}") for i in range(n_files)]
    for stream in streams:
        stream.append(folder / f"{stream.name}.log", 50 if long_form else 5)
    host = start(weir, folder / "*.log", out)
    expect_all(out, *streams)
    for stream in streams:
        stream.append(folder / f"{stream.name}.log", 1)
    expect_once_each(out, *streams)
    assert anonymous_kib(host) < 100_000, "memory for 2,000 idle files"


def test_once_says_why_it_read_nothing(weir):
    log, out, stream = weir.folder / "a.log", weir.folder / "out", Stream()
    path = weir.pipeline("copy", file_to_file(log, out))
    result = weir.once(path)
    assert "no file matches" in result.stderr, result.stderr
    stream.append(log, 3)
    assert weir.once(path).returncode == 0
    result = weir.once(path)
    assert "1 of 1 files were already read (checkpoint in" in result.stderr, result.stderr
    expect_once_each(out, stream)


def test_standard_input(weir):
    out = weir.folder / "out"
    config = file_to_file("unused", out)
    config["inputs"] = [{"plugin_type": "input_stdin", "detail": {}}]
    path = weir.pipeline("copy", config)
    text = "".join(f"s {i}\n" for i in range(100_000)) + "s 100000"
    result = subprocess.run([WEIR, *map(str, weir.run_arguments("--once", path))], text=True,
                            input=text, capture_output=True, timeout=60, cwd=weir.folder)
    assert result.returncode == 0, result.stderr
    assert out.read_text() == text + "\n"
