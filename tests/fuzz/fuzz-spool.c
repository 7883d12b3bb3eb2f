/*
 * The readers of what comes from a disk: the description of a spool's record, and the group
 * behind it. Whatever the bytes are, nothing beyond them is read. What is taken as a
 * description is written the same way; a group that was read, written and read again is the
 * same group.
 */
#include <stdlib.h>
#include <string.h>
#include <weir/loggroup.h>
#include "delivery/group_read.h"
#include "delivery/spool_record.h"

#define CHECK(CONDITION) \
    do { \
        if (!(CONDITION)) \
            abort(); \
    } while (0)

static void read_info(const uint8_t *data, size_t size)
{
    unsigned char bytes[SPOOL_INFO_BYTES];
    struct spool_info info;

    if (!spool_info_decode(data, size, &info))
        return;
    spool_info_encode(&info, bytes);
    CHECK(size == sizeof bytes && info.size <= SPOOL_CONTENT_BYTES_MAX);
    CHECK((uint64_t)spool_info_pieces(&info) * SPOOL_PIECE_BYTES >= info.size);
}

/* NULL when it is refused. The bytes end where the memory ends, for AddressSanitizer. */
static struct group *read_bytes(struct memory *memory, const void *data, size_t size)
{
    struct block *block = block_get(memory, size + 1);
    char *end = block->data + block->size;
    struct group *group;

    if (size)
        memcpy(end - size, data, size);
    group = group_read(memory, block, (struct weir_str){end - size, size}, NULL, UINT64_MAX);
    block_unref(block);
    return group;
}

static void read_group(const uint8_t *data, size_t size)
{
    struct memory *memory = memory_create(MEMORY_LIMIT_DEFAULT);
    struct group *first = read_bytes(memory, data, size), *second;
    struct weir_buffer written = {0}, again = {0};

    if (first) {
        weir_loggroup_append(&written, &first->view);
        CHECK(written.size == weir_loggroup_size(&first->view));
        second = read_bytes(memory, written.data, written.size);
        CHECK(second);
        weir_loggroup_append(&again, &second->view);
        CHECK(again.size == written.size && !memcmp(again.data, written.data, again.size));
        CHECK(first->view.bytes == second->view.bytes);
        group_unref(second);
        group_unref(first);
        weir_buffer_finish(&written);
        weir_buffer_finish(&again);
    }
    CHECK(memory_used(memory) == 0);
    memory_destroy(memory);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    read_info(data, size);
    read_group(data, size);
    return 0;
}
