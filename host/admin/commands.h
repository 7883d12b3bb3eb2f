/* What can be asked over the control socket. [control] */
#ifndef ADMIN_COMMANDS_H
#define ADMIN_COMMANDS_H

#include "admin/control.h"

/* NULL: there is none of that name. */
const struct control_command *control_command_find(const char *name);

#endif
