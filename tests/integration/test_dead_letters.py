"""Dead letters on the real binary: kept with the reason, shown, sent again, dropped."""
import json
import time

import pytest

from conftest import wait_for
from test_spool import Spooled, numbers

FAST = {"RetryInitialDelay": "10ms", "RetryMaxDelay": "20ms"}


class Letters(Spooled):
    """A flusher that gives up what comes, as a file says."""

    def letters(self, action, *arguments):
        result = self.weir.command(
            "dead-letter", action, *arguments, "--data", self.weir.data, "--format", "json")
        assert result.returncode == 0, result.stderr
        return json.loads(result.stdout)

    def listed(self):
        return self.letters("list")["letters"]

    def wait_letters(self, n_logs):
        wait_for(self.lane, "the host")
        return wait_for(
            lambda: sum(letter["logs"] for letter in self.listed()) >= n_logs and self.listed(),
            "the dead letters")


@pytest.mark.parametrize("answer, delivery, reason, attempts", [
    ("rejected", {}, "rejected", 1),
    ("retry", {"RetryMaxAttempts": 3}, "attempts", 3),
    ("retry", {"RetryMaxAge": "50ms"}, "age", None),
])
def test_letter_says_why(weir, answer, delivery, reason, attempts):
    letters = Letters(weir, lines=50, delivery={**FAST, **delivery})
    letters.answers(answer)
    host = weir.start(letters.path)
    found = letters.wait_letters(50)
    assert {letter["reason"] for letter in found} == {reason}
    assert found[0]["flusher"] == "p/flusher_fake/1" and found[0]["pipeline"] == "p"
    assert found[0]["words"] == f"scripted {answer}"
    if attempts:
        assert found[0]["attempts"] == attempts
    shown = letters.letters("show", found[0]["id"])
    contents = dict(shown["group"]["logs"][0]["contents"])
    assert contents["content"] == letters.lines[0]
    host.wait_log("kept as dead letters")
    assert host.stop() == 0


def test_age_counts_over_a_restart(weir):
    """What an earlier process has left in the spool is old at its first failure."""
    letters = Letters(weir, lines=50, delivery={**FAST, "Spool": "durable"})
    letters.answers("retry")
    host = weir.start(letters.path)
    letters.wait_spooled()
    old_at = time.monotonic() + 1
    host.kill()
    letters.source.unlink()
    config = json.loads(letters.path.read_text())
    config["flushers"][0]["delivery"]["RetryMaxAge"] = "1s"
    letters.path.write_text(json.dumps(config))
    wait_for(lambda: time.monotonic() > old_at, "the time")
    weir.start(letters.path)
    found = letters.wait_letters(50)
    assert {(letter["reason"], letter["attempts"]) for letter in found} == {("age", 1)}


def test_letters_survive_kill_and_are_sent_again(weir):
    letters = Letters(weir, lines=200, delivery=FAST)
    letters.answers("rejected")
    host = weir.start(letters.path)
    letters.wait_letters(200)
    host.kill()
    letters.source.unlink()
    letters.answers("delivered")
    host = weir.start(letters.path)
    wait_for(lambda: letters.lane(), "the host")
    assert sum(letter["logs"] for letter in letters.listed()) == 200
    result = letters.letters("replay", "--all")
    assert result["logs"] == 200 and result["kept"] == 0
    wait_for(lambda: sorted(letters.got()) == sorted(letters.lines), "the lines")
    wait_for(lambda: not letters.listed(), "the letters to go")
    assert host.stop() == 0


def test_rejected_again_is_a_new_letter(weir):
    letters = Letters(weir, lines=10, delivery=FAST)
    letters.answers("rejected")
    host = weir.start(letters.path)
    (first,) = letters.wait_letters(10)
    letters.letters("replay", first["id"])
    wait_for(lambda: [letter["id"] for letter in letters.listed()] not in ([], [first["id"]])
             and len(letters.listed()) == 1, "a new letter in place of the old")
    assert letters.listed()[0]["logs"] == 10
    assert host.stop() == 0


def test_marked_logs_only(weir):
    """One log of a group is rejected: the letter holds that one."""
    letters = Letters(weir, lines=10, delivery=FAST)
    letters.answers("marks")
    host = weir.start(letters.path)
    found = letters.wait_letters(1)
    shown = letters.letters("show", found[0]["id"])
    assert [dict(log["contents"])["content"] for log in shown["group"]["logs"]] == letters.lines[:1]
    assert found[0]["code"] == 400 and found[0]["words"] == "bad log"
    host.kill()


def test_letters_of_a_flusher_that_is_gone_are_kept_and_can_be_dropped(weir):
    letters = Letters(weir, lines=10, delivery=FAST)
    letters.answers("rejected")
    host = weir.start(letters.path)
    letters.wait_letters(10)
    assert host.stop() == 0
    other = letters.write(FAST, name="other")
    letters.source.unlink()
    host = weir.start(other)
    wait_for(lambda: letters.lane(), "the host")
    result = weir.command("dead-letter", "replay", "--all", "--data", weir.data)
    assert result.returncode == 1 and "1 letter kept: the flusher does not run" in result.stderr
    assert result.stdout == "0 letters with 0 logs sent again\n"
    listed = weir.command("dead-letter", "list", "--data", weir.data).stdout
    assert "\n1 letter; all hold 10 logs, " in listed
    assert letters.letters("drop", "--flusher", "p")["logs"] == 10
    assert letters.listed() == []
    assert host.stop() == 0


@pytest.mark.parametrize("policy", ["drop_oldest", "drop_newest"])
def test_policy_for_a_full_queue_loses_no_letter(weir, policy):
    """More is sent again than the queue takes, while the flusher takes nothing."""
    letters = Letters(weir, lines=40000, width=200, delivery=FAST)
    letters.answers("rejected")
    host = weir.start(letters.path)
    n_letters = len(letters.wait_letters(40000))
    assert n_letters > 5 and host.stop() == 0
    letters.write({**FAST, "QueueMaxBytes": "64KiB", "WhenFull": policy})
    letters.answers("retry")
    host = weir.start(letters.path)
    wait_for(letters.lane, "the host")
    weir.command("dead-letter", "replay", "--all", "--data", weir.data)
    with letters.source.open("a") as file:  # new ones push the queue
        file.write("".join(f"line {i} ".ljust(200, ".") + "\n" for i in range(40000, 60000)))
    letters.wait_lane(lambda lane: lane["logs"]["dropped_queue_full"], "the policy")
    letters.answers("delivered")
    letters.wait_lane(lambda lane: not lane["logs"]["left"], "the end of the queue")
    replayed = {number for number in numbers(letters.got()) if number < 40000}
    wait_for(lambda: sum(letter["logs"] for letter in letters.listed()) == 40000 - len(replayed),
             "what was not delivered among the letters")
    assert host.stop() == 0


def test_none_are_kept_when_told_so(weir):
    letters = Letters(weir, lines=10, delivery={**FAST, "DeadLetter": False})
    letters.answers("rejected")
    host = weir.start(letters.path)
    host.wait_log("logs dropped")
    wait_for(letters.lane, "the host")
    assert letters.listed() == []
    assert host.stop() == 0


@pytest.mark.parametrize("arguments, code, words", [
    (["list"], 69, "weir"),
    (["show", "x"], 64, "no id"),
    (["drop"], 64, "which letters"),
    (["frobnicate"], 64, "list, show, replay or drop"),
    ([], 64, "list, show, replay or drop"),
])
def test_usage(weir, arguments, code, words):
    result = weir.command("dead-letter", *arguments, "--data", weir.data)
    assert result.returncode == code, result.stderr
    assert words in result.stderr
