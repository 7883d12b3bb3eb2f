"""Servers for tests of network flushers: a strict scripted one, and a real nginx.

Both listen on a free loopback port of their own.
"""
import os
import pathlib
import re
import shutil
import socket
import ssl
import struct
import subprocess
import threading

from world import wait_for

TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


class Request:
    """What came: method, target, headers (a list of pairs), body, and on which connection."""

    def __init__(self, method, target, headers, body, connection):
        self.method, self.target, self.headers = method, target, headers
        self.body, self.connection = body, connection

    def header(self, name):
        found = [value for key, value in self.headers if key.lower() == name.lower()]
        assert len(found) <= 1, f"{name} came {len(found)} times"
        return found[0] if found else None


class Broken(Exception):
    """The client broke the protocol."""


class CutOff(Broken):
    """The connection ended within a request."""


def parse_head(head):
    """Request line and headers, by RFC 9112 to the letter."""
    lines = head.split(b"\r\n")
    if b"\n" in head.replace(b"\r\n", b""):
        raise Broken(f"a bare line feed: {head!r}")
    match = re.fullmatch(rb"([A-Z]+) (\S+) HTTP/1\.1", lines[0])
    if not match:
        raise Broken(f"request line: {lines[0]!r}")
    headers = []
    for line in lines[1:]:
        name, colon, value = line.partition(b":")
        if not colon or not TOKEN.fullmatch(name) or re.search(rb"[\x00-\x08\x0a-\x1f\x7f]", value):
            raise Broken(f"header: {line!r}")
        headers.append((name.decode(), value.strip(b" \t").decode("latin-1")))
    return match[1].decode(), match[2].decode(), headers


class Scripted:
    """Answers by script: one entry a request, the last for ever. An entry is a status, or
    a dict: status, headers, body; `reset`: a TCP reset in place of an answer; `close`: the
    connection ends without one; `stall`: none comes; `early`: the answer comes before
    the body is read, and the connection is closed. Bodies of more than `body_max` bytes are
    answered with 413, without a turn of the script; so too with `early`."""

    def __init__(self, script=(200,), context=None, body_max=None, early=False):
        self.script, self.context, self.body_max, self.early = list(script), context, body_max, early
        self.requests, self.broken, self.n_connections = [], [], 0
        self.sender_dies = False  # a test that kills it may cut a request anywhere
        self.lock = threading.Lock()
        self.closing = threading.Event()
        self.sockets = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        scheme = "https" if context else "http"
        self.url = f"{scheme}://127.0.0.1:{self.port}/in"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with self.lock:
                self.n_connections += 1
                number = self.n_connections
                self.sockets.append(connection)
            threading.Thread(target=self.serve, args=(connection, number), daemon=True).start()

    def serve(self, connection, number):
        try:
            if self.context:
                connection = self.context.wrap_socket(connection, server_side=True)
            stream = connection.makefile("rb")
            while self.serve_one(connection, stream, number):
                pass
        except CutOff as error:
            if not self.sender_dies:
                self.note_broken(error)
        except Broken as error:
            self.note_broken(error)
        except OSError:
            pass
        finally:
            connection.close()

    def note_broken(self, error):
        with self.lock:
            self.broken.append(str(error))

    def serve_one(self, connection, stream, number):
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            line = stream.readline(65536)
            if not line:
                if head:
                    raise CutOff("the connection ended within the head")
                return False
            head += line
        method, target, headers = parse_head(head[:-4])
        request = Request(method, target, headers, b"", number)
        size = request.header("Content-Length")
        if size is None or not size.isdigit() or request.header("Transfer-Encoding"):
            raise Broken("no Content-Length")
        entry = self.turn(int(size))
        entry = entry if isinstance(entry, dict) else {"status": entry}
        if not entry.get("early"):
            request.body = stream.read(int(size))
            if len(request.body) != int(size):
                raise CutOff("the connection ended within the body")
        with self.lock:
            self.requests.append(request)
        return self.answer(connection, entry)

    def turn(self, size):
        if self.body_max is not None and size > self.body_max:
            return {"status": 413, "body": f"at most {self.body_max}", "early": self.early}
        with self.lock:
            return self.script[0] if len(self.script) == 1 else self.script.pop(0)

    def answer(self, connection, entry):
        if entry.get("reset"):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return False
        if entry.get("close"):
            return False
        if entry.get("stall"):
            self.closing.wait()
            return False
        body = entry.get("body", "")
        body = body if isinstance(body, bytes) else body.encode()
        lines = [f"HTTP/1.1 {entry['status']} Said", f"Content-Length: {len(body)}"]
        lines += [f"{key}: {value}" for key, value in entry.get("headers", {}).items()]
        if entry.get("early"):
            lines.append("Connection: close")
        connection.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        if entry.get("early"):
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(65536):
                pass
            return False
        return True

    def bodies(self):
        with self.lock:
            return [request.body for request in self.requests]

    def stop(self):
        self.closing.set()
        self.listener.close()
        assert not self.broken, self.broken


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def make_certificate(folder):
    """A certificate for 127.0.0.1 that nobody but itself vouches for, and its key."""
    certificate, key = folder / "server.pem", folder / "server.key"
    if not certificate.exists():
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
             "-nodes", "-keyout", key, "-out", certificate, "-days", "2", "-subj", "/CN=127.0.0.1",
             "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
    return certificate, key


def tls_context(folder):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*make_certificate(folder))
    return context


NGINX = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin")

NGINX_CONFIG = """
daemon off; master_process off; worker_processes 1;
pid {folder}/nginx.pid; error_log {folder}/error.log info;
events {{ worker_connections 256; }}
http {{
  log_format line '$status $request_method $request_uri $server_protocol $connection '
                  '$request_length "$http_content_type" $request_body_file';
  access_log {folder}/access.log line;
  client_body_temp_path {folder}/bodies; proxy_temp_path {folder}/t1; fastcgi_temp_path {folder}/t2;
  uwsgi_temp_path {folder}/t3; scgi_temp_path {folder}/t4;
  client_body_in_file_only on; {more}
  server {{ listen 127.0.0.1:{port}; {tls} location / {{ proxy_pass http://127.0.0.1:{port}/end; }}
    location /end {{ client_body_in_file_only off; access_log off; return 204; }}
  }}
}}
"""


class Nginx:
    """Writes each body into a file of its own, in the order it came."""

    def __init__(self, folder, tls=False, h2c=False, more=""):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir()
        self.port = free_port()
        scheme = "https" if tls else "http"
        self.url = f"{scheme}://127.0.0.1:{self.port}/in"
        self.tls, self.h2c, self.more, self.process = tls, h2c, more, None
        self.start()

    def start(self):
        if self.tls:
            certificate, key = make_certificate(self.folder)
            tls = f"ssl_certificate {certificate}; ssl_certificate_key {key};"
        config = self.folder / "nginx.conf"
        text = NGINX_CONFIG.format(folder=self.folder, port=self.port, more=self.more,
                                   tls=tls if self.tls else "")
        if self.tls or self.h2c:
            end = free_port()
            how = "ssl http2" if self.tls else "http2"
            text = text.replace(f"listen 127.0.0.1:{self.port};",
                                f"listen 127.0.0.1:{self.port} {how}; listen 127.0.0.1:{end};")
            text = text.replace(f"http://127.0.0.1:{self.port}/end", f"http://127.0.0.1:{end}/end")
        config.write_text(text)
        self.process = subprocess.Popen([NGINX, "-c", config, "-p", self.folder],
                                        stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(self.listens, "nginx")

    def listens(self):
        assert self.process.poll() is None, (self.folder / "error.log").read_text()
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def log(self):
        """Lines of the access log, each a list of words."""
        path = self.folder / "access.log"
        return [line.split() for line in path.read_text().splitlines()] if path.exists() else []

    def bodies(self):
        """All bodies that were accepted, in order."""
        return [pathlib.Path(words[-1]).read_bytes() for words in self.log() if words[0][0] == "2"]

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.process = None
