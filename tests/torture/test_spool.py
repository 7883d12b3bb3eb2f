"""The spool under the same treatment: what it has taken is there, whatever happens."""
import errno
import os
import shutil
import signal
import time

import pytest

from test_storage import fill, needs_root, small_disk
from world import wait_for

SPOOL = "/spool/"
OVERFLOW = {"Spool": "overflow", "SpoolDurability": "interval"}
DURABLE = {"Spool": "durable", "SpoolDurability": "always"}


def spool_files(torture):
    return [path for path in (torture.weir.data / "spool").rglob("data.mdb") if path.stat().st_size]


def spooled(torture):
    """The lines that were written are secured: the log itself is not needed any more."""
    wait_for(lambda: torture.spool().get("logs", 0) >= torture.streams[0].count, "all spooled", 20)


def fill_spool(torture, n_lines=20_000, delivery=None):
    """The destination is down; all lines lie in the spool, and their log is gone."""
    log = torture.logs / "in.log"
    torture.pipeline(log, queue="64KiB", delivery=delivery or DURABLE)
    torture.sink.tell("down")
    torture.stream().append(log, n_lines)
    torture.start()
    spooled(torture)
    log.unlink()


@pytest.mark.parametrize("durability", ["process", "interval", "always"])
def test_killed_with_everything_in_the_spool(torture, durability):
    """Catalogue 1: the source is gone, the process is killed, and all of it arrives."""
    fill_spool(torture, delivery={"Spool": "durable", "SpoolDurability": durability})
    for _ in range(3):
        torture.kill()
        torture.start()
        torture.running()
    torture.sink.tell("up")
    torture.finish()


@pytest.mark.parametrize("delivery", [OVERFLOW, DURABLE], ids=["overflow", "durable"])
@pytest.mark.parametrize("number, name", [(0x6969, "nfs"), (0xFF534D42, "cifs")])
def test_refused_on_a_network_file_system(torture, delivery, number, name):
    """It is said at the start, nothing is written there, and delivery goes on from memory."""
    log = torture.logs / "in.log"
    torture.pipeline(log, queue="64KiB", delivery=delivery)
    torture.preload = True
    fault = torture.faults.file_system(SPOOL, number)
    torture.stream().append(log, 20_000)
    torture.start()
    torture.host.wait_log(f"is on {name}, and a spool is only safe on a local disk")
    torture.finish()
    assert fault.fired and not spool_files(torture)


@pytest.mark.parametrize("delivery", [OVERFLOW, DURABLE], ids=["overflow", "durable"])
def test_kill_again_and_again(torture, long_form, delivery):
    """Catalogue 1: kills while the spool fills and empties."""
    log = torture.logs / "in.log"
    torture.pipeline(log, queue="64KiB", delivery=delivery)
    torture.start()
    with torture.feeding(log, pause=0.003):
        for i in range(100 if long_form else 8):
            torture.sink.tell(torture.random.choice(["up", "down", "slow 20", "later 20"]))
            time.sleep(torture.random.uniform(0.05, 0.4))
            torture.kill()
            torture.start()
        torture.sink.tell("up")
    torture.finish()


@pytest.mark.parametrize("call, every", [
    ("write", 3), ("write", 7), ("sync", 2), ("sync", 5), ("open", 2)])
def test_kill_at_a_point(torture, call, every):
    """Catalogue 4: between any two steps of the spool."""
    log = torture.logs / "in.log"
    torture.preload = True
    torture.pipeline(log, queue="64KiB", delivery=DURABLE)
    torture.sink.tell("down")
    stream = torture.stream()
    for _ in range(3):
        torture.faults.used = 0
        fault = torture.faults.kill(call, SPOOL, every)
        torture.start()
        while torture.host.process.poll() is None:
            stream.append(log, 200)
            time.sleep(0.02)
        assert torture.ended() == -signal.SIGKILL
        assert fault.lift()
    torture.sink.tell("up")
    torture.start()
    torture.finish()


def test_restarted_with_the_destination_down(torture):
    """Catalogue 11: orderly stops with a full spool keep it, and repeat nothing."""
    fill_spool(torture)
    for _ in range(3):
        assert torture.host.stop() in (0, 75), torture.host.text()
        torture.start()
        torture.running()
    torture.sink.tell("up")
    assert torture.finish().twice() == 0


@pytest.mark.parametrize("error", [errno.EIO, errno.ENOSPC])
@pytest.mark.parametrize("call", ["write", "sync"])
def test_disk_fails_now_and_then(torture, call, error):
    """Catalogue 14: a write that failed is not taken for one that succeeded."""
    log = torture.logs / "in.log"
    torture.preload = True
    torture.pipeline(log, queue="64KiB", delivery=DURABLE)
    torture.start()
    with torture.feeding(log, pause=0.005, piece=200):
        torture.expect_some(500)
        fault = torture.faults.fail(call, SPOOL, error, every=3)
        torture.sink.tell("down")
        wait_for(lambda: fault.fired > 2, "the fault")
        torture.kill()
        torture.start()
        fault.lift()
        torture.sink.tell("up")
        torture.expect_some(500)
    torture.finish()


@pytest.mark.parametrize("where", [SPOOL, "/checkpoints/"])
def test_root_page_cannot_be_written_for_a_while(torture, where):
    """Catalogue 14: LMDB refuses all work after that, reading too, until it is opened
    again; nothing that it holds is given up."""
    log = torture.logs / "in.log"
    torture.preload = True
    torture.pipeline(log, queue="64KiB", delivery=DURABLE)
    torture.sink.tell("down")
    torture.start()
    with torture.feeding(log, pause=0.01, piece=200):
        wait_for(lambda: torture.spool().get("logs", 0) > 500, "logs in the spool")
        fault = torture.faults.fail("write_head", where, errno.EIO)
        wait_for(lambda: fault.fired, "the fault")
        torture.sink.tell("up")
        wait_for(lambda: fault.fired > 4, "the fault")
        fault.lift()
        torture.expect_some(500)
    assert torture.finish().twice() == 0
    assert "begun anew" not in torture.host.text()


@needs_root
def test_disk_is_full(torture):
    """Catalogue 12: back-pressure, not loss; it goes on when there is room."""
    log = torture.logs / "in.log"
    with small_disk(torture.weir.data, "4m") as disk:
        torture.pipeline(log, queue="64KiB", delivery=DURABLE)
        torture.sink.tell("down")
        torture.start()
        with torture.feeding(log, pause=0.002):
            wait_for(lambda: torture.spool().get("logs", 0) > 1_000, "some in the spool")
            ballast = fill(disk)
            wait_for(lambda: torture.spool().get("refusal"), "a word about the disk")
            torture.kill()
            torture.start()
            torture.running()
            ballast.unlink()
            torture.sink.tell("up")
            torture.expect_some(1_000)
        torture.finish()


def zeroed(path):
    path.write_bytes(bytes(path.stat().st_size))


def halved(path):
    os.truncate(path, path.stat().st_size // 2)


def scribbled(path):
    path.write_bytes(b"this is no store\n" * 4000)


@pytest.mark.parametrize("damage", [zeroed, halved, scribbled])
def test_store_is_destroyed(torture, damage):
    """Catalogue 17, 20: what lay there is lost, and said to be; the start succeeds."""
    fill_spool(torture)
    torture.kill()
    files = spool_files(torture)
    assert files
    for path in files:
        damage(path)
    torture.sink.tell("up")
    old = torture.streams.pop()
    torture.start()
    torture.running()
    torture.stream("new").append(torture.logs / "in.log", 2_000)
    torture.expect_all()
    assert torture.host.stop() == 0, torture.host.text()
    found = torture.sink.take()
    assert not found.wrong
    lost = len(found.missing(old))
    if lost:
        assert "spool" in torture.host.text() and ("damaged" in torture.host.text()
                                                   or "quarantine" in torture.host.text())


def test_bits_flip(torture, long_form):
    """Catalogue 16: a record that is damaged is missing, and counted; the others arrive."""
    fill_spool(torture, n_lines=5_000)
    torture.kill()
    (path,) = spool_files(torture)
    whole = path.read_bytes()
    old = torture.streams.pop()
    for _ in range(100 if long_form else 10):
        data = bytearray(whole)
        used = [i for i in range(0, len(data)) if data[i]]
        data[torture.random.choice(used)] ^= 1 << torture.random.randrange(8)
        path.write_bytes(data)
        torture.sink.tell("up")
        torture.start()
        torture.running()
        wait_for(lambda: torture.status().get("queue", {}).get("groups") == 0
                 and not torture.spool().get("logs", 1), "an empty spool", 20)
        assert torture.host.stop() == 0, torture.host.text()
        assert not torture.sink.take().wrong
    whole_lines = len(torture.sink.take().counts[old.name])
    assert whole_lines == old.count, "each line was whole in some round"


def test_folder_is_deleted_while_it_runs(torture):
    """Catalogue 18: the host goes on; what is in the log's file is not lost."""
    log = torture.logs / "in.log"
    torture.pipeline(log, queue="64KiB", delivery=OVERFLOW)
    torture.start()
    with torture.feeding(log, pause=0.01, piece=100):
        torture.expect_some(500)
        shutil.rmtree(torture.weir.data / "spool", ignore_errors=True)
        torture.expect_some(500)
    torture.finish()


def test_folder_is_deleted_with_everything_in_it(torture):
    """Catalogue 18: what was in it is put back with the next write, and survives a kill."""
    fill_spool(torture)
    shutil.rmtree(torture.weir.data / "spool")
    log = torture.logs / "in.log"
    torture.streams[0].append(log, 1_000)
    spooled(torture)
    torture.host.wait_log("a spool was deleted while it is in use")
    log.unlink()
    torture.kill()
    torture.start()
    torture.sink.tell("up")
    assert torture.finish().twice() == 0


def test_quota_changes_with_data_in_it(torture):
    """Catalogue 22: smaller than what lies there, then larger; nothing is lost."""
    fill_spool(torture)
    torture.kill()
    for size in ["64KiB", "64MiB"]:
        torture.paths.clear()
        torture.pipeline(torture.logs / "in.log", queue="64KiB",
                         delivery={**DURABLE, "SpoolMaxSize": size})
        torture.start()
        torture.running()
        torture.kill()
    torture.sink.tell("up")
    torture.start()
    torture.finish()


def test_order_is_kept(torture):
    """What went through the spool comes before what came after it."""
    log = torture.logs / "in.log"
    torture.pipeline(log, queue="64KiB", delivery=OVERFLOW)
    torture.start()
    with torture.feeding(log, pause=0.002):
        for mood in ["down", "up", "down", "up"]:
            torture.sink.tell(mood)
            time.sleep(0.3)
    found = torture.finish()
    assert found.twice() == 0 and found.orders["s"] == 0
