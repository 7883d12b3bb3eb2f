"""weir-plugin: inspect, describe, verify, with the bundled flushers and with plugins that
are wrong in one way each (tests/plugins)."""
import json
import re
import subprocess

import pytest

from conftest import BUILD, ROOT

TOOL = BUILD / "tools" / "weir-plugin"
BROKEN = BUILD / "tests" / "plugins"
LINE = re.compile(r"^(PASS|WARN|FAIL|CRASH|TIMEOUT|SKIP) +([A-Z]{3}-\d\d) +([^:]+):", re.M)
BAD = ("FAIL", "CRASH", "TIMEOUT")


def tool(*arguments, **more):
    return subprocess.run([TOOL, *map(str, arguments)], capture_output=True, text=True,
                          errors="replace", timeout=300, stdin=subprocess.DEVNULL, **more)


def verdicts(run):
    return [match.groups() for match in LINE.finditer(run.stdout)]


# What must be found wrong with which plugin at level 1; all others are good there.
EXPECTED = {
    "bad_pointer": {"REG-04": "CRASH"},
    "class_null": {"REG-04": "FAIL"},
    "class_small": {"REG-04": "FAIL"},
    "crash_loaded": {"REG-01": "CRASH"},
    "crash_registered": {"REG-02": "CRASH"},
    "default_range": {"CFG-01": "FAIL"},
    "exit_loaded": {"REG-01": "FAIL"},
    "exit_read": {"REG-04": "FAIL"},
    "exit_registered": {"REG-02": "FAIL"},
    "fork_hang": {"REG-01": "TIMEOUT"},
    "hang_host": {"REG-02": "TIMEOUT"},
    "hang_loaded": {"REG-01": "TIMEOUT"},
    "hang_registered": {"REG-02": "TIMEOUT"},
    "huge_instance": {"REG-04": "FAIL"},
    "newer_minor": {"REG-04": "FAIL"},
    "no_choices": {"CFG-01": "FAIL"},
    "no_classes": {"REG-04": "FAIL"},
    "no_description": {"REG-04": "FAIL"},
    "no_fields": {"CFG-01": "FAIL"},
    "no_flush": {"REG-04": "FAIL"},
    "no_init": {"REG-04": "FAIL"},
    "no_symbol": {"ELF-02": "FAIL", "REG-02": "FAIL"},
    "note_other": {"CFG-01": "FAIL"},
    "offset_outside": {"CFG-01": "FAIL"},
    "offset_unaligned": {"CFG-01": "FAIL"},
    "option_nameless": {"CFG-01": "FAIL"},
    "option_twice": {"CFG-01": "FAIL"},
    "option_unknown": {"CFG-01": "FAIL"},
    "options_small": {"CFG-01": "FAIL"},
    "plugin_small": {"REG-04": "FAIL"},
    "refuses": {"REG-02": "FAIL"},
    "rows_small": {"REG-04": "FAIL"},
    "symbol_v2": {"ELF-02": "FAIL", "REG-02": "FAIL"},
    "text_bytes": {"REG-04": "FAIL"},
    "too_many_options": {"REG-04": "FAIL"},
    "type_letters": {"REG-04": "FAIL"},
    "type_long": {"REG-04": "FAIL"},
    "type_prefix": {"REG-04": "FAIL"},
    "type_twice": {"REG-04": "FAIL"},
    "unresolved": {"REG-01": "FAIL"},
}


def test_level_1_finds_what_is_wrong(tmp_path):
    """Checks that deliveries need a sink for are left out here."""
    files = sorted(BROKEN.glob("flusher_*.so"))
    run = tool("verify", "--level", 1, "-j", 6, "--exclude", "FLU-01|URG-05", *files,
               cwd=tmp_path)
    found = {}
    for verdict, check, name in verdicts(run):
        if verdict in BAD:
            found.setdefault(name, {})[check] = verdict
    by_plugin = {}
    for name, checks in found.items():
        plugin = name.removeprefix("flusher_").removesuffix(".so")
        by_plugin.setdefault(plugin, {}).update(checks)
    assert by_plugin == EXPECTED
    assert run.returncode == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["good", "good_too", "cxx", "origin"])
def test_good_plugin_passes_level_1(tmp_path, name):
    run = tool("verify", "--level", 1, "--exclude", "FLU-01|URG-05",
               BROKEN / f"flusher_{name}.so", cwd=tmp_path)
    assert run.returncode == 0, run.stdout
    assert re.search(r"^\d+ passed, 0 warned, 0 failed, 0 crashed, 0 timed out, \d+ skipped$",
                     run.stdout.splitlines()[-1])


@pytest.mark.parametrize("name", ["file", "http"])
def test_bundled_flusher_passes(tmp_path, name):
    run = tool("verify", BUILD / "flushers" / f"flusher_{name}.so", "--level", 3, "--config",
               ROOT / "flushers" / name / "weir-verify.json", cwd=tmp_path)
    assert run.returncode == 0, run.stdout


def test_a_check_without_a_sink_counts_as_failed(tmp_path):
    good = BROKEN / "flusher_good.so"
    run = tool("verify", "--level", 1, good, cwd=tmp_path)
    assert run.returncode == 1
    assert ("SKIP", "FLU-01", "flusher_good") in verdicts(run)
    waivers = [{"checks": "FLU-01|URG-05", "reason": "test", "until": "2999-12-31"}]
    (tmp_path / "weir-verify.json").write_text(json.dumps({"waivers": waivers}))
    run = tool("verify", "--level", 1, good, cwd=tmp_path)
    assert run.returncode == 0, run.stdout
    assert "waived until 2999-12-31: test" in run.stdout
    waivers[0]["until"] = "2001-12-31"
    (tmp_path / "weir-verify.json").write_text(json.dumps({"waivers": waivers}))
    run = tool("verify", "--level", 1, good, cwd=tmp_path)
    assert run.returncode == 1
    assert "its waiver is over since 2001-12-31" in run.stdout


def test_a_lie_about_delivery_is_found(tmp_path):
    """flusher_good says DELIVERED and throws everything away."""
    config = tmp_path / "lies.json"
    config.write_text('{"sink": "file:${verify:dir}/out"}')
    run = tool("verify", "--level", 1, BROKEN / "flusher_good.so", "--config", config)
    assert run.returncode == 1
    assert {(v, c) for v, c, _ in verdicts(run) if v in BAD} == {
        ("FAIL", "FLU-01"), ("FAIL", "URG-05"), ("FAIL", "DAT-04")}


@pytest.mark.parametrize("text, words", [
    ('{"sinks": "http"}', "1:2: there is no 'sinks'"),
    ('{"sink": "udp"}', "1:10: 'udp' is no sink"),
    ('{"config": 1}', "must be an object"),
    ('{"waivers": [{"checks": "(", "reason": "x", "until": "2030-01-01"}]}', "no regular expr"),
    ('{"waivers": [{"checks": "a", "reason": "x", "until": "soon"}]}', "no day like"),
    ('{"waivers": [{"checks": "a", "until": "2030-01-01"}]}', "needs all of"),
    ('{"config": {}', "W1001"),
])
def test_wrong_settings_are_told(tmp_path, text, words):
    config = tmp_path / "weir-verify.json"
    config.write_text(text)
    run = tool("verify", "--level", 1, BROKEN / "flusher_good.so", "--config", config)
    assert run.returncode == 64
    assert words in run.stderr


def test_exit_codes(tmp_path):
    good = BROKEN / "flusher_good.so"
    assert tool("verify").returncode == 64
    assert tool("verify", "--level", 6, good).returncode == 64
    assert tool("verify", "--level", -1, good).returncode == 64
    assert tool("verify", tmp_path / "absent.so").returncode == 66
    run = tool("verify", "--include", "XXX-.*", good)
    assert (run.returncode, run.stdout) == (2, "")
    (tmp_path / "text.so").write_text("no ELF at all")
    run = tool("verify", tmp_path / "text.so")
    assert run.returncode == 1
    assert ("FAIL", "ELF-01", "text.so") in verdicts(run)


def test_inspect_runs_nothing():
    run = tool("inspect", "--format", "json", BROKEN / "flusher_crash_loaded.so")
    facts = json.loads(run.stdout)[0]
    assert run.returncode == 0
    assert facts["exports"] == ["weir_plugin_register_v1"]
    assert facts["note"]["types"] == ["flusher_crash_loaded"]
    assert [need["name"] for need in facts["needed"]] == ["libc.so.6"]
    run = tool("inspect", BROKEN / "flusher_no_symbol.so")
    assert run.returncode == 1
    assert "problem           W2115" in run.stdout


def test_inspect_reads_other_machines(tmp_path):
    image = bytearray((BROKEN / "flusher_good.so").read_bytes())
    image[18:20] = (183).to_bytes(2, "little")  # e_machine: arm64
    foreign = tmp_path / "flusher_foreign.so"
    foreign.write_bytes(image)
    run = tool("inspect", foreign)
    assert run.returncode == 1
    assert "shared object, arm64, 64 bit" in run.stdout
    assert "W2112" in run.stdout
    assert "flusher_good" in run.stdout


@pytest.mark.parametrize("cut", [0, 3, 16, 60, 100, 700, 4000])
def test_inspect_survives_damage(tmp_path, cut):
    short = tmp_path / "short.so"
    short.write_bytes((BROKEN / "flusher_good.so").read_bytes()[:cut])
    run = tool("inspect", "--format", "json", short)
    assert run.returncode == 1
    assert json.loads(run.stdout)[0]["problems"]


def test_describe():
    run = tool("describe", BUILD / "flushers" / "flusher_file.so")
    assert run.returncode == 0
    assert "FilePath" in run.stdout
    assert "Capabilities: FS_WRITE" in run.stdout
    run = tool("describe", "--format", "json", BUILD / "flushers" / "flusher_file.so")
    assert json.loads(run.stdout)[0]["flushers"][0]["type"] == "flusher_file"
    run = tool("describe", BROKEN / "flusher_crash_loaded.so")
    assert run.returncode == 1
    assert "W2131" in run.stderr
