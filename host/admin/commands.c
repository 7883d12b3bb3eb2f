#include "admin/commands.h"

#include <string.h>
#include "admin/dead_letters.h"
#include "admin/reload.h"
#include "admin/spools.h"
#include "admin/status.h"
#include "base/util.h"

static const struct control_command commands[] = {
    {"dead-letter drop", dead_letters_drop_command},
    {"dead-letter list", dead_letters_list_command},
    {"dead-letter replay", dead_letters_replay_command},
    {"dead-letter show", dead_letters_show_command},
    {"reload", reload_command},
    {"spool drop", spool_drop_command},
    {"spool list", spool_list_command},
    {"status", status_command},
};

const struct control_command *control_command_find(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
        if (!strcmp(commands[i].name, name))
            return &commands[i];
    return NULL;
}
