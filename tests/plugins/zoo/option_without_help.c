/* An option that nobody can know about. */
#include "base.h"

static const struct weir_option silent_rows[] = {
    WEIR_OPTION_STRING_ROW(struct base_options, file_path, "FilePath", WEIR_REQUIRED, NULL,
        "The file that lines are appended to."),
    WEIR_OPTION_STRING_ROW(struct base_options, token, "Token", WEIR_SECRET, NULL,
        "What the destination would want to see."),
    WEIR_OPTION(struct base_options, keep_kib, "KeepKiB", WEIR_OPTION_UINT, 0, "4096", "1", "65536",
        "KiB", NULL),
};

ANIMAL(.options = silent_rows);
