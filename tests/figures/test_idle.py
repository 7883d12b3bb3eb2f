"""An idle host costs nothing."""
import time

from conftest import cpu_s, lanes, wait_for

AT_MOST = 0.002  # of a core
SETTLE_S, LOOK_S = 16, 30


def test_idle_cpu(worlds, say):
    """Pipelines with and without a spool, one of them with logs in it for a dead flusher, and
    a metrics page: all that may have a timer."""
    world = worlds()
    sources = [world.folder / f"in-{i}.log" for i in range(3)]
    for source in sources:
        source.write_text("line\n" * 1000)
    deliveries = [{}, {"Spool": "durable"}, {"Spool": "overflow"}]
    paths = [world.pipeline(f"p{i}", {
        "inputs": [{"type": "input_file", "detail": {"FilePaths": [str(sources[i])]}}],
        "flushers": [{"type": "flusher_file", "delivery": deliveries[i],
                      "detail": {"FilePath": str(world.folder / f"out-{i}")}}]}) for i in range(3)]
    host = world.start("--admin", f"unix:{world.folder}/page", *paths)
    wait_for(lambda: sum(lane["logs"]["delivered"] for lane in lanes(world).values()) == 3000, "delivery")
    time.sleep(SETTLE_S)  # it looks for changes less and less often
    start_s, before_s = time.monotonic(), cpu_s(host.process.pid)
    time.sleep(LOOK_S)
    share = (cpu_s(host.process.pid) - before_s) / (time.monotonic() - start_s)
    say(f"idle: {share:.4%} of a core")
    assert share < AT_MOST
    assert host.stop() == 0
