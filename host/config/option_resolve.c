#include "config/option_fill.h"

#include "base/buf.h"
#include "config/option_rows.h"
#include "config/reference.h"
#include "config/scanner.h"

/* Replaces a string by what its references stand for; with `typed`, a string that is one
 * reference and nothing else may become any JSON value. */
static bool resolve_string(
    struct filler *filler, bool typed, struct place place, struct json_object **json)
{
    SCOPED_BUF struct buf text = {0};
    const char *from = json_object_get_string(*json);
    size_t size = (size_t)json_object_get_string_len(*json);
    struct json_object *resolved = NULL;
    bool whole;

    if (!reference_present(from, size))
        return true;
    if (!reference_resolve(from, size, place, &text, &whole, filler->diags))
        return false;
    if (whole && typed)
        resolved = option_parse_json(buf_text(&text));
    if (!resolved)
        resolved = json_object_new_string_len(buf_text(&text), (int)text.size);
    json_object_put(*json);
    *json = resolved;
    return true;
}

static bool resolve_inside(
    struct filler *filler, unsigned levels, struct place place, struct json_object *json);

/* What comes in the place of `item`, a borrowed part of a value. */
static bool resolve_item(struct filler *filler, unsigned levels, struct place place,
    struct json_object *item, struct json_object **ret)
{
    *ret = json_object_get(item);
    if (json_object_is_type(item, json_type_string))
        return resolve_string(filler, false, place, ret);
    return !levels || resolve_inside(filler, levels - 1, place, item);
}

/* Resolves the strings in a list or map, and so many levels below. */
static bool resolve_inside(
    struct filler *filler, unsigned levels, struct place place, struct json_object *json)
{
    struct json_object *item;
    bool good = true;

    if (json_object_is_type(json, json_type_array)) {
        for (size_t i = 0; i < json_object_array_length(json); i++) {
            good &= resolve_item(filler, levels, place, json_object_array_get_idx(json, i), &item);
            json_object_array_put_idx(json, i, item);
        }
    } else if (json_object_is_type(json, json_type_object)) {
        json_object_object_foreach(json, key, member)
        {
            good &= resolve_item(filler, levels, place, member, &item);
            json_object_object_add(json, key, item);
        }
    }
    return good;
}

/* Resolves the references in what the user wrote. Nested tables resolve their own. */
bool option_resolve(struct filler *filler, const struct weir_option *row, struct value *value)
{
    if (json_object_is_type(value->json, json_type_string)) {
        bool typed = option_wants_json(row->type);

        if (!resolve_string(filler, typed, value->place, &value->json))
            return false;
        if (!json_object_is_type(value->json, json_type_string))
            value->node = NULL; /* it is the node of the reference */
        return true;
    }
    switch (row->type) {
    case WEIR_OPTION_STRING_LIST:
    case WEIR_OPTION_STRING_MAP:
        return resolve_inside(filler, 0, value->place, value->json);
    case WEIR_OPTION_JSON:
        return resolve_inside(filler, SCANNER_DEPTH_MAX, value->place, value->json);
    default:
        return true;
    }
}
