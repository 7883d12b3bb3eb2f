"""flusher_http on the real binary, against a real nginx and a strict scripted server."""
import gzip
import json
import os
import re
import shutil
import struct
import subprocess
import time
import urllib.parse
import urllib.request

import pytest

from conftest import ROOT, wait_for
from servers import NGINX, Nginx, Scripted, free_port, make_certificate, tls_context
from test_delivery import done

FAST = {"RetryInitialDelay": "10ms", "RetryMaxDelay": "20ms"}


@pytest.fixture
def serve(tmp_path):
    """Starts servers that end with the test."""
    running = []

    def start(script=(200,), **more):
        running.append(Scripted(script, **more))
        return running[-1]

    def start_nginx(**more):
        if not NGINX:
            pytest.skip("no nginx")
        running.append(Nginx(tmp_path / f"nginx-{len(running)}", **more))
        return running[-1]

    start.nginx = start_nginx
    yield start
    for server in running:
        server.stop()


def post(weir, logs, url, tags=None, delivery=None, **options):
    """A pipeline of these logs, one JSON object a line, with the options as they stand."""
    source = weir.folder / "logs.json"
    source.write_text("".join(json.dumps(log) + "\n" for log in logs))
    return weir.pipeline("p", {
        "global": {"Tags": tags or {}},
        "inputs": [{"type": "input_file", "detail": {"FilePaths": [str(source)]}}],
        "processors": [{"type": "processor_json", "detail": {"SourceKey": "content",
                                                             "KeepSource": False, "ExpandDepth": 1,
                                                             "ExpandConnector": ""}}],
        "flushers": [{"type": "flusher_http", "delivery": FAST if delivery is None else delivery,
                      "detail": {"RemoteURL": url, **options}}],
    })


def to_http(weir, url, lines=10, delivery=None, convert="ndjson", **options):
    """A pipeline that reads numbered lines and posts them."""
    source = weir.folder / "in.log"
    source.write_text("".join(f"line {i}\n" for i in range(lines)))
    return weir.pipeline("p", {
        "inputs": [{"type": "input_file", "detail": {"FilePaths": [str(source)]}}],
        "flushers": [{"type": "flusher_http", "delivery": delivery or FAST,
                      "detail": {"RemoteURL": url, "Convert": {"Protocol": convert}, **options}}],
    })


def contents(bodies):
    """The field `content` of all lines of all bodies."""
    return [json.loads(line)["content"] for body in bodies for line in body.splitlines()]


def expected(lines):
    return [f"line {i}" for i in range(lines)]


@pytest.mark.parametrize("convert, parse", [
    ("ndjson", lambda body: [json.loads(line) for line in body.splitlines()]),
    ("json_array", json.loads),
])
def test_nginx_gets_every_line_once(weir, serve, convert, parse):
    nginx = serve.nginx(more="client_max_body_size 64k;")
    path = to_http(weir, nginx.url, 20000, convert=convert, MaxBodySize="64KiB", Query={"q": "a b"},
                   Headers={"X-Mark": "one"})
    result = weir.once(path)
    assert result.returncode == 0, result.stderr
    logs = [log for body in nginx.bodies() for log in parse(body)]
    assert [log["content"] for log in logs] == expected(20000)
    assert {words[2] for words in nginx.log()} == {"/in?q=a+b"}
    assert len({words[4] for words in nginx.log()}) == 1, "one connection is kept"
    assert max(int(words[5]) for words in nginx.log()) <= 66 << 10
    assert done(result)["delivered"] == 20000


@pytest.mark.parametrize("version, protocol", [("auto", "HTTP/2.0"), ("1.1", "HTTP/1.1")])
def test_nginx_over_tls(weir, serve, version, protocol):
    nginx = serve.nginx(tls=True)
    certificate, _ = make_certificate(nginx.folder)
    path = to_http(weir, nginx.url, 5000, MaxBodySize="16KiB", Concurrency=4, HTTPVersion=version,
                   TLS={"CAFile": str(certificate)})
    result = weir.once(path)
    assert result.returncode == 0, result.stderr
    assert {words[3] for words in nginx.log()} == {protocol}
    assert sorted(contents(nginx.bodies())) == sorted(expected(5000))


def test_nginx_restarted_in_between(weir, serve):
    nginx = serve.nginx()
    path = to_http(weir, nginx.url, 100)
    host = weir.start(path)
    wait_for(lambda: len(contents(nginx.bodies())) == 100, "the first lines")
    nginx.stop()
    source = weir.folder / "in.log"
    with source.open("a") as file:
        file.write("".join(f"more {i}\n" for i in range(100)))
    host.wait_log("will be sent again")
    assert "refused" in host.text()
    nginx.start()
    wait_for(lambda: len(contents(nginx.bodies())) == 200, "the other lines")
    assert host.stop() == 0
    host.wait_log("delivers again")


RETRIED = [408, 421, 425, 429, 500, 502, 503, 504, {"reset": True}, {"close": True}]


@pytest.mark.parametrize("answer", RETRIED, ids=str)
def test_is_sent_again(weir, serve, answer):
    server = serve([answer, answer, 200])
    result = weir.once(to_http(weir, server.url))
    assert result.returncode == 0, result.stderr
    # A kept connection that is closed at once is tried anew by libcurl itself.
    assert len(server.requests) >= 3
    assert contents(server.bodies()[-1:]) == expected(10)
    assert done(result)["delivered"] == 10


def test_stalled_request_times_out_and_is_sent_again(weir, serve):
    server = serve([{"stall": True}, 200])
    result = weir.once(to_http(weir, server.url, Timeout="200ms"))
    assert result.returncode == 0, result.stderr
    assert len(server.requests) == 2
    assert re.search(r"words=.*no answer from .*timed out", result.stderr), result.stderr


@pytest.mark.parametrize("answer", [400, 404, 413, 422, {"status": 400, "early": True}], ids=str)
def test_is_rejected_with_the_answer_as_reason(weir, serve, answer):
    entry = {**(answer if isinstance(answer, dict) else {"status": answer}),
             "body": "the field\n\x01`a` is not a number " + "x" * 5000}
    server = serve([entry])
    lines = 30000 if "early" in entry else 10
    result = weir.once(to_http(weir, server.url, lines))
    assert result.returncode == 1, result.stderr
    assert done(result)["rejected"] == lines
    assert re.search(rf"reason=rejected.*code={entry['status']}.*"
                     rf"HTTP {entry['status']} from {server.url}: the field `a` is not a number x+",
                     result.stderr), result.stderr


@pytest.mark.parametrize("answer", [401, 403, 407,
                                    {"status": 301, "headers": {"Location": "https://other/"}}])
def test_what_the_operator_must_mend_is_kept_and_said_once(weir, serve, answer):
    server = serve([answer] * 5 + [200])
    result = weir.once(to_http(weir, server.url))
    assert result.returncode == 0, result.stderr
    assert done(result)["delivered"] == 10
    loud = [line for line in result.stderr.splitlines() if "put right" in line]
    assert len(loud) == 1 and "level=error" in loud[0], result.stderr
    if isinstance(answer, dict):
        assert "https://other/" in loud[0]


def test_retry_after_is_obeyed(weir, serve):
    server = serve([{"status": 503, "headers": {"Retry-After": "1"}}, 200])
    host = weir.start(to_http(weir, server.url))
    host.wait_log("retry_in_ms=1000")
    wait_for(lambda: len(server.requests) == 2, "the second request")
    assert host.stop() == 0


def test_only_what_was_not_delivered_is_sent_again(weir, serve):
    server = serve([200, 200, 500, 200])
    result = weir.once(to_http(weir, server.url, 3000, MaxBodySize="16KiB"))
    assert result.returncode == 0, result.stderr
    accepted = contents(server.bodies()[:2] + server.bodies()[3:])
    assert accepted == expected(3000)


def test_rejected_part_of_a_batch(weir, serve):
    server = serve([200, 400, 200])
    result = weir.once(to_http(weir, server.url, 3000, MaxBodySize="16KiB"))
    assert result.returncode == 1, result.stderr
    refused = contents(server.bodies()[1:2])
    assert done(result)["rejected"] == len(refused) > 10
    assert contents(server.bodies()[:1] + server.bodies()[2:]) == [
        line for line in expected(3000) if line not in refused]


def accepted(server):
    """Bodies that the server did not find too large."""
    return [body for body in server.bodies() if len(body) <= server.body_max]


@pytest.mark.parametrize("convert, parse", [
    ({"Protocol": "ndjson"}, lambda body: [json.loads(line) for line in body.splitlines()]),
    ({"Protocol": "json_array"}, json.loads),
    ({"Protocol": "jsonline"}, lambda body: [json.loads(line) for line in body.split(b"\n")]),
    ({"Protocol": "raw", "Separator": "<>"},
     lambda body: [{"content": line} for line in body.decode().split("<>")]),
])
@pytest.mark.parametrize("concurrency", [1, 4])
def test_too_large_a_request_is_cut_in_two(weir, serve, convert, parse, concurrency):
    server = serve(body_max=1000)
    path = to_http(weir, server.url, 3000, convert=convert["Protocol"], Concurrency=concurrency)
    config = json.loads(path.read_text())
    config["flushers"][0]["detail"]["Convert"] = convert
    result = weir.once(weir.pipeline("p", config))
    assert result.returncode == 0, result.stderr
    logs = [log["content"] for body in accepted(server) for log in parse(body)]
    assert (logs if concurrency == 1 else sorted(logs)) == sorted(expected(3000), key=(
        None if concurrency > 1 else lambda line: int(line.split()[1])))
    assert done(result)["delivered"] == 3000
    assert "set MaxBodySize" in result.stderr
    assert len(server.requests) - len(accepted(server)) <= len(accepted(server))


def test_too_large_a_request_is_refused_before_it_is_read(weir, serve):
    """As nginx does it: the answer comes, and the connection ends, while the body is sent."""
    server = serve(body_max=200_000, early=True)
    result = weir.once(to_http(weir, server.url, 30000))
    assert result.returncode == 0, result.stderr
    assert contents(accepted(server)) == expected(30000)
    assert done(result)["delivered"] == 30000


def test_log_that_is_too_large_is_rejected_alone(weir, serve):
    server = serve(body_max=1000)
    path = to_http(weir, server.url, 100, delivery={**FAST, "RetryMaxAttempts": 1})
    source = weir.folder / "in.log"
    lines = source.read_text().splitlines()
    lines[7], lines[99] = "7" * 1000, "9" * 2000
    source.write_text("\n".join(lines) + "\n")
    result = weir.once(path)
    assert result.returncode == 1, result.stderr
    assert done(result)["delivered"] == 98 and done(result)["rejected"] == 2
    assert contents(accepted(server)) == lines[:7] + lines[8:99]
    assert re.search(r"reason=rejected.*code=413.*HTTP 413 from \S+: at most 1000", result.stderr)


@pytest.mark.parametrize("how", ["gzip", "snappy"])
def test_halves_are_compressed_each(weir, serve, how):
    server = serve(body_max=1500)
    path = to_http(weir, server.url, 2000, Compression=how, Concurrency=2)
    result = weir.once(path)
    assert result.returncode == 0, result.stderr
    unpack = gzip.decompress if how == "gzip" else unsnappy
    assert len(accepted(server)) > 2
    assert sorted(contents(map(unpack, accepted(server)))) == sorted(expected(2000))


def test_halves_of_a_batch_that_fails_are_not_sent_twice(weir, serve):
    """What was delivered before the failure does not come again, the rest does."""
    server = serve([200, 200, 500, 200], body_max=1000)
    result = weir.once(to_http(weir, server.url, 500))
    assert result.returncode == 0, result.stderr
    bodies = accepted(server)
    assert contents(bodies[:2] + bodies[3:]) == expected(500)
    assert done(result)["delivered"] == 500


def test_nginx_with_a_small_limit(weir, serve):
    nginx = serve.nginx(more="client_max_body_size 20k;")
    result = weir.once(to_http(weir, nginx.url, 20000))
    assert result.returncode == 0, result.stderr
    assert contents(nginx.bodies()) == expected(20000)
    assert done(result)["delivered"] == 20000
    assert "413" in {words[0] for words in nginx.log()}


def test_nobody_listens(weir):
    result = weir.command(*weir.run_arguments(
        "--once", "--drain-timeout", "300ms", to_http(weir, f"http://127.0.0.1:{free_port()}/")))
    assert result.returncode == 75, result.stderr
    assert "refused" in result.stderr
    assert done(result)["left"] == 10


def test_name_that_does_not_resolve(weir):
    result = weir.command(*weir.run_arguments(
        "--once", "--drain-timeout", "300ms", to_http(weir, "http://no-such-host.invalid/x")))
    assert result.returncode == 75, result.stderr
    assert "no-such-host.invalid" in result.stderr


def test_stop_with_a_stalled_server(weir, serve):
    server = serve([{"stall": True}])
    host = weir.start(to_http(weir, server.url))
    wait_for(lambda: server.requests, "a request")
    host.process.terminate()
    wait_for(lambda: host.process.terminate() or "at once" in host.text(), "the second signal")
    assert host.process.wait(20) is not None
    assert "hang" not in host.text(), host.text()


def test_server_that_is_not_trusted(weir, serve, tmp_path):
    server = serve([200], context=tls_context(tmp_path))
    result = weir.command(*weir.run_arguments(
        "--once", "--drain-timeout", "300ms", to_http(weir, server.url)))
    assert result.returncode == 75, result.stderr
    assert "certificate" in result.stderr and "put right" in result.stderr
    assert not server.requests
    assert weir.once(to_http(weir, server.url, TLS={"InsecureSkipVerify": True})).returncode == 0


@pytest.mark.parametrize("options, words", [
    ({"url": "ftp://host/"}, "only http:// and https://"),
    ({"url": "http://"}, "no address"),
    ({"Headers": {"a b": "x"}}, "no name of a header"),
    ({"Headers": {"X": "a\nb"}}, "line end"),
    ({"TLS": {"CertFile": "x"}}, "together"),
    ({"url": ""}, "must not be empty"),
    ({"Convert": {"Protocol": "influxdb", "Encoding": "json"}},
     "unsupported encoding: json for protocol influxdb"),
    ({"Convert": {"Separator": ";"}}, "Separator is for Protocol raw"),
    ({"Query": {"q": "%{var}"}}, "Query: the value of q: unsupported field: var"),
    ({"Headers": {"X": "%{content.a"}}, "Headers: the value of X: missing closing '}'"),
    ({"Authenticator": {"Type": "bearer"}}, "needs a Token"),
    ({"FlushInterceptor": {"Type": "ext_groupinfo_filter", "Tags": {"a": {"Pattern": "("}}}},
     "expected a regular expression (character 1: missing closing parenthesis)"),
    ({"RequestInterceptors": [{"Type": "ext_request_breaker"}] * 9}, "more than 8 entries"),
    ({"Convert": {"Protocol": ""}}, "Protocol"),
    ({"Convert": {"Encoding": ""}}, "Encoding"),
    ({"Authenticator": {"Type": "basic", "Username": "u"}, "Headers": {"authorization": "x"}},
     "keep one"),
    ({"TLS": {"CAFile": "/no/such/file"}}, "/no/such/file"),
])
def test_refused_options(weir, options, words):
    result = weir.once(post(weir, [], **{"url": "http://127.0.0.1/", **options}))
    assert result.returncode == 78, result.stderr
    assert words in result.stderr


# What upstream's own tests assert of its flusher (plugins/flusher/http).

WEATHER = [{"__time_nano__": f"166865345200000000{i}", "__name__": "weather",
            "__labels__": "location#$#hangzhou|province#$#zhejiang", "__value__": str(value)}
           for i, value in enumerate([30, 32, 30, 32])]


def test_influxdb_with_a_database_by_tag(weir, serve):
    server = serve()
    path = post(weir, WEATHER, server.url, tags={"__tag__:db": "mydb"},
                Convert={"Protocol": "influxdb", "Encoding": "custom"},
                Query={"db": "%{tag.db}"}, Headers={"db": "%{tag.db}"},
                Authenticator={"Type": "ext_basicauth",
                               "Options": {"Username": "user1", "Password": "pwd1"}})
    result = weir.once(path)
    assert result.returncode == 0, result.stderr
    assert b"".join(server.bodies()) == b"".join(
        f"weather,location=hangzhou,province=zhejiang value={value} 166865345200000000{i}\n".encode()
        for i, value in enumerate([30, 32, 30, 32]))
    for request in server.requests:
        assert request.target == "/in?db=mydb"
        assert request.header("db") == "mydb"
        assert request.header("Authorization") == "Basic dXNlcjE6cHdkMQ=="
        assert request.header("Content-Type") == "application/octet-stream"


NAMED = [{"Type": "ext_basicauth/user1", "Username": "user1", "Password": "pwd1"},
         {"type": "ext_basicauth/user2", "detail": {"Username": "user2", "Password": "pwd2"}}]


@pytest.mark.parametrize("authenticator, extensions, expected_header", [
    ({"Type": "ext_basicauth"}, [{**NAMED[0], "Type": "ext_basicauth"}], "dXNlcjE6cHdkMQ=="),
    ({"Type": "ext_basicauth/user1"}, NAMED, "dXNlcjE6cHdkMQ=="),
    ({"Type": "ext_basicauth/user2"}, NAMED, "dXNlcjI6cHdkMg=="),
])
def test_authenticator_that_is_declared_elsewhere(weir, serve, authenticator, extensions,
                                                  expected_header):
    server = serve()
    path = post(weir, [{"k": "v"}], server.url, Authenticator=authenticator)
    path.write_text(json.dumps({**json.loads(path.read_text()), "extensions": extensions}))
    result = weir.once(path)
    assert result.returncode == 0, result.stderr
    assert server.requests[0].header("Authorization") == f"Basic {expected_header}"


def test_reload_with_another_password_of_an_extension(weir, serve):
    server = serve()
    path = to_http(weir, server.url, 10, Authenticator={"Type": "ext_basicauth/a"})
    config = json.loads(path.read_text())
    config["extensions"] = [{"Type": "ext_basicauth/a", "Username": "u", "Password": "one"}]
    path.write_text(json.dumps(config))
    host = weir.start(path)
    wait_for(lambda: server.requests, "a request")
    config["extensions"][0]["Password"] = "two"
    path.write_text(json.dumps(config))
    answer = weir.command("reload", "--data", weir.data)
    assert answer.returncode == 0, answer.stderr
    with (weir.folder / "in.log").open("a") as file:
        file.write("more\n")
    wait_for(lambda: len(server.requests) > 1, "the other request")
    assert host.stop() == 0
    headers = [request.header("Authorization") for request in server.requests]
    assert headers == ["Basic dTpvbmU=", "Basic dTp0d28="]


INTERCEPTED = {"Type": "ext_groupinfo_filter", "Options": {"Tags": {"env": {"Pattern": "^prod$"}}}}


@pytest.mark.parametrize("async_intercept", [False, True])
@pytest.mark.parametrize("env, n_requests", [("prod", 2), ("test", 0)])
def test_flush_interceptor(weir, serve, async_intercept, env, n_requests):
    server = serve()
    path = post(weir, [{"k": "a"}, {"k": "b"}], server.url, tags={"env": env},
                FlushInterceptor=INTERCEPTED, AsyncIntercept=async_intercept)
    result = weir.once(path)
    assert result.returncode == 0, result.stderr
    assert len(server.requests) == n_requests
    assert done(result)["delivered"] == 2
    assert ("2 logs of a batch are not sent (FlushInterceptor)" in result.stderr) == (env == "test")


def two_sources(*flushers, **more):
    """Upstream's example: two inputs, told apart by a tag of the group."""
    return {"inputs": [{"Type": "metric_mock", "GroupMeta": {f"meta{i}": f"meta{i}"},
                        "GroupTags": {f"tag{i}": f"tag{i}"}, "Fields": {"from": str(i)}}
                       for i in (1, 2)],
            "flushers": flushers, **more}


def test_each_flusher_its_groups(weir, serve):
    servers = [serve(), serve()]
    flushers = [{"Type": "flusher_http", "RemoteURL": server.url,
                 "Convert": {"Protocol": "custom_single", "Encoding": "json"},
                 "FlushInterceptor": {"Type": f"ext_groupinfo_filter/tag{i}"}}
                for i, server in enumerate(servers, 1)]
    extensions = [{"Type": f"ext_groupinfo_filter/tag{i}",
                   "Tags": {f"tag{i}": {"Pattern": f"tag{i}"}}} for i in (1, 2)]
    result = weir.once(weir.pipeline("p", two_sources(*flushers, extensions=extensions)))
    assert result.returncode == 0, result.stderr
    for i, server in enumerate(servers, 1):
        log, = [json.loads(body) for body in server.bodies()]
        assert log["contents"]["from"] == str(i)
        assert log["tags"][f"tag{i}"] == f"tag{i}" and log["tags"][f"meta{i}"] == f"meta{i}"


def test_filtered_logs_are_not_rejected_with_the_others(weir, serve):
    server = serve([400])
    flusher = {"Type": "flusher_http", "RemoteURL": server.url, "Convert": {"Protocol": "ndjson"},
               "FlushInterceptor": {"Type": "ext_groupinfo_filter",
                                    "Tags": {"tag1": {"Pattern": "tag1", "Reverse": True}}}}
    result = weir.once(weir.pipeline("p", two_sources(flusher)))
    assert result.returncode == 1, result.stderr
    counts = done(result)
    assert (counts["delivered"], counts["rejected"]) == (1, 1)


def test_logs_that_are_no_metrics_are_not_rejected_with_the_others(weir, serve):
    server = serve([400])
    path = post(weir, [WEATHER[0], {"k": "v"}], server.url, Convert={"Protocol": "influxdb"})
    counts = done(weir.once(path))
    assert (counts["delivered"], counts["rejected"]) == (1, 1)


def test_every_breaker_counts(weir, serve):
    """One never opens, as a request has succeeded; the other does."""
    server = serve([200] + [500] * 9 + [200])
    path = post(weir, [{"k": str(i)} for i in range(3)], server.url,
                delivery={**FAST, "CircuitFailures": 0},
                RequestInterceptors=[{"Type": "ext_request_breaker", "FailureRatio": 1,
                                      "WindowInSeconds": 3600}, {"Type": "ext_request_breaker/b"}])
    config = json.loads(path.read_text())
    config["extensions"] = [{"type": "ext_request_breaker/b",
                             "detail": {"FailureRatio": 0.5, "WindowInSeconds": 1}}]
    config["flushers"][0]["detail"]["RequestInterceptors"].reverse()
    host = weir.start(weir.pipeline("p", config))
    host.wait_log("too many requests fail")
    assert len(server.requests) == 10
    wait_for(lambda: len(server.requests) == 12, "the rest")
    assert host.stop() == 0


def test_custom_single_is_the_default_and_a_request_for_each_log(weir, serve):
    server = serve()
    logs = [{**log, "__tag__:db": "mydb"} for log in WEATHER]
    path = post(weir, logs, server.url, Query={"db": "%{tag.db}"})
    result = weir.once(path)
    assert result.returncode == 0, result.stderr
    assert len(server.requests) == 4
    for request, log in zip(server.requests, WEATHER):
        body = json.loads(request.body)
        assert body["contents"] == log
        assert body["tags"]["db"] == "mydb" and "host.ip" in body["tags"]
        assert isinstance(body["time"], int)
        assert request.body.startswith(b'{"contents":{"__labels__":"location#$#hangzhou|')
        assert request.target == "/in?db=mydb"
        assert request.header("Content-Type") == "application/json"


def fields(data):
    """The fields of a protobuf message: (number, value)."""
    at, found = 0, []

    def varint():
        nonlocal at
        value, shift = 0, 0
        while True:
            byte = data[at]
            at, value, shift = at + 1, value | (byte & 127) << shift, shift + 7
            if byte < 128:
                return value

    while at < len(data):
        tag = varint()
        if tag & 7 == 0:
            value = varint()
        else:
            size = {1: 8, 2: 0}[tag & 7] or varint()
            value, at = data[at:at + size], at + size
        found.append((tag >> 3, value))
    assert at == len(data)
    return found


def time_series(body):
    """Labels, value and time of each series of a WriteRequest."""
    for number, series in fields(body):
        assert number == 1
        parts = fields(series)
        labels = [tuple(text.decode() for _, text in fields(label)) for n, label in parts if n == 1]
        sample, = [dict(fields(sample)) for n, sample in parts if n == 2]
        yield labels, struct.unpack("<d", sample.get(1, bytes(8)))[0], sample.get(2, 0)


ENCODER = {"Type": "ext_default_encoder", "Format": "prometheus", "SeriesLimit": 3}


@pytest.mark.parametrize("encoder, extensions", [
    (ENCODER, []),
    ({"Type": "ext_default_encoder", "Options": {"Format": "prometheus", "SeriesLimit": 3}}, []),
    ({"Type": "ext_default_encoder/prometheus"}, [{**ENCODER, "Type": "ext_default_encoder/prometheus"}]),
])
def test_prometheus_encoder(weir, serve, encoder, extensions):
    server = serve()
    said = {"Compression": ""} if extensions else {}
    path = post(weir, WEATHER + [{"k": "no metric"}], server.url, Encoder=encoder, **said)
    config = {**json.loads(path.read_text()), "extensions": extensions}
    result = weir.once(weir.pipeline("p", config))
    assert result.returncode == 0, result.stderr
    assert "left out (IgnoreUnExpectedData)" in result.stderr
    sent = [list(time_series(unsnappy(body))) for body in server.bodies()]
    assert [len(series) for series in sent] == [3, 1]
    assert [value for series in sent for _, value, _ in series] == [30, 32, 30, 32]
    for labels, _, time_ms in sent[0]:
        assert labels == [("__name__", "weather"), ("location", "hangzhou"), ("province", "zhejiang")]
        assert time_ms == 1668653452000
    for request in server.requests:
        assert request.header("Content-Encoding") == "snappy"
        assert request.header("Content-Type") == "application/x-protobuf"


def test_upstreams_example_of_a_header(weir, serve):
    """Of its page of flusher_http: the path of the file in a header."""
    server = serve()
    path = to_http(weir, server.url, 2, convert="custom_single",
                   Headers={"x-filepath": "%{tag.__path__}"})
    result = weir.once(path)
    assert result.returncode == 0, result.stderr
    assert {request.header("x-filepath") for request in server.requests} == {
        str(weir.folder / "in.log")}


@pytest.mark.parametrize("separator, bodies", [(None, [b"one", b"two"]), ("\n", [b"one\ntwo"])])
def test_raw_with_and_without_separator(weir, serve, separator, bodies):
    server = serve()
    convert = {"Protocol": "raw", **({"Separator": separator} if separator else {})}
    path = post(weir, [{"content": "one"}, {"content": "two"}], server.url, tags={"db": "mydb"},
                Convert=convert, Query={"db": "%{metadata.db}"})
    # processor_json would take `content` for its source.
    config = json.loads(path.read_text())
    config["processors"] = []
    path.write_text(json.dumps(config))
    (weir.folder / "logs.json").write_text("one\ntwo\n")
    result = weir.once(path)
    assert result.returncode == 0, result.stderr
    assert server.bodies() == bodies
    assert {request.target for request in server.requests} == {"/in?db=mydb"}


def test_log_that_raw_cannot_say_is_rejected_alone(weir, serve):
    server = serve()
    path = post(weir, [{"a": "1"}, {"b": "2"}], server.url, Convert={"Protocol": "raw"})
    result = weir.once(path)
    assert result.returncode == 1
    assert done(result)["rejected"] == 2 and not server.requests
    assert "no field `content`" in result.stderr


@pytest.mark.parametrize("protocol", ["custom_single", "jsonline", "ndjson", "json_array"])
@pytest.mark.parametrize("how", ["gzip", "snappy"])
def test_compression(weir, serve, protocol, how):
    server = serve()
    logs = [{"k": "v" * 100} for _ in range(3)]
    path = post(weir, logs, server.url, Convert={"Protocol": protocol}, Compression=how)
    result = weir.once(path)
    assert result.returncode == 0, result.stderr
    text = b""
    for request in server.requests:
        assert request.header("Content-Encoding") == how
        text += gzip.decompress(request.body) if how == "gzip" else unsnappy(request.body)
    assert text.count(b"v" * 100) == 3


def unsnappy(data):
    """The block format, by its specification."""
    size, at, shift = 0, 0, 0
    while True:
        size |= (data[at] & 127) << shift
        at, shift = at + 1, shift + 7
        if data[at - 1] < 128:
            break
    out = bytearray()
    while at < len(data):
        tag = data[at]
        if tag & 3 == 0:
            length, more = (tag >> 2) + 1, max(0, (tag >> 2) - 59)
            if more:
                length = int.from_bytes(data[at + 1:at + 1 + more], "little") + 1
            out += data[at + 1 + more:at + 1 + more + length]
            at += 1 + more + length
            continue
        if tag & 3 == 1:
            length, offset, at = (tag >> 2 & 7) + 4, (tag >> 5) << 8 | data[at + 1], at + 2
        else:
            width = 2 if tag & 3 == 2 else 4
            length, offset = (tag >> 2) + 1, int.from_bytes(data[at + 1:at + 1 + width], "little")
            at += 1 + width
        for _ in range(length):
            out.append(out[-offset])
    assert len(out) == size
    return bytes(out)


def test_requests_are_cut_where_the_target_changes(weir, serve):
    server = serve()
    logs = [{"to": to, "n": str(i)} for i, to in enumerate(["a", "a", "b c", "a", "a"])]
    path = post(weir, logs, server.url + "?z=1", Convert={"Protocol": "json_array"},
                Query={"to": "%{content.to}"}, Headers={"X-To": "for \\%%{content.to}\n"[:-1]})
    result = weir.once(path)
    assert result.returncode == 0, result.stderr
    assert [request.target for request in server.requests] == [
        "/in?to=a&z=1", "/in?to=b+c&z=1", "/in?to=a&z=1"]
    assert [request.header("X-To") for request in server.requests] == [
        "for %a", "for %b c", "for %a"]
    assert [[log["n"] for log in json.loads(body)] for body in server.bodies()] == [
        ["0", "1"], ["2"], ["3", "4"]]


def test_header_made_of_a_log_cannot_add_headers(weir, serve):
    server = serve()
    path = post(weir, [{"k": "a\r\nX-Evil: 1"}], server.url, Headers={"X-K": "%{content.k}"})
    assert weir.once(path).returncode == 0
    request, = server.requests
    assert request.header("X-Evil") is None
    assert request.header("X-K") == "a  X-Evil: 1"


def test_missing_value_is_the_name(weir, serve):
    server = serve()
    path = post(weir, [{"k": "v"}], server.url, Query={"q": "test_%{content.app}"})
    assert weir.once(path).returncode == 0
    assert server.requests[0].target == "/in?q=test_content.app"


def test_renaming(weir, serve):
    server = serve()
    path = post(weir, [{"k": "v", "_pod_name_": "p"}], server.url, tags={"env": "prod"}, Convert={
        "Protocol": "custom_single_flatten",
        "TagFieldsRename": {"host.ip": "", "k8s.pod.name": "pod", "env": "stage",
                            "log.file.path": "", "host.name": ""},
        "ProtocolFieldsRename": {"time": "@timestamp"}})
    assert weir.once(path).returncode == 0
    body = json.loads(server.bodies()[0])
    assert body.pop("@timestamp") > 1700000000
    assert body == {"k": "v", "pod": "p", "stage": "prod"}


def test_jsonline_is_a_request_for_each_group(weir, serve):
    server = serve()
    path = post(weir, [{"k": "a"}, {"k": "b"}], server.url, Convert={"Protocol": "jsonline"})
    assert weir.once(path).returncode == 0
    body, = server.bodies()
    assert not body.endswith(b"\n")
    assert [json.loads(line)["k"] for line in body.split(b"\n")] == ["a", "b"]


@pytest.mark.parametrize("ignore, code, rejected", [(True, 0, 0), (False, 1, 1)])
def test_logs_that_are_no_metrics(weir, serve, ignore, code, rejected):
    server = serve()
    path = post(weir, [WEATHER[0], {"k": "v"}], server.url,
                Convert={"Protocol": "influxdb", "IgnoreUnExpectedData": ignore})
    result = weir.once(path)
    assert result.returncode == code, result.stderr
    assert done(result)["rejected"] == rejected
    assert b"".join(server.bodies()).count(b"\n") == 1
    assert ("left out (IgnoreUnExpectedData)" in result.stderr) == ignore


def test_upstreams_retry_is_the_lanes(weir, serve):
    server = serve([500])
    path = post(weir, [{"k": "v"}], server.url, delivery={},
                Retry={"Enable": True, "MaxRetryTimes": 2, "InitialDelay": "10ms",
                       "MaxDelay": 20000000})
    checked = weir.command("check", "--plugins", weir.plugins, path)
    assert checked.returncode == 0
    assert "use 'delivery.RetryMaxAttempts' instead" in checked.stdout + checked.stderr
    result = weir.once(path)
    assert result.returncode == 1
    assert len(server.requests) == 3
    assert done(result)["dropped"] == 1


def test_full_queue_drops_when_told_to(weir, serve):
    server = serve([{"stall": True}])
    source = weir.folder / "in.log"
    path = to_http(weir, server.url, 200000, QueueCapacity=1, DropEventWhenQueueFull=True,
                   delivery={})
    host = weir.start(path)
    host.wait_log("reason=queue_full")
    assert source.exists()
    server.sender_dies = True
    host.kill()


def test_breaker(weir, serve):
    server = serve([500] * 10 + [200])
    path = post(weir, [{"k": str(i)} for i in range(3)], server.url,
                delivery={**FAST, "CircuitFailures": 0},
                RequestInterceptors=[{"Type": "ext_request_breaker",
                                      "Options": {"FailureRatio": 0.5, "WindowInSeconds": 1}}])
    host = weir.start(path)
    host.wait_log("too many requests fail")
    assert len(server.requests) == 10
    wait_for(lambda: len(server.requests) == 13, "the rest")
    assert host.stop() == 0


def test_proxy(weir, serve):
    """A proxy gets the whole address."""
    proxy = serve()
    url = f"http://127.0.0.1:{proxy.port}"
    path = post(weir, [{"k": "v"}], "http://somewhere.invalid/in", Proxy=url)
    result = weir.once(path)
    assert result.returncode == 0, result.stderr
    assert proxy.requests[0].target == "http://somewhere.invalid/in"
    assert proxy.requests[0].header("Host") == "somewhere.invalid"


def test_secrets_stay_out_of_the_log(weir, serve):
    server = serve([401])
    url = server.url.replace("http://", "http://me:hidden1@") + "?token=hidden2"
    path = post(weir, [{"k": "v"}], url, Query={"q": "hidden3"}, Headers={"X-Key": "hidden4"},
                delivery={**FAST, "RetryMaxAttempts": 1})
    result = weir.command(*weir.run_arguments("--log-level", "debug", "--once", path))
    assert result.returncode == 1
    assert f"HTTP 401 from http://127.0.0.1:{server.port}/in" in result.stderr
    assert "hidden" not in result.stderr
    assert server.requests[0].header("Authorization") == "Basic bWU6aGlkZGVuMQ=="


def test_http2_without_tls_is_spoken_when_told(weir, serve):
    nginx = serve.nginx(h2c=True)
    path = to_http(weir, nginx.url, 100, HTTPVersion="2")
    result = weir.once(path)
    assert result.returncode == 0, result.stderr
    assert {words[3] for words in nginx.log()} == {"HTTP/2.0"}
    assert contents(nginx.bodies()) == expected(100)


def test_one_at_a_time_keeps_the_order_over_retries(weir, serve):
    server = serve([200, 500, {"reset": True}, 200, 503, 503, 200, 429, 200])
    result = weir.once(to_http(weir, server.url, 30000, MaxBodySize="64KiB"))
    assert result.returncode == 0, result.stderr
    accepted = [request.body for i, request in enumerate(server.requests)
                if i not in (1, 2, 4, 5, 7)]
    assert contents(accepted) == expected(30000)


def test_many_at_a_time_lose_nothing(weir, serve):
    answers = [200, 500, 200, 200, {"reset": True}, 429, 200, 503] * 4
    server = serve([*answers, 200])
    result = weir.once(to_http(weir, server.url, 60000, MaxBodySize="16KiB", Concurrency=8))
    assert result.returncode == 0, result.stderr
    assert server.n_connections >= 8
    assert set(contents(server.bodies())) == set(expected(60000))
    assert done(result)["delivered"] == 60000


def test_readmes_example_is_right(weir):
    text = (ROOT / "flushers" / "http" / "README.md").read_text()
    example = re.search(r"```json\n(.*?)```", text, re.S)[1]
    result = weir.command("check", "--deny-warnings", "--plugins", weir.plugins,
                          weir.pipeline("example", example), env={**os.environ, "TOKEN": "t"})
    assert result.returncode == 0, result.stdout + result.stderr


VICTORIA = shutil.which("victoria-metrics")


@pytest.fixture
def victoria(tmp_path):
    """Where a VictoriaMetrics listens."""
    if not VICTORIA:
        pytest.skip("no victoria-metrics")
    url = f"http://127.0.0.1:{free_port()}"
    process = subprocess.Popen(
        [VICTORIA, f"-httpListenAddr={url.partition('//')[2]}", f"-storageDataPath={tmp_path}/vm",
         "-search.latencyOffset=0s", "-memory.allowedBytes=64MB"],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(lambda: is_up(f"{url}/health"), "victoria-metrics")
        yield url
    finally:
        process.kill()
        process.wait()


def exported(url, n_series):
    """What it has, by name."""
    get(f"{url}/internal/force_flush")
    export = f"{url}/api/v1/export?match[]={{__name__!=''}}"
    lines = wait_for(lambda: len(found := get(export).splitlines()) == n_series and found,
                     f"{n_series} series")
    return sorted((json.loads(line) for line in lines), key=lambda s: s["metric"]["__name__"])


def metrics(now_s):
    return [{"__name__": "room", "__labels__": "floor#$#2 up|wing#$#a,b=c", "__value__": "21.5",
             "__time_nano__": str(now_s)},
            {"__name__": "door:open", "__field__": "open", "__type__": "int", "__value__": "3",
             "__time_nano__": str(now_s * 10**9)}]


def test_line_protocol_into_victoria_metrics(weir, victoria):
    now = time.time_ns() // 10**9
    path = post(weir, metrics(now), f"{victoria}/write", Convert={"Protocol": "influxdb"},
                Query={"db": "mydb"})
    result = weir.once(path)
    assert result.returncode == 0, result.stderr
    series = exported(victoria, 2)
    assert [s["metric"] for s in series] == [
        {"__name__": "door_open", "db": "mydb"},
        {"__name__": "room_value", "db": "mydb", "floor": "2 up", "wing": "a,b=c"}]
    assert [s["values"] for s in series] == [[3], [21.5]]
    assert [s["timestamps"] for s in series] == [[now * 1000]] * 2


def test_remote_write_into_victoria_metrics(weir, victoria):
    now = time.time_ns() // 10**9
    path = post(weir, metrics(now), f"{victoria}/api/v1/write", Encoder={"Type": "ext_default_encoder"})
    result = weir.once(path)
    assert result.returncode == 0, result.stderr
    series = exported(victoria, 2)
    assert [s["metric"] for s in series] == [
        {"__name__": "door_open"}, {"__name__": "room", "floor": "2 up", "wing": "a,b=c"}]
    assert [s["values"] for s in series] == [[3], [21.5]]
    assert [s["timestamps"] for s in series] == [[now * 1000]] * 2


def get(url):
    with urllib.request.urlopen(urllib.parse.quote(url, safe=":/?=&[]{}!'"), timeout=10) as answer:
        return answer.read().decode()


def is_up(url):
    try:
        return get(url) or True
    except OSError:
        return False
