"""What the spool costs, and how fast it is emptied."""
import shutil
import subprocess

import pytest

from conftest import LINES, compare, lanes, once, wait_for

AT_LEAST = 0.60
DRAIN_BYTES_PER_S = 300e6
DRAIN_BYTES = 1_000_000_000


def through_a_file(world, source, delivery):
    return world.pipeline("p", {
        "inputs": [{"type": "input_file", "detail": {"FilePaths": [str(source)]}}],
        "flushers": [{"type": "flusher_file", "delivery": delivery,
                      "detail": {"FilePath": str(world.folder / "out")}}]})


def count_lines(path):
    return int(subprocess.run(["wc", "-l", path], capture_output=True, check=True).stdout.split()[0])


@pytest.mark.parametrize("spool", ["durable", "overflow"])
def test_through_the_spool_at_60_percent(worlds, access_log, say, spool):
    """file -> spool -> flusher_file beside file -> flusher_file. durable: each group is on the
    disk before it is flushed."""
    def run(delivery):
        world = worlds()
        taken = once(world, through_a_file(world, access_log, delivery))
        assert count_lines(world.folder / "out") == LINES
        return taken

    words, kept = compare(
        say, lambda: run({}), lambda: run({"Spool": spool, "SpoolDurability": "interval"}),
        lambda plain, spooled: plain.wall_s >= AT_LEAST * spooled.wall_s)
    assert kept, words


def fill(world, sources):
    """A spool with all of the sources, of a flusher that was dead; its folder."""
    answer = world.folder / "answer"
    answer.write_text("retry\n")
    path = world.pipeline("p", {
        "inputs": [{"type": "input_file", "detail": {"FilePaths": [str(source) for source in sources]}}],
        "flushers": [{"type": "flusher_fake", "delivery": {"Spool": "durable", "SpoolMaxSize": "4GiB"},
                      "detail": {"Record": str(world.folder / "calls"), "AnswerFile": str(answer)}}]})
    host = world.start(path)
    name = "p/flusher_fake/1"
    wait_for(lambda: lanes(world).get(name, {"logs": {"spooled": 0}})["logs"]["spooled"] == len(sources) * LINES,
             "everything in the spool", timeout=120)
    assert host.stop() == 0
    return world.data / "spool" / name


def test_drain_of_a_gigabyte(worlds, access_log, say, tmp_path):
    """A spool of more than 1 GB is emptied into flusher_blackhole, start and end of the
    program counted."""
    again = tmp_path / "again.log"
    shutil.copyfile(access_log, again)
    rates = []
    for _ in range(3):
        world = worlds()
        folder = fill(world, [access_log, again])
        size = (folder / "data.mdb").stat().st_size
        assert size > DRAIN_BYTES
        # A lane is known by its name: the spool becomes that of a blackhole.
        folder.parent.rename(folder.parent.with_name("flusher_blackhole"))
        none = world.folder / "none.log"
        none.write_text("")
        wall_s, cpu = once(world, world.pipeline("p", {
            "inputs": [{"type": "input_file", "detail": {"FilePaths": [str(none)]}}],
            "flushers": [{"type": "flusher_blackhole", "delivery": {
                "Spool": "durable", "SpoolMaxSize": "4GiB"}}]}))
        assert f"delivered={2 * LINES} " in (world.folder / "once.log").read_text()
        rates.append(2 * access_log.stat().st_size / wall_s)
        say(f"{rates[-1] / 1e6:.0f} MB of logs a second, CPU {cpu:.2f} s for {size / 1e6:.0f} MB of spool")
        if max(rates) >= DRAIN_BYTES_PER_S:
            break
    assert max(rates) >= DRAIN_BYTES_PER_S
