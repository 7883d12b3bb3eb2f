#include "base/lmdb_check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include "base/mem.h"
#include "base/util.h"

#define MAGIC 0xBEEFC0DEu
#define VERSION 1u
#define PAGE_BYTES_MIN 512u
#define PAGE_BYTES_MAX 32768u
#define KEY_BYTES_MAX 511u
#define DEPTH_MAX 31u /* LMDB's cursors have room for one more */
#define N_METAS 2u
#define NO_PAGE UINT64_MAX

enum page_kind { PAGE_BRANCH = 0x01, PAGE_LEAF = 0x02, PAGE_OVERFLOW = 0x04, PAGE_META = 0x08 };
enum node_kind { NODE_BIG = 0x01, NODE_TABLE = 0x02 };
#define TABLE_INTEGER_KEYS 0x08u

struct page {
    uint64_t number;
    uint16_t pad, kind;
    union {
        struct {
            uint16_t lower, upper; /* of the free space between offsets and nodes */
        };
        uint32_t n_pages; /* PAGE_OVERFLOW */
    };
    /* behind it: 16-bit offsets of the nodes, free space, nodes */
};

struct node {
    uint16_t low, high; /* of a leaf's value size; of a branch's page number, with kind */
    uint16_t kind, key_bytes;
    /* behind it: the key; a leaf's value, or with NODE_BIG the number of its first page */
};

struct table {
    uint32_t pad; /* in the first of a meta page: bytes of a page */
    uint16_t kind, depth;
    uint64_t n_branches, n_leaves, n_overflows, n_entries;
    uint64_t root;
};

struct meta {
    uint32_t magic, version;
    uint64_t address, map_bytes;
    struct table free, main;
    uint64_t last_page, txn;
};

struct bytes {
    const unsigned char *data;
    size_t size;
};

struct file {
    struct bytes bytes;
    size_t page_bytes;
    struct meta meta;        /* the newest */
    unsigned char *page_met; /* a bit for each page up to the last */
    unsigned char *byte_met; /* one for each byte of the page that is looked at */
    bool unreadable;         /* the disk refuses a page */
};

/* One table, in the order of its keys. */
struct walk {
    struct file *file;
    bool is_free, is_main;
    struct bytes before; /* the key that came last */
    bool may_equal;      /* it was a branch's; the next may be the same */
};

static bool walk_table(struct file *file, const struct table *table, bool is_free, bool is_main);

/* Each page is met once, as one of a tree or as a free one. */
static bool meet_page(struct file *file, uint64_t number)
{
    unsigned char bit = (unsigned char)(1u << number % 8);

    if (number < N_METAS || number > file->meta.last_page || file->page_met[number / 8] & bit)
        return false;
    file->page_met[number / 8] |= bit;
    return true;
}

/* The bytes of pages that lie in the file; NULL data when they do not. */
static struct bytes bytes_of(const struct file *file, uint64_t number, uint64_t n_pages)
{
    uint64_t in_file = file->bytes.size / file->page_bytes;

    if (number >= in_file || n_pages > in_file - number)
        return (struct bytes){0};
    return (struct bytes){file->bytes.data + number * file->page_bytes, n_pages * file->page_bytes};
}

/* Without it a page that the disk does not give would be a SIGBUS. Systems before Linux
 * 5.14 cannot say, and what lies in memory is there. */
static bool can_read(struct file *file, struct bytes bytes)
{
    if (!bytes.data)
        return false;
    if (madvise((void *)(uintptr_t)bytes.data, bytes.size, MADV_POPULATE_READ) && errno != EINVAL)
        file->unreadable = true;
    return !file->unreadable;
}

static bool read_page(
    struct file *file, uint64_t number, struct page *ret_page, struct bytes *ret_bytes)
{
    *ret_bytes = bytes_of(file, number, 1);
    if (!can_read(file, *ret_bytes))
        return false;
    memcpy(ret_page, ret_bytes->data, sizeof *ret_page);
    return ret_page->number == number;
}

static int compare(const struct walk *walk, struct bytes a, struct bytes b)
{
    int r;

    if (walk->is_free) {
        uint64_t numbers[2];

        memcpy(&numbers[0], a.data, sizeof numbers[0]);
        memcpy(&numbers[1], b.data, sizeof numbers[1]);
        return (numbers[0] > numbers[1]) - (numbers[0] < numbers[1]);
    }
    r = memcmp(a.data, b.data, MIN(a.size, b.size));
    return r ? r : (a.size > b.size) - (a.size < b.size);
}

static bool next_key(struct walk *walk, struct bytes key, bool of_branch)
{
    int r;

    if (!key.size || key.size > KEY_BYTES_MAX || (walk->is_free && key.size != sizeof(uint64_t)))
        return false;
    r = walk->before.size ? compare(walk, key, walk->before) : 1;
    if (r < 0 || (r == 0 && !walk->may_equal))
        return false;
    walk->before = key;
    walk->may_equal = of_branch;
    return true;
}

/* A value that has pages of its own. */
static bool find_big(struct walk *walk, struct bytes *value, size_t size, bool is_table)
{
    struct file *file = walk->file;
    uint64_t number, needed = (sizeof(struct page) - 1 + size) / file->page_bytes + 1;
    struct bytes bytes;
    struct page page;

    memcpy(&number, value->data, sizeof number);
    if (!read_page(file, number, &page, &bytes) || page.kind != PAGE_OVERFLOW ||
        page.n_pages < needed)
        return false;
    bytes = bytes_of(file, number, needed);
    if (!bytes.data || ((walk->is_free || is_table) && !can_read(file, bytes)))
        return false;
    for (uint64_t i = 0; i < page.n_pages; i++) {
        if (!meet_page(file, number + i))
            return false;
    }
    *value = (struct bytes){bytes.data + sizeof page, size};
    return true;
}

/* A transaction's free pages: how many, and their numbers, falling. */
static bool check_free_list(struct walk *walk, struct bytes key, struct bytes value)
{
    uint64_t txn, count, number, before = UINT64_MAX;

    memcpy(&txn, key.data, sizeof txn);
    if (txn > walk->file->meta.txn || value.size < sizeof count)
        return false;
    memcpy(&count, value.data, sizeof count);
    if (count > value.size / sizeof count - 1)
        return false;
    for (uint64_t i = 1; i <= count; i++) {
        memcpy(&number, value.data + i * sizeof number, sizeof number);
        if (number >= before || !meet_page(walk->file, number))
            return false;
        before = number;
    }
    return true;
}

static bool check_value(
    struct walk *walk, struct bytes key, struct bytes value, const struct node *node)
{
    struct table table;

    if (node->kind & NODE_BIG &&
        !find_big(walk, &value, node->low | (size_t)node->high << 16, node->kind & NODE_TABLE))
        return false;
    if (walk->is_free)
        return check_free_list(walk, key, value);
    if (!(node->kind & NODE_TABLE))
        return true;
    if (!walk->is_main || value.size != sizeof table)
        return false;
    memcpy(&table, value.data, sizeof table);
    return walk_table(walk->file, &table, false, false);
}

/* No two nodes share a byte. */
static bool meet_bytes(struct file *file, size_t at, size_t size)
{
    if (memchr(file->byte_met + at, 1, size))
        return false;
    memset(file->byte_met + at, 1, size);
    return true;
}

/* The place of the node, and of the key and the value in it. */
struct place {
    size_t at, size;
    struct node node;
    struct bytes key, value;
};

static bool find_node(
    const struct file *file, struct bytes page, size_t index, bool is_leaf, struct place *ret)
{
    size_t value_bytes = 0, size;
    uint16_t at;

    memcpy(&at, page.data + sizeof(struct page) + index * sizeof at, sizeof at);
    if (at % 2 || at < sizeof(struct page) || at + sizeof ret->node > file->page_bytes)
        return false;
    memcpy(&ret->node, page.data + at, sizeof ret->node);
    if (is_leaf)
        value_bytes = ret->node.kind & NODE_BIG ? sizeof(uint64_t)
                                                : ret->node.low | (size_t)ret->node.high << 16;
    size = sizeof ret->node + ret->node.key_bytes + value_bytes;
    size += size % 2;
    if (size > file->page_bytes - at)
        return false;
    ret->at = at;
    ret->size = size;
    ret->key = (struct bytes){page.data + at + sizeof ret->node, ret->node.key_bytes};
    ret->value = (struct bytes){ret->key.data + ret->key.size, value_bytes};
    return true;
}

/* Offsets and nodes fill the page but for the space between `lower` and `upper`. */
static bool check_space(
    struct file *file, const struct page *page, struct bytes bytes, size_t n, bool is_leaf)
{
    size_t total = 0;
    struct place place;

    memset(file->byte_met, 0, file->page_bytes);
    for (size_t i = 0; i < n; i++) {
        if (!find_node(file, bytes, i, is_leaf, &place) || place.at < page->upper ||
            !meet_bytes(file, place.at, place.size))
            return false;
        total += place.size;
    }
    return total == file->page_bytes - page->upper;
}

static bool walk_page(struct walk *walk, uint64_t number, unsigned depth);

static bool walk_node(struct walk *walk, const struct place *place, bool first, unsigned depth)
{
    const struct node *node = &place->node;

    if (depth == 1)
        return !(node->kind & ~(unsigned)(NODE_BIG | NODE_TABLE)) &&
               next_key(walk, place->key, false) &&
               check_value(walk, place->key, place->value, node);
    if (!first && !next_key(walk, place->key, true)) /* the first stands for all below */
        return false;
    return walk_page(
        walk, node->low | (uint64_t)node->high << 16 | (uint64_t)node->kind << 32, depth - 1);
}

/* `depth`: levels from here down to the leaves, which are at 1. */
static bool walk_page(struct walk *walk, uint64_t number, unsigned depth)
{
    struct file *file = walk->file;
    bool is_leaf = depth == 1;
    struct bytes bytes;
    struct page page;
    size_t n;

    if (!meet_page(file, number) || !read_page(file, number, &page, &bytes) ||
        page.kind != (is_leaf ? PAGE_LEAF : PAGE_BRANCH) || page.lower % 2 ||
        page.lower < sizeof page || page.lower > page.upper || page.upper > file->page_bytes)
        return false;
    n = (page.lower - sizeof page) / 2;
    if (n < (is_leaf || walk->is_free ? 1 : 2) || !check_space(file, &page, bytes, n, is_leaf))
        return false;
    for (size_t i = 0; i < n; i++) {
        struct place place;

        if (!find_node(file, bytes, i, is_leaf, &place) || !walk_node(walk, &place, !i, depth))
            return false;
    }
    return true;
}

static bool walk_table(struct file *file, const struct table *table, bool is_free, bool is_main)
{
    struct walk walk = {.file = file, .is_free = is_free, .is_main = is_main};

    if (table->kind != (is_free ? TABLE_INTEGER_KEYS : 0))
        return false;
    if (table->root == NO_PAGE)
        return !table->depth;
    return table->depth && table->depth <= DEPTH_MAX && walk_page(&walk, table->root, table->depth);
}

static bool read_meta(struct file *file, uint64_t number, struct meta *ret_meta)
{
    struct bytes bytes;
    struct page page;

    if (!read_page(file, number, &page, &bytes) || page.kind != PAGE_META)
        return false;
    memcpy(ret_meta, bytes.data + sizeof page, sizeof *ret_meta);
    return ret_meta->magic == MAGIC && ret_meta->version == VERSION &&
           ret_meta->free.pad == file->page_bytes &&
           (!ret_meta->txn || ret_meta->txn % N_METAS == number);
}

/* The newest, as LMDB finds it. */
static bool find_meta(struct file *file)
{
    struct meta metas[N_METAS];
    uint32_t page_bytes;
    size_t at = sizeof(struct page) + offsetof(struct meta, free.pad);

    if (file->bytes.size < at + sizeof page_bytes)
        return false;
    memcpy(&page_bytes, file->bytes.data + at, sizeof page_bytes);
    if (page_bytes < PAGE_BYTES_MIN || page_bytes > PAGE_BYTES_MAX || page_bytes & (page_bytes - 1))
        return false;
    file->page_bytes = page_bytes;
    if (!read_meta(file, 0, &metas[0]) || !read_meta(file, 1, &metas[1]))
        return false;
    file->meta = metas[metas[0].txn < metas[1].txn];
    return true;
}

/* A commit leaves out free pages at the end; but what the file says of its length must be
 * near it. */
static bool good_length(const struct file *file)
{
    uint64_t in_file = file->bytes.size / file->page_bytes;
    const struct meta *meta = &file->meta;

    return meta->last_page >= N_METAS - 1 &&
           meta->last_page / 2 <= in_file + LMDB_CHECK_MISSING_BYTES_MAX / file->page_bytes &&
           meta->last_page < meta->map_bytes / file->page_bytes &&
           meta->map_bytes <= LMDB_CHECK_MAP_BYTES_MAX;
}

static bool is_sound(struct file *file)
{
    bool sound;

    if (!find_meta(file) || !good_length(file))
        return false;
    file->page_met = mem_zalloc(file->meta.last_page / 8 + 1);
    file->byte_met = mem_zalloc(file->page_bytes);
    sound = walk_table(file, &file->meta.free, true, false) &&
            walk_table(file, &file->meta.main, false, true);
    free(file->page_met);
    free(file->byte_met);
    return sound;
}

int lmdb_check_bytes(const void *bytes, size_t size)
{
    struct file file = {.bytes = {bytes, size}};

    if (is_sound(&file))
        return 0;
    return file.unreadable ? EIO : EBADMSG;
}

int lmdb_check(const char *folder)
{
    SCOPED_FREE char *path = mem_printf("%s/data.mdb", folder);
    SCOPED_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat status;
    void *bytes;
    int r;

    if (fd < 0)
        return errno == ENOENT ? 0 : errno;
    if (fstat(fd, &status) < 0)
        return errno;
    if (!status.st_size)
        return 0;
    bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_SHARED, fd, 0);
    if (bytes == MAP_FAILED)
        return errno;
    r = lmdb_check_bytes(bytes, (size_t)status.st_size);
    munmap(bytes, (size_t)status.st_size);
    return r;
}
