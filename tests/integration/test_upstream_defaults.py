"""Every option of upstream's, its default written out, is taken.

Defaults are those of alibaba/loongcollector (commit f02d9808): what the constructors of
its Go plugins leave in the struct, or the tables of its pages for what is C++. A Go list or
map that is nil is written as null, and as [] or {}. What must be given is given as little
as will do.
"""
import json

import jsonschema
import pytest

from conftest import BUILD

CONVERT = {"Protocol": "custom_single", "Encoding": "json", "Separator": "", "IgnoreUnExpectedData": True,
          "TagFieldsRename": None, "ProtocolFieldsRename": None}
MINUTE = 60_000_000_000  # time.Duration, as JSON has it
SECOND = 1_000_000_000
BASE = {"MaxLogGroupCount": 4, "MaxLogCount": 1024, "PackFlag": True, "Topic": ""}
CONTEXT = {**BASE, "MaxLogGroupCount": 2, "ContextPreservationToleranceSize": 10}
KEEPING = {"KeepingSourceWhenParseFail": False, "KeepingSourceWhenParseSucceed": False,
           "RenamedSourceKey": "", "CopingRawLog": False}
FILE = {
    "FilePaths": ["/var/log/x.log"], "MaxDirSearchDepth": 0, "MaxCheckpointDirSearchDepth": 0,
    "ExcludeFilePaths": [], "ExcludeFiles": [], "ExcludeDirs": [], "FileEncoding": "utf8",
    "TailSizeKB": 1024, "Multiline": {}, "EnableContainerDiscovery": False, "ContainerFilters": {},
    "ExternalK8sLabelTag": {}, "ExternalEnvTag": {}, "CollectingContainersMeta": False,
    "AppendingLogPositionMeta": False, "FlushTimeoutSecs": 60, "EnableExactlyOnce": 0,
    "AllowingIncludedByMultiConfigs": False, "AllowingCollectingFilesInRootDir": False,
    "FileOffsetKey": "log.file.offset", "Tags": {}}
MULTILINE = {"Mode": "custom", "StartPattern": "a", "ContinuePattern": "", "EndPattern": "",
             "FileWriteMode": "append", "MaxWholeFileBytes": 10485760,
             "UnmatchedContentTreatment": "single_line"}
HTTP = {
    "RemoteURL": "http://h/", "Headers": None, "Query": None, "Timeout": MINUTE,
    "Retry": {"Enable": True, "MaxRetryTimes": 3, "InitialDelay": SECOND, "MaxDelay": 30 * SECOND},
    "Encoder": None, "Convert": CONVERT, "Concurrency": 1, "MaxConnsPerHost": 0,
    "MaxIdleConnsPerHost": 0, "IdleConnTimeout": 0, "WriteBufferSize": 0, "Authenticator": None,
    "FlushInterceptor": None, "AsyncIntercept": False, "RequestInterceptors": None,
    "QueueCapacity": 1024, "DropEventWhenQueueFull": False, "Compression": ""}

DEFAULTS = {
    "flushers": {
        "flusher_stdout": {"FileName": "", "MaxSize": 0, "MaxRolls": 0, "KeyValuePairs": True,
                           "Tags": False, "OnlyStdout": False},
        "flusher_stdout, once set": {"FileName": "", "MaxSize": 1048576, "MaxRolls": 1},
        "flusher_file": {"FilePath": "/tmp/x", "MaxFileSize": 10485760, "MaxFiles": 10},
        "flusher_blackhole": {},
        "flusher_sleep": {"SleepMS": 0},
        "flusher_statistics": {"SleepMsPerLogGroup": 0, "RateIntervalMs": 0, "GeneratePB": False},
        "flusher_checker": {},
        "flusher_http": HTTP,
        "flusher_http, empty": {**HTTP, "Headers": {}, "Query": {}, "RequestInterceptors": [],
                                "Convert": {**CONVERT, "TagFieldsRename": {},
                                            "ProtocolFieldsRename": {}}},
        "flusher_http, extensions": {
            "RemoteURL": "http://h/",
            "Authenticator": {"Type": "ext_basicauth", "Options": {"Username": "", "Password": ""}},
            "FlushInterceptor": {"Type": "ext_groupinfo_filter", "Options": {"Tags": None, "Metas": None}},
            "Encoder": {"Type": "ext_default_encoder", "Options": {"Format": "prometheus", "SeriesLimit": 0}},
            "RequestInterceptors": [{"Type": "ext_request_breaker",
                                     "Options": {"FailureRatio": 0.1, "WindowInSeconds": 10}}]},
        "flusher_http, no options": {
            "RemoteURL": "http://h/",
            "FlushInterceptor": {"Type": "ext_groupinfo_filter", "Options": None},
            "Encoder": {"Type": "ext_default_encoder", "Options": {"Format": "prometheus"}},
            "RequestInterceptors": [{"Type": "ext_request_breaker", "Options": None}]},
    },
    "inputs": {
        "input_file": FILE,
        "input_file, null": {**FILE, "ExcludeFilePaths": None, "ExcludeFiles": None, "ExcludeDirs": None,
                             "Multiline": None, "ContainerFilters": None, "Tags": None},
        "input_file, Multiline": {"FilePaths": ["/var/log/x.log"], "Multiline": MULTILINE},
        "metric_mock": {"GroupMeta": {}, "GroupTags": {}, "Tags": {}, "Fields": {}, "Index": 0,
                        "OpenPrometheusPattern": False, "IntervalMs": 1000},
        "service_mock": {"Tags": None, "Fields": {"a": "b"}, "File": "", "Index": 0, "LogsPerSecond": 0,
                         "MaxLogCount": 0, "Block": False},
    },
    "aggregators": {
        "aggregator_default": CONTEXT,
        "aggregator_context": CONTEXT,
        "aggregator_base": BASE,
        "aggregator_content_value_group": {"GroupKeys": ["a"], "Topic": "", "ErrIfKeyNotFound": False,
                                           "EnablePackID": True},
        "aggregator_shardhash": {"SourceKeys": ["a"], "ShardCount": 8, "Topic": "", "Connector": "_",
                                 "ErrIfKeyNotFound": False, "EnablePackID": True},
        "aggregator_logstore_router": {**BASE, "DropDisMatch": False, "SourceKey": "",
                                       "NoMatchError": False, "RouterRegex": None, "RouterLogstore": None},
        "aggregator_opentelemetry": {**BASE, "MetricsLogstore": "", "TraceLogstore": "", "LogLogstore": ""},
        "aggregator_metadata_group": {"GroupMetadataKeys": [], "GroupMaxEventLength": 1024,
                                      "GroupMaxByteLength": 3 * 1024 * 1024, "DropOversizeEvent": True},
    },
    "processors": {
        "processor_add_fields": {"Fields": {"a": "b"}, "IgnoreIfExist": False},
        "processor_appender": {"Key": "a", "Value": "b", "SortLabels": False, "Platform": "mock",
                               "ReadOnce": False},
        "processor_base64_decoding": {"SourceKey": "a", "NewKey": "b", "NoKeyError": False,
                                      "DecodeError": False},
        "processor_base64_encoding": {"SourceKey": "a", "NewKey": "b", "NoKeyError": False},
        "processor_csv": {"SourceKey": "a", "NoKeyError": False, "SplitKeys": ["a"], "SplitSep": ",",
                          "TrimLeadingSpace": False, "PreserveOthers": False, "ExpandOthers": False,
                          "ExpandKeyPrefix": "", "KeepSource": False},
        "processor_default": {},
        "processor_desensitize": {"SourceKey": "a", "Method": "const", "Match": "full", "ReplaceString": "x",
                                  "RegexBegin": "", "RegexContent": "", "RegexTimeoutMs": 0},
        "processor_desensitize, once set": {"SourceKey": "a", "Method": "const", "Match": "full",
                                            "ReplaceString": "x", "RegexTimeoutMs": 100},
        "processor_dict_map": {"DictFilePath": "", "MapDict": {"a": "b"}, "SourceKey": "a", "DestKey": "",
                               "HandleMissing": False, "Missing": "Unknown", "Mode": "overwrite",
                               "MaxDictSize": 1000},
        "processor_drop": {"DropKeys": ["a"]},
        "processor_fields_with_condition": {
            "DropIfNotMatchCondition": False,
            "Switch": [{"Case": {"LogicalOperator": "", "RelationOperator": "", "FieldConditions": {"a": "b"}},
                        "Actions": [{"type": "processor_add_fields", "IgnoreIfExist": False,
                                     "Fields": {"c": "d"}, "DropKeys": []}]}]},
        "processor_filter_key_regex": {"Include": None, "Exclude": None},
        "processor_filter_key_regex, empty": {"Include": [], "Exclude": []},
        "processor_filter_regex": {"Include": None, "Exclude": None},
        "processor_filter_regex, empty": {"Include": {}, "Exclude": {}},
        "processor_gotime": {"SourceKey": "a", "SourceFormat": "2006", "SourceLocation": 8, "DestKey": "b",
                             "DestFormat": "2006", "DestLocation": 8, "SetTime": True, "KeepSource": True,
                             "NoKeyError": True, "AlarmIfFail": True},
        "processor_grok": {"CustomPatternDir": [], "CustomPatterns": {}, "SourceKey": "content",
                           "Match": ["a"], "TimeoutMilliSeconds": 0, "IgnoreParseFailure": True,
                           "KeepSource": True, "NoKeyError": False, "NoMatchError": True,
                           "TimeoutError": True},
        "processor_json": {"SourceKey": "content", "NoKeyError": True, "ExpandDepth": 0, "ExpandConnector": "_",
                           "Prefix": "", "KeepSource": True, "KeepSourceIfParseError": True,
                           "UseSourceKeyAsPrefix": False, "IgnoreFirstConnector": False,
                           "ExpandArray": False},
        "processor_log_to_sls_metric": {"MetricTimeKey": "", "MetricLabelKeys": None,
                                        "MetricValues": {"n": "v"}, "CustomMetricLabels": {"a": "b"},
                                        "IgnoreError": False},
        "processor_md5": {"SourceKey": "a", "MD5Key": "b", "NoKeyError": False},
        "processor_packjson": {"SourceKeys": ["a"], "DestKey": "b", "KeepSource": True,
                               "AlarmIfIncomplete": True},
        "processor_pick_key": {"Include": ["a"], "Exclude": None},
        "processor_pick_key, empty": {"Include": ["a"], "Exclude": []},
        "processor_rate_limit": {"Fields": None, "Limit": "3/s"},
        "processor_regex": {"Regex": "(a)", "Keys": ["a"], "FullMatch": False, "NoKeyError": False,
                            "NoMatchError": True, "KeepSource": False, "KeepSourceIfParseError": True,
                            "SourceKey": ""},
        "processor_rename": {"NoKeyError": False, "SourceKeys": ["a"], "DestKeys": ["b"]},
        "processor_split_char": {"Quote": "", "QuoteFlag": False, "SplitSep": "\n", "SplitKeys": ["a"],
                                 "SourceKey": "", "PreserveOthers": True, "NoKeyError": False,
                                 "NoMatchError": False, "KeepSource": False,
                                 "KeepSourceIfParseError": True},
        "processor_split_key_value": {"SourceKey": "", "Delimiter": "\t", "Separator": ":",
                                      "KeepSource": True, "EmptyKeyPrefix": "empty_key_",
                                      "NoSeparatorKeyPrefix": "no_separator_key_", "Quote": "",
                                      "DiscardWhenSeparatorNotFound": False, "ErrIfSourceKeyNotFound": True,
                                      "ErrIfSeparatorNotFound": True, "ErrIfKeyIsEmpty": True},
        "processor_split_log_regex": {"SplitKey": "a", "SplitRegex": ".*", "PreserveOthers": False,
                                      "NoKeyError": False, "EnableLogPositionMeta": False},
        "processor_split_log_string": {"SplitKey": "", "SplitSep": "\n", "PreserveOthers": True,
                                       "NoKeyError": False, "EnableLogPositionMeta": False},
        "processor_split_string": {"SplitSep": "\n", "SplitKeys": ["a"], "SourceKey": "",
                                   "PreserveOthers": True, "ExpandOthers": False, "ExpandKeyPrefix": "",
                                   "NoKeyError": False, "NoMatchError": False, "KeepSource": False},
        "processor_string_replace": {"SourceKey": "a", "Method": "const", "Match": "b", "ReplaceString": "",
                                     "DestKey": "", "RegexTimeoutMs": 0},
        "processor_strptime": {"SourceKey": "time", "Format": "%Y", "KeepSource": True,
                               "AdjustUTCOffset": False, "UTCOffset": 54000, "AlarmIfFail": True,
                               "EnablePreciseTimestamp": False, "PreciseTimestampKey": "precise_timestamp",
                               "PreciseTimestampUnit": "ms"},
        "processor_parse_regex_native": {"SourceKey": "a", "Regex": "(.*)", "Keys": ["a"], **KEEPING},
        "processor_parse_delimiter_native": {"SourceKey": "a", "Separator": ",", "Quote": '"',
                                             "Keys": ["a"], "AllowingShortenedFields": True,
                                             "OverflowedFieldsTreatment": "extend", **KEEPING},
        "processor_parse_json_native": {"SourceKey": "a", **KEEPING},
        "processor_parse_timestamp_native": {"SourceKey": "a", "SourceFormat": "%Y", "SourceTimezone": "",
                                             "SourceYear": -1},
        "processor_filter_regex_native": {"FilterKey": ["a"], "FilterRegex": ["b"], "Include": {},
                                          "ConditionExp": None, "DiscardingNonUTF8": False},
        "processor_desensitize_native": {"SourceKey": "a", "Method": "const", "ReplacingString": "x",
                                         "ContentPatternBeforeReplacedString": "a",
                                         "ReplacedContentPattern": "b", "ReplacingAll": True},
    },
}

GLOBAL = {
    "StructureType": "v1", "InputMaxFirstCollectDelayMs": 10000, "InputIntervalMs": 1000,
    "AggregatIntervalMs": 3000, "FlushIntervalMs": 3000, "DefaultLogQueueSize": 1000,
    "DefaultLogGroupQueueSize": 4, "DelayStopSec": 300, "EnableTimestampNanosecond": False,
    "UsingOldContentTag": False, "EnableSlsMetricsFormat": False, "EnableProcessorTag": False,
    "PipelineMetaTagKey": {}, "AgentEnvMetaTagKey": {}, "AgentMetaTagKey": {},
    "AppendingAllEnvMetaTag": False, "HostIP": "", "Hostname": "", "Tags": {}, "AlwaysOnline": False,
    "EnableContainerdUpperDirDetect": False, "TopicType": "none", "TopicFormat": "", "Priority": 0,
    "LoongCollectorConfDir": "./conf/", "LoongCollectorLogDir": "./log/",
    "LoongCollectorLogConfDir": "./conf/",
    "LoongCollectorPluginLogName": "go_plugin.LOG", "LoongCollectorDataDir": "./data/",
    "LoongCollectorDebugDir": "./debug/", "LoongCollectorThirdPartyDir": "./thirdparty/",
    "LoongCollectorPrometheusAuthorizationPath": "./conf/",
    "LoongCollectorGoCheckPointDir": "./data/", "LoongCollectorGoCheckPointFile": "go_plugin_checkpoint",
    "LoongCollectorVersionTag": "loongcollector_version"}

BUNDLED = ("stdout", "file", "blackhole", "http", "sleep", "statistics", "checker")
SMALL = {"inputs": [{"Type": "input_stdin"}], "flushers": [{"Type": "flusher_blackhole"}]}
# Keys that are delivery's now: taken, with a warning.
DEPRECATED = "W1207"


def configs():
    for section, parts in DEFAULTS.items():
        for name, options in parts.items():
            yield name, {**SMALL, section: [{"Type": name.partition(",")[0], **options}]}
    yield "global", {**SMALL, "global": GLOBAL}
    yield "sections", {**SMALL, "processors": None, "aggregators": [], "extensions": [], "enable": True,
                       "global": {}}


@pytest.fixture
def described(weir):
    """What types there are, with all bundled plugins."""
    weir.write_plugins(BUILD / "flushers" / f"flusher_{name}.so" for name in BUNDLED)
    return json.loads(weir.command("describe", "--plugins", weir.plugins, "--format", "json").stdout)


def test_every_default_may_be_written_out(weir, described):
    """All in one run: what is told of each file, by the name of the file."""
    folder = weir.folder / "defaults"
    folder.mkdir()
    for name, config in configs():
        (folder / f"{name}.json").write_text(json.dumps(config))
    done = weir.command("check", "--plugins", weir.plugins, "--format", "json", folder)
    told = [(d["file"].rpartition("/")[2], d["code"], d["message"])
            for d in json.loads(done.stdout)["diagnostics"] if d["severity"] != "note"]
    assert [one for one in told if one[1] != DEPRECATED] == []
    assert done.returncode == 0


# Types of our own, or whose defaults nobody has written down.
OURS = {"input_stdin", "file_log"}


def test_every_type_is_in_the_table(described):
    listed = {name.partition(",")[0] for parts in DEFAULTS.values() for name in parts}
    assert listed == {one["type"] for one in described} - OURS


def test_an_editor_takes_them_as_well(weir, described):
    schema = json.loads(weir.command("schema", "--plugins", weir.plugins).stdout)
    validator = jsonschema.Draft7Validator(schema)
    assert [name for name, config in configs() if not validator.is_valid(config)] == []


def test_what_is_not_here_is_refused_when_it_is_asked_for(weir):
    for key, value in {"EnableContainerDiscovery": True, "ContainerFilters": {"K8sPodRegex": "a"},
                       "ExternalEnvTag": {"a": "b"}, "EnableExactlyOnce": 1}.items():
        path = weir.pipeline("p", {**SMALL, "inputs": [{"Type": "input_file", **FILE, key: value}]})
        done = weir.command("check", "--plugins", weir.plugins, path)
        assert done.returncode == 1
        assert f"error[W1003]: input_file has no option '{key}'" in done.stdout
        assert done.stdout.count("error[") == 1
