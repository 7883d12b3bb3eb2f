/* One host on one data folder: a lock that names who has it. [control] */
#ifndef APP_DATA_LOCK_H
#define APP_DATA_LOCK_H

/* Makes the folder if it is not there and locks it; to be called once in a process, and the
 * file is not opened elsewhere in it (any close would release it). A descriptor that holds it
 * until it is closed, or -errno; why is logged, with the pid of who has it. */
int data_lock(const char *data_dir);

#endif
