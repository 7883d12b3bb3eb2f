"""What is measured: each program's way to run a route. A way that does not exist is None."""
import json
import re
import shutil
from dataclasses import dataclass

import measure
from corpora import ACCESS, ACCESS_KEYS, named_groups
from measure import Failed

TRACE_START = r"^\d{4}-\d\d-\d\d "
URL = "http://127.0.0.1:{port}/logs"


@dataclass
class Setting:
    """Where a run happens."""
    build: object
    folder: object  # of this run, empty at its start
    unpacked: object
    nginx: object   # nginx.Sink


def write(path, text):
    path.write_text(text, encoding="utf-8")
    return path


class Weir:
    name = "weir"

    def __init__(self, build):
        self.build = build

    def there(self):
        return None

    PROCESSORS = {
        "regex": [{"Type": "processor_regex", "SourceKey": "content", "Regex": ACCESS, "Keys": ACCESS_KEYS}],
        "parse": [{"Type": "processor_json", "SourceKey": "content", "KeepSource": False,
                   "IgnoreFirstConnector": True}],
        "keyvalue": [{"Type": "processor_split_key_value", "SourceKey": "content", "Delimiter": " ",
                      "Separator": "=", "KeepSource": False}],
    }

    def config(self, route, source, setting, output):
        inputs = {"Type": "input_file", "FilePaths": [str(source.path)]}
        if route.name == "trace":
            inputs["Multiline"] = {"StartPattern": TRACE_START + ".*"}
        flushers = {
            "none": {"Type": "flusher_blackhole"},
            "raw": {"Type": "flusher_file", "FilePath": str(output), "Format": "raw"},
            "http": {"Type": "flusher_http", "RemoteURL": URL.format(port=setting.nginx and setting.nginx.port),
                     "Convert": {"Protocol": "ndjson"}},
        }
        flusher = flushers.get(route.name, {"Type": "flusher_file", "FilePath": str(output)})
        if route.name == "spool":
            flusher["delivery"] = {"Spool": "durable"}
        return {"inputs": [inputs], "processors": self.PROCESSORS.get(route.name, []), "flushers": [flusher]}

    def version(self):
        return measure.first_line([self.build / "host/weir", "--version"])

    def run(self, route, source, setting, output):
        path = write(setting.folder / "bench.json", json.dumps(self.config(route, source, setting, output)))
        log = setting.folder / "weir.log"
        taken = measure.to_end(self.argv(setting, "--once", path), log)
        done = re.search(r"done.*delivered=(\d+) rejected=(\d+) dropped=(\d+) left=(\d+)", log.read_text())
        if not done or done.groups() != (str(source.records), "0", "0", "0"):
            raise Failed(f"not all was delivered: {measure.tail_of(log)}")
        return taken

    def argv(self, setting, *arguments):
        plugins = setting.folder / "plugins.yml"
        files = sorted((self.build / "flushers").glob("flusher_*.so"))
        write(plugins, "plugins:\n  common:\n" + "".join(f"    - import: {file}\n" for file in files))
        return [self.build / "host/weir", "run", "--plugins", plugins, "--data", setting.folder / "data", *arguments]


class Limit:
    """The bare limit: read, split, pack, write."""
    name = "limit"

    def __init__(self, build):
        self.build = build

    def there(self):
        return None

    def version(self):
        return "tests/bench/bare-limit.c"

    def run(self, route, source, setting, output):
        if route.name not in ("none", "raw", "json"):
            return None
        more = [output] if route.output else []
        return measure.to_end([self.build / "tests/bench/bare-limit", route.limit, source.path, *more],
                              setting.folder / "limit.log")


class Cat:
    name = "cat"

    def there(self):
        return None

    def version(self):
        return measure.first_line(["cat", "--version"])

    def run(self, route, source, setting, output):
        if route.name != "raw":
            return None
        with open(output, "wb") as file:
            return measure.to_end(["cat", source.path], setting.folder / "cat.log", stdout=file)


class Rsyslog:
    name = "rsyslog"

    def __init__(self, unpacked):
        self.unpacked = unpacked

    def there(self):
        return self.unpacked.problem

    def version(self):
        return measure.first_line([self.unpacked.path("usr/sbin/rsyslogd"), "-v"], env=self.unpacked.env)

    TEMPLATES = {
        "none": 'string="%msg%\\n"',
        "raw": 'string="%msg%\\n"',
        "json": 'string="{\\"content\\":\\"%msg:::json%\\"}\\n"',
        "trace": 'string="{\\"content\\":\\"%msg:::json%\\"}\\n"',
        "parse": 'string="%$!%\\n"',
    }

    def run(self, route, source, setting, output):
        if route.name not in self.TEMPLATES:
            return None
        actions = 'action(type="mmjsonparse" cookie="")' if route.name == "parse" else ""
        target = output if route.output else "/dev/null"
        actions += f'\n  action(type="omfile" file="{target}" template="t")'
        start = f' startmsg.regex="{TRACE_START[:2]}[0-9]" escapeLF="off"' if route.name == "trace" else ""
        start = start.replace(TRACE_START[:2], "^")
        config = write(setting.folder / "rsyslog.conf", f'''
global(workDirectory="{setting.folder}" maxMessageSize="64k" parser.escapeControlCharactersOnReceive="off")
module(load="imfile")
module(load="mmjsonparse")
template(name="t" type="string" {self.TEMPLATES[route.name]})
input(type="imfile" file="{source.path}" tag="t" ruleset="r"{start})
ruleset(name="r") {{
  {actions}
}}
''')
        argv = [self.unpacked.path("usr/sbin/rsyslogd"), "-n", "-f", config, "-i", setting.folder / "pid",
                "-M", self.unpacked.path("usr/lib/x86_64-linux-gnu/rsyslog")]
        return measure.until_quiet(argv, setting.folder / "rsyslog.log", source.path, env=self.unpacked.env)


class SyslogNg:
    name = "syslog-ng"

    def __init__(self, unpacked):
        self.unpacked = unpacked

    def there(self):
        return self.unpacked.problem

    def version(self):
        return measure.first_line([self.unpacked.path("usr/sbin/syslog-ng"), "--version", "--module-path",
                                   self.unpacked.path("usr/lib/syslog-ng/3.38")], env=self.unpacked.env)

    PARSERS = {
        "regex": "parser { regexp-parser(patterns('" + named_groups(ACCESS, ACCESS_KEYS) + "') prefix('f.')); };",
        "parse": "parser { json-parser(prefix('f.')); };",
        "keyvalue": "parser { kv-parser(prefix('f.') pair-separator(' ')); };",
    }
    CONTENT = "$(format-json content=${MESSAGE})"

    def destination(self, route, output, setting):
        fields = "$(format-json --key f.*)"
        if route.name == "none":
            return 'file("/dev/null" template("${MESSAGE}\\n"));'
        if route.name == "http":
            return (f'http(url("{URL.format(port=setting.nginx.port)}") method("POST") batch-lines(2000) '
                    f'batch-bytes(1Mb) batch-timeout(200) delimiter("\\n") workers(1) body("{self.CONTENT}"));')
        text = {"raw": "${MESSAGE}"}.get(route.name, fields if route.name in self.PARSERS else self.CONTENT)
        return f'file("{output}" template("{text}\\n"));'

    def run(self, route, source, setting, output):
        if route.name == "spool":
            return None
        multi = " multi-line-mode(regexp) multi-line-prefix('^[0-9]{4}-')" if route.name == "trace" else ""
        config = write(setting.folder / "syslog-ng.conf", f'''@version: 3.38
options {{ log-msg-size(65536); stats-freq(0); }};
log {{
  source {{ file("{source.path}" flags(no-parse) follow-freq(0.1) log-fetch-limit(1000) log-iw-size(10000){multi}); }};
  {self.PARSERS.get(route.name, "")}
  destination {{ {self.destination(route, output, setting)} }};
  flags(flow-control);
}};
''')
        folder = setting.folder
        argv = [self.unpacked.path("usr/sbin/syslog-ng"), "-F", "--no-caps", "-f", config, "-R", folder / "persist",
                "-p", folder / "pid", "-c", folder / "control",
                "--module-path", self.unpacked.path("usr/lib/syslog-ng/3.38")]
        return measure.until_quiet(argv, folder / "syslog-ng.log", source.path, env=self.unpacked.env)


class FluentBit:
    name = "fluent-bit"

    def there(self):
        return None if shutil.which("fluent-bit") else "not on PATH"

    def version(self):
        return measure.first_line(["fluent-bit", "--version"])

    PARSERS = {
        "regex": "Format regex\n    Regex " + named_groups(ACCESS, ACCESS_KEYS),
        "parse": "Format json",
        "keyvalue": "Format logfmt",
    }

    def output(self, route, output, setting):
        if route.name == "none":
            return "Name null"
        if route.name == "http":
            return f"Name http\n    Host 127.0.0.1\n    Port {setting.nginx.port}\n    URI /logs\n    Format json_lines"
        form = "template\n    Template {log}" if route.name == "raw" else "plain"
        return f"Name file\n    Path {output.parent}\n    File {output.name}\n    Format {form}"

    TRACES = r'''[MULTILINE_PARSER]
    Name traces
    Type regex
    Flush_Timeout 1000
    Rule "start_state" "/^\d{4}-\d\d-\d\d /" "more"
    Rule "more" "/^(?!\d{4}-\d\d-\d\d )/" "more"
'''

    def run(self, route, source, setting, output):
        if route.name == "spool":
            return None
        parser = self.PARSERS.get(route.name)
        parsers = write(setting.folder / "parsers.conf",
                        f"[PARSER]\n    Name p\n    {parser or 'Format json'}\n{self.TRACES}")
        joined = "    Multiline.Parser traces\n" if route.name == "trace" else ""
        wanted = "[FILTER]\n    Name parser\n    Match *\n    Key_Name log\n    Parser p\n" if parser else ""
        config = write(setting.folder / "fluent-bit.conf", f'''[SERVICE]
    Flush 1
    Grace 60
    Log_Level warn
    Parsers_File {parsers}
[INPUT]
    Name tail
    Path {source.path}
    Read_from_Head true
    Exit_On_Eof true
    Buffer_Chunk_Size 512k
    Buffer_Max_Size 1M
{joined}{wanted}[OUTPUT]
    Match *
    {self.output(route, output, setting)}
''')
        return measure.to_end([shutil.which("fluent-bit"), "-c", config], setting.folder / "fluent-bit.log")


def all_programs(build, unpacked):
    return [Limit(build), Cat(), Weir(build), Rsyslog(unpacked), SyslogNg(unpacked), FluentBit()]
