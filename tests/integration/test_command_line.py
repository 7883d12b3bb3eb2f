"""The command lines of weir and weir-plugin: what is asked for goes to standard output,
what is wrong to standard error, and the exit code says which it was."""
import json
import subprocess

import pytest

from conftest import BUILD, TIMEOUT_S, WEIR

PLUGIN = BUILD / "tools" / "weir-plugin"
PROGRAMS = {"weir": WEIR, "weir-plugin": PLUGIN}
FLUSHER = BUILD / "flushers" / "flusher_blackhole.so"
COMMANDS = [("weir", name) for name in (
    "run", "reload", "status", "dead-letter", "spool", "check", "plugins", "describe", "schema", "explain")] + [
    ("weir-plugin", name) for name in ("new", "inspect", "describe", "verify", "fuzz", "bench")]
OK, USAGE, NO_INPUT, NO_OUTPUT = 0, 64, 66, 74
every = pytest.mark.parametrize("program, command", COMMANDS, ids=[" ".join(row) for row in COMMANDS])


def call(program, *arguments, **more):
    done = subprocess.run([PROGRAMS[program], *map(str, arguments)], text=True, timeout=TIMEOUT_S * 5, check=False,
                          **{"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | more)
    assert "Sanitizer" not in (done.stderr or "")
    return done


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_table_has_every_command(program):
    done = call(program, "--help")
    listed = [line.split()[0] for line in done.stdout.splitlines() if line.startswith("  ")]
    assert listed == [command for name, command in COMMANDS if name == program]


@every
@pytest.mark.parametrize("how", ["--help", "-h"])
def test_help(program, command, how, tmp_path):
    done = call(program, command, how, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (OK, "")
    assert done.stdout.startswith(f"Usage: {program} {command}")
    assert f"{program} {command} " in done.stdout.partition("Example")[2]
    assert "Exit codes: 0" in done.stdout
    assert list(tmp_path.iterdir()) == []


@every
def test_an_unknown_option(program, command, tmp_path):
    done = call(program, command, "--nonsense", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (USAGE, "")
    assert done.stderr.startswith(f"{program} {command}: unrecognized option '--nonsense'")


# Program, arguments, words of the message.
WRONG = [
    ("weir", [], "Usage: weir COMMAND"),
    ("weir", ["chxeck"], "did you mean 'check'?"),
    ("weir", ["dead-letterr", "list"], "did you mean 'dead-letter'?"),
    ("weir", ["xyzzy"], "there is no command 'xyzzy'; see weir --help"),
    ("weir", ["--nonsense"], "there is no command '--nonsense'"),
    ("weir", ["plugin-probes"], "there is no command"),
    ("weir", ["run"], "which configuration?"),
    ("weir", ["run", "--data"], "weir run: option '--data' requires an argument"),
    ("weir", ["run", "--log-level", "loud", "x"], "error, warn, info or debug"),
    ("weir", ["run", "--log-format", "xml", "x"], "plain, logfmt or json"),
    ("weir", ["run", "--drain-timeout", "5", "x"], "--drain-timeout is a duration like 10s"),
    ("weir", ["run", "--drain-timeout", "", "x"], "--drain-timeout is a duration like 10s"),
    ("weir", ["run", "--once=yes", "x"], "doesn't allow an argument"),
    ("weir", ["check"], "which configuration?"),
    ("weir", ["check", "--plugins", "p.json"], "which configuration?"),
    ("weir", ["check", "--plugins"], "requires an argument"),
    ("weir", ["check", "--format", "xml", "x"], "--format 'xml': expected text, json, sarif or github"),
    ("weir", ["check", "--connect-timeout", "-5s", "x"], "--connect-timeout '-5s': expected a duration"),
    ("weir", ["describe", "a", "b"], "one type at a time"),
    ("weir", ["describe", "--format", "xml"], "'xml'"),
    ("weir", ["plugins", "x"], "'x'"),
    ("weir", ["schema", "x"], "'x'"),
    ("weir", ["status", "x"], "'x'"),
    ("weir", ["reload", "x"], "'x'"),
    ("weir", ["explain", "W1003", "W1004"], "at most one code"),
    ("weir", ["dead-letter"], "list, show, replay or drop?"),
    ("weir", ["dead-letter", "lst"], "list, show, replay or drop?"),
    ("weir", ["dead-letter", "drop"], "Give ids, --flusher or --all"),
    ("weir", ["spool", "drop"], "which spool?"),
    ("weir-plugin", [], "Usage: weir-plugin COMMAND"),
    ("weir-plugin", ["verifyy"], "did you mean 'verify'?"),
    ("weir-plugin", ["new"], "which folder?"),
    ("weir-plugin", ["new", "Bad-Name"], "no name for a flusher"),
    ("weir-plugin", ["inspect"], "weir-plugin inspect: which file?"),
    ("weir-plugin", ["inspect", "--format", "xml", "x"], "weir-plugin inspect: 'xml' is no format"),
    ("weir-plugin", ["verify"], "which plugin?"),
    ("weir-plugin", ["verify", "--level", "x", FLUSHER], "'x'"),
    ("weir-plugin", ["fuzz"], "which plugin? Give one; see"),
    ("weir-plugin", ["fuzz", "--seed", "abc", FLUSHER], "abc"),
    ("weir-plugin", ["bench"], "which plugin? Give one; see"),
]


@pytest.mark.parametrize("program, arguments, words", WRONG, ids=[" ".join(map(str, row[1])) or row[0] for row in WRONG])
def test_a_wrong_command_line(program, arguments, words, tmp_path):
    done = call(program, *arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (USAGE, "")
    assert words in done.stderr
    assert list(tmp_path.iterdir()) == []


MISSING = [
    ("weir", ["run", "--once", "/no/such.json"]),
    ("weir", ["check", "/no/such.json"]),
    ("weir", ["check", ""]),
    ("weir-plugin", ["inspect", "/no/such.so"]),
    ("weir-plugin", ["describe", "/no/such.so"]),
    ("weir-plugin", ["verify", "/no/such.so"]),
    ("weir-plugin", ["verify", "--config", "/no/such.json", FLUSHER]),
    ("weir-plugin", ["fuzz", "/no/such.so"]),
    ("weir-plugin", ["bench", "/no/such.so"]),
]


@pytest.mark.parametrize("program, arguments", MISSING, ids=[" ".join(map(str, row[1][:2])) for row in MISSING])
def test_a_file_that_is_not_there(program, arguments, tmp_path):
    done = call(program, *arguments, cwd=tmp_path)
    assert done.returncode == NO_INPUT
    assert "No such file or directory" in done.stdout + done.stderr


PRINTS = [
    ("weir", ["--help"]), ("weir", ["--version"]), ("weir", ["describe"]), ("weir", ["describe", "input_file"]),
    ("weir", ["schema"]), ("weir", ["explain"]), ("weir", ["explain", "W1003"]), ("weir", ["check", "good.json"]),
    ("weir", ["check", "--format", "json", "bad.json"]), ("weir", ["plugins"]),
    ("weir-plugin", ["--help"]), ("weir-plugin", ["inspect", FLUSHER]), ("weir-plugin", ["describe", FLUSHER]),
    ("weir-plugin", ["verify", "--list"]),
]


@pytest.fixture
def folder(weir):
    weir.pipeline("good", {"inputs": [{"Type": "input_stdin"}], "flushers": [{"Type": "flusher_blackhole"}]})
    weir.pipeline("bad", {"inputs": []})
    return weir.folder


@pytest.mark.parametrize("program, arguments", PRINTS, ids=[" ".join(map(str, row[1][:2])) for row in PRINTS])
def test_output_that_cannot_be_written(program, arguments, folder):
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = call(program, *arguments, cwd=folder, stdout=full)
    assert done.returncode == NO_OUTPUT
    assert f"{program}: standard output: " in done.stderr


@pytest.mark.parametrize("program, arguments", PRINTS, ids=[" ".join(map(str, row[1][:2])) for row in PRINTS])
def test_standard_output_that_is_closed(program, arguments, folder):
    done = subprocess.run(["sh", "-c", 'exec "$@" >&-', "sh", PROGRAMS[program], *map(str, arguments)], cwd=folder,
                          text=True, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, check=False, timeout=TIMEOUT_S)
    assert done.returncode == NO_OUTPUT
    assert f"{program}: standard output: " in done.stderr


def test_a_host_without_standard_files_keeps_its_own(weir):
    """What it opens would else have the numbers of the standard files, and be written to by
    whoever prints."""
    path = weir.pipeline("p", {
        "inputs": [{"Type": "service_mock", "Fields": {"a": "b"}, "LogsPerSecond": 3, "MaxLogCount": 3}],
        "flushers": [{"Type": "flusher_file", "FilePath": "out", "delivery": {"Spool": "durable"}},
                     {"Type": "flusher_stdout", "OnlyStdout": True, "delivery": {"RetryMaxAttempts": 1}}]})
    arguments = map(str, weir.run_arguments("--once", "--drain-timeout", "10s", path))
    done = subprocess.run(["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", WEIR, *arguments], cwd=weir.folder, check=False,
                          timeout=TIMEOUT_S)
    assert done.returncode == 1  # what went to standard output was given up
    logs = [json.loads(line) for line in (weir.folder / "out").read_text().splitlines()]
    assert [log["a"] for log in logs] == ["b"] * 3
