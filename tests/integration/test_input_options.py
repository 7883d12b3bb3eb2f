"""Options of input_file and file_log on the real binary: what is read, and what is a log.

Outputs are JSON lines of flusher_file, or raw values; expected logs are written out.
"""
import json
import os

import pytest

from conftest import file_to_file, wait_for


def once(weir, log, expect=0, kind="input_file", **options):
    """The logs of one run over `log`, as flusher_file writes them: values of content."""
    out = weir.folder / "out.jsonl"
    config = file_to_file(log, out, Format="jsonline")
    entry = config["inputs"][0]
    entry["plugin_type"] = kind
    if kind == "file_log":
        entry["detail"] = {}
    entry["detail"].update(options)
    result = weir.once(weir.pipeline("options", config))
    assert result.returncode == expect, result.stderr
    logs = [json.loads(line) for line in out.read_text().splitlines()] if out.exists() else []
    return logs, result.stderr


def values(logs):
    return [log["content"] for log in logs]


JAVA = """\
[2022-07-07T10:43:27.360266763] [ERROR] java.lang.Exception: exception happened
    at com.acme.Log.f2(Log.java:108)
    at java.base/java.lang.Thread.run(Thread.java:833)
[2022-07-07T10:43:28.360266763] [INFO] nothing
out of nowhere
[2022-07-07T10:43:29.360266763] [ERROR] java.lang.Exception: again
    ... 23 more
"""
FIRST = r"\[\d+-\d+-\w+:\d+:\d+.\d+]\s\[\w+]\s.*"

MULTILINE = {
    "start": ({"StartPattern": FIRST},
              ["[2022-07-07T10:43:27.360266763] [ERROR] java.lang.Exception: exception happened\n"
               "    at com.acme.Log.f2(Log.java:108)\n"
               "    at java.base/java.lang.Thread.run(Thread.java:833)",
               "[2022-07-07T10:43:28.360266763] [INFO] nothing\nout of nowhere",
               "[2022-07-07T10:43:29.360266763] [ERROR] java.lang.Exception: again\n"
               "    ... 23 more"]),
    "start and further lines, the rest left out": (
        {"StartPattern": FIRST, "ContinuePattern": r"\s+(at|\.\.\.) ",
         "UnmatchedContentTreatment": "discard"},
        ["[2022-07-07T10:43:27.360266763] [ERROR] java.lang.Exception: exception happened\n"
         "    at com.acme.Log.f2(Log.java:108)\n"
         "    at java.base/java.lang.Thread.run(Thread.java:833)",
         "[2022-07-07T10:43:28.360266763] [INFO] nothing",
         "[2022-07-07T10:43:29.360266763] [ERROR] java.lang.Exception: again\n"
         "    ... 23 more"]),
    "start and end": (
        {"StartPattern": r"\[\S+] \[ERROR", "EndPattern": r".*\.\.\. \d+ more"},
        [JAVA.rstrip("\n")]),
    "end": ({"EndPattern": ".*(nothing|more)"},
            ["\n".join(JAVA.splitlines()[:4]), "\n".join(JAVA.splitlines()[4:])]),
}


@pytest.mark.parametrize("name", MULTILINE)
def test_multiline(weir, name):
    options, expected = MULTILINE[name]
    log = weir.folder / "java.log"
    log.write_text(JAVA)
    logs, errors = once(weir, log, Multiline=options)
    assert values(logs) == expected
    assert ("left out" in errors) == (options.get("UnmatchedContentTreatment") == "discard")


def test_multiline_json(weir):
    log = weir.folder / "a.log"
    objects = [{"a": {"b": "}{"}, "n": i} for i in range(3)]
    log.write_text("".join(json.dumps(each, indent=2) + "\n" for each in objects) + '{"n":3}\n')
    logs, _ = once(weir, log, Multiline={"Mode": "JSON"})
    assert [json.loads(value) for value in values(logs)] == objects + [{"n": 3}]


def test_multiline_over_blocks_and_restarts(weir):
    """Large logs of many lines, in several runs: each comes whole, and once."""
    log, out = weir.folder / "a.log", weir.folder / "out.jsonl"
    expected = []
    config = file_to_file(log, out, Format="jsonline")
    config["inputs"][0]["detail"]["Multiline"] = {"StartPattern": r"\d+ "}
    path = weir.pipeline("options", config)
    for run in range(3):
        with log.open("a") as file:
            for i in range(40):
                text = f"{run * 40 + i} begins" + "\n  goes on and on" * (i * 97 % 4000)
                file.write(text + "\n")
                expected.append(text)
        assert weir.once(path).returncode == 0
    assert values([json.loads(line) for line in out.read_text().splitlines()]) == expected


def test_wrong_pattern_is_told(weir):
    log = weir.folder / "a.log"
    log.write_text("a\n")
    _, errors = once(weir, log, expect=78, Multiline={"StartPattern": "(a"})
    assert "'StartPattern' of input_file; expected a regular expression (character 2: " in errors


def test_hostile_lines_cost_a_counter(weir):
    log = weir.folder / "a.log"
    log.write_text(("a" * 200 + "!\n") * 1000 + "b\n")
    logs, errors = once(weir, log, Multiline={"StartPattern": "(a+)+[bc]|b"})
    assert len(logs) == 1001
    assert "too hard for an expression" in errors


def test_gbk(weir):
    log = weir.folder / "a.log"
    text = "中文日志 {i}, and plain text\n\n龍鬱 € \n"
    log.write_bytes(b"".join(text.format(i=i).encode("gbk", "ignore") for i in range(5000)) +
                    b"bad: \xff \xc4\n")
    logs, errors = once(weir, log, FileEncoding="gbk")
    expected = "".join(text.format(i=i) for i in range(5000)).replace("€", "").split("\n")[:-1]
    assert values(logs) == expected + ["bad: \ufffd \ufffd"]
    assert "text is not of FileEncoding" in errors and "count=2" in errors


def test_long_lines_are_split_or_truncated(weir):
    log = weir.folder / "a.log"
    long = "".join(chr(97 + i % 26) for i in range(5000))
    log.write_text(f"before\n{long}\nbetween\n{long}\nafter")
    logs, errors = once(weir, log, MaxLogSize=1024)
    pieces = [long[i:i + 1024] for i in range(0, 5000, 1024)]
    assert values(logs) == ["before", *pieces, "between", *pieces, "after"]
    assert "longer than MaxLogSize" in errors
    log.rename(weir.folder / "b.log")
    (weir.folder / "out.jsonl").unlink()
    logs, _ = once(weir, weir.folder / "b*.log", MaxLogSize="1KiB", LongLogTreatment="truncate",
                   TailSizeKB=0, Tags={"again": "1"})
    assert logs == [] and "already read" in _


def test_truncated_lines(weir):
    log = weir.folder / "a.log"
    log.write_text("before\n" + "x" * 5000 + "\nbetween\n" + "y" * 2000000 + "\nafter")
    logs, _ = once(weir, log, MaxLogSize="1KiB", LongLogTreatment="truncate")
    assert values(logs) == ["before", "x" * 1024, "between", "y" * 1024, "after"]


def test_position_and_names_of_tags(weir):
    log = weir.folder / "a.log"
    log.write_bytes(b"one\n\nthree\n")
    logs, _ = once(weir, log, AppendingLogPositionMeta=True,
                   Tags={"service": "shop", "FilePathTagKey": "path", "FileInodeTagKey": "inode"})
    tags = {"path": str(log), "inode": str(os.stat(log).st_ino),
            "service": "shop"}
    assert [log["__file_offset__"] for log in logs] == ["0", "4", "5"]
    for each in logs:
        assert tags.items() <= each.items(), each


def test_position_of_long_logs(weir):
    log = weir.folder / "a.log"
    log.write_text("S1\n x\nstray\nS2\n" + "-" * 100000 + "\n")
    logs, _ = once(weir, log, FileOffsetKey="at", MaxLogSize="64KiB", Multiline={
        "StartPattern": "S", "ContinuePattern": "[ -]", "UnmatchedContentTreatment": "discard"})
    assert [log["at"] for log in logs] == ["0", "12", "15", str(15 + 65536)]


def plant(folder, *paths):
    for path in paths:
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(path + "\n")


TREE = ["a.log", "b.log", "b.txt", "x/a.log", "x/y/a.log", "x/y/z/c.log", "old/a.log",
        "x/old/b.log", "x/old/deep/b.log"]
EXCLUDED = {
    "nothing": ({}, {"a.log", "b.log", "x/a.log", "x/y/a.log", "old/a.log", "x/old/b.log"}),
    "deeper": ({"MaxDirSearchDepth": 3}, set(TREE) - {"b.txt"}),
    "by name": ({"ExcludeFiles": ["a*"]}, {"b.log", "x/old/b.log"}),
    "by path": ({"ExcludeFilePaths": ["{}/x/*.log", "{}/**/y/a.log"]},
                {"a.log", "b.log", "old/a.log", "x/old/b.log"}),
    "by folder": ({"ExcludeDirs": ["{}/x"]}, {"a.log", "b.log", "old/a.log"}),
    "by folders": ({"ExcludeDirs": ["{}/**/old"], "MaxDirSearchDepth": 3},
                   {"a.log", "b.log", "x/a.log", "x/y/a.log", "x/y/z/c.log"}),
}


@pytest.mark.parametrize("name", EXCLUDED)
def test_which_files_are_read(weir, name):
    options, expected = EXCLUDED[name]
    root = weir.folder / "tree"
    plant(root, *TREE)
    options = {key: [each.format(root) for each in value] if isinstance(value, list) else value
               for key, value in options.items()}
    logs, _ = once(weir, root / "**" / "*.log", **{"MaxDirSearchDepth": 2, **options})
    assert set(values(logs)) == expected and len(logs) == len(expected)


TOPICS = {"none": "", "customized://shop": "shop", r".*/(\w+)/(\w+)\.log": "x_a", "nothing(.)": "",
          r".*/tree/(.*)": "x/a.log"}


@pytest.mark.parametrize("form", TOPICS)
def test_topics_of_file_log(weir, form):
    root, out = weir.folder / "tree", weir.folder / "out"
    plant(root, "x/a.log")
    config = {
        "inputs": [{"Type": "file_log", "LogPath": str(root / "x"), "FilePattern": "*.log",
                    "TopicFormat": form}],
        "flushers": [{"Type": "flusher_stdout", "FileName": str(out), "Tags": True}]}
    result = weir.once(weir.pipeline("topics", config))
    assert result.returncode == 0, result.stderr
    header = out.read_text().splitlines()[0]
    assert header.split("topic ")[1].split(",")[0].strip() == TOPICS[form], header


def test_file_log(weir):
    root = weir.folder / "tree"
    plant(root, *TREE)
    logs, _ = once(weir, None, kind="file_log", LogPath=str(root) + "/", FilePattern="a*.log",
                   MaxDepth=1, FileEncoding="utf8")
    assert set(values(logs)) == {"a.log", "x/a.log", "old/a.log"}
    assert all(log["__path__"].startswith(f"{root}/") for log in logs)


def test_renamed_far_away_while_stopped(weir):
    root = weir.folder / "tree"
    root.mkdir()
    (root / "a.log").write_text("one\n")
    logs, _ = once(weir, root / "a.log", MaxCheckpointDirSearchDepth=2)
    assert values(logs) == ["one"]
    with (root / "a.log").open("a") as file:
        file.write("two\n")
    (root / "old" / "2026").mkdir(parents=True)
    (root / "a.log").rename(root / "old" / "2026" / "a.log.1")
    logs, _ = once(weir, root / "a.log", MaxCheckpointDirSearchDepth=1)
    assert values(logs) == ["one"]
    logs, _ = once(weir, root / "a.log", MaxCheckpointDirSearchDepth=2)
    assert values(logs) == ["one", "two"]


def test_names_with_a_slash_are_refused(weir):
    _, errors = once(weir, weir.folder / "a", expect=78, ExcludeFiles=["x/y"])
    assert "ExcludeFiles: x/y is no name of a file" in errors


def test_last_line_is_delivered_after_a_while(weir):
    log, out = weir.folder / "a.log", weir.folder / "out"
    log.write_text("S one\n two\nS three\n si")
    config = file_to_file(log, out)
    config["inputs"][0]["detail"].update(FlushTimeoutSecs=1, Multiline={"StartPattern": "S"})
    weir.start(weir.pipeline("options", config))
    wait_for(lambda: out.exists() and out.read_text() == "S one\n two\nS three\n si\n",
             "the last log, without its newline")
    with log.open("a") as file:
        file.write("x\nS seven\n")
    wait_for(lambda: out.read_text() == "S one\n two\nS three\n si\nx\nS seven\n", "the rest")
