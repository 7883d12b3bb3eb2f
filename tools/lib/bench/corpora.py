"""The logs that are read: made once, kept, checked by their size."""
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

SEED = 20261010
BYTES_A_TRACE = 27  # traces are so much larger than lines: fewer of them


@dataclass
class Corpus:
    kind: str
    path: Path
    records: int
    size: int


def records_of(kind, lines):
    return max(lines // BYTES_A_TRACE, 1) if kind == "trace" else lines


def make(build, work, kind, lines):
    records = records_of(kind, lines)
    path = work / f"{kind}-{records}-{SEED}.log"
    if not path.exists():
        part = path.with_suffix(".part")
        with part.open("wb") as file:
            subprocess.run([build / "tests/bench/corpus", kind, str(records), str(SEED)], stdout=file, check=True)
        part.rename(path)
    corpus = Corpus(kind, path, records, path.stat().st_size)
    warm(corpus)
    return corpus


def warm(corpus):
    """Into the page cache."""
    with corpus.path.open("rb", buffering=0) as file:
        while file.read(1 << 20):
            pass


def count_lines(path):
    with open(path, "rb", buffering=0) as file:
        return sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))


def equal(a, b):
    """Whether two files hold the same bytes."""
    if os.path.getsize(a) != os.path.getsize(b):
        return False
    with open(a, "rb", buffering=0) as one, open(b, "rb", buffering=0) as other:
        return all(block == other.read(len(block)) for block in iter(lambda: one.read(1 << 20), b""))


def last_lines(path, size=1 << 20):
    """The lines that end in the last `size` bytes."""
    with open(path, "rb") as file:
        file.seek(max(os.path.getsize(path) - size, 0))
        return file.read().splitlines()[1 if os.path.getsize(path) > size else 0:]


ACCESS = (r'^(\S+) \S+ (\S+) \[([^\]]*)\] "(\S+) (\S+) [^"]*" (\d+) (\d+) "([^"]*)" "([^"]*)"$')
ACCESS_KEYS = ["ip", "user", "time", "method", "path", "status", "bytes", "referer", "agent"]


def named_groups(regex, keys):
    """The expression with its groups named, as other programs want it."""
    names = iter(keys)
    return re.sub(r"\((?!\?)", lambda _: f"(?<{next(names)}>", regex)
