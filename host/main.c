#include "base/util.h"
#include "cli/cli.h"
#include "cli/program.h"
#include "plugin/probe_child.h"

static const struct cli_command commands[] = {
    {"run", cli_run, "run pipelines"},
    {"reload", cli_reload, "make a running weir read its configuration again"},
    {"status", cli_status, "how a running weir is, and why it does not send"},
    {"dead-letter", cli_dead_letter, "list, show, replay or drop what was given up"},
    {"spool", cli_spool, "list or drop spools that no flusher uses any more"},
    {"check", cli_check, "say everything that is wrong with configurations"},
    {"plugins", cli_plugins, "list the plugins, their types and their state"},
    {"describe", cli_describe, "what a type does and its options"},
    {"schema", cli_schema, "JSON Schema of pipeline files"},
    {"explain", cli_explain, "cause, fix and example of a code"},
    {"plugin-probe", cli_plugin_probe, NULL},
};

int main(int argc, char **argv)
{
    const struct cli_program weir = {
        .name = "weir",
        .what = "Carries logs from files to flushers that are loaded at run time.",
        .example = "weir check pipelines/ && weir run pipelines/",
        .commands = commands,
        .n_commands = ARRAY_SIZE(commands),
    };

    return cli_program_main(&weir, argc, argv);
}
