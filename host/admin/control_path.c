#include "admin/control_path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include "admin/control.h"

int control_address(const char *data_dir, struct sockaddr_un *ret_address, int *ret_folder)
{
    int folder = open(data_dir, O_PATH | O_DIRECTORY | O_CLOEXEC);

    if (folder < 0)
        return -errno;
    ret_address->sun_family = AF_UNIX;
    snprintf(ret_address->sun_path, sizeof ret_address->sun_path, "/proc/self/fd/%d/%s", folder,
        CONTROL_SOCKET);
    *ret_folder = folder;
    return 0;
}
