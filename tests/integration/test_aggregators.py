"""The aggregators and the tags of groups, through the real binary."""
import json
import os
import re
import socket

import pytest

from conftest import file_to_file

LOGS = [{"level": level, "id": str(i)} for i, level in enumerate(["info", "warn", "info", "error", "info", "warn"])]


def pipeline(weir, aggregator, **more):
    """Six JSON lines, through the aggregator, to a file and to standard output with tags."""
    source = weir.folder / "in.log"
    source.write_text("".join(json.dumps(log) + "\n" for log in LOGS))
    return weir.pipeline("p", {
        "global": {"PipelineMetaTagKey": {"HOST_NAME": ""}, "Logstore": "main"},
        "inputs": [{"Type": "input_file", "FilePaths": [str(source)]}],
        "processors": [{"Type": "processor_json", "SourceKey": "content", "KeepSource": False,
                        "IgnoreFirstConnector": True}],
        "aggregators": [aggregator],
        "flushers": [{"Type": "flusher_file", "FilePath": str(weir.folder / "out.jsonl")},
                     {"Type": "flusher_stdout", "Tags": True, "OnlyStdout": True}], **more})


def run(weir, *paths, code=0):
    done = weir.once(*paths)
    assert done.returncode == code, done.stderr
    return done


def lines(weir):
    return [json.loads(line) for line in (weir.folder / "out.jsonl").read_text().splitlines()]


def heads(text):
    """What flusher_stdout says of each group: (logstore, tags)."""
    found = re.findall(r"\[LogGroup\] topic (.*?), logstore (.*?), logcount (\d+), tags ?(.*)", text)
    return sorted((logstore, int(count)) for _, logstore, count, _ in found)


def test_by_value(weir):
    run(weir, pipeline(weir, {"Type": "aggregator_content_value_group", "GroupKeys": ["level"]}))
    got = [(line["level"], line["id"]) for line in lines(weir)]
    assert sorted(got) == sorted((log["level"], log["id"]) for log in LOGS)
    groups = [level for i, (level, _) in enumerate(got) if i == 0 or got[i - 1][0] != level]
    assert sorted(groups) == ["error", "info", "warn"], "each level in one group"


def test_by_shard(weir):
    run(weir, pipeline(weir, {"Type": "aggregator_shardhash", "SourceKeys": ["level"], "ShardCount": 4}))
    shards = {}
    for line in lines(weir):
        assert re.fullmatch("[048c]0{31}", line["__shardhash__"])
        shards.setdefault(line["level"], set()).add(line["__shardhash__"])
    assert {level: len(found) for level, found in shards.items()} == {"info": 1, "warn": 1, "error": 1}


def test_by_route(weir):
    done = run(weir, pipeline(weir, {
        "Type": "aggregator_logstore_router", "SourceKey": "level", "RouterRegex": ["warn|error", "debug"],
        "RouterLogstore": ["alarms", "never"]}))
    assert heads(done.stdout) == [("alarms", 3), ("main", 3)], done.stdout


def test_left_out_by_route(weir):
    done = run(weir, pipeline(weir, {
        "Type": "aggregator_logstore_router", "SourceKey": "level", "RouterRegex": ["error"],
        "RouterLogstore": ["alarms"], "DropDisMatch": True, "NoMatchError": True}))
    assert [line["id"] for line in lines(weir)] == ["3"]
    assert re.search(r"logs are left out.*logs=5", done.stderr), done.stderr


def test_by_kind(weir):
    done = run(weir, pipeline(weir, {"Type": "aggregator_opentelemetry"}))
    assert heads(done.stdout) == [("otlp-metrics", 6)], done.stdout


def test_by_tag_and_a_log_too_large(weir):
    path = pipeline(weir, {"Type": "aggregator_metadata_group", "GroupMetadataKeys": ["__path__"],
                           "GroupMaxByteLength": 100})
    with (weir.folder / "in.log").open("a") as file:
        file.write(json.dumps({"level": "x" * 100, "id": "7"}) + "\n")
    done = run(weir, path, code=1)
    assert [line["id"] for line in lines(weir)] == list("012345")
    assert all(set(line) == {"__path__", "__time__", "level", "id"} for line in lines(weir))
    assert re.search(r"logs are dropped: larger.*logs=1", done.stderr), done.stderr


@pytest.mark.parametrize("aggregator, code, words", [
    ({"Type": "aggregator_shardhash", "SourceKeys": ["k"], "ShardCount": 3}, "W1022", "power of two"),
    ({"Type": "aggregator_logstore_router", "RouterRegex": ["("], "RouterLogstore": ["a"]}, "W1208",
     "expected a regular expression (character 1: missing closing parenthesis)"),
])
def test_refused(weir, aggregator, code, words):
    path = pipeline(weir, aggregator)
    done = weir.once(path)
    assert done.returncode == 78
    assert words in done.stderr and aggregator["Type"] in done.stderr, done.stderr
    done = weir.command("check", "--plugins", weir.plugins, path)
    assert done.returncode == 1 and code in done.stdout and words in done.stdout, done.stdout


TAGS = [
    ({}, {"__hostname__": socket.gethostname(), "WEIR_TEST_A": "1"}),
    ({"PipelineMetaTagKey": {"HOST_NAME": "", "HOST_IP": "ip"}, "HostIP": "192.0.2.1", "AgentEnvMetaTagKey": {}},
     {"ip": "192.0.2.1"}),
    ({"Hostname": "box", "AgentEnvMetaTagKey": {"WEIR_TEST_A": "a"}, "Tags": {"zone": "z1", "__path__": "no"}},
     {"__hostname__": "box", "a": "1", "zone": "z1"}),
    ({"Hostname": "box", "UsingOldContentTag": True},
     {"__tag__:__hostname__": "box", "__tag__:WEIR_TEST_A": "1"}),
]


@pytest.mark.parametrize("settings, expected", TAGS)
def test_tags_of_the_host(weir, settings, expected):
    source, target = weir.folder / "in.log", weir.folder / "out.jsonl"
    source.write_text("one\n")
    config = file_to_file(source, target, Format="jsonline")
    environment = {**os.environ, "ALIYUN_LOG_ENV_TAGS": "WEIR_TEST_A", "WEIR_TEST_A": "1"}
    done = weir.command(*weir.run_arguments("--once", weir.pipeline("p", {**config, "global": settings})),
                        env=environment)
    assert done.returncode == 0, done.stderr
    line = lines(weir)[0]
    assert line.pop("__time__") and line.pop("content") == "one"
    path = "__tag__:__path__" if settings.get("UsingOldContentTag") else "__path__"
    assert line == {**expected, path: str(source)}
