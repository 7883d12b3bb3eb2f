"""Numbered lines with a checksum each, and the oracle that reads them again.

A line is `stream,number,checksum payload`; the checksum covers all of it, so a line
that was torn, mixed with another or made up is told from a whole one.
"""
import collections
import random
import zlib


class Stream:
    """A writer of numbered lines. Payloads come from a seeded generator."""

    PAYLOADS = 257

    def __init__(self, name="s", seed=0, longest=180):
        self.name = name
        self.count = 0
        rng = random.Random(f"{name} {seed}")
        self.payloads = [bytes(rng.choices(b"abcdefghijklmnopqrstuvwxyz \",\\{}", k=rng.randint(0, longest)))
                         for _ in range(self.PAYLOADS)]

    def line(self, number, payload=None):
        if payload is None:
            payload = self.payloads[number % self.PAYLOADS]
        head = b"%s,%d," % (self.name.encode(), number)
        return b"%s%08x %s\n" % (head, zlib.crc32(head + payload), payload)

    def lines(self, n):
        """The next n lines as one piece."""
        first = self.count
        self.count += n
        return b"".join(self.line(i) for i in range(first, first + n))

    def append(self, path, n):
        """Appends as loggers do: the lines of one write are whole."""
        with open(path, "ab", buffering=0) as file:
            for start in range(0, n, 1000):
                file.write(self.lines(min(1000, n - start)))


class Found:
    """What has arrived of each stream."""

    def __init__(self):
        self.counts = collections.defaultdict(collections.Counter)
        self.wrong = []  # lines that nobody wrote
        self.orders = collections.Counter()  # a number smaller than the one before it
        self.bytes_twice = 0
        self._last = {}

    def take(self, line):
        try:
            name, number, rest = line.split(b",", 2)
            checksum, payload = rest[:8], rest[9:]
            good = int(checksum, 16) == zlib.crc32(b"%s,%s," % (name, number) + payload)
        except ValueError:
            good = False
        if not good:
            self.wrong.append(line[:200])
            return
        name, number = name.decode(), int(number)
        counts = self.counts[name]
        if counts[number]:
            self.bytes_twice += len(line) + 1
        counts[number] += 1
        self.orders[name] += number < self._last.get(name, -1)
        self._last[name] = number

    def missing(self, stream):
        counts = self.counts[stream.name]
        return [i for i in range(stream.count) if i not in counts]

    def twice(self):
        return sum(n - 1 for counts in self.counts.values() for n in counts.values())


def read_lines(*paths):
    """All whole lines of the files, in order; a half last line is left out."""
    found = Found()
    for path in paths:
        if not path.exists():
            continue
        with open(path, "rb") as file:
            for line in file:
                if line.endswith(b"\n"):
                    found.take(line[:-1])
    return found
