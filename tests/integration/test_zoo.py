"""The zoo (tests/plugins/zoo): what weir-plugin verify finds wrong with each animal is
exactly what expect.tsv says, and it finds nothing wrong with the good ones."""
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
JOBS = 8  # most of the time is spent waiting
# Slow in every check: only those that must find out are run, but for the long form.
SLOW = {"registers_slowly", "slow_init", "slow_stop"}


def rows():
    lines = (SOURCES / "expect.tsv").read_text().splitlines()
    return {name: set(ids.split()) - {"-"}
            for name, ids in (line.split("\t") for line in lines)}


ROWS = rows()
LATER = {name for name, ids in ROWS.items() if ids == {"later"}}
# One animal for each check that some animal must fail.
EXCLUDED = {mark.split(":")[0]: name for name, ids in ROWS.items() if name not in LATER
            for mark in ids}


def verify(plugins, *options):
    """The failures of each animal: {"FLU-03", "FLU-05:CRASH"}."""
    run = subprocess.run(
        [TOOL, "verify", "--level", "3", "--jobs", str(JOBS), "--seed", "1", "--config",
         SOURCES / "weir-verify.json", *options, *plugins],
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
    slow = set() if long_form else SLOW & names
    found, said = verify([plugins[name] for name in sorted(names - slow)])
    for name in slow:
        more, text = verify([plugins[name]], "--include", own(name))
        found |= more
        said += text
    return found, said


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


@pytest.mark.parametrize("check", sorted(EXCLUDED))
def test_a_check_that_is_switched_off_is_missed(check, sanitized):
    """Without the check its animal's row does not hold any more."""
    if sanitized:
        pytest.skip("faults look otherwise under a sanitizer")
    name = EXCLUDED[check]
    plugin = ZOO / f"flusher_{name}.so"
    found, _ = verify([plugin], "--include", own(name))
    assert {mark.split(":")[0] for mark in found[name]} == set(own(name)[2:-2].split("|"))
    found, _ = verify([plugin], "--include", own(name), "--exclude", f"^{check}$")
    assert found[name] != ROWS[name]
