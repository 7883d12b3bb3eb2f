"""The spool on the real binary: what is on disk survives, comes back, and in order."""
import json
import os
import re
import shutil
import signal
import subprocess

import pytest

from conftest import BUILD, wait_for

FAKE = BUILD / "tests" / "fakes" / "flusher_fake.so"
DURABLE = {"RetryInitialDelay": "10ms", "RetryMaxDelay": "50ms", "Spool": "durable"}
OVERFLOW = {**DURABLE, "Spool": "overflow", "QueueMaxBytes": "64KiB"}


class Spooled:
    """Numbered lines to a flusher that answers as a file says, and copies what it takes."""

    def __init__(self, weir, lines=1000, width=100, delivery=None):
        self.weir = weir
        self.source = weir.folder / "in.log"
        self.out = weir.folder / "out"
        self.answer = weir.folder / "answer"
        self.lines = [f"line {i} ".ljust(width, ".") for i in range(lines)]
        self.source.write_text("".join(line + "\n" for line in self.lines))
        weir.write_plugins([FAKE])
        self.answers("delivered")
        self.path = self.write(delivery or DURABLE)

    def write(self, delivery, name="p", script=None):
        answers = {"Script": script} if script else {"AnswerFile": str(self.answer)}
        return self.weir.pipeline(name, {
            "inputs": [{"type": "input_file", "detail": {"FilePaths": [str(self.source)]}}],
            "flushers": [{"type": "flusher_fake", "delivery": delivery, "detail": {
                "Record": str(self.weir.folder / "calls"),
                "Copy": str(self.out), **answers}}],
        })

    def answers(self, word):
        temporary = self.answer.with_suffix(".new")
        temporary.write_text(word + "\n")
        temporary.rename(self.answer)

    def got(self):
        return self.out.read_text().splitlines() if self.out.exists() else []

    def lane(self):
        """What `weir status` says of the lane; None while nobody answers, or it is not there yet."""
        result = self.weir.command("status", "--data", self.weir.data, "--format", "json")
        if result.returncode:
            return None
        lanes = [lane for pipeline in json.loads(result.stdout)["pipelines"]
                 for lane in pipeline["flushers"]]
        return lanes[0] if lanes else None

    def wait_lane(self, condition, what):
        def look():
            lane = self.lane()
            return lane if lane and condition(lane) else None
        return wait_for(look, what)

    def is_empty(self):
        """The spool; False while nobody answers."""
        lane = self.lane()
        return lane is not None and not lane["spool"]["logs"]

    def wait_spooled(self):
        """Everything is in the spool, or was delivered."""
        return self.wait_lane(
            lambda lane: lane["logs"]["spooled"] + lane["logs"]["delivered"] >= len(self.lines),
            "all lines in the spool")

    def folder(self, name="p"):
        return self.weir.data / "spool" / name / "flusher_fake" / "1"


def numbers(lines):
    return [int(line.split()[1]) for line in lines]


@pytest.mark.parametrize("durability", ["process", "interval", "always"])
def test_spooled_lines_survive_kill_and_the_loss_of_their_file(weir, durability):
    """The sink is down, the file goes, the host is killed: all lines arrive, in order."""
    spooled = Spooled(weir, lines=3000, delivery={**DURABLE, "SpoolDurability": durability})
    spooled.answers("retry")
    host = weir.start(spooled.path)
    lane = spooled.wait_spooled()
    assert lane["spool"]["logs"] == 3000 and lane["logs"]["left"] == 3000
    table = weir.command("status", "--data", weir.data).stdout
    assert "SPOOL" in table and "3000 (" in table
    spooled.source.unlink()
    host.kill()
    assert spooled.got() == []

    spooled.answers("delivered")
    host = weir.start(spooled.path)
    wait_for(lambda: len(spooled.got()) >= 3000, "the lines")
    assert spooled.got() == spooled.lines
    assert host.stop() == 0


def test_of_a_batch_that_ended_in_part_a_stop_keeps_the_rest(weir):
    """Of the group in the spool one log is rejected and eight are delivered; the last comes."""
    spooled = Spooled(weir, lines=10)
    host = weir.start(spooled.write(DURABLE, script=["marks", "retry"]))
    spooled.wait_lane(lambda lane: lane["logs"]["delivered"] == 8, "the marks")
    assert host.stop() == 0
    assert spooled.got() == []

    host = weir.start(spooled.write(DURABLE))
    wait_for(spooled.got, "the rest")
    wait_for(spooled.is_empty, "the end")
    assert spooled.got() == spooled.lines[1:2]
    assert host.stop() == 0


def test_killed_again_and_again_while_draining(weir):
    """Each kill may cost lines twice, but none is lost, and the rest is in order."""
    spooled = Spooled(weir, lines=20000)
    spooled.answers("retry")
    host = weir.start(spooled.path)
    spooled.wait_spooled()
    spooled.source.unlink()
    for _ in range(5):
        spooled.answers("delivered")
        before = len(spooled.got())
        wait_for(lambda: len(spooled.got()) > before or spooled.is_empty(), "some lines")
        host.kill()
        host = weir.start(spooled.path)
    wait_for(lambda: set(numbers(spooled.got())) == set(range(20000)), "all lines")
    host.wait_log("msg=running")  # it may have come too late to do anything
    assert host.stop() == 0


def test_overflow_goes_to_disk_and_comes_back_in_order(weir):
    """More than the queue holds, the sink down: the file is read to its end nevertheless."""
    spooled = Spooled(weir, lines=20000, delivery=OVERFLOW)
    spooled.answers("retry")
    host = weir.start(spooled.path)
    lane = spooled.wait_lane(
        lambda lane: lane["spool"]["logs"] == 20000, "the whole file in the spool")
    assert lane["queue"]["groups"] < 10 and not lane["queue"]["blocks"]
    assert lane["state"] == "down" and lane["circuit"] == "open"
    spooled.answers("delivered")
    spooled.wait_lane(lambda lane: lane["logs"]["delivered"] == 20000, "everything delivered")
    assert spooled.got() == spooled.lines
    wait_for(lambda: not (spooled.folder() / "data.mdb").exists(), "the empty spool's removal")
    assert host.stop() == 0


def test_what_waits_long_in_memory_is_spooled_too(weir):
    """Less than the queue holds: after some seconds it is on disk all the same."""
    spooled = Spooled(weir, lines=100, delivery={**DURABLE, "Spool": "overflow"})
    spooled.answers("retry")
    host = weir.start(spooled.path)
    spooled.wait_spooled()
    spooled.source.unlink()
    host.kill()
    spooled.answers("delivered")
    host = weir.start(spooled.path)
    wait_for(lambda: len(spooled.got()) >= 100, "the lines")
    assert spooled.got() == spooled.lines
    assert host.stop() == 0


def test_stop_leaves_the_rest_in_the_spool_and_does_not_wait(weir):
    spooled = Spooled(weir, lines=2000, delivery={**DURABLE, "Spool": "overflow"})
    spooled.answers("retry")
    host = weir.start(spooled.path, "--drain-timeout", "300ms")
    spooled.wait_lane(lambda lane: lane["logs"]["received"] == 2000, "the lines read")
    assert host.stop() == 0
    spooled.source.unlink()
    spooled.answers("delivered")
    result = weir.once(spooled.path)
    assert result.returncode == 0, result.stderr
    assert spooled.got() == spooled.lines
    assert not (spooled.folder() / "data.mdb").exists()


def test_once_drains_the_spool_or_says_what_is_left(weir):
    spooled = Spooled(weir, lines=500)
    spooled.answers("retry")
    result = weir.command(*weir.run_arguments(
        "--once", "--drain-timeout", "300ms", spooled.path))
    assert result.returncode == 75, result.stderr
    assert re.search(r"left=500\b", result.stderr), result.stderr
    spooled.source.unlink()
    spooled.answers("delivered")
    result = weir.once(spooled.path)
    assert result.returncode == 0, result.stderr
    assert re.search(r"delivered=500\b", result.stderr), result.stderr
    assert spooled.got() == spooled.lines


@pytest.mark.parametrize("policy, kept", [
    ("block", "all"), ("drop_oldest", "newest"), ("drop_newest", "oldest")])
def test_full_spool_does_what_the_policy_says(weir, policy, kept):
    """The limit is far below what comes; what goes is counted, to the line."""
    spooled = Spooled(weir, lines=40000, width=200, delivery={
        **OVERFLOW, "SpoolMaxSize": "512KiB", "WhenFull": policy, "SpoolDurability": "process"})
    spooled.answers("retry")
    host = weir.start(spooled.path)
    if policy == "block":
        spooled.wait_lane(lambda lane: lane["queue"]["blocks"], "the gate to close")
        assert spooled.lane()["logs"]["dropped"] == 0
    else:
        lane = spooled.wait_lane(lambda lane: lane["logs"]["received"] == 40000, "all read")
        assert lane["logs"]["dropped_queue_full"] > 10000
        host.wait_log("reason=queue_full")
    spooled.answers("delivered")
    lane = spooled.wait_lane(
        lambda lane: lane["logs"]["received"] == 40000 and not lane["logs"]["left"], "the rest")
    got = numbers(spooled.got())
    assert got == sorted(set(got)), "in order, once each"
    assert len(got) == lane["logs"]["delivered"] == 40000 - lane["logs"]["dropped"]
    if kept == "all":
        assert len(got) == 40000
    if kept == "newest":
        assert got[-1] == 39999
    if kept == "oldest":
        assert got[0] == 0
    assert host.stop() == 0


@pytest.fixture
def small_disk(tmp_path):
    if os.geteuid() != 0:
        pytest.skip("mounting needs root")
    folder = tmp_path / "disk"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m,mode=0700", "none", folder],
                      capture_output=True, check=False).returncode:
        pytest.skip("tmpfs cannot be mounted here")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def test_full_disk_is_back_pressure(weir, small_disk):
    """No limit of ours, but the disk's: nothing is lost, and it goes on when there is room."""
    spooled = Spooled(weir, lines=60000, delivery={**OVERFLOW, "SpoolPath": str(small_disk)})
    spooled.answers("retry")
    host = weir.start(spooled.path)
    lane = spooled.wait_lane(
        lambda lane: lane["queue"]["blocks"] and lane["spool"]["refusals"], "a full disk")
    assert lane["spool"]["refusal"], lane
    assert lane["logs"]["dropped"] == 0 and lane["logs"]["received"] < 60000
    spooled.answers("delivered")
    spooled.wait_lane(lambda lane: lane["logs"]["delivered"] == 60000, "everything")
    assert spooled.got() == spooled.lines
    assert host.stop() == 0


@pytest.mark.parametrize("delivery", [OVERFLOW, DURABLE], ids=["overflow", "durable"])
def test_spool_in_memory_is_warned_of(weir, small_disk, delivery):
    """Once at the start, and only of a spool that lies on a tmpfs."""
    spooled = Spooled(weir, lines=10, delivery={**delivery, "SpoolPath": str(small_disk)})
    host = weir.start(spooled.path)
    wait_for(lambda: len(spooled.got()) == 10, "the lines")
    warnings = [line for line in host.text().splitlines() if "does not survive a reboot" in line]
    assert len(warnings) == 1 and "level=warn" in warnings[0], host.text()
    assert "filesystem=tmpfs" in warnings[0] and "flusher=p/flusher_fake/1" in warnings[0]
    assert host.stop() == 0


def test_disk_that_is_full_from_the_start_does_not_stop_delivery(weir, small_disk):
    (small_disk / "filler").write_bytes(b"x" * 2_900_000)
    spooled = Spooled(weir, lines=2000, delivery={**DURABLE, "SpoolPath": str(small_disk)})
    host = weir.start(spooled.path)
    wait_for(lambda: len(spooled.got()) >= 2000, "the lines, from memory")
    assert spooled.got() == spooled.lines
    assert host.stop() == 0


@pytest.mark.parametrize("damage", ["flip", "truncate", "rubbish"])
def test_damaged_spool_never_keeps_the_host_from_starting(weir, damage):
    spooled = Spooled(weir, lines=5000)
    spooled.answers("retry")
    host = weir.start(spooled.path)
    spooled.wait_spooled()
    host.kill()
    path = spooled.folder() / "data.mdb"
    data = bytearray(path.read_bytes())
    if damage == "flip":
        at = data.index(b"line 2500")
        data[at] ^= 1
    elif damage == "truncate":
        del data[len(data) // 3:]
    else:
        data[:8192] = os.urandom(8192)
    path.write_bytes(data)
    spooled.source.unlink()
    spooled.answers("delivered")
    host = weir.start(spooled.path)
    spooled.wait_lane(lambda lane: not lane["logs"]["left"], "the end of the spool")
    got = numbers(spooled.got())
    assert got == sorted(set(got))
    if damage == "flip":
        lane = spooled.lane()
        assert lane["spool"]["bad_records"] == 1
        assert len(got) == 5000 - lane["logs"]["spool_damaged"] and len(got) > 0
        assert 2500 not in got and list((spooled.folder() / "quarantine").iterdir())
    assert "damaged" in host.text()
    spooled.source.write_text("line 9000\n")
    wait_for(lambda: "line 9000" in spooled.got(), "a new line")
    assert host.stop() == 0


def test_spool_that_is_no_more_configured_is_told_of(weir):
    spooled = Spooled(weir, lines=100)
    spooled.answers("retry")
    host = weir.start(spooled.path)
    spooled.wait_spooled()
    host.kill()
    spooled.write({"Spool": "off"})
    host = weir.start(spooled.path)
    host.wait_log("has no spool any more")
    host.kill()
    spooled.answers("delivered")
    spooled.write(DURABLE)
    result = weir.once(spooled.path)
    assert result.returncode == 0, result.stderr
    assert set(numbers(spooled.got())) == set(range(100))


def test_folder_others_can_write_to_is_refused_with_words(weir):
    spooled = Spooled(weir, lines=10)
    spooled.folder().mkdir(parents=True)
    spooled.folder().chmod(0o777)
    host = weir.start(spooled.path)
    host.wait_log("everybody may write there")
    spooled.folder().chmod(0o700)
    wait_for(lambda: len(spooled.got()) == 10, "the lines, once it is put right")
    assert host.stop() == 0


class Unused(Spooled):
    """A pipeline that is removed while its spool holds logs, beside one that stays."""

    def __init__(self, weir, **options):
        super().__init__(weir, **options)
        self.other = weir.pipeline("other", {
            "inputs": [{"type": "metric_mock", "detail": {"IntervalMs": 3600000}}],
            "flushers": [{"type": "flusher_fake", "detail": {
                "Record": str(weir.folder / "other-calls")}}],
        })
        self.pipelines = weir.folder / "pipelines"
        self.pipelines.mkdir()
        self.path = self.path.rename(self.pipelines / "p.json")
        self.other = self.other.rename(self.pipelines / "other.json")

    def fill(self):
        """The host runs both, and the logs are in the spool."""
        self.answers("retry")
        host = self.weir.start("--no-watch", self.pipelines)
        self.wait_spooled()
        return host

    def lane(self):
        result = self.weir.command("status", "--data", self.weir.data, "--format", "json")
        if result.returncode:
            return None
        lanes = [lane for pipeline in json.loads(result.stdout)["pipelines"]
                 for lane in pipeline["flushers"] if lane["name"] == "p/flusher_fake/1"]
        return lanes[0] if lanes else None

    def status(self):
        """The spools without a flusher, as `weir status` has them; [] while nobody answers."""
        result = self.weir.command("status", "--data", self.weir.data, "--format", "json")
        return [] if result.returncode else json.loads(result.stdout)["unused_spools"]["spools"]

    def command(self, *arguments):
        return self.weir.command("spool", *arguments, "--data", self.weir.data)

    def listed(self):
        result = self.command("list", "--format", "json")
        assert result.returncode == 0, result.stderr
        return json.loads(result.stdout)["spools"]

    def remove(self):
        self.path.unlink()
        result = self.weir.command("reload", "--data", self.weir.data)
        assert "p: removed" in result.stdout, result.stdout + result.stderr


def test_spool_of_a_removed_pipeline_is_shown_and_goes_by_command(weir):
    unused = Unused(weir, lines=100)
    host = unused.fill()
    assert unused.status() == [] and unused.listed() == []
    unused.remove()
    (spool,) = wait_for(unused.status, "the spool in the status")
    assert spool["name"] == "p/flusher_fake/1" and spool["logs"] == 100
    assert spool["bytes"] > 10000 and 0 < spool["oldest_age"] < 3600 and not spool.get("error")
    table = weir.command("status", "--data", weir.data).stdout
    assert re.search(r"^p/flusher_fake/1 +100 ", table, re.M), table
    assert "p/flusher_fake/1" in unused.command("list").stdout

    result = unused.command("drop", "p/flusher_fake/1")
    assert result.returncode == 0 and "100 logs are gone" in result.stdout, result.stderr
    host.wait_log("spool was dropped as asked for")
    assert unused.listed() == [] and unused.status() == []
    assert not (weir.data / "spool" / "p").exists()
    assert "every spool is in use" in unused.command("list").stdout
    assert host.stop() == 0


def test_spool_of_a_pipeline_that_returns_is_sent_and_no_more_shown(weir):
    unused = Unused(weir, lines=100)
    unused.fill().kill()
    host = weir.start(unused.other)
    assert [spool["logs"] for spool in wait_for(unused.status, "the spool")] == [100]
    host.kill()
    unused.answers("delivered")
    unused.source.unlink()
    host = weir.start(unused.pipelines)
    wait_for(lambda: len(unused.got()) >= 100, "the lines")
    assert unused.got() == unused.lines
    assert unused.listed() == [] and unused.status() == []
    assert host.stop() == 0


def test_spool_that_is_in_use_is_not_dropped(weir):
    unused = Unused(weir, lines=100)
    host = unused.fill()
    result = unused.command("drop", "p/flusher_fake/1")
    assert result.returncode == 1 and "in use" in result.stderr
    unused.answers("delivered")
    wait_for(lambda: unused.got() == unused.lines, "the lines")
    assert host.stop() == 0


def test_flusher_that_has_no_spool_any_more_does_not_keep_it_from_being_dropped(weir):
    unused = Unused(weir, lines=100)
    unused.fill().kill()
    unused.source.unlink()
    host = weir.start(unused.write({"Spool": "off"}))
    host.wait_log("has no spool any more")
    assert [spool["logs"] for spool in wait_for(unused.status, "the spool")] == [100]
    assert unused.command("drop", "p/flusher_fake/1").returncode == 0
    assert not unused.folder().exists()
    assert host.stop() == 0


def test_damaged_spool_without_a_flusher_is_shown_as_such_and_can_be_dropped(weir):
    unused = Unused(weir, lines=1000)
    unused.fill().kill()
    path = unused.folder() / "data.mdb"
    data = bytearray(path.read_bytes())
    data[:8192] = os.urandom(8192)
    path.write_bytes(data)
    host = weir.start(unused.other)
    (spool,) = wait_for(unused.status, "the spool")
    assert spool["error"] == "damaged" and spool["logs"] == 0 and spool["bytes"] == len(data)
    assert path.read_bytes() == data, "looking changes nothing"
    assert unused.command("drop", "p/flusher_fake/1").returncode == 0
    assert unused.listed() == []
    assert host.stop() == 0


def test_only_names_of_spools_are_dropped(weir):
    unused = Unused(weir, lines=10)
    host = unused.fill()
    unused.remove()
    outside = weir.data / "x" / "y"
    outside.mkdir(parents=True)
    (outside / "data.mdb").write_bytes(b"x")
    for name in ("p", "p/flusher_fake", "p/flusher_fake/2", "../x/y", "p/flusher_fake/1/",
                 "/p/flusher_fake/1", "p/./flusher_fake/1", "p//1", ""):
        result = unused.command("drop", name)
        assert result.returncode == 1 and "no such spool" in result.stderr, name
    assert (outside / "data.mdb").exists() and len(unused.listed()) == 1
    assert host.stop() == 0


@pytest.mark.parametrize("arguments, code, words", [
    (["list"], 69, "weir"),
    (["drop"], 64, "which spool"),
    (["drop", "a", "b"], 64, "which spool"),
    (["list", "a"], 64, "list or drop"),
    (["list", "--format", "xml"], 64, "no format"),
    (["empty"], 64, "list or drop"),
    ([], 64, "list or drop"),
])
def test_usage_of_the_spool_command(weir, arguments, code, words):
    result = weir.command("spool", *arguments, "--data", weir.data)
    assert result.returncode == code and words in result.stderr, result.stderr


def test_spool_that_could_not_be_opened_does_not_hold_up_a_flusher_without_one(weir):
    """It was there, was given up by a reload, and nothing waits for it at the stop."""
    spooled = Spooled(weir, lines=10)
    spooled.answers("retry")
    host = weir.start(spooled.path)
    spooled.wait_spooled()
    host.kill()
    spooled.folder().chmod(0o777)
    host = weir.start("--no-watch", "--drain-timeout", "10m", spooled.path)
    host.wait_log("a spool cannot be opened yet")
    spooled.write({key: value for key, value in DURABLE.items() if key != "Spool"})
    assert weir.command("reload", "--data", weir.data).returncode == 0
    spooled.answers("delivered")
    assert host.stop() == 0


def test_spool_that_comes_to_light_later_is_sent_too(weir):
    """Its disk was mounted after the start: what lies there is not written over."""
    spooled = Spooled(weir)
    spooled.answers("retry")
    host = weir.start(spooled.path)
    spooled.wait_spooled()
    host.kill()
    spooled.write(OVERFLOW)
    away, place = weir.data / "away", weir.data / "spool"
    place.rename(away)
    spooled.source.unlink()
    host = weir.start(spooled.path)
    host.wait_log(" msg=running ")
    away.rename(place)
    spooled.source.write_text(
        "".join(f"line {i} ".ljust(100, ".") + "\n" for i in range(1000, 21000)))
    spooled.wait_lane(lambda lane: lane["logs"]["spooled"], "new logs in the spool")
    spooled.answers("delivered")
    wait_for(lambda: set(numbers(spooled.got())) == set(range(21000)), "all of both")
    assert host.stop() == 0
