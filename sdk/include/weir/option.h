/*
 * The option table: the single source of truth about the options of a class.
 * From it the host fills a plain struct, checks configurations, suggests
 * corrections, and prints `weir describe`, JSON Schema and reference pages.
 *
 * A table is a const array; the class states its stride (sizeof of the row as
 * the plugin was compiled), so rows may grow in later minors.
 *
 * The options struct is the plugin's own: `options_size` bytes, zeroed, then
 * filled by the host before init(). All memory behind it is the host's and
 * lives until after stop(). Filled members, by option type:
 *
 *   BOOL         bool
 *   INT          int64_t
 *   UINT         uint64_t
 *   FLOAT        double
 *   SIZE         uint64_t, bytes
 *   DURATION     uint64_t, nanoseconds
 *   STRING       struct weir_str; here a NUL does follow the last byte
 *   ENUM         uint32_t, index into `choices`
 *   STRING_LIST  struct weir_str_list
 *   STRING_MAP   struct weir_str_map, in the order of the configuration
 *   OBJECT       the nested struct, inline, described by `fields`
 *   OBJECT_LIST  struct weir_object_list of structs described by `fields`
 *   JSON         struct weir_str: the value as JSON text ("" when absent). With `fields`
 *                (since 1.1) it is a map: each member, whatever its key, is an object that is
 *                held against that table; what is filled is the JSON text
 *
 * How a value may be written in a configuration:
 *   INT, UINT    an integral number (5.0 counts as 5)
 *   SIZE         an integer (bytes) or a string: "64KiB", "10MB", "1GiB"
 *   DURATION     an integer (nanoseconds, as upstream) or a string: "1m30s", "500ms"
 *   ENUM         one of `choices`, letter for letter
 *   null         leaves the default
 */
#ifndef WEIR_OPTION_H
#define WEIR_OPTION_H

#include <weir/abi.h>

WEIR_BEGIN_DECLS

enum {
    WEIR_OPTION_BOOL = 1,
    WEIR_OPTION_INT = 2,
    WEIR_OPTION_UINT = 3,
    WEIR_OPTION_FLOAT = 4,
    WEIR_OPTION_SIZE = 5,
    WEIR_OPTION_DURATION = 6,
    WEIR_OPTION_STRING = 7,
    WEIR_OPTION_ENUM = 8,
    WEIR_OPTION_STRING_LIST = 9,
    WEIR_OPTION_STRING_MAP = 10,
    WEIR_OPTION_OBJECT = 11,
    WEIR_OPTION_OBJECT_LIST = 12,
    WEIR_OPTION_JSON = 13,
};

/* All other bits are 0. */
enum {
    WEIR_REQUIRED = 1u << 0, /* must be given, and not empty for strings, lists, maps */
    WEIR_SECRET = 1u << 1,   /* never printed or logged */
    /* Since 1.1, for STRING, STRING_LIST and the values of STRING_MAP: a regular expression
     * in the words of PCRE2 and in UTF-8, or "". One that is none is refused, at its place,
     * before anything runs. A host of 1.0 does not look: init() still checks. */
    WEIR_PATTERN = 1u << 2,
};

/* `present_offset` of an option that does not want to know. */
#define WEIR_NO_OFFSET UINT32_MAX

struct weir_str_list {
    const struct weir_str *items; /* each followed by a NUL */
    size_t count;
};

struct weir_str_map {
    const struct weir_kv *items; /* keys and values each followed by a NUL */
    size_t count;
};

struct weir_object_list {
    const void *items; /* `count` structs of `fields_size` bytes */
    size_t count;
};

/* One row. Texts are UTF-8, static, NUL-terminated; NULL where nothing is to say. */
struct weir_option {
    const char *name; /* as in configurations: FilePath. Matched without regard to case */
    uint32_t type;    /* WEIR_OPTION_* */
    uint32_t flags;   /* WEIR_REQUIRED, WEIR_SECRET, WEIR_PATTERN */
    uint32_t offset;  /* bytes, of the member in the options struct */
    /* Where a bool that says "given by the user" lies, or WEIR_NO_OFFSET. It is the
     * plugin's own byte: one in the member of an option is refused. */
    uint32_t present_offset;
    /* As one would write it in a configuration, without the quotes of a string:
     * "10s", "true", "64KiB", "[\"a\",\"b\"]". NULL: zero, or empty. */
    const char *default_text;
    const char *min;  /* smallest allowed, written like default_text; NULL = the type's own */
    const char *max;  /* largest allowed */
    const char *unit; /* in words, "logs", "files"; sizes and durations need none */
    const char *const *choices;       /* ENUM: NULL-terminated */
    const struct weir_option *fields; /* OBJECT, OBJECT_LIST, JSON: the nested table, same stride */
    uint32_t n_fields;
    uint32_t fields_size; /* bytes of the nested struct */
    const char *help;     /* one sentence, what it does for the operator */
    const char *since;    /* the plugin's version that brought it */
    /* Deprecated: still works, with a warning that names this other option. For what the
     * host does now: "delivery.X", an option of the entry's delivery object. The host then
     * does what is said here, given a `present_offset`; what stands in delivery wins:
     *   RetryMaxAttempts   UINT: retries after the first attempt; BOOL: false is none
     *   RetryInitialDelay, RetryMaxDelay   DURATION
     *   QueueMaxGroups     INT, UINT
     *   WhenFull           BOOL: true is drop_newest */
    const char *replaced_by;
    const char *example; /* written like default_text */
};

/* Rows by position, so that they are C++17 as well. */
#define WEIR_OPTION(STRUCT, MEMBER, NAME, TYPE, FLAGS, DEFAULT, MIN, MAX, UNIT, HELP) \
    { \
        NAME, TYPE, FLAGS, (uint32_t)offsetof(STRUCT, MEMBER), WEIR_NO_OFFSET, DEFAULT, MIN, MAX, \
            UNIT, NULL, NULL, 0, 0, HELP, NULL, NULL, NULL \
    }
#define WEIR_OPTION_BOOL_ROW(STRUCT, MEMBER, NAME, DEFAULT, HELP) \
    WEIR_OPTION(STRUCT, MEMBER, NAME, WEIR_OPTION_BOOL, 0, DEFAULT, NULL, NULL, NULL, HELP)
#define WEIR_OPTION_STRING_ROW(STRUCT, MEMBER, NAME, FLAGS, DEFAULT, HELP) \
    WEIR_OPTION(STRUCT, MEMBER, NAME, WEIR_OPTION_STRING, FLAGS, DEFAULT, NULL, NULL, NULL, HELP)
#define WEIR_OPTION_ENUM_ROW(STRUCT, MEMBER, NAME, CHOICES, DEFAULT, HELP) \
    { \
        NAME, WEIR_OPTION_ENUM, 0, (uint32_t)offsetof(STRUCT, MEMBER), WEIR_NO_OFFSET, DEFAULT, \
            NULL, NULL, NULL, CHOICES, NULL, 0, 0, HELP, NULL, NULL, NULL \
    }
/* An inline nested struct, and a list of structs. */
#define WEIR_OPTION_OBJECT_ROW(STRUCT, MEMBER, NAME, FLAGS, FIELDS, FIELDS_STRUCT, HELP) \
    { \
        NAME, WEIR_OPTION_OBJECT, FLAGS, (uint32_t)offsetof(STRUCT, MEMBER), WEIR_NO_OFFSET, NULL, \
            NULL, NULL, NULL, NULL, FIELDS, (uint32_t)(sizeof(FIELDS) / sizeof(FIELDS)[0]), \
            (uint32_t)sizeof(FIELDS_STRUCT), HELP, NULL, NULL, NULL \
    }
#define WEIR_OPTION_OBJECT_LIST_ROW(STRUCT, MEMBER, NAME, FLAGS, FIELDS, FIELDS_STRUCT, HELP) \
    { \
        NAME, WEIR_OPTION_OBJECT_LIST, FLAGS, (uint32_t)offsetof(STRUCT, MEMBER), WEIR_NO_OFFSET, \
            NULL, NULL, NULL, NULL, NULL, FIELDS, (uint32_t)(sizeof(FIELDS) / sizeof(FIELDS)[0]), \
            (uint32_t)sizeof(FIELDS_STRUCT), HELP, NULL, NULL, NULL \
    }
/* JSON that is a map of objects; FIELDS_STRUCT is what one of them would fill. Since 1.1. */
#define WEIR_OPTION_JSON_MAP_ROW(STRUCT, MEMBER, NAME, FIELDS, FIELDS_STRUCT, EXAMPLE, HELP) \
    { \
        NAME, WEIR_OPTION_JSON, 0, (uint32_t)offsetof(STRUCT, MEMBER), WEIR_NO_OFFSET, NULL, NULL, \
            NULL, NULL, NULL, FIELDS, (uint32_t)(sizeof(FIELDS) / sizeof(FIELDS)[0]), \
            (uint32_t)sizeof(FIELDS_STRUCT), HELP, NULL, NULL, EXAMPLE \
    }

WEIR_END_DECLS

#endif
