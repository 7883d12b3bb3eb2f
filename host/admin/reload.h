/* The reload command: reads the configuration again, and answers with what came of it
 * when all is done. [control] */
#ifndef ADMIN_RELOAD_H
#define ADMIN_RELOAD_H

struct control_request;

void reload_command(struct control_request *request);

#endif
