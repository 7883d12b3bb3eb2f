/* Diagnostics as one text, "W1003 4:12, W1201 5:3", to be compared with what a table expects. */
#ifndef TESTS_UNIT_CONFIG_TOLD_H
#define TESTS_UNIT_CONFIG_TOLD_H

#include <check.h>
#include "base/buf.h"
#include "config/diag.h"

/* Valid until the next call. */
static inline const char *told(const struct diag_list *diags)
{
    static struct buf text;

    text.size = 0;
    for (size_t i = 0; i < diags->count; i++)
        buf_printf(&text, "%s%s %u:%u", i ? ", " : "", diags->items[i].code, diags->items[i].line,
            diags->items[i].column);
    return buf_text(&text);
}

/* Compares and, where they differ, shows the messages. */
static inline void expect_told(const char *what, const struct diag_list *diags, const char *wanted)
{
    const char *got = told(diags);

    if (strcmp(got, wanted) != 0)
        for (size_t i = 0; i < diags->count; i++)
            fprintf(stderr, "# %s\n", diags->items[i].message);
    ck_assert_msg(!strcmp(got, wanted), "%s: told '%s', expected '%s'", what, got, wanted);
}

#endif
