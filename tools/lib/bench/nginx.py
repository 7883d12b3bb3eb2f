"""A real nginx that takes posted logs, throws them away, and says how much came."""
import shutil
import socket
import time

import measure
from measure import Failed

CONFIG = """worker_processes 1;
daemon off;
pid {folder}/pid;
error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
  log_format sizes '$status $content_length';
  access_log {folder}/access.log sizes;
  client_max_body_size 0;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{ listen 127.0.0.1:{port}; location / {{ return 204; }} }}
}}
"""


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Sink:
    def __init__(self, folder):
        self.folder, self.port = folder, free_port()
        folder.mkdir()
        self.config = folder / "nginx.conf"
        self.config.write_text(CONFIG.format(folder=folder, port=self.port))
        self.process = measure.start([shutil.which("nginx"), "-c", self.config, "-e", folder / "error.log"],
                                     folder / "stderr.log")
        end = time.monotonic() + 10
        while not self.answers():
            if time.monotonic() > end or self.process.poll() is not None:
                raise Failed(f"nginx does not start: {(folder / 'error.log').read_text()[-300:]}")
            time.sleep(0.02)

    def answers(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1):
                return True
        except OSError:
            return False

    def close(self):
        self.process.terminate()
        self.process.wait()

    def check(self, at_least):
        """Complains of requests that failed, and of too few bytes."""
        rows = [line.split() for line in (self.folder / "access.log").read_text().splitlines()]
        bad = [status for status, _ in rows if status not in ("204", "400")]
        taken = sum(int(size) for status, size in rows if status == "204" and size.isdigit())
        if bad or taken < at_least:
            raise Failed(f"nginx took {taken} of at least {at_least} bytes; answers that failed: {bad[:3]}")
