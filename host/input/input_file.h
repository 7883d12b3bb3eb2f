/* Private to input_file: what its scans and its turns share. */
#ifndef INPUT_INPUT_FILE_H
#define INPUT_INPUT_FILE_H

#include "base/log.h"
#include "input/file_glob.h"
#include "input/input.h"
#include "input/tail.h"
#include "input/watcher.h"

/* Files that are open at once, if the process may have many; beyond it idle ones are
 * closed, and opened again when they grow. */
#define FILE_OPEN_MAX 4096
/* Files that are opened in a turn while nothing may be read. */
#define FILE_TURN_OPENS 64
/* Blocks read of one file, and of all, before others have their turn. */
#define FILE_TURN_BLOCKS 4
#define FILE_LOOP_BLOCKS 16
/* A file that lacks a descriptor for longer is told of. */
#define FILE_LACKS_TOLD_NS (5 * NS_PER_S)
/* How often is looked whether new files are noted in the checkpoints: at first, and at
 * last, as it takes longer where many are new at once. */
#define FILE_NOTED_POLL_NS (1 * NS_PER_MS)
#define FILE_NOTED_POLL_MAX_NS (16 * NS_PER_MS)
/* New names of files are remembered so long, and so many. */
#define FILE_NAMES_KEEP_NS (2 * NS_PER_S)
#define FILE_NAMES_MAX 4096
/* A file that was deleted is closed so long after it last grew, its last line delivered;
 * one that was renamed so long, or earlier if descriptors are wanted. */
#define FILE_GONE_KEEP_NS (5 * NS_PER_S)
#define FILE_RENAMED_KEEP_NS (600 * NS_PER_S)
/* Names are looked through this often, or less when that takes long: at most one part
 * in FILE_SCAN_SHARE of the time, but at least every FILE_SCAN_MAX_NS. */
#define FILE_SCAN_NS (1 * NS_PER_S)
#define FILE_SCAN_SHARE 300
#define FILE_SCAN_MAX_NS (10 * NS_PER_S)
/* While nothing changes and all folders are watched the pause doubles, up to this. */
#define FILE_SCAN_QUIET_NS (8 * NS_PER_S)
/* After names have changed they are looked through at once, but only so often. */
#define FILE_SCAN_PAUSE_NS (50 * NS_PER_MS)

enum file_encoding { FILE_ENCODING_UTF8, FILE_ENCODING_GBK };

/* What both have. */
struct file_options {
    uint64_t tail_size_kb;
    bool tail_size_given;
    struct weir_str_list exclude_file_paths, exclude_files, exclude_dirs;
    uint32_t encoding; /* enum file_encoding */
    struct multiline_options multiline;
    uint64_t max_log_size;
    uint32_t long_logs; /* enum lines_excess */
    uint64_t flush_timeout_secs;
    uint64_t max_checkpoint_dir_search_depth;
    struct weir_str_map tags;
    bool appending_log_position_meta;
    struct weir_str file_offset_key;
    bool allowing_included_by_multi_configs;
};

struct input_file_options {
    struct file_options common; /* first */
    struct weir_str_list file_paths;
    uint64_t max_dir_search_depth;
};

struct file_log_options {
    struct file_options common; /* first */
    struct weir_str log_path, file_pattern;
    uint64_t max_depth;
    struct weir_str topic_format;
};

struct file_patterns {
    char **items; /* absolute */
    size_t count, capacity;
};

/* A folder that is watched because matches may appear in it. */
struct file_folder {
    struct watch watch;
    struct file_input *owner;
    struct map_item by_path;
    struct list all;
    char *path;
    uint32_t seen;          /* the scan that visited it last */
    int error;              /* of the last try to watch it, told once */
    uint64_t device, inode; /* when it was watched */
    bool by_link;           /* a symbolic link is in its path */
    bool remote;            /* others write to it, whom no watch sees */
};

/* A file that had a name that is wanted, and was renamed. It is taken up unless it is
 * known: it may have come and gone between two scans. */
struct renamed_file {
    struct list link;
    char *name;          /* its first */
    char *path;          /* where it is, as far as the watches have told */
    uint64_t changed_ns; /* when they did; loop time */
};

struct file_input {
    struct input input; /* first */
    const struct file_options *options;
    struct tail_setup setup;
    struct gbk *gbk;      /* NULL: not needed */
    struct weir_kv *tags; /* of setup */
    struct file_patterns wanted, unwanted_files, unwanted_folders;
    unsigned max_depth; /* of ** in those wanted */

    struct list tails;   /* all of them */
    struct map by_inode; /* all of them */
    struct map by_path;  /* those that are not gone */
    struct list work;    /* to be read, in turn */
    struct list idle;    /* open, read to the end; longest idle first */
    struct list lacking; /* to be read as soon as there is a descriptor */
    size_t n_open, open_max;
    struct map folders;
    struct list all_folders;
    struct list renamed; /* lately */
    size_t n_renamed;
    struct list left; /* of those that no path leads to, from and for another generation */

    struct glob_visitor visitor; /* of the scan that runs */
    uint32_t scan;               /* its number */
    struct loop_timer scan_timer, turn_timer;
    uint64_t scanned_ns, next_scan_ns; /* when the last one ended; when the next is due */
    uint64_t scan_pause_ns;            /* between these two */
    bool scan_stirred;                 /* the scan that runs has found something */
    bool find_moved_again;             /* not all checkpoints could be read */
    uint64_t noted_pause_ns;           /* until is looked again whether files are noted */
    struct log_limit no_descriptor, no_folder;

    size_t n_matched, n_already_read, n_unreadable, n_compressed; /* for explain */
    char *unreadable;                                             /* the first one, with why */
    bool stopped, ended;
};

/* file_input.c: the calls of the class. */
struct input *file_create(const struct input_context *context, char *why, size_t why_max);
void file_start(struct input *input);
void file_resume(struct input *input);
void file_stop(struct input *input);
void file_destroy(struct input *input);
void file_explain(struct input *input, char *text, size_t text_max);

/* file_setup.c: what follows from the options. False with words in `why`; to be finished
 * in any case. */
bool file_setup_init(struct file_input *self, char *why, size_t why_max);
void file_setup_finish(struct file_input *self);
/* Whether a folder, and all below it, or a file is not to be read. */
bool file_is_unwanted_folder(const struct file_input *self, const char *path);
bool file_is_unwanted(const struct file_input *self, const char *path);

/* file_scan.c: looks through the names, finds new files and those that have gone. */
void file_scan(struct file_input *self);
void file_scan_finish(struct file_input *self);
struct tail *file_find_inode(const struct file_input *self, uint64_t device, uint64_t inode);
struct tail *file_find_path(const struct file_input *self, const char *path);
uint64_t file_hash_path(const char *path);
struct tail *file_add(struct file_input *self, const char *path, const struct stat *status);
/* Forgets one, once nothing is out, or at stop. */
void file_drop(struct file_input *self, struct tail *tail);
/* For how long it has not grown. */
uint64_t file_quiet_ns(const struct file_input *self, const struct tail *tail);

/* file_folder.c: the folders that are watched. A scan has come through this one. */
void file_see_folder(struct file_input *self, const char *path);
void file_drop_folder(struct file_input *self, struct file_folder *folder);

/* file_gone.c: a file that no path leads to is read to its end, kept a while, closed, and
 * forgotten when all of it is secured. At each scan. */
void file_handle_gone(struct file_input *self, struct tail *tail);

/* file_moved.c: files that went away unread while the process was not running, looked for
 * below where they were; after the first scan, and again while the checkpoints cannot be read. */
void file_find_moved(struct file_input *self);
/* file_renamed.c: files that were renamed while it runs, as the watches tell it. */
void file_note_renamed(struct file_input *self, const char *from, const char *to);
/* Takes up those that are not known; after the names have been looked through. */
void file_take_up_renamed(struct file_input *self);
void file_forget_renamed(struct file_input *self);

/* file_left.c: files that nothing leads to any more, when the input ends before they do.
 * Takes the descriptor from a file that is such. */
void file_leave(struct file_input *self, struct tail *tail);
void file_inherit(struct input *input, struct input *before);
/* Those whose checkpoint cannot be read stay left, until the next time. */
void file_take_up_left(struct file_input *self);
/* There was no heir: what was not read of them is lost, and counted. */
void file_forget_left(struct file_input *self);

/* file_open.c: few descriptors for many files. */
size_t file_open_max(void);
/* Opens the file if it is closed, and checks it; false when it is not to be read now: it is
 * taken out of the queue, a scan brings it back. */
bool file_prepare(struct file_input *self, struct tail *tail);
/* Closes the descriptor, if it is open. */
void file_close(struct file_input *self, struct tail *tail);
/* A descriptor can be had again: who waits for one has its turn. */
void file_wake_lacking(struct file_input *self);
void file_note_unreadable(struct file_input *self, struct tail *tail, int error);

/* file_turn.c: reads what there is to read, in turn. */
void file_take_turn(struct file_input *self);
/* Puts it in the queue. */
void file_wake(struct file_input *self, struct tail *tail);
/* `once`: tells of the end when all is read. */
void file_end_if_done(struct file_input *self);

#endif
