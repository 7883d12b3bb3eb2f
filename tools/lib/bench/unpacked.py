"""Debian packages, unpacked into a folder instead of installed."""
import os
import subprocess
from pathlib import Path


class Unpacked:
    """`problem` says why the packages cannot be had, None when they can."""

    def __init__(self, packages, folder):
        self.root = folder / "root"
        self.problem = None
        if packages and not self.is_there(packages):
            self.problem = self.unpack(packages, folder / "packages")
        libraries = [self.path(f"usr/lib/{name}") for name in ("x86_64-linux-gnu", "aarch64-linux-gnu", "syslog-ng")]
        libraries += [self.path(f"lib/{name}") for name in ("x86_64-linux-gnu", "aarch64-linux-gnu")]
        self.env = {**os.environ, "LD_LIBRARY_PATH": ":".join(libraries)}

    def path(self, name):
        return str(self.root / name)

    def mark(self):
        return self.root / ".packages"

    def is_there(self, packages):
        return self.mark().exists() and self.mark().read_text().split() == packages

    def unpack(self, packages, downloads):
        downloads.mkdir(parents=True, exist_ok=True)
        self.root.mkdir(exist_ok=True)
        try:
            subprocess.run(["apt-get", "download", "-q", *packages], cwd=downloads, check=True,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            for file in sorted(Path(downloads).glob("*.deb")):
                subprocess.run(["dpkg-deb", "-x", file, self.root], check=True)
        except (OSError, subprocess.CalledProcessError) as error:
            said = getattr(error, "stdout", None) or b""
            return f"cannot be downloaded: {said.decode(errors='replace').strip()[-200:] or error}"
        self.mark().write_text(" ".join(packages))
        return None
