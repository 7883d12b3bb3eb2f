"""Upstream's own examples, as JSON in our hand: each runs, or is refused for a reason.

The sources are the repository alibaba/loongcollector (commit f02d9808): docs/,
example_config/, test/ and the Go tests of pluginmanager/. YAML examples are written
as the JSON they mean; what matters is left as it is, typing mistakes too. Long regular
expressions and scripts are shortened.
"""
import json
import re

import pytest

FILE = {"Type": "input_file", "FilePaths": ["/home/test-log/*.log"]}
STDOUT = {"Type": "flusher_stdout", "OnlyStdout": True}
TAGGED = {**STDOUT, "Tags": True}
SLS = {"Type": "flusher_sls", "Endpoint": "cn-xxx.log.aliyuncs.com", "ProjectName": "test_project",
       "LogstoreName": "test_logstore"}
JSON = {"Type": "processor_json", "SourceKey": "content", "KeepSource": False, "ExpandDepth": 1,
        "ExpandConnector": ""}
MOCK = {"Type": "metric_mock", "IntervalMs": 1000, "Tags": {"tag1": "aaaa", "tag2": "bbb"},
        "Fields": {"content": "xxxxxx", "time": "2017.09.12 20:55:36"}}
ACCESS = {"SourceKey": "content",
          "Regex": r'^([^ ]*) ([^ ]*) ([^ ]*) \[([^\]]*)\] "(\S+) ([^\"]*) (\S*)" ([^ ]*) ([^ ]*)',
          "Keys": ["ip", "ident", "auth", "timestamp", "method", "request", "http_version",
                   "response_code", "bytes"]}
NGINX_STATUS = {
    "SourceKey": "content",
    "Regex": r"Active connections: (\d+)\s+server accepts handled requests\s+(\d+)\s+(\d+)\s+(\d+)\s+"
             r"Reading: (\d+) Writing: (\d+) Waiting: (\d+).*",
    "Keys": ["connection", "accepts", "handled", "requests", "reading", "writing", "waiting"],
    "FullMatch": True, "NoKeyError": True, "NoMatchError": True, "KeepSource": True}


def flat(inputs, *processors, flushers=(STDOUT,), **more):
    return {"enable": True, "inputs": [inputs], "processors": list(processors),
            "flushers": list(flushers), **more}


def part(kind, detail=None, **more):
    """An entry in the v1 form."""
    return {"type": kind, **({} if detail is None else {"detail": detail}), **more}


def quickstart(first, second):
    return {
        "inputs": [part("metric_mock", {"Index": 0, "Fields": {"Content": "quickstart_input_1"}}),
                   part("metric_mock", {"Index": 100000000, "Fields": {"Content": "quickstart_input_2"}})],
        "processors": [part("processor_default")],
        "flushers": [part("flusher_stdout", {"FileName": first}),
                     part("flusher_stdout", {"FileName": second})],
    }


ACCESS_KEYS = ["ip", "time", "method", "url", "request_time", "request_length", "status", "length",
               "ref_url", "browser"]
NATIVE_ACCESS = {
    "Type": "processor_parse_regex_native", "SourceKey": "content", "Keys": ACCESS_KEYS,
    "Regex": r'([\d\.]+) \S+ \S+ \[(\S+) \S+\] \"(\w+) ([^\\"]*)\" ([\d\.]+) (\d+) (\d+) (\d+|-) '
             r'\"([^\\"]*)\" \"([^\\"]*)\"'}
PASSWORD = {"Type": "processor_desensitize", "SourceKey": "content", "Method": "const", "Match": "regex",
            "ReplaceString": "********", "RegexBegin": "'password':'", "RegexContent": "[^']*"}
KEY_VALUE = {"Type": "processor_split_key_value", "SourceKey": "content", "Delimiter": " ", "Separator": ":"}
GROK = {"Type": "processor_grok", "SourceKey": "content", "KeepSource": False, "IgnoreParseFailure": False,
        "CustomPatterns": {"HTTP": "%{IP:client} %{WORD:method} %{URIPATHPARAM:request} %{NUMBER:bytes} "
                                   "%{NUMBER:duration}"}}
STRPTIME = {"Type": "processor_strptime", "SourceKey": "log_time", "Format": "%Y/%m/%d %H:%M:%S"}
REPLACE = {"Type": "processor_string_replace", "SourceKey": "content"}
COND = {"Type": "processor_fields_with_condition", "DropIfNotMatchCondition": True, "Switch": [
    {"Case": {"FieldConditions": {"seq": "10", "d": "10"}}, "Actions": [
        {"type": "processor_add_fields", "IgnoreIfExist": False,
         "Fields": {"eventCode": "event_00001", "name": "error_oom"}},
        {"type": "processor_drop", "DropKeys": ["c"]}]},
    {"Case": {"FieldConditions": {"seq": "20", "d": "10"}}, "Actions": [
        {"type": "processor_add_fields", "IgnoreIfExist": False,
         "Fields": {"eventCode": "event_00002", "name": "error_oom2"}}]}]}

# The examples on the pages about processors, by page.
DOCUMENTED = {
    "extended/processor-appender.md": [[
        {"Type": "processor_appender", "Key": "__labels__", "Value": "|host#$#{{__host__}}|ip#$#{{__ip__}}"}]],
    "extended/processor-delimiter.md": [[
        {"Type": "processor_split_char", "SourceKey": "content", "SplitSep": "|", "SplitKeys": ACCESS_KEYS}]],
    "extended/processor-desensitize.md": [
        [{"Type": "processor_desensitize", "SourceKey": "content", "Method": "const", "Match": "full",
          "ReplaceString": "********"}], [PASSWORD], [{**PASSWORD, "Method": "md5"}]],
    "extended/processor-dict-map.md": [
        [{"Type": "processor_dict_map", "SourceKey": "_ip_", "Mode": "overwrite", "HandleMissing": True,
          "Missing": "Not Detected", "MapDict": {"1": "TCP", "2": "UDP", "3": "HTTP", "*": "Unknown"}}]],
    "extended/processor-fields-with-condition.md": [[COND]],
    "extended/processor-filter-regex.md": [[
        JSON, {"Type": "processor_filter_regex", "Include": {"ip": r"10\..*", "method": "POST"},
               "Exclude": {"browser": "aliyun.*"}}]],
    "extended/processor-gotime.md": [[
        {"Type": "processor_gotime", "SourceKey": "content", "SourceFormat": "2006-01-02 15:04:05",
         "SourceLocation": 8, "DestKey": "d_key", "DestFormat": "2006/01/02 15:04:05", "DestLocation": 9}]],
    "extended/processor-grok.md": [
        [{**GROK, "Match": ["%{HTTP}", "%{WORD:word1} %{NUMBER:request_time} %{WORD:word2}",
                            "%{YEAR:year} %{MONTH:month} %{MONTHDAY:day} %{QUOTEDSTRING:motto}"]}],
        [{"Type": "processor_grok", "SourceKey": "content", "KeepSource": False,
          "Match": [r"%{IPORHOST:clientip} %{DATA:process_name}\[%{NUMBER:process_id}\]: "
                    r"%{GREEDYDATA:content_2}"]},
         {"Type": "processor_grok", "SourceKey": "content_2", "KeepSource": False,
          "Match": ["%{WORD:word_1} %{WORD:word_2} %{NUMBER:number_1} %{NUMBER:number_2} %{GREEDYDATA:data}",
                    r"%{DATA:data} \| %{NUMBER:number}"]}]],
    "extended/processor-log-to-sls-metric.md": [[
        {"Type": "processor_regex", **ACCESS},
        {"Type": "processor_log_to_sls_metric", "MetricLabelKeys": ["url", "method"],
         "MetricValues": {"remote_addr": "status"}, "CustomMetricLabels": {"nginx": "test"},
         "IgnoreError": False}]],
    "extended/processor-rate-limit.md": [[JSON, {"Type": "processor_rate_limit", "Fields": ["ip"], "Limit": "1/s"}]],
    "extended/processor-split-key-value.md": [
        [{**KEY_VALUE, "Delimiter": "\t"}], [{**KEY_VALUE, "Quote": '"'}], [{**KEY_VALUE, "Quote": '"""'}]],
    "extended/processor-split-log-regex.md": [[
        {"Type": "processor_split_log_regex", "SplitRegex": r"\[\d+-\d+-\d+\s\d+:\d+:\d+]\s.*",
         "SplitKey": "content", "PreserveOthers": True}]],
    "extended/processor-string-replace.md": [
        [{**REPLACE, "Method": "const", "Match": "how old are you?", "ReplaceString": ""}],
        [{**REPLACE, "Method": "regex", "Match": r"\\u\w+\[\d{1,3};*\d{1,3}m|N/A", "ReplaceString": ""}],
        [{**REPLACE, "Method": "regex", "Match": r"(\d.*\.)\d+", "ReplaceString": "$1*/24", "DestKey": "new_ip"}],
        [{**REPLACE, "Method": "unquote"}]],
    "extended/processor-strptime.md": [[STRPTIME], [{**STRPTIME, "AdjustUTCOffset": True, "UTCOffset": 25200}]],
    "native/processor-desensitize-native.md": [[
        {"Type": "processor_desensitize_native", "SourceKey": "content", "Method": "const",
         "ReplacingString": "******", "ContentPatternBeforeReplacedString": 'password":"',
         "ReplacedContentPattern": '[^"]+'}]],
    "native/processor-filter-regex-native.md": [[
        NATIVE_ACCESS, {"Type": "processor_filter_regex_native", "FilterKey": ["method", "status"],
                        "FilterRegex": ["^(POST|PUT)$", "^200$"]}]],
    "native/processor-parse-delimiter-native.md": [[
        {"Type": "processor_parse_delimiter_native", "SourceKey": "content", "Separator": ",", "Quote": '"',
         "Keys": ACCESS_KEYS}]],
    "native/processor-parse-json-native.md": [[{"Type": "processor_parse_json_native", "SourceKey": "content"}]],
    "native/processor-parse-regex-native.md": [[NATIVE_ACCESS]],
    "native/processor-parse-timestamp-native.md": [[
        NATIVE_ACCESS, {"Type": "processor_parse_timestamp_native", "SourceKey": "time",
                        "SourceFormat": "%Y-%m-%dT%H:%M:%S"}]],
}

# What upstream runs, and we run unchanged.
RUNS = {
    "reference 3.1": {
        "global": {"StructureType": "v1", "DefaultLogGroupQueueSize": 4},
        "inputs": [part("metric_mock", {"IntervalMs": 1000})],
        "processors": [part("processor_add_fields", {"Fields": {"k": "v"}})],
        "aggregators": [{"type": "aggregator_default", "detail": None}],
        "flushers": [part("flusher_stdout", {"OnlyStdout": True})]},
    "docs/cn/plugins/aggregator/aggregator-base.md":
        flat(FILE, aggregators=[{"Type": "aggregator_base", "Topic": "file"}]),
    "docs/cn/plugins/aggregator/aggregator-context.md":
        flat(FILE, aggregators=[{"Type": "aggregator_context"}]),
    "docs/cn/plugins/flusher/extended/flusher-stdout.md": flat(FILE, flushers=[TAGGED]),
    "docs/cn/plugins/flusher/native/flusher-blackhole.md":
        flat(FILE, flushers=[{"Type": "flusher_blackhole"}]),
    "docs/cn/plugins/input/extended/metric-mock.md, 1":
        flat({"Type": "metric_mock", "Fields": {"field1": "field1", "field2": "field2"}}),
    "docs/cn/plugins/input/extended/metric-mock.md, 2":
        flat({"Type": "metric_mock", "Index": 100, "Tags": {"tag1": "tag1", "tag2": "tag2"},
              "Fields": {"field1": "field1", "field2": "field2"}, "OpenPrometheusPattern": True}),
    # MaxLogCOunt is upstream's spelling.
    "docs/cn/plugins/input/extended/service-mock.md":
        flat({"Type": "service_mock", "Index": 100, "Tags": {"tag1": "tag1", "tag2": "tag2"},
              "Fields": {"field1": "field1", "field2": "field2"}, "LogsPerSecond": 2, "MaxLogCOunt": 3}),
    "docs/cn/plugins/input/native/input-file.md, folder": flat(FILE, flushers=[TAGGED]),
    "docs/cn/plugins/input/native/input-file.md, folders below":
        flat({"Type": "input_file", "FilePaths": ["/home/test-log/**/*.log"], "MaxDirSearchDepth": 10},
             flushers=[TAGGED]),
    "docs/cn/data-pipeline/input/file-log.md of iLogtail 1.x":
        flat({"Type": "file_log", "LogPath": "/home/test-log/", "FilePattern": "*.log"}),
    "docs/cn/plugins/input/native/input-file.md, multiline":
        flat({**FILE, "Multiline": {"StartPattern": r"\[\d+-\d+"}},
             {"Type": "processor_parse_regex_native", "SourceKey": "content", "Keys": ["time"],
              "Regex": "(.*)"}),
    "docs/cn/plugins/processor/extended/processor-add-fields.md":
        flat(FILE, {"Type": "processor_add_fields", "Fields": {"service": "A"}, "IgnoreIfExist": False}),
    "docs/cn/plugins/processor/extended/processor-drop.md":
        flat(FILE, JSON, {"Type": "processor_drop", "DropKeys": ["key1"]}),
    "docs/cn/plugins/processor/extended/processor-json.md": flat(FILE, JSON),
    "docs/cn/plugins/processor/extended/processor-regex.md":
        flat(FILE, {"Type": "processor_regex", "SourceKey": "content",
                    "Regex": r'([\d\.]+) \S+ \S+ \[(\S+) \S+\] \"(\w+) ([^\\"]*)\"',
                    "Keys": ["ip", "time", "method", "url"]}),
    "docs/cn/plugins/processor/extended/processor-rename.md":
        flat(FILE, JSON, {"Type": "processor_rename", "SourceKeys": ["key1"], "DestKeys": ["new_key1"]}),
    "docs/cn/developer-guide/plugin-development/plugin-debug/pure-plugin-start.md, line":
        {"inputs": [part("metric_mock", {"Tags": {"tag1": "aaaa", "tag2": "bbb"},
                                         "Fields": {"content": "xxxxx", "time": "2017.09.12 20:55:36"}})],
         "flushers": [part("flusher_stdout")]},
    "docs/en/guides/How-to-do-manual-test.md":
        {"inputs": [part("metric_mock", {"Fields": {"1111": "2222"}})],
         "processors": [part("processor_add_fields", {"Fields": {"aaa2": "value2", "aaa3": "value3"}})],
         "flushers": [part("flusher_stdout", {"OnlyStdout": True})]},
    "example_config/quick_start/config/file_simple.yaml": flat(FILE),
    "test/benchmark/.../performance_file_to_file_loongcollectorcgo, but for its filter":
        flat({"Type": "input_file", "FilePaths": ["/home/loongcollector/*.log"]},
             {"Type": "processor_regex", **ACCESS},
             flushers=[{"Type": "flusher_stdout", "OnlyStdout": False,
                        "FileName": "/home/loongcollector/test.out", "MaxSize": 10485760}]),
    "test/benchmark/.../performance_file_to_blackhole_loongcollector":
        flat(FILE, {"Type": "processor_parse_regex_native", **ACCESS},
             {"Type": "processor_filter_regex_native", "FilterKey": ["user_agent"],
              "FilterRegex": ["^no-agent$"]}, flushers=[{"Type": "flusher_blackhole"}]),
    "test/e2e/test_cases/input_mock_log": flat(MOCK),
    "test/e2e/test_cases/input_mock_metric": flat({**MOCK, "OpenPrometheusPattern": True}),
    "test/e2e/test_cases/flusher_grpc, v2, to flusher_stdout":
        flat(MOCK, **{"global": {"StructureType": "v2", "InputIntervalMs": 1000}}),
    "pluginmanager/logstore_config_test.go, with flushers that are here":
        {"inputs": [part("service_mock", {"LogsPerSecond": 100,
                                          "Fields": {"content": "Active connections: 1\nserver accepts"}})],
         "processors": [part("processor_regex", NGINX_STATUS)],
         "aggregators": [part("aggregator_default")],
         "flushers": [part("flusher_stdout", {}), part("flusher_blackhole")]},
    "pluginmanager/logstore_config_test.go, global":
        {"global": {"InputIntervalMs": 9999, "AggregatIntervalMs": 369, "FlushIntervalMs": 323,
                    "DefaultLogQueueSize": 21, "DefaultLogGroupQueueSize": 31},
         "inputs": [part("metric_mock")], "flushers": [part("flusher_stdout", {})]},
    "pluginmanager/container_config_manager_test.go, global":
        {"global": {"InputIntervalMs": 30000, "AggregatIntervalMs": 1000, "FlushIntervalMs": 1000,
                    "DefaultLogQueueSize": 4, "DefaultLogGroupQueueSize": 4,
                    "Tags": {"base_version": "0.1.0", "loongcollector_version": "0.16.19"}},
         "inputs": [{"type": "metric_mock", "detail": None}], "flushers": [part("flusher_stdout")]},
    "C++ numbers every Go plugin":
        {"inputs": [part("metric_mock/1")], "processors": [part("processor_drop/2", {"DropKeys": ["a"]})],
         "aggregators": [part("aggregator_context/3", {})], "flushers": [part("flusher_stdout/4", {})]},
    "docs/.../pure-plugin-start.md and docs/en/setup/README.md, quick start":
        quickstart("quickstart_1.stdout", "quickstart_2.stdout"),
}

for page, examples in DOCUMENTED.items():
    for number, processors in enumerate(examples, 1):
        RUNS[f"docs/cn/plugins/processor/{page}, {number}"] = flat(FILE, *processors)
RUNS["example_config/data_pipelines/file-grok.yaml"] = flat(FILE, {**GROK, "Match": ["%{HTTP}"]})

# What its pages of extensions show, and its end-to-end test of flusher_http.
HTTP = {"Type": "flusher_http", "RemoteURL": "http://localhost:8086/write",
        "Convert": {"Protocol": "custom_single", "Encoding": "json"}}
USERS = [{"Type": f"ext_basicauth/user{i}", "Username": f"user{i}", "Password": f"pwd{i}"}
         for i in (1, 2)]


def grouped(*flushers, **more):
    return {"enable": True, "version": "v2",
            "inputs": [{"Type": "metric_mock", "GroupMeta": {f"meta{i}": f"meta{i}"},
                        "GroupTags": {f"tag{i}": f"tag{i}"}} for i in (1, 2)],
            "flushers": list(flushers), **more}


def only_tag(i):
    return {"Tags": {f"tag{i}": {"Pattern": f"tag{i}"}}}


RUNS |= {
    "docs/cn/plugins/extension/ext-groupinfo-filter.md": grouped(
        {**HTTP, "FlushInterceptor": {"Type": "ext_groupinfo_filter"}},
        extensions=[{"Type": "ext_groupinfo_filter", **only_tag(1)}]),
    "docs/cn/plugins/extension/ext-groupinfo-filter.md, named": grouped(
        *({**HTTP, "RemoteURL": f"http://localhost:8086/write_select_tag{i}",
           "FlushInterceptor": {"Type": f"ext_groupinfo_filter/tag{i}"}} for i in (1, 2)),
        extensions=[{"Type": f"ext_groupinfo_filter/tag{i}", **only_tag(i)} for i in (1, 2)]),
    # service_prometheus and an Address in place of RemoteURL are not what it is about.
    "docs/cn/plugins/flusher/extended/flusher-http.md, Prometheus": flat(
        FILE, flushers=[{"Type": "flusher_http", "RemoteURL": "http://PROMETHEUS/api/v1/write",
                         "Concurrency": 10,
                         "Encoder": {"Type": "ext_default_encoder", "Format": "prometheus", "SeriesLimit": 1024},
                         "Authenticator": {"Type": "ext_basicauth"}, "Compression": "snappy"}],
        extensions=[{"Type": "ext_basicauth", "Username": "YOUR_USERNAME", "Password": "YOUR_PASSWORD"}],
        **{"global": {"StructureType": "v2"}}),
    "docs/cn/plugins/extension/ext-default-encoder.md": flat(
        FILE, flushers=[{"Type": "flusher_http", "RemoteURL": "http://127.0.0.1:8080/write",
                         "Encoder": {"Type": "ext_default_encoder/prometheus"}}],
        extensions=[{"Type": "ext_default_encoder/prometheus", "Format": "prometheus", "SeriesLimit": 1024}]),
    "docs/cn/plugins/extension/ext-basicauth.md": flat(
        FILE, flushers=[{**HTTP, "Authenticator": {"Type": "ext_basicauth"}}],
        extensions=[{"Type": "ext_basicauth", "Username": "user1", "Password": "pwd1"}]),
    "test/e2e/test_cases/flusher_http/case.feature": flat(
        {"Type": "metric_mock", "IntervalMs": 100,
         "Fields": {"__name__": "weather", "__value__": "32", "__labels__": "city#$#hz", "__tag__:db": "mydb"}},
        aggregators=[{"Type": "aggregator_content_value_group", "GroupKeys": ["__tag__:db"]}],
        flushers=[{"Type": "flusher_http", "RemoteURL": "http://influxdb:8086/write",
                   "Query": {"db": "%{tag.db}"},
                   "Convert": {"Protocol": "influxdb", "Encoding": "custom"},
                   "RequestInterceptors": [{"Type": "ext_request_breaker", "FailureRatio": 0.1}]}]),
    "docs/cn/plugins/flusher/extended/flusher-http.md": flat(
        FILE, flushers=[{**HTTP, "Headers": {"x-filepath": "%{tag.__path__}"}}]),
}

# What is refused: the codes of its errors, and what a user is told. `compat` is what is
# left with --compat, where unknown options are passed over as upstream does.
REFUSED = {
    # Types that are not here yet: named, at their place.
    "reference 3.4": (
        flat({"Type": "input_file", "FilePaths": ["/var/log/a.log"]},
             {"Type": "processor_parse_regex_native", "SourceKey": "content", "Regex": "(.*)", "Keys": ["a"]},
             flushers=[{"Type": "flusher_kafka_v2", "Brokers": ["k:9092"], "Topic": "t"}],
             aggregators=[{"Type": "aggregator_context"}],
             extensions=[{"Type": "ext_basicauth/1", "Username": "u", "Password": "p"}],
             **{"global": {"StructureType": "v2"}}),
        ["W1004"], ["W1004"]),
    "example_config/data_pipelines/file-delimiter.yaml": (
        flat(FILE, {"Type": "processor_split_char", "SourceKey": "content", "SplitSep": "\t",
                    "SplitKeys": ["uid", "time", "method", "value"]}, flushers=[SLS, STDOUT]),
        ["W1004"], ["W1004"]),
    "example_config/data_pipelines/file-json.yaml": (
        flat(FILE, JSON, flushers=[SLS, STDOUT]), ["W1004"], ["W1004"]),
    "example_config/data_pipelines/nginx-regex.yaml": (
        flat(FILE, {"Type": "processor_regex", **ACCESS}, flushers=[SLS, STDOUT]), ["W1004"], ["W1004"]),
    "example_config/data_pipelines/input_command.yaml": (
        flat({"Type": "input_command", "User": "op", "ScriptType": "shell", "IntervalMs": 100000},
             {"Type": "processor_add_fields", "Fields": {"Metric": "op_metrics"}},
             {"Type": "processor_log_to_sls_metric", "MetricLabelKeys": ["hostname", "ip", "metrics_type"],
              "MetricValues": {"Metric": "value"}, "IgnoreError": False}, flushers=[SLS, STDOUT]),
        ["W1004"] * 2, ["W1004"] * 2),
    # The dictionary is not on this machine.
    "docs/cn/plugins/processor/extended/processor-dict-map.md, a file": (
        flat(FILE, {"Type": "processor_dict_map", "SourceKey": "_ip_", "DestKey": "_processed_ip_",
                    "DictFilePath": "/home/ipExample.csv"}), ["W1022"], ["W1022"]),
    # AlarmIfEmpty is not what upstream's option is called: there it has no effect.
    "docs/cn/plugins/processor/extended/processor-packjson.md": (
        flat(FILE, {"Type": "processor_packjson", "SourceKeys": ["a", "b"], "DestKey": "d_key",
                    "KeepSource": True, "AlarmIfEmpty": True}), ["W1003"], []),
    "example_config/data_pipelines/multiline_java_stack_trace-split_log_regex.yaml": (
        flat(FILE, {"Type": "processor_split_log_regex", "SplitRegex": r"\d+", "SplitKey": "content"},
             flushers=[SLS, STDOUT]), ["W1004"], ["W1004"]),
    "example_config/start_with_docker/config/stdout_simple.yaml": (
        flat({"Type": "service_docker_stdout", "Stderr": False, "Stdout": True},
             flushers=[{"Type": "flusher_stdout", "FileName": "simple.stdout"}]), ["W1004"], ["W1004"]),
    "docs/cn/plugins/flusher/native/flusher-file.md": (
        flat({"Type": "input_internal_metrics", "Agent": {"Enable": True, "Interval": 1}},
             flushers=[{"Type": "flusher_file", "FilePath": "self_monitor/self_metrics.log"}]),
        ["W1004"], ["W1004"]),
    "docs/en/guides/How-to-do-manual-test.md, nginx": (
        {"inputs": [part("metric_nginx_status", {"IntervalMs": 1000, "Urls": ["http://nginx/nginx_status"]})],
         "flushers": [part("flusher_stdout", {})]}, ["W1004"], ["W1004"]),
    "pluginmanager/logstore_config_test.go, with extension": (
        {"inputs": [part("service_mock", {"LogsPerSecond": 100})],
         "processors": [part("processor_regex", NGINX_STATUS)],
         "aggregators": [part("aggregator_default")],
         "flushers": [part("flusher_statistics", {"GeneratePB": True}), part("flusher_checker")],
         "extensions": [part("ext_basicauth/basicauth_user1", {"Username": "user1", "Password": "pwd1"})]},
        ["W1004", "W1004"], ["W1004", "W1004"]),
    # Options that would change what is collected: refused, unless --compat.
    "example_config/start_with_docker/config/file_simple.yaml": (
        flat({**FILE, "EnableContainerDiscovery": True}), ["W1003"], []),
    "docs/cn/plugins/input/native/input-file.md, containers": (
        flat({**FILE, "EnableContainerDiscovery": True,
              "ContainerFilters": {"K8sNamespaceRegex": "default", "ExcludeEnv": {"ID": 123}}}, flushers=[TAGGED]),
        ["W1003", "W1003"], []),
    # Upstream adds a default flusher, or passes over what it does not know.
    "docs/.../pure-plugin-start.md, only a processor": (
        {"processors": [part("processor_json", {"SourceKey": "content", "KeepSource": False})]},
        ["W1013", "W1014"], ["W1013", "W1014"]),
    "docs/.../pure-plugin-start.md, the frame": (
        {"inputs": [part("plugin name", {"Parameter1": "value", "Parameter2": 10})], "processors": [],
         "aggregators": [], "flushers": []}, ["W1004", "W1013"], ["W1004", "W1013"]),
    "issue 2303, a misspelt option": (
        flat(FILE, flushers=[{"Type": "flusher_stdout", "OnlyStdOutt": True}]), ["W1003"], []),
}


def check(weir, config, *arguments):
    path = weir.pipeline("p", config)
    done = weir.command("check", "--plugins", weir.plugins, "--format", "json", *arguments, path)
    found = json.loads(done.stdout)["diagnostics"]
    return done.returncode, found


def errors(found):
    return sorted(d["code"] for d in found if d["severity"] == "error")


@pytest.mark.parametrize("name", RUNS)
def test_runs(weir, name):
    status, found = check(weir, RUNS[name])
    assert (status, errors(found)) == (0, []), found
    assert [d for d in found if d["severity"] == "warning"] == []


# Examples that leave something lying about: it is told, and they run.
WARNED = {
    # Its extension is not what upstream takes either; nothing refers to it.
    "docs/cn/plugins/extension/ext-request-breaker.md": (
        grouped({**HTTP, "RequestInterceptors": [
            {"Type": "ext_request_breaker", "FailureRatio": 0.1, "WindowInSeconds": 10}]},
            extensions=[{"Type": "ext_groupinfo_filter", "Tags": {"tag1": "tag1"}}]), ["W1312"]),
    "docs/cn/plugins/extension/ext-basicauth.md, named": (
        flat(FILE, flushers=[{**HTTP, "Authenticator": {"Type": "ext_basicauth/user1"}}],
             extensions=USERS), ["W1312"]),
}


@pytest.mark.parametrize("name", WARNED)
def test_runs_with_a_word(weir, name):
    config, codes = WARNED[name]
    status, found = check(weir, config)
    assert (status, errors(found)) == (0, []), found
    assert sorted({d["code"] for d in found if d["severity"] == "warning"}) == codes


@pytest.mark.parametrize("name", REFUSED)
def test_is_refused_for_a_reason(weir, name):
    config, codes, with_compat = REFUSED[name]
    status, found = check(weir, config)
    assert (status, errors(found)) == (1, sorted(codes)), found
    status, found = check(weir, config, "--compat")
    assert (status, errors(found)) == (1 if with_compat else 0, sorted(with_compat)), found


def test_unknown_types_are_named(weir):
    config, codes, _ = REFUSED["reference 3.4"]
    _, found = check(weir, config)
    words = " ".join(d["message"] for d in found if d["code"] == "W1004")
    assert re.search("flusher_kafka_v2", words)


def test_the_yaml_itself_is_told_what_it_is(weir):
    path = weir.folder / "file_simple.yaml"
    path.write_text("enable: true\ninputs:\n  - Type: input_file\n")
    done = weir.command("check", "--plugins", weir.plugins, path)
    assert done.returncode == 1
    assert "W1002" in done.stdout and "JSON" in done.stdout


def test_the_quick_start_delivers(weir):
    """The example of upstream's first page: two inputs, two files, each with both."""
    names = [weir.folder / f"quickstart_{i}.stdout" for i in (1, 2)]
    path = weir.pipeline("quickstart", quickstart(*map(str, names)))
    done = weir.once(path)
    assert done.returncode == 0, done.stderr
    for name in names:
        text = name.read_text()
        assert "quickstart_input_1" in text and "quickstart_input_2" in text
        assert '"Index":"1"' in text and '"Index":"100000001"' in text
