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
RUNS, JOBS = 4, 4  # at once, of the kit and in each; most of the time is spent waiting
# Each of these makes every check slow, or does it by waiting for what never comes: but for
# the long form, only the checks of its row are run.
SLOW = {"async_settles_after_stop", "async_thread_per_batch", "blocks_in_is_ready",
        "blocks_in_set_urgent", "delivers_nothing", "forgets_settle", "loses_cache",
        "registers_slowly", "settles_wrong_id", "slow_init", "slow_stop", "static_state"}
# Looks at memory that is gone, which may or may not be found out elsewhere as well.
CHANCE = {"async_settles_after_stop"}
# Thorough checks: but for the long form, only where a row has them, and on the good ones.
HEAVY = "CFG-07|FLU-04|FLU-05|FLU-14|LIF-05|LIF-15|LIF-16|RES-0[1-9]"


def rows():
    lines = (SOURCES / "expect.tsv").read_text().splitlines()
    return {name: set(ids.split()) - {"-"}
            for name, ids in (line.split("\t") for line in lines)}


ROWS = rows()
LATER = {name for name, ids in ROWS.items() if ids == {"later"}}


def sink_of(plugin):
    """By what the animal is made of."""
    words = plugin.stem.split("_")
    return next((sink for sink in ("tcp", "http") if sink in words), "file")


def verify_all(plugins, *options):
    found, said = {}, ""
    for sink in ("file", "tcp", "http"):
        some = [plugin for plugin in plugins if sink_of(plugin) == sink]
        more, text = verify(sink, some, *options) if some else ({}, "")
        found |= more
        said += text
    return found, said


def verify(sink, plugins, *options):
    """The failures of each animal: {"FLU-03", "FLU-05:CRASH"}."""
    run = subprocess.run(
        [TOOL, "verify", "--level", "3", "--jobs", str(JOBS), "--seed", "1", "--config",
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
    names = {name for name in plugins if name not in LATER
             and (name.startswith("good_") or not sanitized)}
    found, said = {name: set() for name in names}, ""
    def run(some, options):
        return verify_all([plugins[name] for name in sorted(some)], *options)

    with concurrent.futures.ThreadPoolExecutor(RUNS) as pool:
        results = list(pool.map(lambda one: run(*one), runs(names, long_form)))
    for more, text in results:
        said += text
        for name, marks in more.items():
            found[name] |= marks
    return found, said


def runs(names, long_form):
    """Which animals, with which options."""
    good = {name for name in names if name.startswith("good_")}
    if long_form:
        return [(names - CHANCE, ()),
                *(({name}, ("--include", own(name))) for name in CHANCE & names)]
    thorough = {name for name in names - SLOW
                if any(re.match(HEAVY, mark) for mark in ROWS[name])}
    others = sorted(names - SLOW - good)
    return [(good, ()),
            (others[::2], ("--exclude", HEAVY)), (others[1::2], ("--exclude", HEAVY)),
            *(({name}, ("--include", own(name))) for name in sorted(SLOW & names | thorough))]


def own(name):
    """The checks of its row."""
    return "^(" + "|".join(sorted(mark.split(":")[0] for mark in ROWS[name])) + ")$"


def test_every_animal_has_a_row():
    names = {path.stem.removeprefix("flusher_") for path in built()} | {"good_rust"}
    if not (ZOO / "flusher_good_cxx.so").exists():
        names.add("good_cxx")
    assert set(ROWS) == names


def test_there_are_sixty_ways_to_be_wrong():
    assert sum(bool(ids) for ids in ROWS.values()) >= 60


@pytest.mark.parametrize("name", sorted(ROWS))
def test_what_is_found_is_what_is_wrong(observed, name):
    if name in LATER:
        pytest.skip("no check yet")
    found, said = observed
    if name not in found:
        pytest.skip("not built (no cargo, no C++ compiler), or not to be run here")
    about = re.findall(rf"^\w+ +\S+ +flusher_{name}\b.*(?:\n    .*)*", said, re.M)
    assert found[name] == ROWS[name], "\n".join(line for line in about if line[0] != "P")


def examples():
    """For each check that finds something, the animal with the shortest row."""
    return {mark.split(":")[0]: name
            for name, ids in sorted(ROWS.items(), key=lambda row: -len(row[1]))
            for mark in ids if name not in LATER}


@pytest.mark.parametrize("check", sorted(examples()))
def test_a_check_that_is_switched_off_is_missed(check, sanitized, long_form):
    """Without the check its animal's row does not hold any more."""
    name = examples()[check]
    if sanitized:
        pytest.skip("faults look otherwise under a sanitizer")
    if len(ROWS[name]) > 1 and not long_form:
        pytest.skip("takes long: only in the long form")
    found, _ = verify_all([ZOO / f"flusher_{name}.so"], "--include", own(name),
                          "--exclude", check)
    assert found[name] != ROWS[name]
