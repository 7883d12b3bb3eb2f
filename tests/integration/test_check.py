"""`weir check`: every code of a configuration, at the very place it is about."""
import errno
import json
import os
import pty
import re
import subprocess

import pytest

from conftest import WEIR
from marked import FLUSHER, INPUT, check, delivery, http, pipeline, unmark

# code, text, further arguments
AT_PLACES = (
    ("W1001", '{"inputs": [],@@}', ()),
    ("W1001", '{"inputs": [],\n @@// no comments\n}', ()),
    ("W1001", '{"inputs": [{"Type": "inp\\@@q"}]}', ()),
    ("W1001", pipeline() + "@@x", ()),
    ("W1002", "@@inputs:\n  - Type: input_stdin\n", ()),
    ("W1002", "@@---\n- a\n", ()),
    ("W1003", pipeline(more=',\n  @@"flusher": []'), ()),
    ("W1003", pipeline(more=',\n  "global": {@@"InputIntervalMS2": 1}'), ()),
    ("W1003", pipeline(flushers='{"Type": "flusher_file", "FilePath": "/x", @@"Formet": "raw"}'), ()),
    ("W1003", pipeline(flushers='{"type": "flusher_file",\n\t"detail": {"FilePath": "x", @@"é": 1}}'), ()),
    ("W1003", pipeline(flushers='{"type": "flusher_file", "detail": {"FilePath": "/x"}, @@"Format": "raw"}'), ()),
    ("W1004", pipeline(flushers='{"Type": @@"flusher_nowhere"}'), ()),
    ("W1004", pipeline(inputs='{"type": @@"input_fil/3"}'), ()),
    ("W1005", '{"inputs": [],\n @@"inputs": []}', ()),
    ("W1005", pipeline(flushers='{"Type": "flusher_file", "FilePath": "a", @@"FilePath": "b"}'), ()),
    ("W1006", "[" * 64 + "@@[" + "]" * 65, ()),
    ("W1007", b'{"a": "x@@\xff"}', ()),
    ("W1007", b'{"a": "\xc3\xa9@@\xc0\x80"}', ()),
    ("W1010", "@@[]", ()),
    ("W1010", f'{{"inputs": @@{{}}, "flushers": [{FLUSHER}]}}', ()),
    ("W1010", pipeline(flushers="@@3"), ()),
    ("W1010", pipeline(flushers='{"type": "flusher_stdout", "detail": @@[]}'), ()),
    ("W1010", pipeline(more=',\n  "global": @@3'), ()),
    ("W1010", pipeline(flushers='{"Type": "flusher_stdout", "Delivery": @@3}'), ()),
    ("W1011", pipeline(flushers='@@{"FilePath": "/x"}'), ()),
    ("W1012", pipeline(flushers='{"Type": "flusher_stdout", @@"plugin_type": "flusher_file"}'), ()),
    ("W1013", f'{{"inputs": [{INPUT}], "flushers": @@[]}}', ()),
    ("W1013", f'@@{{"inputs": [{INPUT}]}}', ()),
    ("W1014", f'{{"inputs": @@[], "flushers": [{FLUSHER}]}}', ()),
    ("W1015", f'{{"inputs": [{INPUT}], "flushers": @@[{", ".join([FLUSHER] * 65)}]}}', ()),
    ("W1016", pipeline(flushers='{"Type": "flusher_stdout/a"}, @@{"Type": "flusher_stdout/a"}'), ()),
    ("W1019", pipeline(more=',\n  @@"x-a\\u0000b": 1'), ()),
    ("W1020", pipeline(more=',\n  "x-n": @@18446744073709551616'), ()),
    ("W1020", pipeline(more=',\n  "x-n": @@-9223372036854775809'), ()),
    ("W1021", pipeline(flushers='{"Type": @@"flusher_stdout/"}'), ()),
    ("W1022", pipeline(more=', "processors": [@@{"Type": "processor_rename", "SourceKeys": ["a", "b"], '
                            '"DestKeys": ["c"]}]'), ()),
    ("W1022", pipeline(inputs='@@{"Type": "file_log", "LogPath": "/x", "FilePattern": "a/b"}'), ()),
    ("W1022", pipeline(inputs='@@{"Type": "file_log", "LogPath": "/x", "FilePattern": "b", "TopicFormat": "("}'), ()),
    ("W1022", pipeline(inputs='@@{"Type": "service_mock", "File": "/no/such"}'), ()),
    ("W1201", pipeline(more=',\n  "enable": @@1'), ()),
    ("W1201", delivery('"QueueMaxGroups": @@"7"'), ()),
    ("W1202", delivery('"QueueMaxGroups": @@0'), ()),
    ("W1202", delivery('"QueueMaxGroups": @@-1'), ()),
    ("W1202", delivery('"QueueMaxBytes": @@"1KiB"'), ()),
    ("W1203", delivery('"WhenFull": @@"Block"'), ()),
    ("W1204", pipeline(flushers='@@{"Type": "flusher_file"}'), ()),
    ("W1204", pipeline(flushers='{"Type": "flusher_file", "FilePath": @@""}'), ()),
    ("W1205", delivery('"FlushTimeout": @@"10 seconds"'), ()),
    ("W1206", delivery('"QueueMaxBytes": @@"32 megs"'), ()),
    ("W1208", pipeline(more=', "processors": [{"Type": "processor_regex", "Regex": @@"(", "Keys": ["a"]}]'), ()),
    ("W1208", pipeline(more=', "processors": [{"Type": "processor_filter_regex", "Include": {"a": @@"["}}]'), ()),
    ("W1208", pipeline(inputs='{"Type": "input_file", "FilePaths": ["/x"], "Multiline": {"StartPattern": @@"("}}'), ()),
    ("W1208", http('"FlushInterceptor": {"Type": "ext_groupinfo_filter", "Tags": {"a": {"Pattern": @@"("}}}'), ()),
    ("W1208", http('"FlushInterceptor": {"Type": "ext_groupinfo_filter", '
                   '"Options": {"Metas": {"a": {"Pattern": @@"*"}}}}'), ()),
    ("W1208", http('"FlushInterceptor": {"Type": "ext_groupinfo_filter"}',
                   more=',\n  "extensions": [{"Type": "ext_groupinfo_filter",\n    '
                        '"Tags": {"a": {"Pattern": @@"a{2,1}"}}}]'), ()),
    ("W1003", http('"FlushInterceptor": {"Type": "ext_groupinfo_filter", "Tags": {"a": {@@"Pattarn": "b", '
                   '"Pattern": "b"}}}'), ()),
    ("W1201", http('"FlushInterceptor": {"Type": "ext_groupinfo_filter", "Tags": {"a": @@"b"}}'), ()),
    ("W1204", http('"FlushInterceptor": {"Type": "ext_groupinfo_filter", "Tags": {"a": @@{"Reverse": true}}}'), ()),
    ("W1210", delivery('"RetryMaxAge": @@60'), ()),
    ("W1301", pipeline(flushers='{"Type": "flusher_file", "FilePath": @@"${env:WEIR_NO_SUCH}"}'), ()),
    ("W1302", pipeline(flushers='{"Type": "flusher_file", "FilePath": @@"${file:/no/such}"}'), ()),
    ("W1303", pipeline(flushers='{"Type": "flusher_file", "FilePath": @@"${HOME}"}'), ()),
    ("W1303", pipeline(flushers='{"Type": "flusher_file", "FilePath": @@"${env:HOME"}'), ()),
    ("W1311", pipeline(more=',\n  @@"version": 3'), ()),
    ("W1312", pipeline(more=',\n  "extensions": [{"Type": @@"ext_basicauth", "Username": "u"}]'), ()),
    ("W1023", pipeline(more=',\n  "extensions": [{"Type": @@"ext_x"}]'), ()),
    ("W1024", pipeline(flushers='{"Type": "flusher_http", "RemoteURL": "http://h/", '
                                '"Authenticator": {"Type": @@"ext_basicauth/a"}}'), ()),
    # What is wrong in an extension is told where it stands.
    ("W1003", pipeline(flushers='{"Type": "flusher_http", "RemoteURL": "http://h/", '
                                '"Authenticator": {"Type": "ext_basicauth"}}',
                       more=',\n  "extensions": [{"Type": "ext_basicauth", @@"Usernme": "u"}]'), ()),
    ("W1314", pipeline(more=',\n  @@"flusher": []'), ("--compat",)),
    ("W1314", pipeline(flushers='{"Type": "flusher_stdout", @@"Nix": 1}'), ("--compat",)),
)

WARNINGS = {"W1207", "W1210", "W1312", "W1314"}
NOTES = {"W1311"}
# Those that are about files as a whole; each has a test of its own below.
ABOUT_FILES = {"W1000", "W1008", "W1009", "W1017", "W1018"}
# No bundled type has a deprecated option; tests/unit/config/test-deprecated provokes it.
ELSEWHERE = {"W1207"}


def check_json(weir, *arguments):
    done = check(weir, "--format", "json", *arguments)
    return done.returncode, json.loads(done.stdout)["diagnostics"]


@pytest.mark.parametrize(
    "code, text, arguments", AT_PLACES, ids=[f"{row[0]}-{i}" for i, row in enumerate(AT_PLACES)])
def test_code_at_its_place(weir, code, text, arguments):
    data, [(line, column)] = unmark(text)
    path = weir.folder / "p.json"
    path.write_bytes(data)
    status, found = check_json(weir, *arguments, path)
    places = [(d["code"], d["line"], d["column"]) for d in found]
    assert (code, line, column) in places
    diag = found[places.index((code, line, column))]
    assert diag["file"] == str(path)
    severity = "warning" if code in WARNINGS else "note" if code in NOTES else "error"
    assert diag["severity"] == severity
    assert status == (1 if severity == "error" else 0)
    # One mistake is told once: nothing else is reported on well-formed pipelines.
    if isinstance(text, str) and '"inputs"' in text and code not in ("W1001", "W1005"):
        assert set(places) == {(code, line, column)} or code in ("W1010", "W1013", "W1014", "W1015")


def assert_about_file(weir, code, status, *arguments):
    got, found = check_json(weir, *arguments)
    assert got == status
    assert [(d["code"], d["line"]) for d in found] == [(code, 0)]
    return found[0]


def test_unreadable_file_W1000(weir):
    (weir.folder / "d" / "p.json").mkdir(parents=True)
    assert_about_file(weir, "W1000", 1, weir.folder / "d")


def test_too_large_W1008(weir):
    path = weir.pipeline("big", " " * (16 << 20) + "{}")
    assert_about_file(weir, "W1008", 1, path)


@pytest.mark.parametrize("text", ["", " \n\t\r\n "])
def test_empty_W1009(weir, text):
    assert_about_file(weir, "W1009", 1, weir.pipeline("p", text))


def test_one_name_twice_W1017(weir):
    for folder in ("a", "b"):
        (weir.folder / folder).mkdir()
        (weir.folder / folder / "p.json").write_text(pipeline())
    diag = assert_about_file(weir, "W1017", 1, weir.folder / "a", weir.folder / "b")
    assert diag["file"].endswith("b/p.json")


def test_nothing_there_W1018(weir):
    assert_about_file(weir, "W1018", 66, weir.folder / "nothing")
    (weir.folder / "empty").mkdir()
    (weir.folder / "empty" / ".hidden.json").write_text("x")
    assert_about_file(weir, "W1018", 66, weir.folder / "empty")


def test_every_code_is_provoked(weir):
    listed = set(re.findall(r"^(W\d{4}) ", weir.command("explain").stdout, re.MULTILINE))
    ours = {code for code in listed if code[1] == "1"}
    assert ours == {row[0] for row in AT_PLACES} | ABOUT_FILES | ELSEWHERE


def test_every_code_is_explained(weir):
    for code in re.findall(r"^(W\d{4}) ", weir.command("explain").stdout, re.MULTILINE):
        done = weir.command("explain", code)
        assert done.returncode == 0
        for word in (code, "Cause:", "Fix:", "Example:"):
            assert word in done.stdout
    assert weir.command("explain", "W9999").returncode == 2
    assert weir.command("explain", "a", "b").returncode == 64


def test_all_mistakes_of_all_files_in_one_run(weir):
    weir.pipeline("a", pipeline(flushers='{"Type": "flusher_file", "Formet": 1, "MaxFiles": "x"}'))
    weir.pipeline("b", '{"inputs": [],}')
    status, found = check_json(weir, weir.folder)
    assert status == 1
    assert [d["code"] for d in found if d["file"].endswith("a.json")] == ["W1204", "W1003", "W1201"]
    assert [d["code"] for d in found if d["file"].endswith("b.json")] == ["W1001"]


def test_stages_are_made_although_something_else_is_wrong(weir):
    """What tables cannot say is told in the same run, with the line it is about."""
    path = weir.pipeline("p", pipeline(
        inputs='{"Type": "file_log", "LogPath": "/x", "FilePattern": "a/b"}',
        flushers='{"Type": "flusher_file", "FilePath": "x", "Formet": 1}',
        more=', "processors": [{"Type": "processor_rename", "SourceKeys": ["a"], "DestKeys": ["b", "c"]}]'))
    status, found = check_json(weir, path)
    assert status == 1
    assert [d["code"] for d in found] == ["W1022", "W1003", "W1022"]
    assert '    2 |   "inputs": [{"Type": "file_log"' in check(weir, path).stdout


def test_text_names_what_was_probably_meant(weir):
    path = weir.pipeline("p", pipeline(flushers='{"Type": "flusher_fil", "FilePath": "x"}'))
    done = check(weir, path)
    assert done.returncode == 1
    assert f"{path}:3:25: error[W1004]: " in done.stdout
    assert "did you mean 'flusher_file'?" in done.stdout
    line, carets = done.stdout.splitlines()[1:3]
    assert line[carets.index("^"):].startswith('"flusher_fil"')
    assert done.stdout.endswith("1 error; 'weir explain W1004' tells more\n")
    assert "\033" not in done.stdout


def test_text_says_when_no_plugin_is_loaded(weir):
    good = weir.pipeline("good", pipeline())
    weir.plugins.unlink()
    run = subprocess.run([WEIR, "check", good], cwd=weir.folder, capture_output=True, text=True,
                         stdin=subprocess.DEVNULL, check=False)
    assert run.returncode == 1
    assert "there is no flusher 'flusher_blackhole'" in run.stdout
    assert "no plugin is loaded: give a plugins.yml with --plugins" in run.stdout


def test_exit_codes(weir):
    good = weir.pipeline("good", pipeline())
    note = weir.pipeline("note", pipeline(more=', "version": 3'))
    doubtful = weir.pipeline("doubtful", delivery('"RetryMaxAge": 60'))
    assert check(weir, good).returncode == 0
    assert check(weir, good).stdout == "1 file, nothing wrong\n"
    assert check(weir, "--deny-warnings", note).returncode == 0
    assert check(weir, doubtful).returncode == 0
    assert check(weir, "--deny-warnings", doubtful).returncode == 1
    assert check(weir).returncode == 64
    assert check(weir, "--format", "xml", good).returncode == 64
    assert check(weir, "--no-such", good).returncode == 64
    assert check(weir, "--help").returncode == 0


def test_sarif(weir):
    weir.pipeline("a b", pipeline(flushers='{"Type": "flusher_nowhere"}'))
    (weir.folder / "e.json").write_text("")
    done = check(weir, "--format", "sarif", "a b.json", "e.json")
    assert done.returncode == 1
    sarif = json.loads(done.stdout)
    assert sarif["version"] == "2.1.0"
    (run,) = sarif["runs"]
    rules = {rule["id"]: rule for rule in run["tool"]["driver"]["rules"]}
    assert set(rules) == {"W1004", "W1009"}
    assert all(rule["shortDescription"]["text"] and rule["help"]["text"] for rule in rules.values())
    first, second = run["results"]
    assert first["ruleId"] == "W1004" and first["level"] == "error" and first["message"]["text"]
    place = first["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "a%20b.json"
    assert place["region"] == {"startLine": 3, "startColumn": 25, "endColumn": 42}
    assert "region" not in second["locations"][0]["physicalLocation"]


def test_sarif_of_nothing_wrong(weir):
    done = check(weir, "--format", "sarif", weir.pipeline("p", pipeline()))
    assert done.returncode == 0
    assert json.loads(done.stdout)["runs"][0]["results"] == []


def test_github(weir):
    weir.pipeline("p", pipeline(flushers='{"Type": "flusher_nowhere"}'))
    done = check(weir, "--format", "github", "p.json")
    assert re.match(r"::error title=W1004,file=p\.json,line=3,col=25::.*\n\Z", done.stdout)


def test_a_file_cannot_steer_the_terminal(weir):
    path = weir.pipeline("p", '{"inputs": [{"Type": "\u009b31m\u202e"}], "\\u001b[2J": 1, "flushers": \x1b]}')
    for form in ("text", "github"):
        done = check(weir, "--format", form, path)
        assert done.returncode == 1
        assert "\033" not in done.stdout


@pytest.mark.parametrize("command", ["check", "explain", "schema", "describe"])
def test_help_has_an_example(weir, command):
    done = weir.command(command, "--help")
    assert done.returncode == 0
    assert f"Example: weir {command} " in done.stdout
    assert weir.command(command, "--nonsense").returncode == 64


def test_describe(weir):
    done = weir.command("describe", "--plugins", weir.plugins, "flusher_file")
    assert done.returncode == 0
    assert "FilePath (string, required)" in done.stdout
    done = weir.command("describe", "--plugins", weir.plugins, "--format", "json", "flusher_file")
    described = json.loads(done.stdout)
    assert described["section"] == "flushers"
    assert "FilePath" in [option["name"] for option in described["options"]]
    listed = weir.command("describe", "--plugins", weir.plugins).stdout
    assert "flusher_blackhole" in listed and "input_file" in listed
    assert weir.command("describe", "--plugins", weir.plugins, "nothing_such").returncode == 2


def on_a_terminal(arguments, folder, **environment):
    """What the command prints when standard output is a terminal."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(arguments, stdout=theirs, stderr=subprocess.DEVNULL, cwd=folder,
                          stdin=subprocess.DEVNULL, env=os.environ | environment) as process:
        os.close(theirs)
        printed = b""
        try:
            while piece := os.read(ours, 65536):
                printed += piece
        except OSError as error:  # what Linux says when the other end is closed
            assert error.errno == errno.EIO
        assert process.wait() == 1
    os.close(ours)
    return printed.decode()


def test_colour_on_a_terminal_only(weir):
    path = weir.pipeline("p", pipeline(flushers='{"Type": "flusher_nowhere"}'))
    command = [WEIR, "check", "--plugins", weir.plugins, path]
    coloured = on_a_terminal(command, weir.folder, NO_COLOR="")
    assert re.search(r"\033\[[0-9;]*31mError|\033\[[0-9;]*31merror", coloured), coloured
    assert coloured.count("\033[") == 2 * coloured.count("\033[0m"), "every colour is taken back"
    plain = on_a_terminal(command, weir.folder, NO_COLOR="1").replace("\r\n", "\n")
    assert re.sub(r"\033\[[0-9;]*m", "", coloured).replace("\r\n", "\n") == plain
    assert plain == check(weir, path).stdout
