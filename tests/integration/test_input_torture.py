"""input_file on the real binary, where files are treated badly.

Lines are numbered as in test_input_file; what cannot be numbered is compared byte by
byte. Nothing is missing, and nothing comes twice unless something crashed.
"""
import contextlib
import ctypes
import gzip
import json
import os
import pathlib
import resource
import shutil
import signal
import socket
import subprocess
import tempfile
import time

import pytest

from conftest import SANITIZED, WEIR, file_to_file, wait_for
from test_input_file import Stream, arrived, expect_all, expect_once_each, read_out, start

NAMES_KEEP_S = 2  # FILE_NAMES_KEEP_NS
SOON = {"QueueMaxGroups": 1, "RetryInitialDelay": "10ms", "RetryMaxDelay": "50ms"}


def start_blocked(weir, pattern, **inputs):
    """A host whose destination fails until open_gate(); its input has been stopped."""
    out = weir.folder / "gate" / "out"
    (weir.folder / "gate").write_text("not a folder")
    config = file_to_file(pattern, out)
    config["inputs"][0]["detail"].update(inputs)
    config["flushers"][0]["delivery"] = SOON
    return weir.start(weir.pipeline("blocked", config)), out


def open_gate(weir):
    (weir.folder / "gate").unlink()
    (weir.folder / "gate").mkdir(exist_ok=True)


def open_files(host):
    names = []
    for link in pathlib.Path(f"/proc/{host.process.pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # closed meanwhile
            names.append(os.readlink(link))
    return names


def memory_kib(pid, kind):
    """RssAnon, or VmHWM for the peak; 0 when the process has just ended."""
    try:
        text = pathlib.Path(f"/proc/{pid}/status").read_text()
    except ProcessLookupError:
        return 0
    return next((int(line.split()[1]) for line in text.splitlines()
                 if line.startswith(kind + ":")), 0)


def rotate(folder, name, keep):
    """As logrotate does: each name to the next number."""
    for i in range(keep, 0, -1):
        if (folder / f"{name}.{i}").exists():
            os.rename(folder / f"{name}.{i}", folder / f"{name}.{i + 1}")
    os.rename(folder / name, folder / f"{name}.1")


def test_several_rotations_between_two_looks(weir):
    """Generations that live for less than a look: only their renaming tells of them."""
    log, out, stream = weir.folder / "app.log", weir.folder / "out", Stream()
    stream.append(log, 1)
    start(weir, log, out)
    expect_all(out, stream)
    for _ in range(3):
        for _ in range(20):
            stream.append(log, 50)
            rotate(weir.folder, "app.log", 200)
        expect_all(out, stream)
    stream.append(log, 1)
    expect_once_each(out, stream)


def test_rotations_while_the_host_does_not_run(weir):
    """Stopped in the middle of a storm of renamings for longer than names are kept: what it
    has not been told yet is not forgotten."""
    log, out, stream = weir.folder / "app.log", weir.folder / "out", Stream()
    stream.append(log, 1)
    host = start(weir, log, out)
    expect_all(out, stream)
    for stop_at in (3, 6, 9, 12):
        for i in range(20):
            stream.append(log, 50)
            rotate(weir.folder, "app.log", 200)
            time.sleep(0.002)
            if i == stop_at:
                host.process.send_signal(signal.SIGSTOP)
        time.sleep(NAMES_KEEP_S + 0.1)
        host.process.send_signal(signal.SIGCONT)
        expect_all(out, stream)
    stream.append(log, 1)
    expect_once_each(out, stream)


def test_rotated_and_deleted_while_the_destination_is_down(weir):
    """Files are held from when they are found, though nothing is read of them."""
    log, stream = weir.folder / "app.log", Stream()
    host, out = start_blocked(weir, log)
    for i in range(6):
        stream.append(log, 3000)
        wait_for(lambda: str(log) in open_files(host), "the file to be held")
        os.rename(log, weir.folder / f"app.log.{i}")
    wait_for(lambda: sum("app.log" in name for name in open_files(host)) == 6, "all held")
    for i in range(6):
        (weir.folder / f"app.log.{i}").unlink()
    stream.append(log, 100)
    open_gate(weir)
    expect_once_each(out, stream)
    wait_for(lambda: not any("(deleted)" in name for name in open_files(host)),
             "deleted files to be let go")


def change_blocked(weir, pattern, out, name="blocked"):
    """The pipeline of start_blocked() with another option, and what a reload says."""
    config = file_to_file(pattern, out)
    config["flushers"][0]["delivery"] = {**SOON, "RetryMaxDelay": "40ms"}
    weir.pipeline(name, config)
    return weir.command("reload", "--data", weir.data)


def deleted_files(host):
    return [name for name in open_files(host) if "(deleted)" in name]


@pytest.mark.parametrize("seen", [True, False], ids=["noticed", "just-now"])
def test_deleted_while_it_is_read_and_reloaded(weir, seen):
    """The next generation reads on from what the old one has open."""
    log, stream = weir.folder / "app.log", Stream()
    stream.append(log, 3000)
    host, out = start_blocked(weir, log)
    host.wait_log("flush failed")
    log.unlink()
    if seen:
        stream.append(log, 100)  # another file of that name: the names are looked through
        wait_for(lambda: str(log) in open_files(host), "the new file to be held")
    for _ in range(2):
        assert change_blocked(weir, log, out).returncode == 0
        assert len(deleted_files(host)) == 1
    open_gate(weir)
    expect_once_each(out, stream)
    wait_for(lambda: not deleted_files(host), "the deleted file to be let go")


def test_deleted_while_it_is_read_and_its_pipeline_removed(weir):
    """Without an heir it is closed, and what was not read is counted and told."""
    log, stream = weir.folder / "app.log", Stream()
    stream.append(log, 100_000)
    (weir.folder / "pipelines").mkdir()
    (weir.folder / "gate").write_text("not a folder")
    config = file_to_file(log, weir.folder / "gate" / "out")
    config["flushers"][0]["delivery"] = SOON
    path = weir.pipeline("pipelines/blocked", config)
    weir.pipeline("pipelines/other", file_to_file(weir.folder / "none", weir.folder / "out"))
    host = weir.start("--no-watch", "--drain-timeout", "100ms", path.parent)
    host.wait_log("flush failed")
    log.unlink()
    path.unlink()
    assert weir.command("reload", "--data", weir.data).returncode == 0
    host.wait_log("bytes went away before they were read: lost")
    assert not deleted_files(host)


def test_deleted_or_renamed_while_it_is_written(weir):
    """The deleted one is let go after a while, the renamed one is not: its writer comes back."""
    folder, out = weir.folder / "logs", weir.folder / "out"
    folder.mkdir()
    deleted, renamed = Stream("deleted"), Stream("renamed")
    host = start(weir, folder / "*.log", out)
    with open(folder / "a.log", "ab", buffering=0) as a, open(folder / "b.log", "ab", buffering=0) as b:
        deleted.write(a, 100)
        renamed.write(b, 100)
        expect_all(out, deleted, renamed)
        (folder / "a.log").unlink()
        os.rename(folder / "b.log", folder / "b.old")
        deleted.write(a, 100)
        expect_all(out, deleted, renamed)
        a.write(b"deleted %d" % deleted.count)  # no newline
        deleted.count += 1
        expect_all(out, deleted, renamed)
        wait_for(lambda: not any("(deleted)" in name for name in open_files(host)), "its end")
        renamed.write(b, 100)
        expect_once_each(out, deleted, renamed)


def test_copytruncate_while_the_destination_is_down_is_counted(weir):
    folder, stream, other = weir.folder / "logs", Stream(), Stream("other")
    folder.mkdir()
    log = folder / "a.log"
    host, out = start_blocked(weir, folder / "*.log")
    stream.append(log, 10)
    host.wait_log("flush failed")
    stream.append(log, 10)
    wait_for(lambda: "full" in weir.command("status", "--data", weir.data).stdout, "a full queue")
    with open(log, "ab") as file:
        file.write(b"lost in the copy\n" * 1000)
    for new in (folder / "b.log", folder / "c.log"):  # the second look begins after the first
        other.append(new, 1)
        wait_for(lambda: str(new) in open_files(host), "a look that sees its size")
    os.truncate(log, 0)
    stream.append(log, 10)
    open_gate(weir)
    expect_once_each(out, stream, other)
    host.wait_log("bytes went away before they were read: lost")
    lost = [line for line in host.text().splitlines() if "lost" in line][0]
    assert "count=17000" in lost, lost


def test_gz_beside_it_is_not_read(weir):
    log, out, stream = weir.folder / "app.log", weir.folder / "out", Stream()
    host = start(weir, weir.folder / "app.log*", out)
    for i in range(3):
        stream.append(log, 100)
        os.rename(log, weir.folder / f"app.log.{i}")
        expect_all(out, stream)
        with open(weir.folder / f"app.log.{i}", "rb") as plain:
            with gzip.open(weir.folder / f"app.log.{i}.gz", "wb") as packed:
                shutil.copyfileobj(plain, packed)
        (weir.folder / f"app.log.{i}").unlink()
    host.wait_log("file is compressed and is not read")
    stream.append(log, 100)
    expect_once_each(out, stream)
    host.stop()
    again = weir.once(weir.folder / "copy.json")
    assert again.returncode == 0, again.stderr
    expect_once_each(out, stream)


@pytest.mark.parametrize("where", ["/dev/shm", "/var/tmp"])
def test_inodes_used_again(weir, where):
    """Files deleted and made anew: each is read from its first line, running or not."""
    out, first, second = weir.folder / "out", Stream("a"), Stream("b")
    with tempfile.TemporaryDirectory(dir=where) as name:
        folder = pathlib.Path(name)
        for _ in range(3):
            for i in range(100):
                first.append(folder / f"{i}.log", 1)
            assert weir.once(weir.pipeline("copy", file_to_file(folder / "*.log", out))).returncode == 0
            shutil.rmtree(folder)
            folder.mkdir()
        expect_once_each(out, first)
        start(weir, folder / "*.log", out)
        for _ in range(3):
            for i in range(100):
                second.append(folder / f"{i}.log", 1)
            expect_all(out, first, second)
            for i in range(100):
                (folder / f"{i}.log").unlink()
        expect_once_each(out, first, second)


def n_checkpoints(folder):
    """Entries of an LMDB environment."""
    class Stat(ctypes.Structure):
        _fields_ = [("page_bytes", ctypes.c_uint), ("depth", ctypes.c_uint)] + [
            (name, ctypes.c_size_t) for name in ("branch", "leaf", "overflow", "entries")]

    lmdb = ctypes.CDLL("liblmdb.so.0")
    env, txn, dbi, stat = ctypes.c_void_p(), ctypes.c_void_p(), ctypes.c_uint(), Stat()
    assert lmdb.mdb_env_create(ctypes.byref(env)) == 0
    assert lmdb.mdb_env_open(env, os.fsencode(folder), 0x20000, 0o600) == 0
    assert lmdb.mdb_txn_begin(env, None, 0x20000, ctypes.byref(txn)) == 0
    assert lmdb.mdb_dbi_open(txn, None, 0, ctypes.byref(dbi)) == 0
    assert lmdb.mdb_stat(txn, dbi, ctypes.byref(stat)) == 0
    lmdb.mdb_txn_abort(txn)
    lmdb.mdb_env_close(env)
    return stat.entries


def test_checkpoints_of_deleted_files_go(weir):
    folder, out, stream = weir.folder / "logs", weir.folder / "out", Stream()
    folder.mkdir()
    host = start(weir, folder / "*.log", out)
    for i in range(50):
        stream.append(folder / f"{i}.log", 1)
    expect_all(out, stream)
    for i in range(45):
        (folder / f"{i}.log").unlink()
    os.rename(folder / "45.log", folder / "45.old")
    wait_for(lambda: not any("(deleted)" in name for name in open_files(host)),
             "deleted files to be let go")
    wait_for(lambda: n_checkpoints(weir.data / "checkpoints") == 5, "the others to be forgotten")
    assert host.stop() == 0
    assert n_checkpoints(weir.data / "checkpoints") == 5
    stream.append(folder / "45.old", 1)
    start(weir, folder / "*.log", out)
    expect_once_each(out, stream)


def test_symbolic_links_re_pointed(weir):
    """A link to a file, and one to a folder; both lead elsewhere, again and again."""
    out = weir.folder / "out"
    by_file, by_folder = Stream("file"), Stream("folder")
    root = weir.folder / "logs"
    for i in range(3):
        (root / f"day{i}").mkdir(parents=True)

    def point(i):
        for link, target in (("current.log", f"app-{i}.log"), ("today", f"day{i}")):
            (root / "new").symlink_to(target)
            os.replace(root / "new", root / link)

    (root / "dangling.log").symlink_to("nowhere")
    (root / "loop.log").symlink_to("loop.log")
    config = file_to_file(root / "current.log", out)
    config["inputs"][0]["detail"]["FilePaths"] += [str(root / "today" / "*.log"),
                                                   str(root / "*g.log"), str(root / "loop.log")]
    weir.start(weir.pipeline("links", config))
    for i in range(3):
        by_file.append(root / f"app-{i}.log", 100)
        by_folder.append(root / f"day{i}" / "x.log", 100)
        point(i)
        expect_all(out, by_file, by_folder)
        by_file.append(root / f"app-{i}.log", 100)
        by_folder.append(root / f"day{i}" / "x.log", 100)
    expect_once_each(out, by_file, by_folder)


def test_hard_links_are_one_file(weir):
    folder, out, stream = weir.folder / "logs", weir.folder / "out", Stream()
    folder.mkdir()
    stream.append(folder / "a.log", 100)
    os.link(folder / "a.log", folder / "b.log")
    start(weir, folder / "*.log", out)
    expect_all(out, stream)
    stream.append(folder / "b.log", 100)
    expect_all(out, stream)
    (folder / "a.log").unlink()
    stream.append(folder / "b.log", 100)
    expect_once_each(out, stream)


def test_unreadable_then_readable(weir):
    """Root reads everything, so the right to do so is taken away from the host."""
    folder, out, one, two = weir.folder / "logs", weir.folder / "out", Stream("one"), Stream("two")
    folder.mkdir()
    log = weir.folder / "a.log"
    one.append(log, 100)
    two.append(folder / "b.log", 100)
    os.chmod(log, 0)
    os.chmod(folder, 0)
    config = file_to_file(log, out)
    config["inputs"][0]["detail"]["FilePaths"].append(str(folder / "*.log"))
    path = weir.pipeline("copy", config)
    rights = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search", "--"]
    command = [*(rights if os.geteuid() == 0 else []), WEIR, *map(str, weir.run_arguments(path))]
    with (weir.folder / "host.log").open("wb") as errors:
        process = subprocess.Popen(command, stderr=errors, cwd=weir.folder)

    def told(words):
        return words in (weir.folder / "host.log").read_text()

    try:
        wait_for(lambda: told("file cannot be read") and told("folder cannot be looked into"),
                 "the complaints")
        os.chmod(log, 0o600)
        os.chmod(folder, 0o700)
        expect_once_each(out, one, two)
    finally:
        process.kill()
        process.wait()


def test_what_is_no_file_is_passed_over(weir):
    folder, out, stream = weir.folder / "logs", weir.folder / "out", Stream()
    folder.mkdir()
    os.mkfifo(folder / "fifo.log")
    (folder / "folder.log").mkdir()
    (folder / "null.log").symlink_to("/dev/null")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folder / "s.log"))
        stream.append(folder / "a.log", 10)
        start(weir, folder / "*.log", out)
        expect_all(out, stream)
        (folder / "fifo.log").unlink()
        stream.append(folder / "fifo.log", 10)
        expect_once_each(out, stream)


def test_ten_thousand_files_through_few_descriptors(weir):
    folder, out = weir.folder / "many", weir.folder / "out"
    folder.mkdir()
    streams = [Stream(f"s{i}") for i in range(10_000)]
    for stream in streams:
        stream.append(folder / f"{stream.name}.log", 2)

    def few():
        resource.setrlimit(resource.RLIMIT_NOFILE, (400, 400))

    host = weir.start(weir.pipeline("copy", file_to_file(folder / "*.log", out)), preexec_fn=few)
    expect_all(out, *streams)
    for stream in streams[::10]:
        stream.append(folder / f"{stream.name}.log", 1)
    expect_once_each(out, *streams)
    assert sum("/many/" in name for name in open_files(host)) <= 100
    assert SANITIZED or memory_kib(host.process.pid, "RssAnon") < 64 << 10


def test_a_huge_file_leaves_room_for_small_ones(weir):
    """In the order of what is written out, the small ones come before half of the huge one."""
    folder, out = weir.folder / "logs", weir.folder / "out"
    folder.mkdir()
    (folder / "a-huge.log").write_bytes(b"of the huge file\n" * 3_000_000)
    for i in range(100):
        (folder / f"small{i}.log").write_bytes(b"small %d\n" % i * 3)
    assert weir.once(weir.pipeline("copy", file_to_file(folder / "*.log", out))).returncode == 0
    data = out.read_bytes()
    last = max(data.rindex(b"small %d\n" % i) for i in range(100))
    assert last < len(data) / 2, (last, len(data))
    assert data.count(b"huge") == 3_000_000 and data.count(b"small") == 300


def test_any_bytes_pass_unchanged(weir):
    log, out = weir.folder / "a.log", weir.folder / "out"
    lines = [bytes(i for i in range(256) if i != 10), b"", b"\r", b"crlf\r", b"\xff\xfe utf-16?",
             b"\xed\xa0\x80 lone surrogate", b"\0" * 70000, "zażółć".encode(), b"\xc3", b"no newline"]
    log.write_bytes(b"\n".join(lines))
    assert weir.once(weir.pipeline("copy", file_to_file(log, out))).returncode == 0
    assert out.read_bytes() == b"\n".join(lines) + b"\n"


def test_a_byte_order_mark_is_no_text(weir):
    """But for the one that a file begins with it is: it is a character as others are."""
    log, out = weir.folder / "a.log", weir.folder / "out"
    mark = b"\xef\xbb\xbf"
    log.write_bytes(mark + b"s 0\n" + mark + b"s 1\n")
    host = start(weir, log, out)
    wait_for(lambda: out.exists() and out.read_bytes() == b"s 0\n" + mark + b"s 1\n", "two lines")
    assert host.stop() == 0
    log.write_bytes(mark)
    host = start(weir, log, out)
    wait_for(lambda: str(log) in open_files(host), "the file to be looked at")
    with open(log, "ab") as file:
        file.write(b"s 2\n")
    wait_for(lambda: out.read_bytes().endswith(b"\ns 2\n"), "the third")
    assert host.stop() == 0
    assert weir.once(weir.folder / "copy.json").returncode == 0
    assert out.read_bytes() == b"s 0\n" + mark + b"s 1\ns 2\n"


@pytest.mark.parametrize("order", ["utf-16-le", "utf-16-be"])
def test_utf16_is_told_of(weir, order):
    log, out = weir.folder / "a.log", weir.folder / "out"
    text = "\ufeffs 0\ns 1\n".encode(order)
    log.write_bytes(text)
    done = weir.once(weir.pipeline("copy", file_to_file(log, out)))
    assert done.stderr.count("file is UTF-16") == 1
    assert out.read_bytes().rstrip(b"\n") == text.rstrip(b"\n")


def test_partial_lines_over_restarts(weir):
    log, out = weir.folder / "a.log", weir.folder / "out"
    parts = [b"s ", b"0\ns 1", b"0\ns 2\n", b"s 3"]
    for i, part in enumerate(parts):
        host = start(weir, log, out)
        with open(log, "ab") as file:
            file.write(part)
        whole = b"".join(parts[:i + 1]).count(b"\n")
        wait_for(lambda whole=whole: not whole or (
            out.exists() and out.read_bytes().count(b"\n") == whole), f"{whole} lines")
        wait_for(lambda: str(log) in open_files(host), "the file to be looked at")
        assert host.stop() == 0
    assert out.read_bytes() == b"s 0\ns 10\ns 2\n"
    assert weir.once(weir.folder / "copy.json").returncode == 0
    assert out.read_bytes() == b"s 0\ns 10\ns 2\ns 3\n"


def test_a_line_of_100_mib(weir):
    log, out = weir.folder / "a.log", weir.folder / "out"
    with open(log, "wb") as file:
        file.write(b"before\n")
        for i in range(100):
            file.write(bytes([97 + i % 26]) * (1 << 20))
        file.write(b"\nafter\n")
    config = file_to_file(log, out)
    result = weir.once(weir.pipeline("copy", config))
    assert result.returncode == 0 and "longer than MaxLogSize" in result.stderr
    lines = out.read_bytes().split(b"\n")
    assert [len(line) for line in lines] == [6, *[16 << 20] * 6, 4 << 20, 5, 0]
    config["inputs"][0]["detail"]["MaxLogSize"] = "128MiB"
    out.unlink()
    result = weir.once(weir.pipeline("whole", config))
    assert result.returncode == 0 and "MaxLogSize" not in result.stderr
    assert [len(line) for line in out.read_bytes().split(b"\n")] == [6, 100 << 20, 5, 0]


@pytest.mark.parametrize("treatment", ["split", "truncate"])
def test_a_line_without_end_takes_bounded_memory(weir, treatment):
    """A hole: NUL bytes, and no newline for 512 MiB."""
    folder = weir.folder / "logs"
    folder.mkdir()
    with open(folder / "hole.log", "wb") as file:
        file.truncate(512 << 20)
        file.seek(0, os.SEEK_END)
        file.write(b"\nthe end\n")
    (folder / "other.log").write_bytes(b"other\n")
    config = file_to_file(folder / "*.log", "unused")
    config["inputs"][0]["detail"].update(MaxLogSize="1MiB", LongLogTreatment=treatment)
    config["flushers"] = [{"plugin_type": "flusher_blackhole", "detail": {}}]
    path = weir.pipeline("hole", config)
    with (weir.folder / "errors").open("wb") as errors:
        process = subprocess.Popen([WEIR, *map(str, weir.run_arguments("--once", path))],
                                   stderr=errors, cwd=weir.folder)
    peak = 0
    while process.poll() is None:
        peak = max(peak, memory_kib(process.pid, "VmHWM"))
        time.sleep(0.01)
    text = (weir.folder / "errors").read_text()
    assert process.returncode == 0, text
    assert f"delivered={(512 if treatment == 'split' else 1) + 2} " in text, text
    assert SANITIZED or 1 << 10 < peak < 128 << 10, peak


@pytest.mark.skipif(SANITIZED, reason="a figure of the release build")
def test_first_log_is_there_soon(weir):
    """From the start of the process to a delivered log of a small file. Other tests run
    beside this one, so the best of many starts is what counts."""
    log, out, stream = weir.folder / "a.log", weir.folder / "out", Stream()
    took = []
    while len(took) < 40 and (not took or min(took) >= 0.1):
        stream.append(log, 1)
        began = time.monotonic()
        host = start(weir, log, out)
        while not arrived(out, stream):
            assert time.monotonic() - began < 20
        took.append(time.monotonic() - began)
        host.stop()
    assert min(took) < 0.1, took
    assert read_out(out)["s"] == list(range(len(took)))


# What logrotate is told, what is followed, and whether its writer pauses over it: where a
# file is copied, compressed or moved away at once it must have been seen before.
ROTATIONS = {
    "create": ("create", "app.log", False),
    "create, by pattern": ("create", "app.log*", False),
    "nocreate, extension kept": ("nocreate\nextension .log\nstart 7", "app*", False),
    "delaycompress": ("nocreate\ncompress\ndelaycompress", "app.log*", True),
    "another folder": ("create\nolddir old", "app.log", True),
    "copytruncate": ("copytruncate", "app.log", True),
}


@pytest.mark.parametrize("name", ROTATIONS)
def test_logrotate(weir, name):
    """The real one; its writer goes on with the old file before it opens the new one."""
    directives, pattern, pauses = ROTATIONS[name]
    folder, out, stream = weir.folder / "logs", weir.folder / "out", Stream()
    (folder / "old").mkdir(parents=True)
    rules = weir.folder / "rotate.conf"
    user = "su root root" if os.geteuid() == 0 else ""
    rules.write_text(f"{folder}/app.log {{\nrotate 9\n{user}\n{directives}\n}}\n")
    rules.chmod(0o600)
    log = folder / "app.log"
    start(weir, folder / pattern, out)
    stream.append(log, 1)
    expect_all(out, stream)  # from here on it watches
    for _ in range(4):
        with open(log, "ab", buffering=0) as file:
            stream.write(file, 500)
            if pauses:
                expect_all(out, stream)
            subprocess.run(["logrotate", "-f", "-s", weir.folder / "state", rules], check=True)
            stream.write(file, 50)
    expect_once_each(out, stream)
    assert len(list(folder.rglob("app*"))) >= 4


def test_multiline_over_kills(weir):
    """Logs of several lines come whole whenever the process dies; only some come twice."""
    log, out = weir.folder / "a.log", weir.folder / "out"
    config = file_to_file(log, out, Format="jsonline")
    config["inputs"][0]["detail"].update(Multiline={"StartPattern": r"\d+ "}, FlushTimeoutSecs=1)
    path = weir.pipeline("kills", config)

    def text(i):
        return f"{i} begins\n" + "  goes on\n" * (i % 7) + "  ends"

    def found():
        lines = out.read_bytes().splitlines(keepends=True) if out.exists() else []
        return {json.loads(line)["content"] for line in lines if line.endswith(b"}\n")}

    for run in range(4):
        before = out.stat().st_size if out.exists() else 0
        host = weir.start(path)
        logs = "".join(text(i) + "\n" for i in range(run * 10_000, (run + 1) * 10_000))
        with log.open("ab", buffering=0) as file:
            file.write(logs.encode())  # at once: a pause of a second would end a log
        wait_for(lambda before=before: out.exists() and out.stat().st_size > before, "some output")
        if run < 3:
            host.kill()
    expected = {text(i) for i in range(40_000)}
    wait_for(lambda: found() >= expected, "all logs")
    assert found() == expected
