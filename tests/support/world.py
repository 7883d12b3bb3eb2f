"""What tests of the whole program share: the real binary, started and watched.

The build folder is taken from WEIR_BUILD (default: build); with WEIR_TEST_LONG=1
the long forms run, too. Nothing here sleeps and hopes: wait_for() polls a
condition and fails loudly with what it last saw.
"""
import datetime
import json
import os
import pathlib
import re
import signal
import subprocess
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("WEIR_BUILD") or ROOT / "build").resolve()
WEIR = BUILD / "host" / "weir"
TIMEOUT_S = 60
# What is built with a sanitizer cannot be linked, preloaded or loaded by others.
SANITIZED = b"__asan_" in WEIR.read_bytes() or b"__tsan_" in WEIR.read_bytes()


def wait_for(condition, what, timeout=TIMEOUT_S):
    """Polls until condition() is true and returns its value."""
    end = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited {timeout} s in vain for {what}; last: {value!r}")
        time.sleep(0.01)


class Host:
    """A running `weir run`."""

    def __init__(self, process, log):
        self.process = process
        self.log = log

    def text(self):
        return self.log.read_text(errors="replace")

    def wait_log(self, words):
        wait_for(lambda: words in self.text() or self.process.poll() is not None, words)
        assert words in self.text(), self.text()

    def at(self, words):
        """When the host wrote the first line with these words: seconds, by its own clock."""
        line = next(line for line in self.text().splitlines() if words in line)
        return datetime.datetime.fromisoformat(
            re.search(r"ts=(\S+)Z", line)[1] + "+00:00").timestamp()

    def stop_took(self):
        """Seconds from the signal to the end of what can take its time, as the host itself has
        measured them: how late this test and the exit of the process are says nothing of it."""
        return int(re.search(r"msg=stopped took_ms=(\d+)", self.text())[1]) / 1000

    def kill(self):
        self.process.kill()
        return self.process.wait(TIMEOUT_S)

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(TIMEOUT_S)


class Weir:
    """One test's folder, its plugins.yml, its pipelines and its hosts."""

    def __init__(self, folder):
        self.folder = folder
        self.data = folder / "data"
        self.plugins = folder / "plugins.yml"
        self.hosts = []
        self.write_plugins(
            BUILD / "flushers" / f"flusher_{name}.so" for name in ("stdout", "file", "blackhole", "http")
        )

    def write_plugins(self, paths):
        lines = "".join(f"    - import: {path}\n" for path in paths)
        self.plugins.write_text("plugins:\n  common:\n" + lines)

    def pipeline(self, name, config):
        path = self.folder / f"{name}.json"
        path.write_text(config if isinstance(config, str) else json.dumps(config))
        return path

    def command(self, *arguments, **more):
        """Runs a subcommand to its end; the result has returncode, stdout, stderr."""
        return subprocess.run(
            [WEIR, *map(str, arguments)],
            capture_output=True, text=True, errors="replace", timeout=TIMEOUT_S * 5,
            cwd=self.folder, stdin=subprocess.DEVNULL, **more)

    def run_arguments(self, *arguments):
        return ["run", "--plugins", self.plugins, "--data", self.data, *arguments]

    def once(self, *paths):
        return self.command(*self.run_arguments("--once", *paths))

    def start(self, *paths, **more):
        log = self.folder / f"host-{len(self.hosts)}.log"
        with log.open("wb") as errors:
            process = subprocess.Popen(
                [WEIR, *map(str, self.run_arguments(*paths))], stderr=errors,
                stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL, cwd=self.folder, **more)
        host = Host(process, log)
        self.hosts.append(host)
        return host


@pytest.fixture
def weir(tmp_path):
    world = Weir(tmp_path)
    yield world
    for host in world.hosts:
        if host.process.poll() is None:
            host.kill()


@pytest.fixture(scope="session")
def long_form():
    return os.environ.get("WEIR_TEST_LONG") == "1"


def file_to_file(source, target, **options):
    """A pipeline from a file to flusher_file, raw."""
    return {
        "inputs": [{"plugin_type": "input_file", "detail": {"FilePaths": [str(source)]}}],
        "flushers": [{"plugin_type": "flusher_file",
                      "detail": {"FilePath": str(target), "Format": "raw", **options}}],
    }
