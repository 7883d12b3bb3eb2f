"""Mistakes as operators make them: one mistake is told once, where it is, with words that
help; all mistakes of a file are told in one run, in the order of the file.
"""
import json

import pytest

from conftest import BUILD
from marked import FLUSHER, INPUT, check, delivery, http, pipeline, unmark

AUTH = '"Authenticator": {"Type": "ext_basicauth%s"}'
FILE = '{"Type": "flusher_file", "FilePath": '

# Text, codes in the order of the marks, words of the text output.
BROKEN = {
    # The file as a whole.
    "an object around it": (f'{{@@"pipeline": {{"inputs": [{INPUT}], "flushers": [{FLUSHER}]}}}}',
                            ["W1003"], "take what is in it out"),
    "byte order mark": (b"\xef\xbb\xbf" + pipeline().encode(), ["W1001"], "byte order mark"),
    "UTF-16": (pipeline().encode("utf-16"), ["W1007"], "looks like UTF-16"),
    "UTF-16 without its mark": (pipeline().encode("utf-16-le"), ["W1007"], "looks like UTF-16"),
    "zeroes": (b"\0" * 64, ["W1001"], "not JSON"),
    "Latin-1": (pipeline(flushers=FILE + '"@@\u00e9"}').encode("latin1"), ["W1007"], "not UTF-8"),
    "CRLF": (pipeline(flushers='{"Type": "flusher_file", @@"FilePth": "x"}').replace("\n", "\r\n"),
             ["W1003"], "did you mean 'FilePath'?"),
    "a comment at the end": (pipeline() + "@@// end", ["W1001"], "no comments"),
    "a comment in front": ("@@/* x */ " + pipeline(), ["W1001"], "no comments"),
    "two objects": (pipeline() + "@@" + pipeline(), ["W1001"], "more text behind the end"),
    # What looks like JSON.
    "comma in a list": (f'{{"inputs": [{INPUT},@@],\n "flushers": [{FLUSHER}]}}', ["W1001"],
                        "there is a comma before the ']'"),
    "comma in an object": (f'{{"inputs": [{INPUT}],\n "flushers": [{FLUSHER}],\n@@}}', ["W1001"],
                           "there is a comma before the '}'"),
    "no comma": (f'{{"inputs": [{INPUT}] @@"flushers": [{FLUSHER}]}}', ["W1001"], "expected a ',' or a '}'"),
    "no brace": (f'{{"inputs": [{INPUT}], "flushers": [{FLUSHER}]@@', ["W1001"], "ends too early"),
    "single quotes": ("{@@'inputs': []}", ["W1001"], "double quotes"),
    "typographic key": (pipeline(flushers="{@@\u201cType\u201d: 1}"), ["W1001"], "typographic quotes"),
    "typographic value": (pipeline(flushers='{"Type": @@\u201cflusher_file\u201d}'), ["W1001"],
                          "typographic quotes"),
    "no-break space": (pipeline(flushers='{"Type":@@\u00a0"flusher_file"}'), ["W1001"], "no-break space"),
    "True": (http('"AsyncIntercept": @@True'), ["W1001"], "lower case"),
    "NaN": (http('"Concurrency": @@NaN'), ["W1001"], "no such number"),
    "a plus": (http('"Concurrency": @@+1'), ["W1001"], "no plus"),
    "leading zero": (http('"Concurrency": @@01'), ["W1001"], "leading zeros"),
    "backslashes": (pipeline(flushers=FILE + '"C:\\@@logs"}'), ["W1001"], "unknown escape"),
    "unprintable bytes": (pipeline(flushers=FILE + '"a@@\x01\x02b"}'), ["W1001"], "\\uXXXX"),
    "no closing quote": ('{"inputs": [],\n "flushers": "x@@\n}', ["W1001"], "closing quote"),
    # Sections and entries.
    "flushers as an object": ('{"inputs": [%s],\n "flushers": @@{"Type": "flusher_stdout"}}' % INPUT,
                              ["W1010"], "must be a list"),
    "other people's names": ('{@@"sources": [%s],\n @@"sinks": [%s]}' % (INPUT, FLUSHER),
                             ["W1003", "W1003"], "did you mean 'flushers'?"),
    "misspelt sections": ('{@@"input": [%s],\n @@"flusher": [%s]}' % (INPUT, FLUSHER),
                          ["W1003", "W1003"], "did you mean 'inputs'?"),
    "unknown sections": (pipeline(more=',\n @@"filters": {}, @@"comment": 1'), ["W1003", "W1003"],
                         "did you mean 'processors'?"),
    "a section twice": (pipeline(more=f',\n @@"Inputs": [{INPUT}]'), ["W1005"], "are the same key"),
    "two type keys": (pipeline(flushers='{"type": "flusher_stdout", @@"plugin_type": "flusher_stdout"}'),
                      ["W1012"], "keep one of them"),
    "detail as a list": (pipeline(flushers='{"type": "flusher_stdout", "detail": @@[{}]}'), ["W1010"],
                         "must be an object"),
    "detail as a text": (pipeline(flushers='{"type": "flusher_stdout", "detail": @@"x"}'), ["W1010"],
                         "must be an object"),
    "a name as an entry": (pipeline(flushers='@@"flusher_stdout"'), ["W1010"], "must be an object"),
    "options beside type": (pipeline(flushers='{"type": "flusher_file", @@"FilePath": "x"}'), ["W1003"],
                            'move it: "detail": {"FilePath": ...}'),
    "without the prefix": (pipeline(flushers='{"type": @@"stdout"}'), ["W1004"], "did you mean 'flusher_stdout'?"),
    "the wrong section": (pipeline(inputs='{"Type": @@"flusher_stdout"}', flushers='{"Type": @@"input_stdin"}'),
                          ["W1004", "W1004"], "it belongs under `inputs`"),
    "a reference as a type": (pipeline(flushers='{"Type": @@"${env:HOME}"}'), ["W1004"], "no references"),
    "a bell in a type": (pipeline(flushers='{"Type": @@"flusher_fi\\u0007le"}'), ["W1004"],
                         "did you mean 'flusher_file'?"),
    # Values.
    "a misspelt option that is required": (pipeline(flushers='{"Type": "flusher_file", @@"FilePaht": "x"}'),
                                           ["W1003"], "did you mean 'FilePath'?"),
    "numbers as strings": (http('"Concurrency": @@"4", "MaxBodySize": "1KiB", "Timeout": @@"60"'),
                           ["W1201", "W1205"], "expected an integer"),
    "strings as numbers": (pipeline(flushers='{"type": "flusher_file", "detail": {"FilePath": @@12, '
                                             '"MaxFiles": @@true}}'), ["W1201", "W1201"], "expected a string"),
    "a string as a list": (pipeline(inputs='{"Type": "input_file", "FilePaths": @@"/x.log"}'), ["W1201"],
                           "expected a list of strings"),
    "true for a choice": (delivery('"Spool": @@true'), ["W1201"], 'one of "off", "overflow", "durable"'),
    "options out of order": (delivery('"WhenFull": @@"drop", @@"retry": 3, "QueueMaxGroups": @@0'),
                             ["W1203", "W1003", "W1202"], "expected 1 or more"),
    "units": (delivery('"QueueMaxBytes": @@"10 megs", "RetryMaxDelay": @@"5min", "FlushTimeout": @@"1M"'),
              ["W1206", "W1205", "W1205"], '"64KiB" or "10MB"'),
    "negative": (pipeline(flushers=FILE + '"x", "MaxFileSize": @@-5, "MaxFiles": @@-1}'), ["W1202", "W1202"],
                 "expected 0 or more"),
    "a negative size in words": (pipeline(flushers=FILE + '"x", "MaxFileSize": @@"-5MB"}'), ["W1206"], "a size"),
    "more than 64 bits": (pipeline(flushers=FILE + '"x", "MaxFiles": @@99999999999999999999}'), ["W1020"],
                          "does not fit 64 bits"),
    "more than 64 bits where there is a limit": (
        pipeline(inputs='{"Type": "input_file", "FilePaths": ["/x"], "MaxDirSearchDepth": @@99999999999999999999}'),
        ["W1020"], "does not fit 64 bits"),
    "more than a double": (pipeline(flushers=FILE + '"x", "MaxFiles": @@1e400}'), ["W1020"], "a double"),
    "one key in two spellings": (pipeline(flushers=FILE + '"x", @@"filepath": "y"}'), ["W1005"],
                                 "are the same key"),
    "an empty path": (pipeline(inputs='@@{"Type": "input_file", "FilePaths": [""]}'), ["W1022"], "empty path"),
    "a path with a NUL": (pipeline(inputs='@@{"Type": "input_file", "FilePaths": ["a\\u0000b"]}'), ["W1022"],
                          "NUL"),
    "references": (pipeline(flushers=FILE + '@@@@"${file:missing}${env:WEIR_NO_SUCH}"}'), ["W1302", "W1301"],
                   "No such file"),
    "a folder as a file": (pipeline(flushers=FILE + '@@"${file:/}"}'), ["W1302"], "Is a directory"),
    "a file without an end": (pipeline(flushers=FILE + '@@"${file:/dev/zero}"}'), ["W1302"], "64 KiB"),
    # Extensions.
    "an extension that is not there": (http('"Authenticator": {"Type": @@"ext_basicauth/me"}'), ["W1024"],
                                       "there is no extension"),
    "one of two extensions": (
        http('"Authenticator": {"Type": @@"ext_basicauth"}').replace(
            "\n}", ',\n "extensions": [{"Type": "ext_basicauth/a"}, {"Type": "ext_basicauth/b"}]}'),
        ["W1024"], 'write which: "type/id"'),
    "an extension twice": (
        http(AUTH % "/a").replace("\n}", ',\n "extensions": [{"Type": "ext_basicauth/a"},\n'
                                         '{"Type": @@"ext_basicauth/a", "Password": "hidden"}]}'),
        ["W1016"], "is there twice"),
    "extensions as an object": (pipeline(more=',\n "extensions": @@{"ext_basicauth": {}}'), ["W1010"],
                                "must be a list"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_one_mistake_is_told_once(weir, name):
    text, codes, words = BROKEN[name]
    data, places = unmark(text)
    path = weir.folder / "p.json"
    path.write_bytes(data)
    done = check(weir, path, "--format", "json")
    found = [(d["code"], d["line"], d["column"]) for d in json.loads(done.stdout)["diagnostics"]]
    assert found == [(code, *place) for code, place in zip(codes, places, strict=True)]
    assert done.returncode == 1
    done = check(weir, path)
    assert words in done.stdout and "hidden" not in done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize("name", ["UTF-16", "two type keys", "units", "references", "an extension twice"])
def test_run_says_the_same(weir, name):
    text, codes, words = BROKEN[name]
    path = weir.folder / "p.json"
    path.write_bytes(unmark(text)[0])
    done = weir.once(path)
    assert done.returncode == 78 and done.stdout == ""
    for code in codes:
        assert code in done.stderr
    assert words in done.stderr and "hidden" not in done.stderr


LONG = "a" * 2_000_000


@pytest.mark.parametrize("text", [
    pipeline(flushers=f'{{"Type": "flusher_{LONG}"}}'),
    pipeline(flushers=f'{{"Type": "flusher_file", "FilePath": "x", "{LONG}": 1}}'),
    pipeline(flushers=f'{{"Type": "flusher_file", "FilePath": "x", "Format": "{LONG}"}}'),
    pipeline(more=f', "{LONG}": 1'),
], ids=["type", "option", "value", "section"])
def test_what_is_long_does_not_fill_the_screen(weir, text):
    path = weir.pipeline("p", text)
    for form in ("text", "json", "sarif", "github"):
        done = check(weir, path, "--format", form)
        assert done.returncode == 1
        assert len(done.stdout) < 6000


def test_a_file_with_a_nul_in_its_path_is_refused(weir):
    for flusher in ('{"Type": "flusher_file", "FilePath": "a\\u0000b"}',
                    '{"Type": "flusher_stdout", "FileName": "a\\u0000b"}'):
        done = weir.once(weir.pipeline("p", pipeline(flushers=flusher)))
        assert done.returncode == 78
        assert "holds a NUL" in done.stderr


GOOD = f"    - import: {BUILD}/flushers/flusher_stdout.so\n"
ROOT = "plugins:\n  common:\n"

# plugins.yml, codes of its errors in the order of the marks, words.
BROKEN_PLUGINS = {
    "a tab": ("plugins:\n@@\tcommon:\n" + GOOD, ["W2002"], "tab character"),
    "a tab before an entry": (ROOT + "@@\t- import: x.so\n", ["W2002"], "tab character"),
    "no closing quote": (ROOT + '    - import: "@@x.so\n', ["W2002"], "closing quote"),
    "a section twice": (ROOT + GOOD + "  @@common:\n" + GOOD, ["W2002"], "duplicate key"),
    "a second document": (ROOT + GOOD + "@@---\n" + ROOT + GOOD, ["W2002"], "second document"),
    "nothing to import": (ROOT + "    - @@import:\n", ["W2003"], "is nothing"),
    "a list of names": (ROOT + "    - @@flusher_stdout.so\n", ["W2003"], "- import: path/to"),
    "a section that is no list": (ROOT + "    @@import: x.so\n", ["W2003"], "a list of entries"),
    "no section": ("plugins:\n  - @@import: x.so\n", ["W2003"], "a mapping of sections"),
    "misspelt root": ("@@plugin:\n  common:\n" + GOOD, ["W2004"], "did you mean `plugins`?"),
    "misspelt section": ("plugins:\n  @@commn:\n" + GOOD, ["W2004"], "did you mean `common`?"),
    "misspelt keys": (ROOT + GOOD + "      @@sha265: x\n      @@isolaton: thread\n", ["W2004", "W2004"],
                      "did you mean `isolation`?"),
    "Go": (ROOT + "    - @@gomod: github.com/acme/x v1\n      import: @@github.com/acme/x/y\n", ["W2005", "W2006"],
           "native .so files"),
    "digests": (ROOT + f"    - import: x.so\n      sha256: @@{'a' * 63}\n"
                       f"    - import: y.so\n      sha256: @@sha256:{'a' * 64}\n", ["W2008", "W2008"],
                "it has 63 characters"),
    "a digest with its algorithm": (ROOT + f"    - import: y.so\n      sha256: @@sha256:{'a' * 64}\n", ["W2008"],
                                    "leave out `sha256:`"),
}


@pytest.mark.parametrize("name", BROKEN_PLUGINS)
def test_a_broken_plugins_file_is_told_once(weir, name):
    """Not again by every pipeline whose flusher is not known because of it."""
    text, codes, words = BROKEN_PLUGINS[name]
    data, places = unmark(text)
    weir.plugins.write_bytes(data)
    folder = weir.folder / "pipelines"
    folder.mkdir()
    for name in ("a", "b"):
        (folder / f"{name}.json").write_text(pipeline())
    done = check(weir, folder, "--format", "json")
    found = [(d["code"], d["line"], d["column"]) for d in json.loads(done.stdout)["diagnostics"]]
    assert found == [(code, *place) for code, place in zip(codes, places, strict=True)]
    assert done.returncode == 1
    assert words in check(weir, folder).stdout
    done = weir.once(folder)
    assert done.returncode == 78
    assert done.stderr.count("correct the errors of the plugins files first") >= 2


def test_a_typing_mistake_is_told_beside_a_broken_plugins_file(weir):
    weir.plugins.write_text(ROOT + GOOD + "    - import: x.so\n      sha256: x\n")
    done = check(weir, weir.pipeline("p", pipeline(flushers='{"Type": "flusher_stdot"}')))
    assert "W2008" in done.stdout and "did you mean 'flusher_stdout'?" in done.stdout


@pytest.mark.parametrize("text, words", [
    ("", "the plugins files list no plugin that can be loaded"),
    (ROOT + "    - import: /etc/passwd\n", "the plugins files list no plugin that can be loaded"),
    (ROOT + GOOD, "is the plugin that brings it listed in plugins.yml?"),
])
def test_why_a_flusher_is_not_known(weir, text, words):
    weir.plugins.write_text(text)
    done = check(weir, weir.pipeline("p", pipeline()))
    assert done.returncode == 1 and words in done.stdout
