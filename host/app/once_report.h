/* The end of a run with --once: what became of everything. [control] */
#ifndef APP_ONCE_REPORT_H
#define APP_ONCE_REPORT_H

struct pipeline_set;

/* Logs it, flusher by flusher, and returns the exit code that says so. */
int once_report(struct pipeline_set *set);

#endif
