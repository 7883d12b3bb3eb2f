/* One host on one data folder: a lock that names who has it. [control] */
#ifndef APP_DATA_LOCK_H
#define APP_DATA_LOCK_H

/* Makes the folder if it is not there and locks it. A descriptor that holds the lock
 * until it is closed, or -errno; why is logged, with the pid of who has it. */
int data_lock(const char *data_dir);

#endif
