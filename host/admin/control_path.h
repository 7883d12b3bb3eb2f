/* The address of the control socket of a data folder. [any] */
#ifndef ADMIN_CONTROL_PATH_H
#define ADMIN_CONTROL_PATH_H

#include <sys/un.h>

/* Addresses are short and folders need not be: the folder is opened and named by its
 * descriptor, which the caller closes when it has bound or connected. 0 or -errno. */
int control_address(const char *data_dir, struct sockaddr_un *ret_address, int *ret_folder);

#endif
