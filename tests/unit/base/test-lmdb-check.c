/* LMDB itself is the judge: what is said to be sound must not crash it, whatever bit has
 * turned; and what it has written is sound after every commit. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/lmdb_check.h"
#include "base/mem.h"
#include "base/util.h"
#include "unit.h"

#define MAP_BYTES (64 * MIB)
#define CHANGES_MAX 60 /* by LMDB, of a file with a bit that has turned */
#define FLIPS 300
#define TIMEOUT_S 300

static char folder[64];
static uint64_t state;

/* xorshift */
static uint64_t draw(uint64_t below)
{
    ck_assert_uint_gt(below, 0);
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state % below;
}

static void setup(void)
{
    snprintf(folder, sizeof folder, "/tmp/weir-lmdb-check.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    state = UINT64_C(88172645463325252);
}

static void teardown(void)
{
    SCOPED_FREE char *command = mem_printf("rm -rf %s", folder);

    ck_assert_int_eq(system(command), 0);
}

/* What a store is like: names of its tables, its keys and values. */
static const struct shape {
    const char *tables[2]; /* NULL: the main one */
    uint64_t n_keys;
    size_t key_bytes, value_bytes_max;
} shapes[] = {
    {{NULL}, 12, 40, 200},                /* checkpoints of few files */
    {{NULL}, 4000, 40, 200},              /* of many */
    {{"index", "pieces"}, 60, 8, 60},     /* a spool of small records */
    {{"index", "pieces"}, 80, 12, 33000}, /* of large ones */
};

struct store {
    MDB_env *env;
    MDB_dbi tables[2];
    size_t n_tables;
};

/* 0 or LMDB's error. */
static int store_open(struct store *store, const struct shape *shape)
{
    MDB_txn *txn;
    int r = mdb_env_create(&store->env);

    store->n_tables = shape->tables[1] ? 2 : 1;
    if (!r)
        r = mdb_env_set_mapsize(store->env, MAP_BYTES);
    if (!r && shape->tables[0])
        r = mdb_env_set_maxdbs(store->env, 2);
    if (!r)
        r = mdb_env_open(store->env, folder, MDB_NOSYNC | MDB_NOTLS | MDB_NOLOCK, 0600);
    if (!r)
        r = mdb_txn_begin(store->env, NULL, 0, &txn);
    if (r)
        return r;
    for (size_t i = 0; i < store->n_tables; i++) {
        r = mdb_dbi_open(
            txn, shape->tables[i], shape->tables[i] ? MDB_CREATE : 0, &store->tables[i]);
        if (r) {
            mdb_txn_abort(txn);
            return r;
        }
    }
    return mdb_txn_commit(txn);
}

/* Some keys get new values, some go. */
static int change(struct store *store, const struct shape *shape)
{
    unsigned char key_bytes[64] = {0};
    SCOPED_FREE char *content = mem_zalloc(shape->value_bytes_max);
    MDB_txn *txn;
    int r = mdb_txn_begin(store->env, NULL, 0, &txn);

    if (r)
        return r;
    for (uint64_t n = 1 + draw(20); n && !r; n--) {
        MDB_dbi table = store->tables[draw(store->n_tables)];
        MDB_val key = {shape->key_bytes, key_bytes};
        MDB_val value = {1 + draw(shape->value_bytes_max), content};
        uint64_t number = draw(shape->n_keys);

        memcpy(key_bytes, &number, sizeof number);
        memset(content, (int)draw(256), value.mv_size);
        r = draw(3) ? mdb_put(txn, table, &key, &value, 0) : mdb_del(txn, table, &key, NULL);
        if (r == MDB_NOTFOUND)
            r = 0;
    }
    if (!r)
        return mdb_txn_commit(txn);
    mdb_txn_abort(txn);
    return r;
}

/* Reads all that is in a table. */
static int read_all(struct store *store, MDB_dbi table)
{
    MDB_val key, value;
    MDB_cursor *cursor;
    unsigned sum = 0;
    MDB_txn *txn;
    int r = mdb_txn_begin(store->env, NULL, MDB_RDONLY, &txn);

    if (r)
        return r;
    r = mdb_cursor_open(txn, table, &cursor);
    if (!r) {
        while (!(r = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)))
            sum += ((unsigned char *)value.mv_data)[value.mv_size ? value.mv_size - 1 : 0];
        mdb_cursor_close(cursor);
    }
    (void)sum;
    mdb_txn_abort(txn);
    return r;
}

/* As long as LMDB says that it can. */
static void use(const struct shape *shape, int n_changes)
{
    struct store store = {0};
    int r = store_open(&store, shape);

    for (size_t i = 0; i < store.n_tables && !r; i++) {
        r = read_all(&store, store.tables[i]);
        r = r == MDB_NOTFOUND ? 0 : r;
    }
    for (int i = 0; i < n_changes && !r; i++)
        r = change(&store, shape);
    mdb_env_close(store.env);
}

static bool crashes(const struct shape *shape)
{
    pid_t pid = fork();
    int status;

    if (!pid) {
        if (!freopen("/dev/null", "w", stderr))
            _exit(1);
        use(shape, CHANGES_MAX);
        _exit(0);
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    return WIFSIGNALED(status);
}

static char *read_file(size_t *ret_size)
{
    SCOPED_FREE char *path = mem_printf("%s/data.mdb", folder);
    FILE *file = fopen(path, "rb");
    struct stat status;
    char *bytes;

    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(fstat(fileno(file), &status), 0);
    bytes = mem_zalloc((size_t)status.st_size);
    *ret_size = fread(bytes, 1, (size_t)status.st_size, file);
    fclose(file);
    return bytes;
}

static void write_file(const char *bytes, size_t size)
{
    SCOPED_FREE char *path = mem_printf("%s/data.mdb", folder);
    FILE *file = fopen(path, "wb");

    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, size, file), size);
    ck_assert_int_eq(fclose(file), 0);
}

START_TEST(what_lmdb_writes_is_sound)
{
    const struct shape *shape = &shapes[_i];
    struct store store;

    ck_assert_int_eq(lmdb_check(folder), 0); /* nothing there */
    ck_assert_int_eq(store_open(&store, shape), 0);
    for (int i = 0; i < 200; i++) {
        ck_assert_int_eq(change(&store, shape), 0);
        ck_assert_int_eq(lmdb_check(folder), 0);
    }
    mdb_env_close(store.env);
}
END_TEST

/* Where LMDB keeps what it trusts: mostly the heads of pages and of what is in them. */
static size_t draw_place(const char *bytes, size_t size)
{
    size_t page = draw(size / 4096) * 4096, at;

    switch (draw(4)) {
    case 0:
        return draw(MIN(size, 8192)); /* metas */
    case 1:
        return page + draw(16);
    case 2:
        return page + draw(128);
    default:
        for (at = draw(size); !bytes[at]; at = (at + 1) % size)
            ;
        return at;
    }
}

START_TEST(what_is_called_sound_does_not_crash_lmdb)
{
    const struct shape *shape = &shapes[_i];
    SCOPED_FREE char *bytes = NULL;
    unsigned n_refused = 0;
    size_t size;

    use(shape, 300);
    bytes = read_file(&size);
    for (unsigned i = 0; i < FLIPS; i++) {
        size_t at = draw_place(bytes, size);
        char bit = (char)(1 << draw(8));

        bytes[at] ^= bit;
        if (!lmdb_check_bytes(bytes, size)) {
            write_file(bytes, size);
            ck_assert_msg(
                !crashes(shape), "flip %u: bit %#x of byte %zu", i, (unsigned char)bit, at);
        } else {
            n_refused++;
        }
        bytes[at] ^= bit;
    }
    ck_assert_uint_gt(n_refused, 0);
    ck_assert_int_eq(lmdb_check_bytes(bytes, size), 0);
}
END_TEST

START_TEST(cut_anywhere_it_is_refused_or_does_not_crash_lmdb)
{
    const struct shape *shape = &shapes[_i];
    SCOPED_FREE char *bytes = NULL;
    size_t size;

    use(shape, 300);
    bytes = read_file(&size);
    for (size_t kept = 1; kept < size; kept += 1 + draw(size / 10)) {
        if (!lmdb_check_bytes(bytes, kept)) {
            write_file(bytes, kept);
            ck_assert_msg(!crashes(shape), "cut at %zu", kept);
        }
    }
    ck_assert_int_eq(lmdb_check_bytes(bytes, 4096), EBADMSG);
    ck_assert_int_eq(lmdb_check_bytes(bytes, 1), EBADMSG);
}
END_TEST

START_TEST(what_is_no_store_is_refused)
{
    static char zeros[8 * 4096];

    ck_assert_int_eq(lmdb_check_bytes(zeros, sizeof zeros), EBADMSG);
    memset(zeros, 'x', sizeof zeros);
    write_file(zeros, sizeof zeros);
    ck_assert_int_eq(lmdb_check(folder), EBADMSG);
    write_file(zeros, 0);
    ck_assert_int_eq(lmdb_check(folder), 0); /* LMDB begins it */
}
END_TEST

/* As on a disk that has gone bad: what is mapped cannot be read. */
START_TEST(page_that_cannot_be_read_is_an_error)
{
    SCOPED_FREE char *path = mem_printf("%s/data.mdb", folder);
    struct stat status;
    void *bytes;
    int fd;

    use(&shapes[1], 100);
    fd = open(path, O_RDWR | O_CLOEXEC);
    ck_assert_int_eq(fstat(fd, &status), 0);
    bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_SHARED, fd, 0);
    ck_assert_ptr_ne(bytes, MAP_FAILED);
    ck_assert_int_eq(lmdb_check_bytes(bytes, (size_t)status.st_size), 0);
    ck_assert_int_eq(ftruncate(fd, 2 * 4096), 0); /* the metas stay */
    ck_assert_int_eq(lmdb_check_bytes(bytes, (size_t)status.st_size), EIO);
    munmap(bytes, (size_t)status.st_size);
    close(fd);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("lmdb_check");
    const int n_shapes = (int)ARRAY_SIZE(shapes);

    tcase_set_timeout(tests, TIMEOUT_S);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, what_lmdb_writes_is_sound, 0, n_shapes);
    tcase_add_loop_test(tests, what_is_called_sound_does_not_crash_lmdb, 0, n_shapes);
    tcase_add_loop_test(tests, cut_anywhere_it_is_refused_or_does_not_crash_lmdb, 0, n_shapes);
    tcase_add_test(tests, what_is_no_store_is_refused);
    tcase_add_test(tests, page_that_cannot_be_read_is_an_error);
    return unit_run(tests);
}
