/* processor_dict_map: looks values up in a dictionary. */
#include "process/builtin.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#define XXH_INLINE_ALL
#include <xxhash.h>
#include "base/map.h"
#include "base/mem.h"
#include "process/csv_text.h"

#define FILE_BYTES_MAX (64 * MIB)

enum dict_mode { MODE_OVERWRITE, MODE_FILL };

struct dict_map_options {
    struct weir_str dict_file_path, source_key, dest_key, missing;
    struct weir_str_map map_dict;
    bool handle_missing;
    uint32_t mode;
    uint64_t max_dict_size;
};

struct entry {
    struct map_item by_key;
    struct entry *next;
    struct weir_str key, value;
    struct weir_str copy; /* of the value, in the batch of that number */
    uint64_t batch;
};

struct dict_map {
    struct processor processor; /* first */
    const struct dict_map_options *options;
    struct weir_str dest_key;
    bool in_place; /* the destination is the source */
    struct map map;
    struct entry *entries; /* a list of all */
    char *file;            /* what entries point into, as does the arena */
    struct memory *memory;
    struct arena arena;
    uint64_t n_batches;
    struct weir_str batch_dest_key, batch_missing; /* copies in the batch */
};

static const char *const modes[] = {"overwrite", "fill", NULL};

static const struct weir_option options[] = {
    WEIR_OPTION_STRING_ROW(struct dict_map_options, dict_file_path, "DictFilePath", 0, "",
        "A CSV file with two fields a line, what is looked up and what it becomes. Read when the "
        "pipeline starts; MapDict is then not looked at. At most 64 MiB."),
    WEIR_OPTION(struct dict_map_options, map_dict, "MapDict", WEIR_OPTION_STRING_MAP, 0, NULL, NULL,
        NULL, NULL, "The dictionary, when there is no DictFilePath."),
    WEIR_OPTION_STRING_ROW(struct dict_map_options, source_key, "SourceKey", WEIR_REQUIRED, NULL,
        "Key of the field to look up. A value that the dictionary does not have changes nothing."),
    WEIR_OPTION_STRING_ROW(struct dict_map_options, dest_key, "DestKey", 0, "",
        "Key of the field that gets what was found. Empty: SourceKey itself."),
    WEIR_OPTION_BOOL_ROW(struct dict_map_options, handle_missing, "HandleMissing", "false",
        "Give logs without the field SourceKey the value Missing."),
    WEIR_OPTION_STRING_ROW(
        struct dict_map_options, missing, "Missing", 0, "Unknown", "See HandleMissing."),
    WEIR_OPTION_ENUM_ROW(struct dict_map_options, mode, "Mode", modes, "overwrite",
        "What becomes of a field DestKey that is there already: overwrite replaces its value, "
        "fill leaves it."),
    WEIR_OPTION(struct dict_map_options, max_dict_size, "MaxDictSize", WEIR_OPTION_UINT, 0, "1000",
        "1", "10000000", "entries",
        "Entries that the dictionary may have; of a file the rest is not read."),
};

static void destroy(struct processor *processor)
{
    struct dict_map *self = (struct dict_map *)processor;

    map_finish(&self->map);
    for (struct entry *entry = self->entries, *next; entry; entry = next) {
        next = entry->next;
        free(entry);
    }
    free(self->file);
    arena_finish(&self->arena);
    memory_destroy(self->memory);
    free(self);
}

static uint64_t hash_of(struct weir_str key)
{
    return XXH3_64bits(key.size ? key.data : "", key.size);
}

static struct entry *find(const struct dict_map *self, struct weir_str key)
{
    struct entry *entry;

    MAP_EACH_OF(entry, &self->map, hash_of(key), by_key)
    if (str_equal(entry->key, key))
        return entry;
    return NULL;
}

/* False: it is there with another value. */
static bool add(struct dict_map *self, struct weir_str key, struct weir_str value)
{
    struct entry *entry = find(self, key);

    if (entry)
        return str_equal(entry->value, value);
    entry = mem_zalloc(sizeof *entry);
    entry->key = key;
    entry->value = value;
    entry->next = self->entries;
    self->entries = entry;
    map_put(&self->map, &entry->by_key, hash_of(key));
    return true;
}

static bool load_file(struct dict_map *self, size_t *ret_size, char *why, size_t why_max)
{
    const char *path = self->options->dict_file_path.data;
    FILE *file = fopen(path, "re");
    struct stat status;
    bool good = file && !fstat(fileno(file), &status) && S_ISREG(status.st_mode) &&
                (size_t)status.st_size <= FILE_BYTES_MAX;

    if (!file)
        snprintf(why, why_max, "DictFilePath: %s: %s", path, strerror(errno));
    else if (!good)
        snprintf(why, why_max, "DictFilePath: %s is no ordinary file of at most 64 MiB", path);
    if (good) {
        self->file = mem_zalloc((size_t)status.st_size + 1);
        *ret_size = fread(self->file, 1, (size_t)status.st_size, file);
    }
    if (file)
        fclose(file);
    return good;
}

static bool add_row(struct dict_map *self, struct csv *csv, size_t row, char *why, size_t why_max)
{
    struct weir_str key, value;

    if (csv_take_field(csv, &self->arena, &key) != CSV_FIELD ||
        csv_take_field(csv, &self->arena, &value) != CSV_LAST) {
        snprintf(why, why_max, "DictFilePath: row %zu is not two fields of CSV", row);
        return false;
    }
    if (add(self, key, value))
        return true;
    snprintf(why, why_max, "DictFilePath: row %zu gives another value for \"%.*s\"", row,
        (int)MIN(key.size, (size_t)80), key.data);
    return false;
}

static bool read_file(struct dict_map *self, char *why, size_t why_max)
{
    struct csv csv = {.separator = {",", 1}};
    size_t size, row = 0;

    if (!load_file(self, &size, why, why_max))
        return false;
    csv.at = self->file;
    csv.end = self->file + size;
    while (self->map.count < self->options->max_dict_size && csv_next_record(&csv))
        if (!add_row(self, &csv, ++row, why, why_max))
            return false;
    if (!row)
        snprintf(why, why_max, "DictFilePath: %s is empty", self->options->dict_file_path.data);
    return row;
}

static bool read_map(struct dict_map *self, char *why, size_t why_max)
{
    const struct weir_str_map *map = &self->options->map_dict;

    if (!map->count || map->count > self->options->max_dict_size) {
        snprintf(why, why_max,
            map->count ? "MapDict has %zu entries, more than MaxDictSize allows"
                       : "neither DictFilePath nor MapDict gives a dictionary (%zu entries)",
            map->count);
        return false;
    }
    for (size_t i = 0; i < map->count; i++)
        add(self, map->items[i].key, map->items[i].value);
    return true;
}

static struct processor *create(const struct processor_context *context, char *why, size_t why_max)
{
    const struct dict_map_options *given = context->config->options->values;
    struct dict_map *self = mem_zalloc(sizeof *self);

    self->processor.class = &processor_dict_map;
    self->options = given;
    self->dest_key = given->dest_key.size ? given->dest_key : given->source_key;
    self->in_place = str_equal(self->dest_key, given->source_key);
    self->memory = memory_create(SIZE_MAX);
    arena_init(&self->arena, self->memory, 4 * KIB);
    if (given->dict_file_path.size ? read_file(self, why, why_max) : read_map(self, why, why_max))
        return &self->processor;
    destroy(&self->processor);
    return NULL;
}

/* Groups outlive the dictionary, so its values are copied, each once for a batch. */
static struct weir_str value_copy(struct dict_map *self, struct batch *batch, struct entry *entry)
{
    if (entry->batch != self->n_batches) {
        entry->copy = batch_copy(batch, entry->value);
        entry->batch = self->n_batches;
    }
    return entry->copy;
}

static void set_dest(
    struct dict_map *self, struct batch *batch, struct weir_log *log, struct weir_str value)
{
    uint32_t dest = log_find(log, self->dest_key);

    if (dest == log->n_contents)
        batch_add_content(batch, log, self->batch_dest_key, value);
    else if (self->options->mode == MODE_OVERWRITE || self->in_place)
        log_contents(log)[dest].value = value;
}

static void process_log(struct dict_map *self, struct batch *batch, struct weir_log *log)
{
    uint32_t source = log_find(log, self->options->source_key);
    struct entry *entry;

    if (source == log->n_contents) {
        if (self->options->handle_missing)
            set_dest(self, batch, log, self->batch_missing);
        return;
    }
    entry = find(self, log->contents[source].value);
    if (entry)
        set_dest(self, batch, log, value_copy(self, batch, entry));
}

static void process(struct processor *processor, struct batch *batch)
{
    struct dict_map *self = (struct dict_map *)processor;

    self->n_batches++;
    self->batch_dest_key = batch_copy(batch, self->dest_key);
    self->batch_missing = batch_copy(batch, self->options->missing);
    for (uint32_t i = 0; i < batch->n_logs; i++)
        process_log(self, batch, &batch->logs[i]);
}

const struct processor_class processor_dict_map = {
    .config = BUILTIN_CONFIG("processor_dict_map", "Looks values up in a dictionary.",
        struct dict_map_options, options, &processor_dict_map),
    .create = create,
    .process = process,
    .destroy = destroy,
};
