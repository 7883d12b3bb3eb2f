"""The zoo (tests/plugins/zoo): what weir-plugin verify finds wrong with each animal is
exactly what expect.tsv says, and it finds nothing wrong with the good ones."""
import concurrent.futures
import os
import re
import shutil
import subprocess

import pytest

from conftest import BUILD, ROOT

TOOL = BUILD / "tools" / "weir-plugin"
SOURCES = ROOT / "tests" / "plugins" / "zoo"
ZOO = BUILD / "tests" / "plugins" / "zoo"
LINE = re.compile(r"^(FAIL|CRASH|TIMEOUT) +([A-Z]{3}-\d\d) +flusher_(\w+?)(?:\.so)?:", re.M)
# Runs of the kit at once, and processes in each; most of the time is spent waiting.
RUNS = 12
JOBS = {"file": 24, "tcp": 6, "http": 6}
# Thorough checks: but for the long form, only where a row has them, and on the good ones.
THOROUGH = ("BAC-0[1-4]|CFG-0[67]|CFG-10|DAT-02|DAT-03|FLT-0.|FLU-0[458]|FLU-1[24]|HYG-19|"
            "LIF-05|LIF-06|LIF-1[56]|NET-0.|RES-0[1-5]|THR-0[137]|URG-0[45]")


def rows():
    lines = (SOURCES / "expect.tsv").read_text().splitlines()
    return {name: set(ids.split()) - {"-"}
            for name, ids in (line.split("\t") for line in lines)}


ROWS = rows()


def sink_of(plugin):
    """By what the animal is made of."""
    words = plugin.stem.split("_")
    return next((sink for sink in ("tcp", "http") if sink in words), "file")


def verify(sink, plugins, jobs, *options):
    """The failures of each animal, {"FLU-03", "FLU-05:CRASH"}, and what was printed."""
    run = subprocess.run(
        [TOOL, "verify", "--level", "3", "--jobs", str(jobs), "--seed", "1", "--config",
         SOURCES / f"verify-{sink}.json", *options, *plugins],
        capture_output=True, text=True, errors="replace", timeout=1200, check=False,
        stdin=subprocess.DEVNULL)
    assert run.returncode in (0, 1, 2), run.stderr
    found = {path.stem.removeprefix("flusher_"): set() for path in plugins}
    for verdict, check, name in LINE.findall(run.stdout):
        found[name].add(check if verdict == "FAIL" else f"{check}:{verdict}")
    return found, run.stdout


@pytest.fixture(scope="session")
def rust(tmp_path_factory):
    """The good animal in Rust, where there is a cargo; else None."""
    if not shutil.which("cargo"):
        return None
    folder = tmp_path_factory.mktemp("rust")
    shutil.copytree(SOURCES / "good_rust", folder / "good_rust")
    subprocess.run(["cargo", "build", "--quiet", "--release", "--offline"],
                   cwd=folder / "good_rust", check=True, timeout=300,
                   env=dict(os.environ, CARGO_TARGET_DIR=str(folder / "target")))
    return folder / "target" / "release" / "libflusher_good_rust.so"


def built():
    return sorted(ZOO.glob("flusher_*.so"))


@pytest.fixture(scope="session")
def sanitized():
    return b"__asan_" in (ZOO / "flusher_good_plain.so").read_bytes()


@pytest.fixture(scope="session")
def observed(tmp_path_factory, rust, sanitized, long_form):
    """What is found wrong with which animal, and all that was printed. Under a sanitizer
    faults look otherwise, so only the good ones are looked at there."""
    plugins = {path.stem.removeprefix("flusher_"): path for path in built()}
    if rust:
        plugins["good_rust"] = tmp_path_factory.mktemp("cargo") / "flusher_good_rust.so"
        shutil.copy(rust, plugins["good_rust"])
    names = {name for name in plugins if name.startswith("good_") or not sanitized}
    found, said = {name: set() for name in names}, ""
    wanted = [(sink, files, jobs, *options) for some, options in runs(names, long_form)
              for sink, jobs in JOBS.items()
              if (files := [plugins[name] for name in sorted(some)
                            if sink_of(plugins[name]) == sink])]
    with concurrent.futures.ThreadPoolExecutor(RUNS) as pool:
        results = list(pool.map(lambda one: verify(*one), wanted))
    for more, text in results:
        said += text
        for name, marks in more.items():
            found[name] |= marks
    return found, said


def runs(names, long_form):
    """Which animals, with which options: level 3, and what rows have of the levels above."""
    good = {name for name in names if name.startswith("good_")}
    high = high_checks()
    raised = {name for name in names if high & marks_of(name)}
    wide = (good | raised, ("--level", "5", "--include", "|".join(sorted(high))))
    if long_form:
        return [(names, ()), wide]
    rest = {name for name in names - good
            if any(re.fullmatch(THOROUGH, mark) for mark in marks_of(name))}
    return [(names - good, ("--exclude", THOROUGH)), (good, ()), wide,
            *(({name}, ("--include", own(name))) for name in sorted(rest))]


def high_checks():
    """Those of the rows that are above level 3."""
    run = subprocess.run([TOOL, "verify", "--list"], capture_output=True, text=True, check=True)
    levels = dict(re.findall(r"^([A-Z]{3}-\d\d)  level (\d)", run.stdout, re.M))
    return {mark for name in ROWS for mark in marks_of(name) if int(levels[mark]) > 3}


def marks_of(name):
    """The checks of its row."""
    return {mark.split(":")[0] for mark in ROWS[name]}


def own(name):
    return "|".join(sorted(marks_of(name)))


def test_every_animal_has_a_row():
    names = {path.stem.removeprefix("flusher_") for path in built()} | {"good_rust"}
    if not (ZOO / "flusher_good_cxx.so").exists():
        names.add("good_cxx")
    assert set(ROWS) == names


def test_there_are_sixty_ways_to_be_wrong():
    assert sum(bool(ids) for ids in ROWS.values()) >= 60


@pytest.mark.parametrize("name", sorted(ROWS))
def test_what_is_found_is_what_is_wrong(observed, name):
    found, said = observed
    if name not in found:
        pytest.skip("not built (no cargo, no C++ compiler), or not to be run here")
    about = re.findall(rf"^\w+ +\S+ +flusher_{name}\b.*(?:\n    .*)*", said, re.M)
    assert found[name] == ROWS[name], "\n".join(line for line in about if line[0] != "P")


def examples():
    """For each check that finds something, the animal with the shortest row."""
    return {mark: name for name in sorted(ROWS, key=lambda name: -len(ROWS[name]))
            for mark in marks_of(name)}


@pytest.fixture(scope="session")
def observed_without(sanitized):
    """By check that is switched off: what is still found wrong with its example."""
    def run(check):
        plugin = ZOO / f"flusher_{examples()[check]}.so"
        found, _ = verify(sink_of(plugin), [plugin], 2, "--include", own(examples()[check]),
                          "--level", "5", "--exclude", check)
        return found[examples()[check]]

    checks = [] if sanitized else sorted(examples())
    with concurrent.futures.ThreadPoolExecutor(RUNS) as pool:
        return dict(zip(checks, pool.map(run, checks)))


@pytest.mark.parametrize("check", sorted(examples()))
def test_a_check_that_is_switched_off_is_missed(check, sanitized, observed_without):
    """Without the check its animal's row does not hold any more."""
    if sanitized:
        pytest.skip("faults look otherwise under a sanitizer")
    name = examples()[check]
    assert observed_without[check] == {mark for mark in ROWS[name]
                                       if mark.split(":")[0] != check}
