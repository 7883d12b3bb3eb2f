#include "cli/spools_text.h"

#include <inttypes.h>
#include "cli/table.h"
#include "cli/units.h"

static void put_spool(struct table *table, struct json_object *spool)
{
    struct json_object *error = json_object_object_get(spool, "error");
    double age = json_object_get_double(json_object_object_get(spool, "oldest_age"));
    char size[UNITS_TEXT_MAX], oldest[UNITS_TEXT_MAX];

    table_cell(table, "%s", json_object_get_string(json_object_object_get(spool, "name")));
    if (error)
        table_cell(table, "? (%s)", json_object_get_string(error));
    else
        table_cell(
            table, "%" PRIu64, json_object_get_uint64(json_object_object_get(spool, "logs")));
    table_cell(table, "%s",
        size_text(json_object_get_uint64(json_object_object_get(spool, "bytes")), size));
    table_cell(table, "%s", age > 0 ? duration_text(age, oldest) : "-");
}

void spools_text(struct json_object *leftovers, struct buf *out)
{
    static const char *const heads[] = {"SPOOL WITHOUT A FLUSHER", "LOGS", "SIZE", "OLDEST"};
    struct json_object *spools = json_object_object_get(leftovers, "spools");
    uint64_t n_more = json_object_get_uint64(json_object_object_get(leftovers, "left_out"));
    struct table table = {.n_columns = ARRAY_SIZE(heads)};

    if (!spools || !json_object_array_length(spools))
        return;
    for (size_t i = 0; i < ARRAY_SIZE(heads); i++)
        table_cell(&table, "%s", heads[i]);
    for (size_t i = 0; i < json_object_array_length(spools); i++)
        put_spool(&table, json_object_array_get_idx(spools, i));
    table_print(&table, out);
    table_finish(&table);
    if (n_more)
        buf_printf(out, "and %" PRIu64 " more\n", n_more);
}
