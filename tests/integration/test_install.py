"""What `meson install` puts where, and that a flusher can be made with it alone."""
import json
import os
import re
import shutil

import pytest

from conftest import BUILD, ROOT
from installed import environment, install, one, run

SOURCE = r"""
#include <stdio.h>
#include <weir/flusher.h>

struct options {
    struct weir_str path;
};

struct outside {
    const struct options *options;
};

static const struct weir_option rows[] = {
    WEIR_OPTION_STRING_ROW(struct options, path, "Path", WEIR_REQUIRED, NULL, "Where to write."),
};

static int init(void *self, const struct weir_context *context)
{
    ((struct outside *)self)->options = context->options;
    return 0;
}

static uint32_t flush(void *self, const struct weir_batch *batch, struct weir_result *result)
{
    const struct outside *outside = self;
    FILE *file = fopen(outside->options->path.data, "a");

    (void)result;
    if (!file)
        return WEIR_RETRY;
    for (uint32_t g = 0; g < batch->n_groups; g++) {
        for (uint32_t i = 0; i < batch->groups[g]->n_logs; i++) {
            const struct weir_log *log = weir_log_at(batch->groups[g], i);

            for (uint32_t c = 0; c < log->n_contents; c++)
                fprintf(file, "<%.*s>", (int)log->contents[c].value.size,
                    log->contents[c].value.data);
            fputc('\n', file);
        }
    }
    return fclose(file) == 0 ? WEIR_DELIVERED : WEIR_RETRY;
}

static const struct weir_flusher_class outside_class = {
    .struct_size = sizeof(struct weir_flusher_class),
    .flags = WEIR_FS_WRITE,
    .type = "flusher_outside",
    .version = "1.2.3",
    .description = "Made outside of the tree",
    .instance_size = sizeof(struct outside),
    .options_size = sizeof(struct options),
    .options = rows,
    .n_options = 1,
    .option_stride = sizeof rows[0],
    .init = init,
    .flush = flush,
};

WEIR_PLUGIN("outside", "1.2.3", "flusher_outside", &outside_class);
"""


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """Root of an installation."""
    return install(tmp_path_factory.mktemp("install"))


@pytest.fixture(scope="module")
def flags(tree):
    """Compiler flags by pkg-config, which may see the installed tree only."""
    return run("pkg-config", "--cflags", "--libs", "weir-sdk-1", env=environment(tree)).split()


@pytest.fixture(scope="module")
def plugin(tree, flags, tmp_path_factory):
    """flusher_outside.so, compiled against the installed tree."""
    folder = tmp_path_factory.mktemp("outside")
    (folder / "outside.c").write_text(SOURCE)
    run("cc", "-std=c11", "-O2", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fPIC",
        "-fvisibility=hidden", "-shared", "-MD", "-MF", "outside.d", "outside.c", "-o",
        "flusher_outside.so", "-Wl,-z,defs", *flags, cwd=folder)
    return folder / "flusher_outside.so"


def test_everything_is_installed(tree):
    for program in ("weir", "weir-plugin"):
        assert os.access(one(tree, f"bin/{program}"), os.X_OK)
    assert len(list(tree.rglob("weir-1/template/*/flusher_acme.c"))) == 3
    headers = {path.name for path in tree.rglob("include/weir-1/weir/*.h")}
    assert headers == {path.name for path in (ROOT / "sdk/include/weir").glob("*.h")}
    for name in ("weir-sdk-1.pc", "weir-sdk-http-1.pc", "weir-mock-1.pc", "libweir-sdk.a",
                 "libweir-sdk-http.a", "libweir-mock.a"):
        one(tree, name)
    for page in (BUILD / "docs" / "man").glob("*.1"):
        assert one(tree, f"man/man1/{page.name}").read_bytes() == page.read_bytes()
    built = {path.name for path in (BUILD / "flushers").glob("flusher_*.so")}
    assert built and {path.name for path in tree.rglob("weir/flushers/1/*.so")} == built


def test_installed_files_do_not_point_to_the_checkout(tree):
    for path in [*tree.rglob("*.pc"), *tree.rglob("*.yml"), *tree.rglob("*.h")]:
        text = path.read_text()
        assert str(ROOT) not in text and str(BUILD) not in text, path


def test_plugins_yml_names_what_is_installed(tree):
    text = one(tree, "etc/weir/plugins.yml").read_text()
    for path in tree.rglob("weir/flushers/1/*.so"):
        assert path.name.removesuffix(".so") in text


@pytest.mark.parametrize("command", ["check", "describe", "plugins", "run", "schema"])
def test_commands_look_for_the_list_that_is_installed(tree, command):
    said = run(one(tree, "bin/weir"), command, "--help")
    named = re.search(r"or (/\S+/plugins\.yml)$", said, re.M)[1]
    assert str(one(tree, "etc/weir/plugins.yml")).endswith(named)


def test_unit_names_what_is_installed(tree):
    unit = one(tree, "weir.service").read_text()
    start = next(line for line in unit.splitlines() if line.startswith("ExecStart=")).split("=", 1)[1].split()
    reload = next(line for line in unit.splitlines() if line.startswith("ExecReload=")).split("=", 1)[1].split()
    weir = one(tree, "bin/weir")
    for words in (start, reload):
        assert str(weir).endswith(words[0]), unit
        known = run(weir, words[1], "--help")
        for word in words[2:]:
            assert not word.startswith("--") or f"{word} " in known, f"{word} is no option"
    assert str(one(tree, "weir/plugins.yml")).endswith(start[start.index("--plugins") + 1])
    assert "u weir " in one(tree, "weir.conf").read_text()


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")
def test_unit_is_tight(tree):
    unit = one(tree, "weir.service")
    run("systemd-analyze", "security", "--offline=true", "--threshold=20", "--no-pager", unit)


def test_no_header_comes_from_the_checkout(plugin):
    dependencies = plugin.with_name("outside.d").read_text()
    assert "include/weir-1/weir/flusher.h" in dependencies
    assert str(ROOT) not in dependencies and str(BUILD) not in dependencies


def test_plugin_exports_one_symbol(plugin):
    if not shutil.which("nm"):
        pytest.skip("no nm")
    symbols = [line.split()[-1] for line in run("nm", "-D", "--defined-only", plugin).splitlines()]
    assert symbols == ["weir_plugin_register_v1"]


def list_of_plugins(plugin, tmp_path):
    path = tmp_path / "plugins.yml"
    path.write_text(f"plugins:\n  common:\n    - import: {plugin}\n")
    return path


def test_installed_host_lists_it(tree, plugin, tmp_path):
    plugins = list_of_plugins(plugin, tmp_path)
    said = run(one(tree, "bin/weir"), "plugins", "--plugins", plugins, "--format", "json",
               cwd=tmp_path)
    listed, = json.loads(said)["plugins"]
    assert listed["state"] == "ok"
    assert [each["type"] for each in listed["classes"]] == ["flusher_outside"]


def test_installed_host_runs_it(tree, plugin, tmp_path):
    source, target = tmp_path / "in.log", tmp_path / "out.txt"
    source.write_text("one\ntwo\n")
    pipeline = tmp_path / "pipeline.json"
    pipeline.write_text(json.dumps({
        "inputs": [{"plugin_type": "input_file", "detail": {"FilePaths": [str(source)]}}],
        "flushers": [{"plugin_type": "flusher_outside", "detail": {"Path": str(target)}}],
    }))
    run(one(tree, "bin/weir"), "run", "--plugins", list_of_plugins(plugin, tmp_path),
        "--data", tmp_path / "data", "--once", pipeline, cwd=tmp_path)
    lines = target.read_text().splitlines()
    assert len(lines) == 2
    assert "<one>" in lines[0] and "<two>" in lines[1]
