"""The manual pages: made of --help, with nothing left out, and clean."""
import re
import shutil
import subprocess

import pytest

from conftest import BUILD, ROOT

MAKER = ROOT / "tools" / "lib" / "man-page.py"
PROGRAMS = {"weir": BUILD / "host" / "weir", "weir-plugin": BUILD / "tools" / "weir-plugin"}
PAGES = {name: BUILD / "docs" / "man" / f"{name}.1" for name in PROGRAMS}
pytestmark = pytest.mark.skipif(
    not all(page.exists() for page in PAGES.values()), reason="a sanitizer's build has no pages")
both = pytest.mark.parametrize("name", PROGRAMS)


def help_of(program, *command):
    return subprocess.run([program, *command, "--help"], capture_output=True, text=True, check=True).stdout


def words_of(text):
    """Without line ends, escapes and fonts."""
    text = re.sub(r"\\f[BIR]|\\&", "", text).replace("\\-", "-").replace("\\(aq", "'").replace("\\e", "\\")
    return re.sub(r"\s+", " ", text)


@both
def test_all_that_help_says_is_there(name):
    page = words_of(PAGES[name].read_text())
    commands = re.findall(r"^  (\S+)  ", help_of(PROGRAMS[name]), re.M)
    assert len(commands) >= 6
    for command in commands:
        said = help_of(PROGRAMS[name], command).replace("`", "")
        options = re.findall(r"^  (-\S.*?)  ", said, re.M)
        assert options or command == "explain"
        for option in options:
            assert option in page, (command, option)
        text = re.sub(r"\A(?:(?:Usage:| {7}).*\n)+", "", said).split("\n\n")[0]
        for sentence in re.split(r"(?<=\.)\s", text):
            assert words_of(sentence) in page, (command, sentence)
        for codes in re.findall(r"^Exit codes: .*\Z", said, re.M | re.S):
            assert words_of(codes).strip() in page, command


@both
def test_the_page_is_of_this_program(name):
    version = re.search(r'"Weir (\S+)"', PAGES[name].read_text())[1]
    made = subprocess.run([MAKER, PROGRAMS[name], version, ROOT / "docs" / "man" / f"{name}.man"],
                          capture_output=True, text=True, check=True)
    assert made.stdout == PAGES[name].read_text()
    assert help_of(PROGRAMS[name]) and version in subprocess.run(
        [PROGRAMS[name], "--version"], capture_output=True, text=True, check=True).stdout


@both
@pytest.mark.skipif(not shutil.which("mandoc"), reason="mandoc is not installed")
def test_mandoc_finds_nothing(name):
    done = subprocess.run(["mandoc", "-T", "lint", PAGES[name]], capture_output=True, text=True, check=False)
    assert done.stdout + done.stderr == ""


@both
@pytest.mark.skipif(not shutil.which("groff"), reason="groff is not installed")
def test_groff_finds_nothing(name):
    done = subprocess.run(["groff", "-man", "-T", "utf8", "-ww", "-z", PAGES[name]],
                          capture_output=True, text=True, check=False)
    assert done.stdout + done.stderr == ""


STRANGE = {
    "a line that is no option": "  --ok  words\nlost words\n\nExample: x",
    "no example": "  --ok  words\n\n",
    "something behind the end": "  --ok  words\n\nExample: x\n\nExit codes: 0\n\nMore.",
    "another command's usage": None,
}


@pytest.mark.parametrize("what", STRANGE)
def test_a_help_of_another_form_ends_the_build(tmp_path, what):
    rest = STRANGE[what]
    usage = "Usage: odd go\nGoes." if rest else "Usage: odd come\nGoes."
    program = tmp_path / "odd"
    program.write_text(f"""#!/bin/sh
if [ "$1" = go ]; then cat <<'END'
{usage}

{rest or "  --ok  words"}
END
else cat <<'END'
Usage: odd COMMAND
Is odd.

  go  goes

Example: odd go
END
fi
""")
    program.chmod(0o755)
    (tmp_path / "frame").write_text("")
    done = subprocess.run([MAKER, program, "1", tmp_path / "frame"], capture_output=True, text=True, check=False)
    assert done.returncode != 0 and "the help of" in done.stderr


def test_a_help_of_that_form_does_not(tmp_path):
    program = tmp_path / "even"
    program.write_text("""#!/bin/sh
printf 'Usage: even %s\\nIs even.\\n\\n  go  goes\\n\\nExample: even go\\n' "$([ "$1" = go ] && echo go || echo X)"
""")
    program.chmod(0o755)
    (tmp_path / "frame").write_text(".SH END\n")
    done = subprocess.run([MAKER, program, "1", tmp_path / "frame"], capture_output=True, text=True, check=True)
    assert ".SS even go" in done.stdout and done.stdout.endswith(".SH END\n")
