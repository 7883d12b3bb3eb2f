#include "base/util.h"
#include "cli/program.h"
#include "kit/child.h"
#include "kit/command.h"
#include "kit/server.h"
#include "plugin/probe_child.h"

static const struct cli_command commands[] = {
    {"new", command_new, "the project of a new plugin"},
    {"inspect", command_inspect, "what is in a plugin file, without running its code"},
    {"describe", command_describe, "the flushers of a plugin and their options"},
    {"verify", command_verify, "whether a plugin keeps the contract"},
    {"fuzz", command_fuzz, "whether chance finds what is wrong"},
    {"bench", command_bench, "what its flushes cost"},
    {"plugin-probe", cli_plugin_probe, NULL},
    {"run-check", command_run_check, NULL},
    {"run-server", command_run_server, NULL},
};

int main(int argc, char **argv)
{
    const struct cli_program weir_plugin = {
        .name = "weir-plugin",
        .what = "For authors of flusher plugins, and for their CI.",
        .example = "weir-plugin verify flusher_acme.so --level 3",
        .commands = commands,
        .n_commands = ARRAY_SIZE(commands),
    };

    return cli_program_main(&weir_plugin, argc, argv);
}
