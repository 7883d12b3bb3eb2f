#include "kit/sample.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "base/mem.h"
#include "base/util.h"

#define ALIGNMENT 16u
#define GARBAGE 0xa5

/* Memory of the sample; address space is given out at its creation, so it does not move. */
static void *take(struct sample *sample, size_t size)
{
    void *memory = sample->memory + sample->size;

    sample->size += (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (sample->size > sample->capacity)
        abort();
    return memory;
}

static struct weir_str text_str(const char *text)
{
    return (struct weir_str){text, strlen(text)};
}

struct sample *sample_create(uint64_t id, uint32_t groups_max, size_t capacity)
{
    struct sample *sample = mem_zalloc(sizeof *sample);

    sample->memory = mmap(
        NULL, capacity, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (sample->memory == MAP_FAILED)
        abort();
    sample->capacity = capacity;
    sample->stride = sizeof(struct weir_log);
    sample->copy = take(sample, sizeof *sample->copy);
    sample->groups_max = groups_max;
    sample->groups = take(sample, groups_max * sizeof *sample->groups);
    sample->batch = (struct weir_batch){.struct_size = sizeof sample->batch,
        .id = id,
        .project = sample_str(sample, text_str("verify-project")),
        .logstore = sample_str(sample, text_str("verify-logstore")),
        .config = sample_str(sample, text_str("verify-pipeline")),
        .logstore_key = 42,
        .groups = (const struct weir_group *const *)sample->groups};
    return sample;
}

void sample_destroy(struct sample *sample)
{
    if (!sample)
        return;
    munmap(sample->memory, sample->capacity);
    free(sample);
}

void sample_forget(struct sample *sample)
{
    madvise(sample->memory, sample->capacity, MADV_DONTNEED);
}

void sample_guard(struct sample *sample)
{
    sample->guarded = true;
}

void sample_stride(struct sample *sample, uint32_t stride)
{
    sample->stride = stride;
}

/* Memory that ends where a page begins that cannot be read. */
static void *take_guarded(struct sample *sample, size_t size)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    const size_t start = (sample->size + page - 1) / page * page;
    const size_t guard = (start + size + page - 1) / page * page;

    sample->size = guard + page;
    if (sample->size > sample->capacity || mprotect(sample->memory + guard, page, PROT_NONE))
        abort();
    return sample->memory + guard - size;
}

/* For an array that has no room behind its last element. */
static void *take_array(struct sample *sample, size_t size)
{
    return sample->guarded ? take_guarded(sample, size) : take(sample, size);
}

struct weir_str sample_str(struct sample *sample, struct weir_str text)
{
    char *data = take_array(sample, text.size);

    if (text.size)
        memcpy(data, text.data, text.size);
    return (struct weir_str){data, text.size};
}

void sample_group(struct sample *sample, uint32_t logs_max, uint32_t tags_max)
{
    struct weir_group *group = take(sample, sizeof *group);
    char *logs = take_array(sample, (size_t)logs_max * sample->stride);

    assert(sample->batch.n_groups < sample->groups_max);
    memset(logs, GARBAGE, (size_t)logs_max * sample->stride);
    sample->tags = take_array(sample, tags_max * sizeof *sample->tags);
    *group = (struct weir_group){.struct_size = sizeof *group,
        .log_stride = sample->stride,
        .logs = (const struct weir_log *)(const void *)logs,
        .tags = sample->tags,
        .category = sample_str(sample, text_str("verify-logstore")),
        .source = sample_str(sample, text_str("127.0.0.1"))};
    sample->group = group;
    sample->groups[sample->batch.n_groups++] = group;
}

void sample_tag(struct sample *sample, struct weir_str key, struct weir_str value)
{
    sample->tags[sample->group->n_tags++] =
        (struct weir_kv){sample_str(sample, key), sample_str(sample, value)};
}

void sample_log(
    struct sample *sample, uint32_t time_s, const struct weir_kv *contents, uint32_t n_contents)
{
    struct weir_group *group = sample->group;
    struct weir_kv *copies = take_array(sample, n_contents * sizeof *copies);
    struct weir_log *log = (struct weir_log *)(uintptr_t)weir_log_at(group, group->n_logs);

    for (uint32_t i = 0; i < n_contents; i++) {
        copies[i] = (struct weir_kv){
            sample_str(sample, contents[i].key), sample_str(sample, contents[i].value)};
        group->bytes += contents[i].key.size + contents[i].value.size;
    }
    *log = (struct weir_log){.time_s = time_s, .n_contents = n_contents, .contents = copies};
    group->n_logs++;
}

const struct weir_batch *sample_view(struct sample *sample)
{
    if (!sample->sealed)
        *sample->copy = sample->batch;
    return sample->copy;
}

void sample_protect(struct sample *sample, int protection)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);

    if (mprotect(sample->memory, (sample->size + page - 1) / page * page, protection))
        abort();
    sample->sealed = !(protection & PROT_WRITE);
}

bool sample_holds(const struct sample *sample, const void *address)
{
    const char *at = address;

    return at >= sample->memory && at < sample->memory + sample->capacity;
}
