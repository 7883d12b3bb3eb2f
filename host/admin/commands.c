#include "admin/commands.h"

#include <string.h>
#include "admin/reload.h"
#include "admin/status.h"
#include "base/util.h"

static const struct control_command commands[] = {
    {"reload", reload_command},
    {"status", status_command},
};

const struct control_command *control_command_find(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
        if (!strcmp(commands[i].name, name))
            return &commands[i];
    return NULL;
}
