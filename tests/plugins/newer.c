/* Compiled when class, plugin and option row had grown; what is new points nowhere. */
#include "good.h"

struct row {
    struct weir_option base;
    const char *later;
};

static const struct row rows[] = {
    {WEIR_OPTION_STRING_ROW(struct good_options, name, "Name", 0, "me", "Name"), (char *)16},
    {WEIR_OPTION_BOOL_ROW(struct good_options, flag, "Flag", "true", "Flag"), (char *)16},
};

static const struct {
    struct weir_flusher_class base;
    void (*later)(void);
} grown = {
    {GOOD_CLASS("flusher_newer"), .struct_size = sizeof grown, .options = &rows[0].base,
        .n_options = 2, .option_stride = sizeof rows[0],
        .options_size = sizeof(struct good_options)},
    (void (*)(void))16,
};

static const struct weir_flusher_class *const classes[] = {&grown.base};

static const struct {
    struct weir_plugin base;
    const char *later;
} plugin = {
    {GOOD_PLUGIN(classes), .struct_size = sizeof plugin, .abi_minor = 9},
    (char *)16,
};

REGISTER("flusher_newer", &plugin.base);
