#!/usr/bin/env python3
"""Runs a command beside an HTTP server that prints what is posted to it.

sample-server.py COMMAND...: the server's address is in SAMPLE_URL for the command.
"""
import http.server
import os
import subprocess
import sys
import threading


class Printer(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        for line in body.decode(errors="replace").splitlines():
            print("server got", line, flush=True)
        self.send_response(204)
        self.end_headers()

    def log_message(self, *arguments):
        pass


with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Printer) as server:
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    env = dict(os.environ, SAMPLE_URL=f"http://127.0.0.1:{server.server_address[1]}/")
    code = subprocess.run(sys.argv[1:], env=env, check=False).returncode
    server.shutdown()
sys.exit(code)
