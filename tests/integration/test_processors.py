"""Every processor in the real binary: a file in, what upstream's pages show, JSON lines out."""
import json
import socket
import subprocess

import pytest

from world import ROOT, WEIR

ACCESS = ('10.200.98.220 - - [26/Jun/2015:13:45:41 +0800] "POST /PutData?Category=YunOsAccountOpLog HTTP/1.1" '
          '0.024 18204 200 37 "-" "aliyun-sdk-java"')
NATIVE_REGEX = (r'([\d\.]+) \S+ \S+ \[(\S+) \S+\] \"(\w+) ([^\\"]*)\" ([\d\.]+) (\d+) (\d+) (\d+|-) '
                r'\"([^\\"]*)\" \"([^\\"]*)\"')
KEYS = ["ip", "time", "method", "url", "request_time", "request_length", "status", "length", "ref_url", "browser"]
VALUES = ["10.200.98.220", "26/Jun/2015:13:45:41", "POST", "/PutData?Category=YunOsAccountOpLog HTTP/1.1",
          "0.024", "18204", "200", "37", "-", "aliyun-sdk-java"]
PARSED = dict(zip(KEYS, VALUES))
NATIVE = {"Type": "processor_parse_regex_native", "SourceKey": "content", "Regex": NATIVE_REGEX, "Keys": KEYS}
JSON = {"Type": "processor_json", "SourceKey": "content", "KeepSource": False, "ExpandDepth": 1,
        "ExpandConnector": ""}


def one(kind, **options):
    return {"Type": f"processor_{kind}", **options}


# Processors, the lines of the file, and the contents of the logs that come out.
ROWS = {
    "add_fields": ([one("add_fields", Fields={"service": "A"})], ["x"], [{"content": "x", "service": "A"}]),
    "appender": ([one("appender", Key="content", Value="|host#$#{{__host__}}")], ["a#$#b"],
                 [{"content": f"a#$#b|host#$#{socket.gethostname()}"}]),
    "base64": ([one("base64_encoding", SourceKey="content", NewKey="e"),
                one("base64_decoding", SourceKey="e", NewKey="d")], ["hello"],
               [{"content": "hello", "e": "aGVsbG8=", "d": "hello"}]),
    "csv": ([one("csv", SourceKey="content", SplitKeys=["date", "ip", "content"], PreserveOthers=True,
                 ExpandOthers=True, ExpandKeyPrefix="expand_")],
            ['2022-06-09,192.0.0.1,"{""key"":""value"",""null"":null}",first,second'],
            [{"date": "2022-06-09", "ip": "192.0.0.1", "content": '{"key":"value","null":null}',
              "expand_1": "first", "expand_2": "second"}]),
    "default": ([one("default")], ["x"], [{"content": "x"}]),
    "delimiter": ([one("split_char", SourceKey="content", SplitSep="|", SplitKeys=KEYS)],
                  ["|".join(VALUES)], [PARSED]),
    "desensitize": ([one("desensitize", SourceKey="content", Method="const", Match="regex",
                         ReplaceString="********", RegexBegin="'password':'", RegexContent="[^']*")],
                    ["[{'account':'1812213231432969','password':'04a23f38'}]"],
                    [{"content": "[{'account':'1812213231432969','password':'********'}]"}]),
    "desensitize_md5": ([one("desensitize", SourceKey="content", Method="md5", Match="regex",
                             RegexBegin="'password':'", RegexContent="[^']*")],
                        ["[{'account':'1812213231432969','password':'04a23f38'}]"],
                        [{"content": "[{'account':'1812213231432969',"
                                     "'password':'9c525f463ba1c89d6badcd78b2b7bd79'}]"}]),
    "dict_map": ([JSON, one("dict_map", SourceKey="p", MapDict={"1": "TCP", "2": "UDP"}, HandleMissing=True,
                            Missing="Not Detected")], ['{"p":"1"}', '{"p":"9"}', '{"q":"1"}'],
                 [{"p": "TCP"}, {"p": "9"}, {"q": "1", "p": "Not Detected"}]),
    "drop": ([JSON, one("drop", DropKeys=["key1"])], ['{"key1":"1","key2":"2"}'], [{"key2": "2"}]),
    "fields_with_condition": (
        [JSON, one("fields_with_condition", DropIfNotMatchCondition=True, Switch=[
            {"Case": {"FieldConditions": {"seq": "10", "d": "10"}},
             "Actions": [{"type": "processor_add_fields", "Fields": {"eventCode": "event_00001"}},
                         {"type": "processor_drop", "DropKeys": ["c"]}]},
            {"Case": {"FieldConditions": {"seq": "20", "d": "10"}},
             "Actions": [{"type": "processor_add_fields", "Fields": {"eventCode": "event_00002"}}]}])],
        ['{"seq":"10","d":"10","c":"2"}', '{"seq":"20","d":"10"}', '{"seq":"30","d":"10"}'],
        [{"seq": "10", "d": "10", "eventCode": "event_00001"}, {"seq": "20", "d": "10", "eventCode": "event_00002"}]),
    "filter_key_regex": ([JSON, one("filter_key_regex", Include=["^a"], Exclude=["z$"])],
                         ['{"ab":"1"}', '{"ab":"1","yz":"2"}', '{"b":"1"}'], [{"ab": "1"}]),
    "filter_regex": ([JSON, one("filter_regex", Include={"ip": r"10\..*", "method": "POST"},
                                Exclude={"browser": "aliyun.*"})],
                     ['{"ip":"10.1.1.1","method":"POST","browser":"curl"}',
                      '{"ip":"10.1.1.1","method":"POST","browser":"aliyun-sdk"}',
                      '{"ip":"192.0.2.1","method":"POST","browser":"curl"}'],
                     [{"ip": "10.1.1.1", "method": "POST", "browser": "curl"}]),
    "gotime": ([one("gotime", SourceKey="content", SourceFormat="2006-01-02 15:04:05", SourceLocation=8,
                    DestKey="d_key", DestFormat="2006/01/02 15:04:05", DestLocation=9)], ["2019-07-05 19:28:01"],
               [{"content": "2019-07-05 19:28:01", "d_key": "2019/07/05 20:28:01", "__time__": 1562326081}]),
    "grok": ([one("grok", SourceKey="content", KeepSource=False, IgnoreParseFailure=False,
                  CustomPatterns={"HTTP": "%{IP:client} %{WORD:method} %{URIPATHPARAM:request} %{NUMBER:bytes} "
                                          "%{NUMBER:duration}"},
                  Match=["%{HTTP}", "%{WORD:word1} %{NUMBER:request_time} %{WORD:word2}",
                         "%{YEAR:year} %{MONTH:month} %{MONTHDAY:day} %{QUOTEDSTRING:motto}"])],
             ["begin 123.456 end", '2019 June 24 "I am iron man"', "55.3.244.1 GET /index.html 15824 0.043"],
             [{"word1": "begin", "request_time": "123.456", "word2": "end"},
              {"year": "2019", "month": "June", "day": "24", "motto": '"I am iron man"'},
              {"client": "55.3.244.1", "method": "GET", "request": "/index.html", "bytes": "15824",
               "duration": "0.043"}]),
    "json": ([one("json", SourceKey="content", KeepSource=False, ExpandConnector="-", Prefix="j",
                  IgnoreFirstConnector=True)], ['{"k1":{"k2":{"k3":"1"},"k4":2}}'], [{"jk1-k2-k3": "1", "jk1-k4": "2"}]),
    "log_to_sls_metric": ([JSON, one("log_to_sls_metric", MetricTimeKey="t", MetricLabelKeys=["url", "method"],
                                     MetricValues={"name": "value"}, CustomMetricLabels={"nginx": "test"})],
                          ['{"t":"1658465408","url":"/x","method":"GET","name":"rt","value":"2.5"}'],
                          [{"__name__": "rt", "__time_nano__": "1658465408000000000",
                            "__labels__": "method#$#GET|nginx#$#test|url#$#/x", "__value__": "2.5"}]),
    "md5": ([one("md5", SourceKey="content", MD5Key="m")], ["hello"],
            [{"content": "hello", "m": "5d41402abc4b2a76b9719d911017c592"}]),
    "native_delimiter": ([one("parse_delimiter_native", SourceKey="content", Separator=",", Quote='"', Keys=KEYS)],
                         [",".join(VALUES[:-1]) + ',"aliyun, ""sdk"""'], [{**PARSED, "browser": 'aliyun, "sdk"'}]),
    "native_desensitize": ([one("desensitize_native", SourceKey="content", Method="const", ReplacingString="******",
                                ContentPatternBeforeReplacedString='password":"', ReplacedContentPattern='[^"]+')],
                           ['{"account":"1812213231432969","password":"04a23f38"}'],
                           [{"content": '{"account":"1812213231432969","password":"******"}'}]),
    "native_json": ([one("parse_json_native", SourceKey="content")],
                    ['{"url": "POST /PutData HTTP/1.1","ip": "10.200.98.220","n":null,"o":{"a":1}}'],
                    [{"url": "POST /PutData HTTP/1.1", "ip": "10.200.98.220", "n": "", "o": '{"a":1}'}]),
    "native_regex_and_filter": ([NATIVE, one("filter_regex_native", FilterKey=["method", "status"],
                                             FilterRegex=["^(POST|PUT)$", "^200$"])],
                                [ACCESS, ACCESS.replace("POST", "GET"), ACCESS.replace(" 200 ", " 404 "), "nothing"],
                                [PARSED]),
    "native_timestamp": ([NATIVE, one("parse_timestamp_native", SourceKey="time", SourceFormat="%d/%b/%Y:%H:%M:%S",
                                      SourceTimezone="GMT+08:00")], [ACCESS], [{**PARSED, "__time__": 1435297541}]),
    "packjson": ([JSON, one("packjson", SourceKeys=["b", "a"], DestKey="d_key")], ['{"a":"1","b":"<2>"}'],
                 [{"a": "1", "b": "<2>", "d_key": '{"a":"1","b":"\\u003c2\\u003e"}'}]),
    "pick_key": ([JSON, one("pick_key", Include=["a", "b"], Exclude=["b"])], ['{"a":"1","b":"2","c":"3"}', '{"b":"2"}'],
                 [{"a": "1"}]),
    "rate_limit": ([JSON, one("rate_limit", Fields=["ip"], Limit="1/h")],
                   ['{"ip":"10.0.0.1"}', '{"ip":"10.0.0.1"}', '{"ip":"10.0.0.2"}'],
                   [{"ip": "10.0.0.1"}, {"ip": "10.0.0.2"}]),
    "regex": ([one("regex", SourceKey="content", Regex=r'([\d\.]+) \S+ \S+ \[(\S+) \S+\] \"(\w+) ([^\\"]*)\"',
                   Keys=["ip", "time", "method", "url"])], [ACCESS], [dict(zip(KEYS[:4], VALUES[:4]))]),
    "rename": ([JSON, one("rename", SourceKeys=["a"], DestKeys=["b"])], ['{"a":"1"}'], [{"b": "1"}]),
    "split_key_value": ([one("split_key_value", SourceKey="content", Delimiter=" ", Separator=":", Quote='"',
                             KeepSource=False)],
                        ['class:main userid:123456 method:get message:"wrong user" "wrong line"'],
                        [{"class": "main", "userid": "123456", "method": "get", "message": "wrong user",
                          "no_separator_key_0": "wrong line"}]),
    "split_log_regex": ([one("string_replace", SourceKey="content", Method="unquote"),
                         one("split_log_regex", SplitKey="content", SplitRegex=r"\[\d+\] .*")],
                        [r"[1] begin\n  at x\n  at y\n[2] begin"],
                        [{"content": "[1] begin\n  at x\n  at y"}, {"content": "[2] begin"}]),
    "split_log_string": ([one("split_log_string", SplitKey="content", SplitSep=";")], ["a;b;;c"],
                         [{"content": "a"}, {"content": "b"}, {"content": "c"}]),
    "split_string": ([one("split_string", SourceKey="content", SplitSep="|#|", SplitKeys=["a", "b"],
                          ExpandOthers=True, ExpandKeyPrefix="expand_")], ["1|#|2|#|3|#|4"],
                     [{"a": "1", "b": "2", "expand_1": "3", "expand_2": "4"}]),
    "string_replace": ([one("string_replace", SourceKey="content", Method="regex", Match=r"(\d.*\.)\d+",
                            ReplaceString="$1*/24", DestKey="new_ip")], ["10.10.239.16"],
                       [{"content": "10.10.239.16", "new_ip": "10.10.239.*/24"}]),
    "string_replace_const": ([one("string_replace", SourceKey="content", Method="const", Match="how old are you?",
                                  ReplaceString="")], ["hello,how old are you? nice"], [{"content": "hello, nice"}]),
    "strptime": ([one("strptime", SourceKey="content", Format="%Y/%m/%d %H:%M:%S", AdjustUTCOffset=True,
                      UTCOffset=25200)], ["2016/01/02 12:59:59"],
                 [{"content": "2016/01/02 12:59:59", "__time__": 1451714399}]),
}


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    """All pipelines in one run: what each wrote, by name."""
    from world import Weir
    weir = Weir(tmp_path_factory.mktemp("processors"))
    folder = weir.folder / "pipelines"
    folder.mkdir()
    for name, (processors, lines, _) in ROWS.items():
        source = weir.folder / f"{name}.log"
        source.write_text("".join(line + "\n" for line in lines))
        (folder / f"{name}.json").write_text(json.dumps({
            "inputs": [{"Type": "input_file", "FilePaths": [str(source)]}], "processors": processors,
            "flushers": [{"Type": "flusher_file", "FilePath": str(weir.folder / f"{name}.out")}]}))
    checked = weir.command("check", "--plugins", weir.plugins, "--deny-warnings", folder)
    assert checked.returncode == 0, checked.stdout
    done = weir.once(folder)
    assert done.returncode == 0, done.stderr
    written = {}
    for name in ROWS:
        path = weir.folder / f"{name}.out"
        text = path.read_text() if path.exists() else ""
        written[name] = [json.loads(line) for line in text.splitlines()]
    return written


@pytest.mark.parametrize("name", ROWS)
def test_processor(outputs, name):
    expected = ROWS[name][2]
    for log in outputs[name]:
        for key in ("__path__", "__hostname__"):
            log.pop(key, None)
        if all("__time__" not in one for one in expected):
            log.pop("__time__", None)
    assert outputs[name] == expected


def test_every_processor_is_here(weir):
    described = weir.command("describe", "--plugins", weir.plugins, "--format", "json")
    known = {one["type"] for one in json.loads(described.stdout) if one["section"] == "processors"}
    used = {processor["Type"] for processors, _, _ in ROWS.values() for processor in processors}
    assert len(known) > 30 and known == used


def test_what_failed_and_was_dropped_is_told(weir):
    source = weir.folder / "in.log"
    source.write_text("".join(f"{i}\n" if i % 3 else "x\n" for i in range(3000)))
    path = weir.pipeline("p", {
        "inputs": [{"Type": "input_file", "FilePaths": [str(source)]}],
        "processors": [one("regex", Regex=r"^(\d+)$", Keys=["n"]), one("pick_key", Include=["n"])],
        "flushers": [{"Type": "flusher_file", "FilePath": str(weir.folder / "out")}]})
    done = weir.once(path)
    assert done.returncode == 0, done.stderr
    assert len((weir.folder / "out").read_text().splitlines()) == 2000
    assert 'processor=processor_regex/1 failed_logs=1000 dropped_logs=0' in done.stderr
    assert 'processor=processor_pick_key/1 failed_logs=0 dropped_logs=1000' in done.stderr


def test_the_page_is_up_to_date():
    made = subprocess.run([ROOT / "tools" / "processors-page.py", WEIR], capture_output=True, text=True, check=True)
    page = ROOT / "docs" / "processors.md"
    assert page.read_text() == made.stdout, "run tools/processors-page.py >docs/processors.md"
