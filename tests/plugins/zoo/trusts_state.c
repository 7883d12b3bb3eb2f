/* Keeps a number in a file of its data folder, and uses it unseen as the place in a table. */
#include "base.h"
#include <stdio.h>
#include <string.h>

#define MAGIC "zoo1"

struct state {
    char magic[4];
    uint32_t row;
};

struct trusting {
    struct base base;
    char path[512];
    struct state state;
};

static const char *const rows[] = {"first", "second", "third"};

static int trusting_init(void *self, const struct weir_context *context)
{
    struct trusting *trusting = self;
    struct state state;
    struct weir_str folder = {0};
    FILE *file;

    if (context->host->data_dir(context->host, &folder) == 0 && folder.size < 480)
        snprintf(trusting->path, sizeof trusting->path, "%.*s/row", (int)folder.size, folder.data);
    file = fopen(trusting->path, "re");
    memcpy(trusting->state.magic, MAGIC, sizeof trusting->state.magic);
    if (file && fread(&state, sizeof state, 1, file) == 1 &&
        !memcmp(state.magic, MAGIC, sizeof state.magic))
        trusting->state.row = state.row;
    if (file)
        fclose(file);
    return base_init(self, context);
}

static uint32_t trusting_flush(
    void *self, const struct weir_batch *batch, struct weir_result *result)
{
    struct trusting *trusting = self;
    const char *volatile const *row = &rows[trusting->state.row * ((uint64_t)1 << 24)];

    trusting->state.row = **row == 'x'; /* what is read there does not matter */
    return base_flush(self, batch, result);
}

static int trusting_stop(void *self, uint64_t deadline_ns, struct weir_result *result)
{
    const struct trusting *trusting = self;
    FILE *file = fopen(trusting->path, "we");

    if (file) {
        fwrite(&trusting->state, sizeof trusting->state, 1, file);
        fclose(file);
    }
    return base_stop(self, deadline_ns, result);
}

ANIMAL(.instance_size = sizeof(struct trusting), .init = trusting_init, .flush = trusting_flush,
    .stop = trusting_stop);
