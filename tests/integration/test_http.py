"""flusher_http on the real binary, against a real nginx and a strict scripted server."""
import json
import re

import pytest

from conftest import wait_for
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


@pytest.mark.parametrize("answer", [400, 404, 413, 422, {"status": 413, "early": True}], ids=str)
def test_is_rejected_with_the_answer_as_reason(weir, serve, answer):
    entry = {**(answer if isinstance(answer, dict) else {"status": answer}),
             "body": "the field\n\x01`a` is not a number " + "x" * 5000}
    server = serve([entry])
    lines = 30000 if "early" in entry else 10
    result = weir.once(to_http(weir, server.url, lines))
    assert result.returncode == 1, result.stderr
    assert done(result)["rejected"] == lines
    assert re.search(rf"logs dropped.*reason=rejected.*code={entry['status']}.*"
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
    ({"RemoteURL": "ftp://host/"}, "only http:// and https://"),
    ({"RemoteURL": "http://"}, "no address"),
    ({"Headers": {"a b": "x"}}, "no name of a header"),
    ({"Headers": {"X": "a\nb"}}, "line end"),
    ({"TLS": {"CertFile": "x"}}, "together"),
    ({"TLS": {"CAFile": "/no/such/file"}}, "/no/such/file"),
])
def test_refused_options(weir, options, words):
    result = weir.once(to_http(weir, **{"url": "http://127.0.0.1/", **options}
                               if "RemoteURL" not in options else
                               {"url": options["RemoteURL"]}))
    assert result.returncode == 78, result.stderr
    assert words in result.stderr
