"""flusher_sleep, flusher_statistics and flusher_checker in the real host."""
import json
import re

import pytest

from conftest import BUILD, wait_for


@pytest.fixture
def bundled(weir):
    weir.write_plugins(
        BUILD / "flushers" / f"flusher_{name}.so" for name in ("checker", "sleep", "statistics"))
    return weir


def from_file(bundled, text, flusher, **options):
    source = bundled.folder / "in.log"
    source.write_text(text)
    return bundled.pipeline("p", {
        "inputs": [{"plugin_type": "input_file", "detail": {"FilePaths": [str(source)]}}],
        "processors": [{"plugin_type": "processor_json",
                        "detail": {"SourceKey": "content", "IgnoreFirstConnector": True}}],
        "flushers": [{"plugin_type": flusher, "detail": options}],
    })


LOGS = "".join(json.dumps({"status": str(status)}) + "\n" for status in (200, 404, 503))


@pytest.mark.parametrize("options, code, words", [
    ({"EveryLogRegex": {"status": "^[1-5][0-9]{2}$"}}, 0, "delivered=3 rejected=0"),
    ({"EveryLogRegex": {"status": "^2"}}, 1, "delivered=1 rejected=2"),
    ({"EveryLog": {"status": "404"}}, 1, "delivered=1 rejected=2"),
])
def test_checker_decides_the_exit_code(bundled, options, code, words):
    done = bundled.once(from_file(bundled, LOGS, "flusher_checker", **options))
    assert done.returncode == code, done.stderr
    assert words in done.stderr


def test_checker_names_what_is_wrong(bundled):
    done = bundled.once(from_file(bundled, LOGS, "flusher_checker", EveryLog={"status": "200"}))
    assert "status is not as expected" in done.stderr


def test_checker_refuses_a_wrong_expression(bundled):
    pipeline = from_file(bundled, LOGS, "flusher_checker", EveryLogRegex={"status": "("})
    done = bundled.once(pipeline)
    assert done.returncode == 78, done.stderr
    assert "EveryLogRegex: the expression for status" in done.stderr


def test_checker_that_is_not_ready_gets_nothing(bundled):
    pipeline = from_file(bundled, LOGS, "flusher_checker", Ready=False)
    done = bundled.command(
        *bundled.run_arguments("--once", "--drain-timeout", "200ms", pipeline))
    assert done.returncode == 75, done.stderr


def test_statistics_says_the_rates(bundled):
    pipeline = from_file(bundled, LOGS, "flusher_statistics", RateIntervalMs=0, GeneratePB=True)
    done = bundled.once(pipeline)
    assert done.returncode == 0, done.stderr
    line = re.search(r"current rate\(MB\) ([\d.]+) log tps ([\d.]+) loggroup tps ([\d.]+)",
                     done.stderr)
    assert line, done.stderr
    assert float(line[2]) == pytest.approx(3 * float(line[3]), rel=0.1)


def running(bundled, flusher, **options):
    """A host whose second flusher, a file, tells when logs have come as far as that."""
    bundled.write_plugins(
        BUILD / "flushers" / f"flusher_{name}.so" for name in ("file", "sleep", "statistics"))
    source, witness = bundled.folder / "in.log", bundled.folder / "out"
    source.write_text("")
    host = bundled.start(bundled.pipeline("p", {
        "inputs": [{"plugin_type": "input_file", "detail": {"FilePaths": [str(source)]}}],
        "flushers": [{"plugin_type": flusher, "detail": options},
                     {"plugin_type": "flusher_file", "detail": {"FilePath": str(witness)}}],
    }))
    host.wait_log("running")
    source.write_text("one\ntwo\nthree\n")
    wait_for(lambda: witness.exists() and witness.read_text().count("\n") == 3, "three logs")
    return host


def test_statistics_sleeps_for_each_group(bundled):
    host = running(bundled, "flusher_statistics", SleepMsPerLogGroup=300, RateIntervalMs=0)
    host.wait_log("loggroup tps")
    rate = float(re.search(r"loggroup tps ([\d.]+)", host.text())[1])
    assert 0 < rate <= 1 / 0.3
    assert host.stop() == 0


def test_a_stop_ends_the_sleep(bundled):
    """The day that this flush takes is over when the host is told to stop, and what it
    held counts as delivered: it does not come again."""
    host = running(bundled, "flusher_sleep", SleepMS=86400000)
    assert host.stop() == 0, host.text()
    again = bundled.once(bundled.folder / "p.json")
    assert again.returncode == 0, again.stderr
    assert "flusher=p/flusher_sleep/1 delivered=0" in again.stderr
