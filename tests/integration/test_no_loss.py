"""Nothing is missing and nothing is torn, whatever happens to the process.

Numbered lines go through the real binary into flusher_file; the harness kills,
restarts and rotates. The oracle reads the output: every number is there, every
line is whole, and duplicates stay below what was in flight plus a checkpoint's
distance.
"""
import random
import re
import threading

import pytest

from conftest import file_to_file, wait_for

LINE = re.compile(rb"\d{9} [a-z]{80}")
PADDING = b"abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzab"
# Queue (16 MiB) plus 4 MiB between checkpoints plus blocks being read.
DUPLICATE_BOUND_BYTES = 32 << 20


def write_lines(path, first, last, mode="ab"):
    with open(path, mode) as file:
        for start in range(first, last, 10000):
            file.write(b"".join(b"%09d %s\n" % (i, PADDING)
                                for i in range(start, min(last, start + 10000))))


def check_lines(path, n_lines):
    """All numbers below n_lines, whole; returns how many came twice."""
    seen = bytearray(n_lines)
    twice = 0
    with open(path, "rb") as file:
        for number, line in enumerate(file):
            assert line.endswith(b"\n") and LINE.fullmatch(line[:-1]), (number, line[:120])
            i = int(line[:9])
            twice += seen[i]
            seen[i] = 1
    missing = n_lines - sum(seen)
    assert not missing, f"{missing} lines are missing, the first is {seen.index(0)}"
    return twice


def test_once_is_exactly_once(weir):
    source, out = weir.folder / "in.log", weir.folder / "out.log"
    write_lines(source, 0, 300_000)
    path = weir.pipeline("copy", file_to_file(source, out))
    result = weir.once(path)
    assert result.returncode == 0, result.stderr
    assert out.read_bytes() == source.read_bytes()
    assert weir.once(path).returncode == 0
    assert out.stat().st_size == source.stat().st_size, "a second run reads nothing again"


@pytest.mark.parametrize("seed", [1, 2])
def test_kill_at_random_moments(weir, long_form, seed):
    """A writer appends; the host is killed with SIGKILL again and again."""
    rng = random.Random(seed)
    n_lines, n_kills = (5_000_000, 250) if long_form else (300_000, 8)
    source, out = weir.folder / "in.log", weir.folder / "out.log"
    source.touch()
    path = weir.pipeline("copy", file_to_file(source, out))
    step = n_lines // (n_kills + 1)
    written = 0
    for _ in range(n_kills):
        writer = threading.Thread(target=write_lines, args=(source, written, written + step))
        host = weir.start(path)
        writer.start()
        written += step
        target = rng.randrange(1, step * 92)
        before = out.stat().st_size if out.exists() else 0
        wait_for(lambda: out.exists() and out.stat().st_size - before >= target
                 or not writer.is_alive(), "some output")
        host.kill()
        writer.join()
    write_lines(source, written, n_lines)
    result = weir.once(path)
    assert result.returncode == 0, result.stderr
    twice = check_lines(out, n_lines)
    print(f"seed {seed}: {n_kills} kills, {twice} of {n_lines} lines twice")
    assert twice * 91 <= DUPLICATE_BOUND_BYTES * n_kills


def test_stop_and_start_duplicates_nothing(weir):
    source, out = weir.folder / "in.log", weir.folder / "out.log"
    source.touch()
    path = weir.pipeline("copy", file_to_file(source, out))
    for i in range(5):
        host = weir.start(path)
        write_lines(source, i * 20_000, (i + 1) * 20_000)
        size = (i * 20_000 + 3_000) * 91
        wait_for(lambda: out.exists() and out.stat().st_size > size, "some output")
        assert host.stop() == 0, host.text()
    assert weir.once(path).returncode == 0
    assert check_lines(out, 100_000) == 0


def test_half_a_line_in_the_output_is_cut_back(weir):
    source, out = weir.folder / "in.log", weir.folder / "out.log"
    write_lines(source, 0, 1000)
    out.write_bytes(b"000000000 " + PADDING + b"\n000000001 abc")
    path = weir.pipeline("copy", file_to_file(source, out))
    result = weir.once(path)
    assert result.returncode == 0, result.stderr
    assert check_lines(out, 1000) == 1
