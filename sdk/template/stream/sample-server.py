#!/usr/bin/env python3
"""Runs a command beside a TCP server that prints what it is sent.

sample-server.py COMMAND...: the server's port is in SAMPLE_PORT for the command.
"""
import os
import socketserver
import subprocess
import sys
import threading


class Printer(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            print("server got", line.decode(errors="replace"), end="", flush=True)


with socketserver.TCPServer(("127.0.0.1", 0), Printer) as server:
    threading.Thread(target=server.serve_forever, daemon=True).start()
    env = dict(os.environ, SAMPLE_PORT=str(server.server_address[1]))
    code = subprocess.run(sys.argv[1:], env=env, check=False).returncode
    server.shutdown()
sys.exit(code)
