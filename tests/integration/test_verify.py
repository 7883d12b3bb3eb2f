"""weir-plugin: inspect, describe, verify, with the bundled flushers and with plugins that
are wrong in one way each (tests/plugins)."""
import json
import re
import subprocess

import attr
import junitparser
import pytest
import sarif_om

from conftest import BUILD, ROOT, SANITIZED

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


not_sanitized = pytest.mark.skipif(
    SANITIZED, reason="checks that need a build without sanitizers count as not passed")
BUNDLED = sorted(path.stem.removeprefix("flusher_") for path in
                 (BUILD / "flushers").glob("flusher_*.so"))


@not_sanitized
@pytest.mark.parametrize("name", BUNDLED)
def test_bundled_flusher_passes(tmp_path, name):
    """Nothing but what is waived, and no warning: a false alarm fails here."""
    run = tool("verify", BUILD / "flushers" / f"flusher_{name}.so", "--level", 3, "--config",
               ROOT / "flushers" / name / "weir-verify.json", cwd=tmp_path)
    assert run.returncode == 0, run.stdout
    assert ", 0 warned," in run.stdout.splitlines()[-1], run.stdout
    assert not list(tmp_path.iterdir())


def test_a_sender_that_believes_every_certificate_is_found(tmp_path):
    config = tmp_path / "insecure.json"
    config.write_text('{"sink": "http", "config": {"RemoteURL": "${verify:url}/",'
                      '"TLS": {"InsecureSkipVerify": true}}}')
    run = tool("verify", "--include", "NET-08", BUILD / "flushers" / "flusher_http.so",
               "--config", config)
    assert verdicts(run) == [("FAIL", "NET-08", "flusher_http")]


def test_reports(tmp_path):
    """One run, all formats; each is read by somebody else's reader."""
    config = tmp_path / "lies.json"
    config.write_text('{"sink": "file:${verify:dir}/out", "waivers": [{"checks": "DAT-04",'
                      '"reason": "<test> & \\"quotes\\"", "until": "2999-12-31"}]}')
    names = {form: tmp_path / f"out.{form}" for form in ("json", "junit", "tap", "sarif", "github")}
    run = tool("verify", "--level", 1, BROKEN / "flusher_good.so", "--config", config, "--format",
               ",".join(["text", *(f"{form}={path}" for form, path in names.items())]))
    bad = {"FLU-01", "FLU-05", "URG-05"}
    assert run.returncode == 1
    text = verdicts(run)
    data = json.loads(names["json"].read_text())
    assert [(c["verdict"], c["check"]) for c in data["checks"]] == [(v, c) for v, c, _ in text]
    assert {c["check"] for c in data["checks"] if c["bad"]} == bad
    assert (data["bad"], data["waived"], data["failed"]) == (3, 1, 4)

    junit = junitparser.JUnitXml.fromfile(str(names["junit"]))
    (suite,) = junit
    cases = list(suite)
    assert (suite.tests, suite.failures, suite.errors) == (len(text), 3, 0)
    assert {case.name for case in cases if any(
        isinstance(result, junitparser.Failure) for result in case.result)} == bad
    assert sum(isinstance(r, junitparser.Skipped) for c in cases for r in c.result) == suite.skipped

    tap = names["tap"].read_text().splitlines()
    assert tap[0] == "TAP version 13" and f"1..{len(text)}" in tap
    assert [line.split()[4] for line in tap if line.startswith("not ok")] == sorted(bad)

    sarif = json.loads(names["sarif"].read_text())
    expect_sarif(sarif)
    results = sarif["runs"][0]["results"]
    assert [(r["ruleId"], r["level"]) for r in results] == [
        ("FLU-01", "error"), ("FLU-05", "error"), ("URG-05", "error"), ("DAT-04", "warning")]
    github = names["github"].read_text().splitlines()
    assert [line.split(",")[0] for line in github] == [
        "::error title=FLU-01", "::error title=FLU-05", "::error title=URG-05",
        "::warning title=DAT-04"]


OVERRUN = r"""
#include "good.h"
#include <stdlib.h>

static uint32_t overrun(void *self, const struct weir_batch *batch, struct weir_result *result)
{
    char *volatile copy = malloc(8);

    (void)self;
    (void)result;
    for (uint32_t i = 0; copy && i < batch->groups[0]->n_logs && i < 9; i++)
        copy[i] = 'x';
    free(copy);
    return WEIR_DELIVERED;
}
static const struct weir_flusher_class broken = {GOOD_CLASS("flusher_good"), .flush = overrun};
WEIR_PLUGIN("good", "1.0.0", "flusher_good", &broken);
"""


def compiled(folder, text, *flags):
    (folder / "flusher_good.c").write_text(text)
    plugin = folder / "flusher_good.so"
    subprocess.run(["gcc", "-g", "-O0", "-w", "-shared", "-fPIC", "-fvisibility=hidden", *flags,
                    f"-I{ROOT}/sdk/include", f"-I{ROOT}/tests/plugins", "-o", plugin,
                    folder / "flusher_good.c"], check=True, timeout=60)
    return plugin


@pytest.mark.skipif("sanitize" in str(BUILD) or BUILD.name in ("build-asan", "build-tsan"),
                    reason="plugins of another build")
def test_plugin_with_a_sanitizer(tmp_path):
    """It is met by weir-plugin-sanitized, with its library loaded first."""
    without = ("--exclude", "FLU-01|FLU-10|URG-05")
    good = (ROOT / "tests" / "plugins" / "good.c").read_text()
    for sanitizer in "address", "thread":
        plugin = compiled(tmp_path, good, f"-fsanitize={sanitizer}")
        run = tool("verify", plugin, *without, cwd=tmp_path)
        assert run.returncode == 0, run.stdout
        run = tool("describe", plugin)
        assert (run.returncode, run.stderr) == (0, "")
        assert "flusher_good" in run.stdout
    run = tool("verify", compiled(tmp_path, OVERRUN, "-fsanitize=address"), *without)
    assert run.returncode == 1
    assert ("CRASH", "FLU-02", "flusher_good") in verdicts(run)
    assert "AddressSanitizer: heap-buffer-overflow" in run.stdout
    run = tool("verify", compiled(tmp_path, OVERRUN), *without, cwd=tmp_path)
    assert [line[:2] for line in verdicts(run) if line[0] in BAD] == [("FAIL", "RES-05")]


# Which class of the standard's object model stands behind a property.
SARIF = {"runs": "Run", "tool": "Tool", "driver": "ToolComponent", "rules": "ReportingDescriptor",
         "results": "Result", "message": "Message", "locations": "Location",
         "physicalLocation": "PhysicalLocation", "artifactLocation": "ArtifactLocation",
         "region": "Region", "shortDescription": "MultiformatMessageString",
         "fullDescription": "MultiformatMessageString", "help": "MultiformatMessageString"}


def expect_sarif(value, name="SarifLog"):
    """That every property is one of its class, and none that must be there is missing."""
    fields = {field.metadata["schema_property_name"]: field
              for field in attr.fields(getattr(sarif_om, name))}
    fields.setdefault("$schema", None)
    assert set(value) <= set(fields), (name, value)
    required = {key for key, field in fields.items() if field and field.default is attr.NOTHING}
    assert required <= set(value), (name, value)
    for key, member in value.items():
        for item in member if isinstance(member, list) else [member]:
            if isinstance(item, dict):
                expect_sarif(item, SARIF[key])


def test_sarif_of_check_is_by_the_same_rules(tmp_path):
    (tmp_path / "bad.json").write_text('{"inputs": 1}')
    run = subprocess.run([BUILD / "host" / "weir", "check", "--format", "sarif", "bad.json"],
                         capture_output=True, text=True, cwd=tmp_path, timeout=60)
    sarif = json.loads(run.stdout)
    expect_sarif(sarif)
    assert sarif["runs"][0]["results"]


def test_report_options(tmp_path):
    good = BROKEN / "flusher_good.so"
    assert tool("verify", good, "--format", "yaml").returncode == 64
    assert tool("verify", good, "--format", "json", "--format", "tap").returncode == 64
    run = tool("verify", good, "--include", "ELF-01", "--format", f"json={tmp_path}/no/such")
    assert run.returncode == 66
    run = tool("verify", good, "--include", "ELF-01", "--format", "json=/dev/full")
    assert run.returncode == 70


@not_sanitized
def test_conformance_page_is_up_to_date():
    page = (ROOT / "docs" / "conformance.md").read_text()
    start = "<!-- From here on: weir-plugin verify --list --format markdown -->\n"
    assert page.partition(start)[2] == tool("verify", "--list", "--format", "markdown").stdout


def test_checks_name_clauses_that_are_there():
    abi = (ROOT / "docs" / "abi.md").read_text()
    headings = {line.lstrip("# ") for line in abi.splitlines() if line.startswith("##")}
    checks = json.loads(tool("verify", "--list", "--format", "json").stdout)
    assert {check["clause"] for check in checks} <= headings
    ids = [check["id"] for check in checks]
    assert len(ids) == len(set(ids))
    assert all(check["asserts"].endswith(".") for check in checks)


@not_sanitized  # what the plugin may still use is left behind
def test_in_process_is_the_same(tmp_path):
    arguments = ("verify", BUILD / "flushers" / "flusher_file.so", "--include", "FLU-0[1-5]",
                 "--config", ROOT / "flushers" / "file" / "weir-verify.json")
    runs = [tool(*arguments, cwd=tmp_path), tool(*arguments, "--in-process", cwd=tmp_path)]
    assert verdicts(runs[0]) == verdicts(runs[1])
    assert [run.returncode for run in runs] == [0, 0]


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
        ("FAIL", "FLU-01"), ("FAIL", "FLU-05"), ("FAIL", "URG-05"), ("FAIL", "DAT-04")}


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
    assert facts["note"]["types"] == ["flusher_crash_loaded"]
    if not SANITIZED:
        assert facts["exports"] == ["weir_plugin_register_v1"]
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
