/*
 * input_file and file_log, its older form: follow files named by patterns, from their
 * first byte, through rotation, truncation and restarts. A log's value is all up to its
 * newline: a carriage return before it stays, NUL and invalid UTF-8 too, and an empty
 * line is a log like others. Here is what the operator may say.
 */
#include "input/input_file.h"
#include "input/inputs.h"

static const char *const encodings[] = {"utf8", "gbk", NULL};
static const char *const modes[] = {"custom", "JSON", NULL};
static const char *const treatments[] = {"single_line", "discard", NULL};
static const char *const write_modes[] = {"append", "overwrite", NULL};
static const char *const long_logs[] = {"split", "truncate", NULL};

static const struct weir_option multiline[] = {
    WEIR_OPTION_ENUM_ROW(struct multiline_options, mode, "Mode", modes, "custom",
        "How the lines of a log are known: custom, by the patterns; JSON, by the braces of "
        "objects."),
    WEIR_OPTION_STRING_ROW(struct multiline_options, start_pattern, "StartPattern", WEIR_PATTERN,
        NULL, "What the first line of a log begins with; a regular expression."),
    WEIR_OPTION_STRING_ROW(struct multiline_options, continue_pattern, "ContinuePattern",
        WEIR_PATTERN, NULL, "What each further line begins with."),
    WEIR_OPTION_STRING_ROW(struct multiline_options, end_pattern, "EndPattern", WEIR_PATTERN, NULL,
        "What the last line begins with."),
    WEIR_OPTION_ENUM_ROW(struct multiline_options, unmatched, "UnmatchedContentTreatment",
        treatments, "single_line",
        "What becomes of lines that belong to no log: single_line, each is a log of its own; "
        "discard, they are left out and counted."),
    WEIR_OPTION_ENUM_ROW(struct multiline_options, file_write_mode, "FileWriteMode", write_modes,
        "append", "Known for upstream's sake: of its Mode whole_file, which is not here."),
    WEIR_OPTION(struct multiline_options, max_whole_file_bytes, "MaxWholeFileBytes",
        WEIR_OPTION_UINT, 0, "10485760", NULL, NULL, "bytes", "As FileWriteMode."),
};

static const char *const absent[] = {"EnableContainerDiscovery", "ContainerFilters",
    "ExternalK8sLabelTag", "ExternalEnvTag", "CollectingContainersMeta", "EnableExactlyOnce",
    "AllowingCollectingFilesInRootDir", NULL};

#define LIST_ROW(MEMBER, NAME, HELP, EXAMPLE) \
    { \
        .name = (NAME), .type = WEIR_OPTION_STRING_LIST, \
        .offset = offsetof(struct file_options, MEMBER), .present_offset = WEIR_NO_OFFSET, \
        .help = (HELP), .example = (EXAMPLE), \
    }

/* The rows of struct file_options, for both tables. */
#define COMMON_ROWS \
    {.name = "TailSizeKB", \
        .type = WEIR_OPTION_UINT, \
        .offset = offsetof(struct file_options, tail_size_kb), \
        .present_offset = offsetof(struct file_options, tail_size_given), \
        .default_text = "0", \
        .max = "104857600", \
        .unit = "KiB", \
        .help = "If given, a file that is seen for the first time is read from the line that " \
                "begins at most this much before its end; otherwise from its first byte. " \
                "Without effect with --once."}, \
        LIST_ROW(exclude_file_paths, "ExcludeFilePaths", \
            "Files that are not read, by their whole path; *, ?, [a-z] and **.", \
            "[\"/var/log/app/debug*.log\"]"), \
        LIST_ROW(exclude_files, "ExcludeFiles", \
            "Files that are not read, by their name in whatever folder; *, ? and [a-z].", \
            "[\"*.gz\"]"), \
        LIST_ROW(exclude_dirs, "ExcludeDirs", \
            "Folders in which, and below which, no file is read; *, ?, [a-z] and **.", \
            "[\"/var/log/app/old\"]"), \
        WEIR_OPTION_ENUM_ROW(struct file_options, encoding, "FileEncoding", encodings, "utf8", \
            "What the text of the files is: utf8, taken as it is but for a byte order mark; " \
            "gbk, delivered as UTF-8."), \
        WEIR_OPTION_OBJECT_ROW(struct file_options, multiline, "Multiline", 0, multiline, \
            struct multiline_options, "Which lines make one log; without it each is one."), \
        WEIR_OPTION(struct file_options, max_log_size, "MaxLogSize", WEIR_OPTION_SIZE, 0, "16MiB", \
            "1KiB", "512MiB", NULL, "What a log may be long; a longer one is cut, and counted."), \
        WEIR_OPTION_ENUM_ROW(struct file_options, long_logs, "LongLogTreatment", long_logs, \
            "split", \
            "What becomes of a log that is longer than MaxLogSize: split, it comes in pieces; " \
            "truncate, its first piece comes, the rest is left out."), \
        WEIR_OPTION(struct file_options, flush_timeout_secs, "FlushTimeoutSecs", WEIR_OPTION_UINT, \
            0, "60", "1", "2592000", "s", \
            "When a file has not grown for so long, its last line counts as whole, and its " \
            "last log, too."), \
        WEIR_OPTION(struct file_options, max_checkpoint_dir_search_depth, \
            "MaxCheckpointDirSearchDepth", WEIR_OPTION_UINT, 0, "0", NULL, "100", "folders", \
            "How far down, from its folder, a file is looked for that was renamed while the " \
            "daemon was not running."), \
        {.name = "Tags", \
            .type = WEIR_OPTION_STRING_MAP, \
            .offset = offsetof(struct file_options, tags), \
            .present_offset = WEIR_NO_OFFSET, \
            .help = "Tags of every log group. As upstream, the keys FilePathTagKey and " \
                    "FileInodeTagKey say what the tags __path__ and __inode__ are called; an " \
                    "empty name leaves them out.", \
            .example = "{\"service\": \"shop\"}"}, \
        WEIR_OPTION_BOOL_ROW(struct file_options, appending_log_position_meta, \
            "AppendingLogPositionMeta", "false", \
            "Adds the tag __inode__, and to each log the content __file_offset__: where it " \
            "begins in the file."), \
        {.name = "FileOffsetKey", \
            .type = WEIR_OPTION_STRING, \
            .offset = offsetof(struct file_options, file_offset_key), \
            .present_offset = WEIR_NO_OFFSET, \
            .help = "Adds to each log a content of this name: where it begins in the file.", \
            .example = "offset"}, \
        WEIR_OPTION_BOOL_ROW(struct file_options, allowing_included_by_multi_configs, \
            "AllowingIncludedByMultiConfigs", "false", \
            "Known for upstream's sake: a file may always be read by several pipelines.")

static const struct weir_option file_rows[] = {
    {
        .name = "FilePaths",
        .type = WEIR_OPTION_STRING_LIST,
        .flags = WEIR_REQUIRED,
        .offset = offsetof(struct input_file_options, file_paths),
        .present_offset = WEIR_NO_OFFSET,
        .help = "The files to follow; *, ? and [a-z] in any part of a path, and ** for any "
                "folders.",
        .example = "[\"/var/log/app/*.log\"]",
    },
    WEIR_OPTION(struct input_file_options, max_dir_search_depth, "MaxDirSearchDepth",
        WEIR_OPTION_UINT, 0, "0", NULL, "1000", "folders", "How many folders ** goes down."),
    COMMON_ROWS,
};

static const struct weir_option log_rows[] = {
    {
        .name = "LogPath",
        .type = WEIR_OPTION_STRING,
        .flags = WEIR_REQUIRED,
        .offset = offsetof(struct file_log_options, log_path),
        .present_offset = WEIR_NO_OFFSET,
        .help = "The folder of the files; *, ? and [a-z].",
        .example = "/var/log/app",
    },
    {
        .name = "FilePattern",
        .type = WEIR_OPTION_STRING,
        .flags = WEIR_REQUIRED,
        .offset = offsetof(struct file_log_options, file_pattern),
        .present_offset = WEIR_NO_OFFSET,
        .help = "What the files to follow are called; *, ? and [a-z].",
        .example = "*.log",
    },
    WEIR_OPTION(struct file_log_options, max_depth, "MaxDepth", WEIR_OPTION_UINT, 0, "0", NULL,
        "1000", "folders", "How many folders below LogPath are looked into."),
    {
        .name = "TopicFormat",
        .type = WEIR_OPTION_STRING,
        .offset = offsetof(struct file_log_options, topic_format),
        .present_offset = WEIR_NO_OFFSET,
        .default_text = "none",
        .help = "The topic of the logs: none; customized://TEXT; or a regular expression for "
                "the whole path of a file, whose groups, with _ between them, are it.",
        .example = "/var/log/([^/]+)/.*",
    },
    COMMON_ROWS,
};

#define FILE_CLASS(TYPE, DESCRIPTION, ROWS, STRUCT, SELF) \
    { \
        .config = \
            { \
                .type = (TYPE), \
                .description = (DESCRIPTION), \
                .version = "1.1.0", \
                .options = (ROWS), \
                .n_options = ARRAY_SIZE(ROWS), \
                .option_stride = sizeof(ROWS)[0], \
                .options_size = sizeof(STRUCT), \
                .absent = absent, \
                .implementation = &(SELF), \
            }, \
        .create = file_create, .start = file_start, .resume = file_resume, .stop = file_stop, \
        .inherit = file_inherit, .destroy = file_destroy, .explain = file_explain, \
    }

const struct input_class input_file =
    FILE_CLASS("input_file", "Follows files and delivers their lines in the field content.",
        file_rows, struct input_file_options, input_file);

const struct input_class input_file_log = FILE_CLASS("file_log",
    "The older form of input_file: a folder, and a pattern for the names of files.", log_rows,
    struct file_log_options, input_file_log);
