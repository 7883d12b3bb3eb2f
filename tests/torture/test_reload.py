"""Pipelines change while lines come in: nothing is lost, and what stays is not disturbed."""
import json
import signal
import threading
import time

import pytest

from conftest import Sink
from world import wait_for


def rewrite(torture, path, change):
    """The file anew, whole at once, as editors and deployments do it."""
    config = json.loads(path.read_text())
    change(config)
    new = path.with_suffix(".new")
    new.write_text(json.dumps(config))
    new.rename(path)


def reload_by_command(torture):
    return torture.weir.command("reload", "--data", torture.weir.data).returncode


def set_delay(config, ms):
    config["flushers"][0]["delivery"]["RetryMaxDelay"] = f"{ms}ms"


def spoil(config):
    config["flushers"][0]["type"] = "flusher_nowhere"


def mend(config):
    config["flushers"][0]["type"] = "flusher_sink"


@pytest.mark.parametrize("delivery", [None, {"Spool": "durable"}], ids=["memory", "spool"])
def test_storm_of_signals(torture, long_form, delivery):
    """Catalogue 61: SIGHUP with changed, broken and mended files; no line is lost or twice."""
    log = torture.logs / "in.log"
    path = torture.pipeline(log, queue="4MiB", delivery=delivery)
    torture.start()
    torture.running()
    with torture.feeding(log, pause=0.005):
        for i in range(400 if long_form else 25):
            kind = torture.random.choice(["delay", "delay", "same", "spoil", "mend"])
            if kind == "delay":
                rewrite(torture, path, lambda config, ms=50 + i: set_delay(config, ms))
            elif kind == "spoil":
                rewrite(torture, path, spoil)
            elif kind == "mend":
                rewrite(torture, path, mend)
            torture.host.process.send_signal(signal.SIGHUP)
            time.sleep(torture.random.uniform(0, 0.1))
        rewrite(torture, path, mend)
        assert reload_by_command(torture) == 0
        torture.expect_some(1_000)
    found = torture.finish()
    assert found.twice() == 0 and found.orders["s"] == 0


@pytest.mark.parametrize("mood", ["slow 50", "later 50", "stray 200", "down"])
def test_changed_while_batches_are_on_their_way(torture, mood):
    """Catalogue 27, 61: what has not been settled goes to the new instance."""
    log = torture.logs / "in.log"
    path = torture.pipeline(log, queue="1MiB")
    torture.sink.tell(mood)
    torture.start()
    with torture.feeding(log, pause=0.005):
        for i in range(6):
            wait_for(lambda: torture.sink.times(mood.split()[0]) > i, "a flush")
            rewrite(torture, path, lambda config, ms=60 + i: set_delay(config, ms))
            assert reload_by_command(torture) == 0
        torture.sink.tell("up")
        torture.expect_some(500)
    torture.resent = torture.sink.times("stray")  # what was settled too late
    torture.finish()


def test_disk_of_the_spool_hangs(torture):
    """Catalogue 14, 61: who comes after the lane that hangs has its spool once the disk is
    back, without a restart, and with what was being written; no line is twice."""
    log = torture.logs / "in.log"
    torture.preload = True
    path = torture.pipeline(log, delivery={"Spool": "durable", "SpoolDurability": "always"})
    torture.start()
    stream = torture.stream()
    stream.append(log, 5_000)
    torture.expect_all()
    fault = torture.faults.lag("sync", "/spool/", 600_000)
    stream.append(log, 5_000)
    wait_for(lambda: fault.fired, "a write that hangs")
    rewrite(torture, path, lambda config: set_delay(config, 60))
    reload_by_command(torture)
    assert "the disk of a spool hangs" in torture.host.text()
    stream.append(log, 5_000)
    assert torture.missing()
    fault.lift()
    torture.expect_all()
    wait_for(lambda: not torture.status()["logs"]["left"], "the end of the spool")
    torture.host.stop()
    assert torture.sink.take().twice() == 0


def test_disk_of_the_checkpoints_hangs(torture):
    """Catalogue 14, 61: pipelines change all the same, as often as is wished, and lines go on
    arriving, once each; it is told, and a kill costs no more than ever."""
    log = torture.logs / "in.log"
    torture.preload = True
    path = torture.pipeline(log)
    torture.start()
    stream = torture.stream()
    stream.append(log, 5_000)
    torture.expect_all()
    fault = torture.faults.lag("sync", "/checkpoints/", 600_000)
    stream.append(log, 5_000)
    wait_for(lambda: fault.fired, "a write that hangs")
    for i in range(5):
        rewrite(torture, path, lambda config, ms=60 + i: set_delay(config, ms))
        assert reload_by_command(torture) == 0, torture.host.text()
        stream.append(log, 5_000)
        torture.expect_all()

    def told_of_it():
        stream.append(log, 100)
        return "checkpoints have not been written for" in torture.host.text()
    wait_for(told_of_it, "a word about it")
    torture.expect_all()
    assert torture.sink.take().twice() == 0
    torture.kill()
    assert fault.lift()
    torture.start()
    torture.finish()


def test_file_is_deleted_while_others_are_read(torture):
    """Catalogue 61: it is as if it had been deleted before: its pipeline goes, with no error."""
    lag_s = 2
    torture.preload = True
    folder = torture.folder / "pipelines"
    folder.mkdir()
    stays = torture.pipeline(torture.logs / "a.log", name="a")
    goes = torture.pipeline(torture.logs / "b.log", name="b").read_text()
    stays.rename(folder / "a.json")
    torture.paths = ["--no-watch", folder]
    torture.start()
    torture.running()
    while True:  # until the machine lets this test be in time
        (folder / "b.json").write_text(goes)
        assert reload_by_command(torture) == 0
        torture.faults.used = 0
        fault = torture.faults.lag("open", "/a.json", lag_s * 1000)
        began, result = time.monotonic(), []
        thread = threading.Thread(target=lambda: result.append(torture.weir.command(
            "reload", "--data", torture.weir.data, "--format", "json")))
        thread.start()
        wait_for(lambda: fault.seen, "the reading to begin")
        (folder / "b.json").unlink()
        in_time = time.monotonic() - began < lag_s
        fault.lift()
        thread.join()
        if in_time:
            break
        assert reload_by_command(torture) == 0
    assert result[0].returncode == 0, result[0].stdout + result[0].stderr
    assert [(one["pipeline"], one["change"]) for one in json.loads(result[0].stdout)["pipelines"]] \
        == [("b", "removed")]
    assert torture.host.stop() == 0


def test_killed_while_it_changes(torture, long_form):
    """Catalogue 4, 61: at any moment of a reload."""
    log = torture.logs / "in.log"
    path = torture.pipeline(log, queue="1MiB")
    with torture.feeding(log, pause=0.005):
        for i in range(60 if long_form else 8):
            torture.start()
            torture.running()
            rewrite(torture, path, lambda config, ms=60 + i: set_delay(config, ms))
            torture.host.process.send_signal(signal.SIGHUP)
            time.sleep(torture.random.uniform(0, 0.05))
            torture.kill()
        torture.start()
    torture.finish()


def test_pipelines_come_and_go(torture):
    """Catalogue 61: a neighbour that is added and removed disturbs nobody."""
    log, other_log = torture.logs / "in.log", torture.logs / "other.log"
    folder = torture.folder / "pipelines"
    folder.mkdir()
    path = torture.pipeline(log)
    path.rename(folder / "p.json")
    torture.paths[:] = [folder]
    other = Sink(torture.folder, "other")
    neighbour = torture.stream("neighbour")
    torture.start()
    torture.running()
    with torture.feeding(log, pause=0.005):
        for _ in range(5):
            neighbour.append(other_log, 500)
            (folder / "q.json").write_text(json.dumps({
                "inputs": [{"type": "input_file", "detail": {"FilePaths": [str(other_log)]}}],
                "flushers": [other.entry()]}))
            assert reload_by_command(torture) == 0
            wait_for(lambda: not other.take().missing(neighbour), "the neighbour's lines", 20)
            (folder / "q.json").unlink()
            assert reload_by_command(torture) == 0
    assert other.take().twice() == 0
    torture.streams.remove(neighbour)
    assert torture.finish().twice() == 0
