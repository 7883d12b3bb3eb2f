"""What happens to log files while they are being read."""
import gzip
import os
import resource
import shutil
import socket
import threading
import time

import pytest

from lines import Stream
from world import wait_for


@pytest.mark.parametrize("kills", [False, True])
def test_rotation_without_a_pause(torture, long_form, kills):
    """Catalogue 26: renamed again and again under the hands of a writer that never stops."""
    log = torture.logs / "app.log"
    torture.pipeline(torture.logs / "app.log*")
    torture.start()
    with torture.feeding(log, pause=0.001, piece=50):
        for i in range(1000 if long_form else 40):
            if log.exists():
                log.rename(torture.logs / f"app.log.{i}")
            time.sleep(0.02)
            if kills and i % 10 == 9:
                torture.kill()
                torture.start()
    found = torture.finish()
    assert kills or found.twice() == 0


def test_logrotate_with_compression(torture):
    """Catalogue 27: renamed, and a round later compressed, as with `delaycompress`."""
    log, old = torture.logs / "app.log", torture.logs / "app.log.1"
    torture.pipeline(torture.logs / "app.log*", ExcludeFiles=["*.gz"])
    torture.start()
    with torture.feeding(log, pause=0.002, piece=50):
        for i in range(10):
            torture.expect_some(500)
            if old.exists():
                with gzip.open(torture.logs / f"app.log.{i}.gz", "wb") as file:
                    file.write(old.read_bytes())
                old.unlink()
            log.rename(old)
    assert torture.finish().twice() == 0


def test_copytruncate_while_the_writer_waits(torture):
    """Catalogue 28: a writer that pauses over copy and truncate loses nothing."""
    log = torture.logs / "app.log"
    torture.pipeline(torture.logs / "app.log")
    stream = torture.stream()
    torture.start()
    for i in range(10):
        stream.append(log, 400)
        torture.expect_all()
        shutil.copy(log, torture.logs / f"old.{i}")
        os.truncate(log, 0)
    assert torture.finish().twice() == 0


def test_truncated_and_grown_past_where_it_was(torture):
    """Catalogue 29: between two looks the file was cut and has become longer than before."""
    log = torture.logs / "app.log"
    torture.pipeline(log)
    first, second = torture.stream("first"), torture.stream("second")
    first.append(log, 200)
    torture.start()
    torture.expect_all()
    torture.host.stop()
    os.truncate(log, 0)
    second.append(log, 2_000)
    torture.start()
    assert torture.finish().twice() == 0


def test_inodes_are_reused(torture):
    """Catalogue 30: a new file that got the number of a deleted one starts at its first byte."""
    torture.pipeline(torture.logs / "*.log")
    torture.start()
    for i in range(30):
        stream = torture.stream(f"s{i}")
        log = torture.logs / f"{i}.log"
        stream.append(log, 20)
        torture.expect_all()
        log.unlink()
    assert torture.finish().twice() == 0


def test_deleted_and_made_again_while_the_host_is_down(torture):
    """Catalogue 30: also when the host did not see it happen."""
    log = torture.logs / "a.log"
    torture.pipeline(log)
    for i in range(8):
        torture.stream(f"s{i}").append(log, 50)
        torture.start()
        torture.expect_all()
        assert torture.host.stop() == 0
        log.unlink()
    torture.start()
    assert torture.finish().twice() == 0


def test_files_that_begin_alike(torture):
    """Catalogue 31: the first kilobytes of a hundred files are the same."""
    heads = Stream("head", seed=torture.seed).lines(40)
    torture.pipeline(torture.logs / "*.log")
    for i in range(100):
        (torture.logs / f"{i}.log").write_bytes(heads)
        torture.stream(f"s{i}").append(torture.logs / f"{i}.log", 10)
    for _ in range(2):
        torture.start()
        torture.running()
        torture.expect_all()
        assert torture.host.stop() == 0
    counts = torture.sink.take().counts
    assert sum(counts["head"].values()) == 4_000, "each file's, once"
    assert all(sum(counts[stream.name].values()) == 10 for stream in torture.streams)


def test_link_is_pointed_elsewhere(torture):
    """Catalogue 32: every file the link has pointed at is read."""
    link = torture.logs / "current.log"
    torture.pipeline(link)
    torture.start()
    for i in range(6):
        target, new = torture.logs / f"target.{i}", torture.logs / "new"
        torture.stream(f"s{i}").append(target, 50)
        new.symlink_to(target)
        new.rename(link)
        torture.expect_all()
    assert torture.finish().twice() == 0


def test_deleted_while_the_destination_is_down(torture):
    """Catalogue 33: what is open is read to its end, whatever its name was."""
    log = torture.logs / "a.log"
    torture.pipeline(log, queue="64KiB")
    torture.sink.tell("down")
    torture.stream().append(log, 20_000)
    torture.start()
    wait_for(lambda: torture.sink.times("down"), "a flush")
    log.unlink()
    torture.sink.tell("up")
    assert torture.finish().twice() == 0


def test_rotated_while_the_host_is_down(torture):
    """Catalogue 34: three generations since the last look."""
    log = torture.logs / "app.log"
    torture.pipeline(torture.logs / "app.log*")
    stream = torture.stream()
    stream.append(log, 1_000)
    torture.start()
    torture.expect_all()
    assert torture.host.stop() == 0
    for i in range(3):
        stream.append(log, 1_000)
        log.rename(torture.logs / f"app.log.{3 - i}")
    stream.append(log, 1_000)
    torture.start()
    assert torture.finish().twice() == 0


@pytest.mark.parametrize("between", ["wait", "restart", "kill"])
def test_half_a_line(torture, between):
    """Catalogue 35: the writer stops within a line, and goes on later."""
    log = torture.logs / "a.log"
    torture.pipeline(log)
    stream = torture.stream()
    torture.start()
    for _ in range(3):
        stream.append(log, 20)
        torture.expect_all()
        line = stream.line(stream.count)
        stream.count += 1
        with open(log, "ab", buffering=0) as file:
            file.write(line[:len(line) // 2])
            if between == "restart":
                torture.host.stop()
                torture.start()
            elif between == "kill":
                torture.kill()
                torture.start()
            else:
                time.sleep(0.3)
            file.write(line[len(line) // 2:])
        torture.expect_all()
    torture.finish()


def test_bytes_of_every_kind(torture):
    """Catalogue 37: NUL, invalid UTF-8, lone surrogates: bytes stay bytes."""
    log = torture.logs / "a.log"
    torture.pipeline(log)
    stream = torture.stream()
    every = bytes(set(range(256)) - {10})
    stream.payloads = [every, b"\0" * 300, b"\xff\xfe\x00a", b"\xed\xa0\x80", b"\x80" * 17,
                       b"\xe2\x82", "é€𝄞".encode(), b""] * 33
    stream.PAYLOADS = len(stream.payloads)
    stream.append(log, 3_000)
    torture.start()
    assert torture.finish().twice() == 0


def test_things_that_are_no_files(torture):
    """Catalogue 38: a FIFO, a socket, a folder and a dangling link in the glob."""
    torture.pipeline(torture.logs / "*.log")
    os.mkfifo(torture.logs / "fifo.log")
    (torture.logs / "folder.log").mkdir()
    (torture.logs / "dangling.log").symlink_to("nowhere")
    (torture.logs / "device.log").symlink_to("/dev/zero")
    here = os.getcwd()
    os.chdir(torture.logs)  # a socket's path is short
    try:
        server = socket.socket(socket.AF_UNIX)
        server.bind("socket.log")
    finally:
        os.chdir(here)
    torture.stream().append(torture.logs / "real.log", 1_000)
    torture.start()
    assert torture.finish().twice() == 0
    server.close()


def test_few_descriptors(torture):
    """Catalogue 43: 300 files with 64 descriptors: read in turns, none forgotten."""
    torture.pipeline(torture.logs / "*.log")
    for i in range(300):
        torture.stream(f"s{i}").append(torture.logs / f"{i}.log", 5)

    def limit():
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))

    torture.start(preexec_fn=limit)
    assert torture.finish().twice() == 0


def test_many_writers_at_once(torture):
    """Catalogue 39: lines come into twenty files at a time."""
    torture.pipeline(torture.logs / "*.log")
    torture.start()
    streams = [torture.stream(f"s{i}") for i in range(20)]

    def write(stream):
        for _ in range(20):
            stream.append(torture.logs / f"{stream.name}.log", 50)

    writers = [threading.Thread(target=write, args=(stream,)) for stream in streams]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert torture.finish().twice() == 0
