"""weir-plugin new: from nothing to a verified plugin, with nothing but an installed Weir."""
import os
import re
import shutil
import subprocess

import pytest

from conftest import ROOT, SANITIZED
from installed import environment, install, one, run

pytestmark = pytest.mark.skipif(
    SANITIZED, reason="a project of another's is not linked with the sanitizer's runtime")

KINDS = ("min", "stream", "http")
LANGS = ["c", pytest.param("c++", marks=pytest.mark.skipif(
    not shutil.which("c++"), reason="no C++ compiler"))]
SAMPLES = ["GET /index.html 200", "GET /grüße.html 200", 'GET / 500 \\"it\'s \\\\broken\\\\\\"']


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    return install(tmp_path_factory.mktemp("install"))


@pytest.fixture(scope="module")
def env(tree):
    return environment(tree)


@pytest.fixture
def new(tree, tmp_path):
    def call(*arguments, folder=tmp_path):
        return subprocess.run([one(tree, "bin/weir-plugin"), "new", *arguments], cwd=folder,
                              capture_output=True, text=True, timeout=60, check=False)
    return call


def contents(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes()
            for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_project_is_built_and_run(new, env, tmp_path, kind, lang):
    done = new("--kind", kind, "--lang", lang, "parrot")
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "parrot"
    run("make", "CFLAGS=-O1 -Werror", "CXXFLAGS=-O1 -Werror", cwd=folder, env=env)
    said = run("make", "run", cwd=folder, env=env)
    for sample in SAMPLES:
        assert sample in said
    assert not [path for path, data in contents(folder).items()
                if b"acme" in data.lower() or "acme" in path]


@pytest.mark.parametrize("lang", LANGS)
def test_a_project_checks_and_verifies_itself(new, env, tmp_path, lang):
    assert new("--lang", lang, "parrot").returncode == 0
    folder = tmp_path / "parrot"
    said = run("make", "check", cwd=folder, env=env)
    assert "ok 1 - " in said and "not ok" not in said
    said = run("make", "verify", cwd=folder, env=env)
    assert "FAIL" not in said.splitlines()[-1]
    run("make", "lint", cwd=folder, env=env)


def test_meson_builds_it_too(new, env, tmp_path):
    assert new("parrot").returncode == 0
    folder = tmp_path / "parrot"
    run("meson", "setup", "build", cwd=folder, env=env)
    said = run("meson", "test", "-C", "build", cwd=folder, env=env)
    assert "unit" in said and "verify" in said


def block_of_the_page(name):
    return run(ROOT / "tools/lib/page-block", ROOT / "docs/conformance.md", name)


def test_the_recipe_of_the_page(env, tmp_path):
    """With a good plugin and with an animal of the zoo; tools/prove-packages does the same
    on a bare Debian."""
    recipe = tmp_path / "recipe.sh"
    recipe.write_text(block_of_the_page("# each commit"))
    said = run(ROOT / "tests/support/prove-recipe", recipe, ROOT / "tests/plugins/zoo", tmp_path,
               env=env)
    assert "good: exit code 0" in said and "prints: exit code 1" in said


def installed_by(text):
    line = re.search(r"apt-get install (.*)", text.replace("\\\n", " "))[1]
    return {word for word in line.split() if not word.startswith("-")}


@pytest.mark.parametrize("kind", KINDS)
def test_the_workflow_installs_what_the_page_says(new, tmp_path, kind):
    assert new("--kind", kind, "parrot").returncode == 0
    workflow = (tmp_path / "parrot/.github/workflows/ci.yml").read_text()
    more = {"min": set(), "stream": {"python3"}, "http": {"python3", "libcurl4-openssl-dev"}}
    assert installed_by(workflow) == (
        installed_by(block_of_the_page("# once")) | {"ca-certificates", "curl"} | more[kind])


def test_nothing_is_overwritten(new, tmp_path):
    assert new("parrot").returncode == 0
    source = tmp_path / "parrot" / "flusher_parrot.c"
    source.write_text("mine")
    before = contents(tmp_path)
    done = new("parrot", "--kind", "http")
    assert done.returncode == 1
    assert "parrot" in done.stderr and "nothing is overwritten" in done.stderr
    assert contents(tmp_path) == before


@pytest.mark.parametrize("name", ["flusher_parrot", "./some/parrot", "parrot/"])
def test_the_folder_names_the_flusher(new, tmp_path, name):
    (tmp_path / "some").mkdir()
    assert new(name).returncode == 0
    assert (tmp_path / name / "flusher_parrot.c").exists()


@pytest.mark.parametrize("arguments, words", [
    ((), "which folder?"),
    (("a", "b"), "which folder?"),
    (("Parrot",), "'Parrot' is no name"),
    (("9lives",), "'9lives' is no name"),
    (("par-rot",), "'par-rot' is no name"),
    (("flusher_",), "'' is no name"),
    (("/",), "'' is no name"),
    (("x" * 49,), "is no name"),
    (("parrot", "--kind", "udp"), "there is no kind 'udp', but min, stream, http"),
    (("parrot", "--lang", "rust"), "there is no language 'rust', but c, c++"),
    (("parrot", "--nothing"), "unrecognized option"),
])
def test_wrong_arguments(new, tmp_path, arguments, words):
    done = new(*arguments)
    assert done.returncode == 64
    assert words in done.stderr
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_made(new, tmp_path):
    done = new("nowhere/parrot")
    assert done.returncode == 1
    assert "nowhere/parrot: No such file" in done.stderr


@pytest.mark.parametrize("word", ["int", "class", "weir", "options", "test"])
def test_names_that_are_words_of_the_language(new, env, tmp_path, word):
    assert new(word).returncode == 0
    run("make", cwd=tmp_path / word, env=env)
    assert os.path.exists(tmp_path / word / f"flusher_{word}.so")
