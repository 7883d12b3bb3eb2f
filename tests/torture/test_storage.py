"""Disks that are full, slow, read-only or broken, and files of ours that were damaged."""
import contextlib
import errno
import os
import shutil
import signal
import subprocess

import pytest

from world import wait_for

CHECKPOINTS = "/checkpoints/"


needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="mounts file systems")


@contextlib.contextmanager
def small_disk(path, size):
    """A file system of its own at `path`."""
    path.mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(path)], check=True)
    try:
        yield path
    finally:
        subprocess.run(["umount", "-l", str(path)], check=True)


def remount(path, how):
    subprocess.run(["mount", "-o", f"remount,{how}", str(path)], check=True)


def fill(path):
    """Writes until nothing more goes; returns the file."""
    ballast = path / "ballast"
    with open(ballast, "wb", buffering=0) as file:
        try:
            while file.write(bytes(4096)):
                pass
        except OSError as error:
            assert error.errno == errno.ENOSPC
    return ballast


def restart_after_kill(torture):
    torture.expect_some()
    torture.kill()
    torture.start()


@pytest.mark.parametrize("call, error, every", [
    ("write", errno.EIO, 3), ("write", errno.ENOSPC, 2), ("open", errno.EMFILE, 3)])
def test_output_fails_now_and_then(torture, call, error, every):
    """Catalogue 14: the flusher says RETRY, and nothing is twice, for nothing was written."""
    log = torture.folder / "in.log"
    torture.preload = True
    torture.pipeline(log)
    fault = torture.faults.fail(call, "sink.lines", error, every)
    torture.start()
    with torture.feeding(log, pause=0.005):
        for _ in range(5):
            torture.expect_some(500)
        wait_for(lambda: fault.fired > 3, "the fault")
    fault.lift()
    assert torture.finish().twice() == 0


def test_output_is_written_in_part(torture):
    """Catalogue 14: half of a batch got out before the disk refused: cut back, sent again."""
    log = torture.folder / "in.log"
    torture.preload = True
    torture.pipeline(log)
    fault = torture.faults.short("write", "sink.lines", 3)
    torture.start()
    with torture.feeding(log, pause=0.005):
        for _ in range(5):
            torture.expect_some(500)
        wait_for(lambda: fault.fired > 3, "the fault")
    torture.resent = fault.lift()
    torture.finish()


@pytest.mark.parametrize("call, error", [
    ("write", errno.EIO), ("write", errno.ENOSPC), ("sync", errno.EIO)])
def test_checkpoints_cannot_be_written(torture, call, error):
    """Catalogue 13, 14: delivery goes on; a kill then repeats, and loses nothing."""
    log = torture.folder / "in.log"
    torture.preload = True
    torture.pipeline(log)
    with torture.feeding(log, pause=0.005):
        torture.start()
        torture.expect_some()
        fault = torture.faults.fail(call, CHECKPOINTS, error)
        torture.expect_some(5_000)
        wait_for(lambda: fault.fired, "the fault")
        torture.kill()
        torture.start()
        torture.expect_some(500)
        fault.lift()
    torture.expect_all()
    assert torture.host.stop() == 0
    found = torture.sink.take()
    assert not found.wrong and not torture.missing()


def test_checkpoints_cannot_be_opened(torture):
    """Catalogue 13: no start without knowing where to go on, but a word about it."""
    log = torture.folder / "in.log"
    torture.preload = True
    torture.pipeline(log)
    torture.stream().append(log, 1_000)
    fault = torture.faults.fail("open", CHECKPOINTS, errno.EACCES)
    torture.start()
    assert torture.ended() not in (0, -signal.SIGSEGV)
    assert fault.lift() and "Permission denied" in torture.host.text()
    torture.start()
    assert torture.finish().twice() == 0


def test_checkpoints_cannot_be_read(torture):
    """Catalogue 13: a file comes back while the store is broken: it waits, and is not new."""
    log, other, away = (torture.folder / name for name in ("in.log", "in2.log", "away/in.log"))
    away.parent.mkdir()
    torture.preload = True
    torture.pipeline(torture.folder / "in*.log", TailSizeKB=1)
    torture.stream().append(log, 1)
    torture.start()
    torture.expect_all()
    assert torture.host.stop() == 0
    log.rename(away)
    torture.stream("t").append(other, 1)
    torture.start()
    torture.expect_all()
    faults = [torture.faults.fail(call, CHECKPOINTS) for call in ("write_head", "open")]
    torture.streams[1].append(other, 1)
    torture.host.wait_log("checkpoints cannot be written")
    wait_for(lambda: faults[1].fired, "the fault")
    torture.streams[0].append(away, 1_000)
    away.rename(log)
    wait_for(lambda: "file cannot be read; trying again" in torture.host.text()
             or torture.sink.take().counts["s"][1_000], "a look at the file")
    for fault in faults:
        fault.lift()
    assert torture.finish().twice() == 0


def test_names_of_new_stores_are_synced(torture):
    """What a machine that fails leaves of a folder is what was synced: each folder above, and
    the store's own; one whose sync fails is not relied on."""
    log = torture.folder / "in.log"
    torture.preload = True
    torture.pipeline(log, delivery={"Spool": "durable", "SpoolDurability": "always"})
    torture.stream().append(log, 1_000)
    above = ["/spool", "/spool/p", "/spool/p/flusher_sink", "/spool/p/flusher_sink/1",
             torture.weir.data.name, "/checkpoints"]
    refused = torture.faults.fail("sync", "/spool/p$")
    synced = [torture.faults.lag("sync", f"{path}$", 0) for path in above]
    torture.start()
    torture.host.wait_log("a spool cannot be opened yet")
    assert refused.lift()
    torture.expect_all()
    assert torture.finish().twice() == 0
    assert all(fault.fired for fault in synced), [fault.fired for fault in synced]


@pytest.mark.parametrize("number, name", [(0x6969, "nfs"), (0xFF534D42, "cifs")])
def test_data_folder_on_a_network_file_system(torture, number, name):
    """Catalogue 13: refused at the start, as a spool is; nothing is written there."""
    torture.preload = True
    torture.pipeline(torture.folder / "in.log")
    torture.stream().append(torture.folder / "in.log", 1_000)
    fault = torture.faults.file_system(CHECKPOINTS.rstrip("/"), number)
    torture.start()
    assert torture.ended() == 78
    assert f"is on {name}, and checkpoints are only safe on a local disk" in torture.host.text()
    assert fault.lift() and not checkpoint_files(torture)
    torture.start()
    assert torture.finish().twice() == 0


@needs_root
def test_data_folder_in_memory_is_warned_of(torture):
    """It works, but does not last."""
    log = torture.folder / "in.log"
    with small_disk(torture.weir.data, "8m"):
        torture.pipeline(log)
        torture.stream().append(log, 1_000)
        torture.start()
        torture.expect_all()
        told = [line for line in torture.host.text().splitlines() if "is kept in memory" in line]
        assert len(told) == 1 and "filesystem=tmpfs" in told[0] and "level=warn" in told[0], told
        assert torture.finish().twice() == 0


@needs_root
def test_data_disk_is_full(torture):
    """Catalogue 13: no room for checkpoints; it is said, and goes on when there is room."""
    log = torture.folder / "in.log"
    with small_disk(torture.weir.data, "2m") as disk:
        torture.pipeline(log)
        with torture.feeding(log, pause=0.005):
            torture.start()
            torture.expect_some(1000)
            torture.host.stop()
            ballast = fill(disk)
            torture.start()
            torture.expect_some(5_000)
            ballast.unlink()
            torture.expect_some(5_000)
        torture.finish()


def test_data_folder_is_deleted_while_it_runs(torture):
    """Catalogue 18: it is made anew, which is told; a kill costs no more than ever."""
    log = torture.folder / "in.log"
    torture.pipeline(log)
    torture.start()
    with torture.feeding(log, pause=0.01):
        torture.expect_some(20_000)
        shutil.rmtree(torture.weir.data, ignore_errors=True)
        for told in ("checkpoints were deleted while they are in use", "data folder was deleted"):
            torture.host.wait_log(told)
        wait_for(lambda: torture.weir.command("status", "--data", torture.weir.data).returncode == 0,
                 "the host to be asked again")
        second = torture.weir.command(*torture.weir.run_arguments(*torture.paths))
        assert second.returncode == 78, second.stderr
        torture.expect_some(1_000)
        torture.kill()
        torture.start()
    torture.finish()


@needs_root
def test_data_disk_becomes_read_only(torture):
    """Catalogue 15."""
    log = torture.folder / "in.log"
    with small_disk(torture.weir.data, "8m") as disk:
        torture.pipeline(log)
        with torture.feeding(log, pause=0.005):
            torture.start()
            torture.expect_some(1000)
            torture.host.stop()
            remount(disk, "ro")
            torture.start()
            torture.expect_some(3_000)
            torture.kill()
            remount(disk, "rw")
            torture.start()
            torture.expect_some(500)
        torture.finish()


def checkpoint_files(torture):
    return [path for path in torture.weir.data.rglob("*") if path.is_file() and path.stat().st_size
            and CHECKPOINTS in str(path)]


def zeroed(path):
    path.write_bytes(bytes(path.stat().st_size))


def halved(path):
    os.truncate(path, path.stat().st_size // 2)


def emptied(path):
    os.truncate(path, 0)


def scribbled(path):
    path.write_bytes(b"this is not a store\n" * 400)


def removed(path):
    path.unlink()


@pytest.mark.parametrize("damage", [zeroed, halved, emptied, scribbled, removed])
def test_checkpoints_are_damaged(torture, damage):
    """Catalogue 16, 17, 20: the start succeeds, says so, and reads again what it must."""
    log = torture.folder / "in.log"
    torture.pipeline(log)
    torture.stream().append(log, 10_000)
    torture.start()
    torture.expect_all()
    torture.host.stop()
    files = checkpoint_files(torture)
    assert files
    for path in files:
        damage(path)
    torture.streams[0].append(log, 10_000)
    torture.start()
    torture.kills += 1  # at worst all is read once more
    torture.finish()


def test_checkpoint_bits_flip(torture, long_form):
    """Catalogue 16: any single bit; never a crash, never a line lost."""
    log = torture.folder / "in.log"
    torture.pipeline(log)
    stream = torture.stream()
    for _ in range(100 if long_form else 12):
        stream.append(log, 300)
        torture.start()
        torture.expect_all()
        assert torture.host.stop() == 0, torture.host.text()
        path = torture.random.choice(checkpoint_files(torture))
        data = bytearray(path.read_bytes())
        used = [i for i, byte in enumerate(data) if byte]
        data[torture.random.choice(used)] ^= 1 << torture.random.randrange(8)
        path.write_bytes(data)
        torture.kills += 1
    torture.start()
    torture.finish()


def test_disk_is_slow(torture):
    """Catalogue 25: each sync of the checkpoints takes half a second; delivery does not wait."""
    log = torture.folder / "in.log"
    torture.preload = True
    torture.pipeline(log)
    fault = torture.faults.lag("sync", CHECKPOINTS, 500)
    torture.start()
    with torture.feeding(log, pause=0.001):
        for _ in range(4):
            torture.expect_some(3_000)
        assert fault.fired
        restart_after_kill(torture)
    torture.expect_all()
    fault.lift()
    torture.finish()


def test_source_cannot_be_read_for_a_while(torture):
    """Catalogue 14: EIO from the log's disk; reading goes on at the very byte."""
    log = torture.folder / "in.log"
    torture.preload = True
    torture.pipeline(log)
    torture.start()
    with torture.feeding(log, pause=0.05):
        torture.expect_some()
        fault = torture.faults.fail("read", "in.log", errno.EIO, every=5)
        wait_for(lambda: fault.fired, "a failed read")
        torture.expect_some(1_000)
        fault.lift()
    assert torture.finish().twice() == 0


@pytest.mark.parametrize("nth", [1, 2, 3, 4])
def test_read_error_at_the_last_write(torture, nth):
    """No later write wakes the reader: the file's look, its mark or its data failed once."""
    log = torture.folder / "in.log"
    stream = torture.stream()
    torture.preload = True
    torture.pipeline(log)
    torture.start()
    stream.append(log, 100)
    torture.expect_all()
    fault = torture.faults.fail("read", "in.log", errno.EIO, every=nth)
    while not fault.fired:
        seen = fault.seen
        stream.append(log, 100)
        wait_for(lambda: fault.seen > seen, "a read")
    torture.host.wait_log("cannot be read")
    assert fault.lift()
    assert torture.finish().twice() == 0


@pytest.mark.parametrize("nth", [2, 3])
def test_read_error_when_a_known_file_is_opened(torture, nth):
    """Its start cannot be read: it waits, and is not taken for a file that is new."""
    log = torture.folder / "in.log"
    stream = torture.stream()
    torture.preload = True
    torture.pipeline(log)
    torture.start()
    stream.append(log, 100)
    torture.expect_all()
    assert torture.host.stop() == 0
    fault = torture.faults.fail("read", "in.log", errno.EIO, every=nth)
    torture.start()
    wait_for(lambda: fault.fired, "a failed read")
    torture.host.wait_log("cannot be read")
    fault.lift()
    stream.append(log, 100)
    assert torture.finish().twice() == 0
