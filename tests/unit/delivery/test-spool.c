#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include "base/mem.h"
#include "base/util.h"
#include "delivery/spool.h"
#include "unit.h"

static char folder[64], spool_folder[96];
static struct memory *memory;

static void setup(void)
{
    strcpy(folder, "/tmp/test-spool-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(spool_folder, sizeof spool_folder, "%s/a/b", folder);
    memory = memory_create(MEMORY_LIMIT_DEFAULT);
}

static void teardown(void)
{
    SCOPED_FREE char *command = mem_printf("rm -rf %s", folder);

    ck_assert_uint_eq(memory_used(memory), 0);
    memory_destroy(memory);
    ck_assert_int_eq(system(command), 0);
}

static struct spool *open_limited(uint64_t max_bytes)
{
    struct spool_spec spec = {spool_folder, max_bytes, true};
    struct spool *spool = NULL;
    char why[256] = "";
    int r = spool_open(&spec, &spool, why, sizeof why);

    ck_assert_msg(r == 0, "%s", why);
    return spool;
}

static struct spool *open_spool(void)
{
    return open_limited(64 * MIB);
}

/* Content that differs from place to place and record to record. */
static void fill(char *content, size_t size, uint64_t seq)
{
    uint64_t x = seq * UINT64_C(0x9E3779B97F4A7C15) + 1;

    for (size_t i = 0; i < size; i++) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        content[i] = (char)x;
    }
}

static int append(struct spool *spool, uint64_t seq, size_t size)
{
    SCOPED_FREE char *content = mem_zalloc(size + 1);
    struct spool_item item = {
        .info = {.seq = seq, .size = size, .n_logs = 10, .wall_ns = seq}, .content = content};

    fill(content, size, seq);
    return spool_append(spool, &item, 1);
}

/* The next record is that one, whole. */
static void expect(struct spool *spool, uint64_t after, uint64_t seq, size_t size)
{
    SCOPED_FREE char *content = mem_zalloc(size + 1);
    struct spool_info info;
    struct block *block;

    ck_assert_int_eq(spool_peek(spool, after, UINT64_MAX, memory, &info, &block), 0);
    fill(content, size, seq);
    ck_assert_uint_eq(info.seq, seq);
    ck_assert_uint_eq(info.size, size);
    ck_assert_uint_eq(info.n_logs, 10);
    ck_assert_int_eq(memcmp(block->data, content, size), 0);
    block_unref(block);
}

static void expect_end(struct spool *spool, uint64_t after)
{
    struct spool_info info;
    struct block *block;

    ck_assert_int_eq(spool_peek(spool, after, UINT64_MAX, memory, &info, &block), SPOOL_E_END);
}

static struct spool_status status_of(struct spool *spool)
{
    struct spool_status status;

    spool_get_status(spool, &status);
    return status;
}

static const size_t sizes[] = {0, 1, 100, 2000, 4096, 32751, 32752, 32753, 65504, 200000, 3000000};

START_TEST(keeps_records_of_any_size_across_reopening)
{
    struct spool *spool = open_spool();

    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
        ck_assert_int_eq(append(spool, i + 1, sizes[i]), 0);
    spool_close(spool);
    spool = open_spool();
    ck_assert_uint_eq(status_of(spool).records, ARRAY_SIZE(sizes));
    ck_assert_uint_eq(status_of(spool).logs, 10 * ARRAY_SIZE(sizes));
    ck_assert_uint_eq(status_of(spool).last_seq, ARRAY_SIZE(sizes));
    ck_assert_uint_eq(status_of(spool).oldest_wall_ns, 1);
    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
        expect(spool, i, i + 1, sizes[i]);
    expect_end(spool, ARRAY_SIZE(sizes));
    spool_close(spool);
}
END_TEST

START_TEST(acked_records_are_gone)
{
    struct spool *spool = open_spool();

    for (uint64_t seq = 1; seq <= 5; seq++)
        ck_assert_int_eq(append(spool, seq, 40000), 0);
    spool_ack(spool, 2);
    spool_ack(spool, 1);
    spool_ack(spool, 77); /* there is none */
    ck_assert_int_eq(spool_sync(spool), 0);
    expect(spool, 0, 3, 40000);
    ck_assert_uint_eq(status_of(spool).records, 3);
    spool_ack(spool, 5);
    spool_close(spool);
    spool = open_spool();
    expect(spool, 0, 3, 40000);
    expect(spool, 3, 4, 40000);
    expect_end(spool, 4);
    spool_ack(spool, 3);
    spool_ack(spool, 4);
    ck_assert_int_eq(spool_sync(spool), 0);
    ck_assert_uint_eq(status_of(spool).records, 0);
    ck_assert_uint_eq(status_of(spool).bytes, 0);
    spool_close(spool);
}
END_TEST

START_TEST(goes_by_seq_not_by_time_and_replaces)
{
    struct spool *spool = open_spool();

    ck_assert_int_eq(append(spool, 9, 100), 0);
    ck_assert_int_eq(append(spool, 300, 100), 0);
    ck_assert_int_eq(append(spool, 5, 100), 0);
    ck_assert_int_eq(append(spool, 9, 50000), 0);
    expect(spool, 0, 5, 100);
    expect(spool, 5, 9, 50000);
    expect(spool, 9, 300, 100);
    ck_assert_uint_eq(status_of(spool).records, 3);
    spool_close(spool);
}
END_TEST

START_TEST(until_bounds_what_is_seen)
{
    struct spool *spool = open_spool();
    struct spool_info info;

    ck_assert_int_eq(append(spool, 5, 1), 0);
    ck_assert_int_eq(spool_peek(spool, 0, 4, NULL, &info, NULL), SPOOL_E_END);
    ck_assert_int_eq(spool_peek(spool, 5, 5, NULL, &info, NULL), SPOOL_E_END);
    ck_assert_int_eq(spool_peek(spool, 0, 5, NULL, &info, NULL), 0);
    spool_close(spool);
}
END_TEST

START_TEST(limit_refuses_and_room_comes_with_acks)
{
    struct spool *spool = open_limited(1 * MIB);
    uint64_t seq = 0;

    while (append(spool, seq + 1, 100000) == 0)
        seq++;
    ck_assert_uint_ge(seq, 9);
    ck_assert_uint_le(status_of(spool).bytes, 1 * MIB);
    ck_assert_str_eq(status_of(spool).error, "its limit is reached");
    ck_assert_uint_ge(status_of(spool).refusals, 1);
    expect(spool, 0, 1, 100000);
    spool_ack(spool, 1);
    ck_assert_int_eq(append(spool, seq + 1, 100000), 0);
    ck_assert_str_eq(status_of(spool).error, "");
    expect(spool, 0, 2, 100000);
    spool_close(spool);
}
END_TEST

/* Records of many sizes come and go near the limit: it is never the map that is full. */
START_TEST(scattered_free_pages_do_not_fill_it_before_the_limit)
{
    struct spool *spool = open_limited(4 * MIB);
    uint64_t first = 1, next = 1, x = 42;

    for (int i = 0; i < 3000; i++) {
        size_t size =
            500 + (size_t)(x = x * 6364136223846793005ULL + 1442695040888963407ULL) % 200000;

        while (append(spool, next, size) != 0) {
            ck_assert_str_eq(status_of(spool).error, "its limit is reached");
            spool_ack(spool, first++);
        }
        next++;
    }
    spool_close(spool);
}
END_TEST

/* What a killed process has been told is there, is there; nothing is half there. */
START_TEST(survives_kill)
{
    for (int round = 0; round < 5; round++) {
        uint64_t acked_seq = 0, told = 0;
        int ends[2], status;
        struct spool *spool;
        pid_t pid;

        ck_assert_int_eq(pipe(ends), 0);
        pid = fork();
        if (pid == 0) {
            struct spool_spec spec = {spool_folder, 64 * MIB, round % 2 == 0};
            char why[256];
            uint64_t seq;

            if (spool_open(&spec, &spool, why, sizeof why))
                _exit(1);
            for (seq = status_of(spool).last_seq + 1; append(spool, seq, 5000) == 0; seq++) {
                if (seq % 3 == 0)
                    spool_ack(spool, seq - 2);
                if (write(ends[1], &seq, sizeof seq) < 0)
                    _exit(2);
            }
            _exit(3);
        }
        close(ends[1]);
        for (int i = 0; i < 20 + 7 * round; i++)
            ck_assert_int_eq(read(ends[0], &told, sizeof told), sizeof told);
        kill(pid, SIGKILL);
        while (read(ends[0], &acked_seq, sizeof acked_seq) == sizeof acked_seq)
            told = acked_seq;
        close(ends[0]);
        ck_assert_int_eq(waitpid(pid, &status, 0), pid);
        ck_assert(WIFSIGNALED(status));

        spool = open_spool();
        ck_assert_uint_ge(status_of(spool).last_seq, told);
        for (uint64_t seq = 0, n = 0; n < status_of(spool).records; n++) {
            struct spool_info info;

            ck_assert_int_eq(spool_peek(spool, seq, UINT64_MAX, NULL, &info, NULL), 0);
            expect(spool, seq, info.seq, 5000);
            if (info.seq <= told) /* only acked ones are missing */
                for (uint64_t missing = seq + 1; missing < info.seq; missing++)
                    ck_assert_uint_eq((missing + 2) % 3, 0);
            seq = info.seq;
        }
        spool_close(spool);
    }
}
END_TEST

static char *data_file(void)
{
    return mem_printf("%s/data.mdb", spool_folder);
}

/* The bytes of a file; freed by the caller. */
static char *read_file(const char *path, size_t *ret_size)
{
    FILE *file = fopen(path, "rb");
    struct stat status;
    char *bytes;

    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(fstat(fileno(file), &status), 0);
    bytes = mem_zalloc((size_t)status.st_size + 1);
    *ret_size = fread(bytes, 1, (size_t)status.st_size, file);
    fclose(file);
    return bytes;
}

static void write_file(const char *path, const char *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");

    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, size, file), size);
    ck_assert_int_eq(fclose(file), 0);
}

static size_t count_paths(const char *pattern)
{
    SCOPED_FREE char *path = mem_printf("%s/%s", folder, pattern);
    glob_t found;
    size_t n;

    n = glob(path, 0, NULL, &found) ? 0 : found.gl_pathc;
    globfree(&found);
    return n;
}

#define N_RECORDS 20
#define RECORD_BYTES 50000

static void make_records(void)
{
    struct spool *spool = open_spool();

    for (uint64_t seq = 1; seq <= N_RECORDS; seq++)
        ck_assert_int_eq(append(spool, seq, RECORD_BYTES), 0);
    spool_close(spool);
}

/* Reads all there is; how many were whole. What is not must have been told of. */
static size_t read_all(struct spool *spool)
{
    uint64_t after = 0;
    size_t whole = 0;

    for (;;) {
        struct spool_info info;
        struct block *block;
        int r = spool_peek(spool, after, UINT64_MAX, memory, &info, &block);

        if (r == SPOOL_E_END || r == SPOOL_E_BEGUN_ANEW)
            return whole;
        after = info.seq;
        if (r == SPOOL_E_BAD_RECORD)
            continue;
        ck_assert_int_eq(r, 0);
        block_unref(block);
        expect(spool, info.seq - 1, info.seq, RECORD_BYTES);
        whole++;
    }
}

/* Records, of which the seventh has a wrong bit in its content. */
static void make_records_and_flip(void)
{
    SCOPED_FREE char *path = data_file();
    SCOPED_FREE char *content = mem_zalloc(RECORD_BYTES);
    SCOPED_FREE char *bytes = NULL;
    char *found;
    size_t size;

    make_records();
    bytes = read_file(path, &size);
    fill(content, RECORD_BYTES, 7);
    found = memmem(bytes, size, content, 1000);
    ck_assert_ptr_nonnull(found);
    found[500] ^= 0x10;
    write_file(path, bytes, size);
}

/* That record is missing, counted and kept. */
START_TEST(flipped_content_costs_its_record_only)
{
    struct spool *spool;

    make_records_and_flip();
    spool = open_spool();
    ck_assert_uint_eq(status_of(spool).records, N_RECORDS);
    for (int i = 0; i < 2; i++) { /* once, however often it is read before the next write */
        ck_assert_uint_eq(read_all(spool), N_RECORDS - 1);
        ck_assert_uint_eq(status_of(spool).bad_records, 1);
        ck_assert_uint_eq(status_of(spool).bad_logs, 10);
    }
    ck_assert_uint_eq(count_paths("a/b/quarantine/*7"), 1);
    ck_assert_int_eq(spool_sync(spool), 0);
    ck_assert_uint_eq(status_of(spool).records, N_RECORDS - 1);
    spool_close(spool);
}
END_TEST

/* The disk has room for a part of it: nothing is kept rather than a part. */
START_TEST(quarantine_holds_whole_records_only)
{
    struct rlimit before, small;
    struct spool *spool;

    make_records_and_flip();
    spool = open_spool();
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = (struct rlimit){RECORD_BYTES / 2, before.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
    ck_assert_uint_eq(read_all(spool), N_RECORDS - 1);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &before), 0);
    ck_assert_uint_eq(status_of(spool).bad_records, 1);
    ck_assert_uint_eq(count_paths("a/b/quarantine/*7"), 0);
    spool_close(spool);
}
END_TEST

/* Whatever bit is wrong: it opens, every record is whole or told of, and it works on. */
START_TEST(flipped_bits_anywhere_never_keep_it_from_opening)
{
    SCOPED_FREE char *path = data_file();
    SCOPED_FREE char *bytes = NULL;
    uint64_t x = 88172645463325252ULL;
    size_t size, used = 2 * 4096;

    make_records();
    bytes = read_file(path, &size);
    for (int i = 0; i < 60; i++) {
        struct spool *spool;
        size_t at;

        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        at = i % 2 ? x % size : x % used; /* half of them in the first pages */
        bytes[at] ^= (char)(1 << x % 8);
        write_file(path, bytes, size);
        bytes[at] ^= (char)(1 << x % 8);
        spool = open_spool();
        ck_assert_uint_le(read_all(spool), N_RECORDS);
        ck_assert_int_eq(append(spool, 1000, RECORD_BYTES), 0);
        expect(spool, 999, 1000, RECORD_BYTES);
        spool_close(spool);
    }
}
END_TEST

START_TEST(truncated_anywhere_it_opens)
{
    SCOPED_FREE char *path = data_file();
    SCOPED_FREE char *bytes = NULL;
    size_t size;

    make_records();
    bytes = read_file(path, &size);
    for (size_t kept = 0; kept < size; kept += kept < 10 * 4096 ? 4096 : 37 * 4096) {
        struct spool *spool;

        write_file(path, bytes, kept + (kept % 3));
        spool = open_spool();
        ck_assert_uint_le(read_all(spool), N_RECORDS);
        ck_assert_int_eq(append(spool, 1000, RECORD_BYTES), 0);
        spool_close(spool);
    }
}
END_TEST

START_TEST(not_a_spool_at_all_is_kept_aside)
{
    SCOPED_FREE char *path = data_file();
    SCOPED_FREE char *bytes = mem_zalloc(100000);
    struct spool *spool;

    make_records();
    fill(bytes, 100000, 3);
    write_file(path, bytes, 100000);
    spool = open_spool();
    ck_assert_uint_eq(status_of(spool).records, 0);
    ck_assert_uint_eq(count_paths("a/b.bad-*/data.mdb"), 1);
    spool_close(spool);
}
END_TEST

START_TEST(folder_that_cannot_be_trusted_is_refused)
{
    struct spool_spec spec = {spool_folder, MIB, true};
    SCOPED_FREE char *parent = mem_printf("%s/a", folder);
    SCOPED_FREE char *real = mem_printf("%s/real", folder);
    struct spool *spool = NULL;
    char why[256] = "";

    ck_assert_int_eq(mkdir(parent, 0700), 0);
    ck_assert_int_eq(mkdir(spool_folder, 0700), 0);
    ck_assert_int_eq(chmod(spool_folder, 0777), 0);
    ck_assert_int_eq(spool_open(&spec, &spool, why, sizeof why), -EPERM);
    ck_assert_ptr_nonnull(strstr(why, "everybody"));
    ck_assert_int_eq(rename(spool_folder, real), 0);
    ck_assert_int_eq(symlink(real, spool_folder), 0);
    ck_assert_int_eq(spool_open(&spec, &spool, why, sizeof why), -EPERM);
    ck_assert_ptr_nonnull(strstr(why, "no folder"));
}
END_TEST

START_TEST(second_process_is_refused)
{
    struct spool *spool = open_spool();
    pid_t pid = fork();
    int status;

    if (pid == 0) {
        struct spool_spec spec = {spool_folder, MIB, true};
        struct spool *second;
        char why[256];

        _exit(spool_open(&spec, &second, why, sizeof why) == -EWOULDBLOCK &&
                      strstr(why, "another process")
                  ? 0
                  : 1);
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(status, 0);
    spool_close(spool);
}
END_TEST

START_TEST(limits_can_change_while_it_is_open)
{
    struct spool *spool = open_limited(256 * KIB);

    ck_assert_int_eq(append(spool, 1, 200000), 0);
    ck_assert_int_eq(append(spool, 2, 200000), SPOOL_E_FULL);
    spool_configure(spool, 4 * MIB, false);
    for (uint64_t seq = 2; seq < 12; seq++)
        ck_assert_int_eq(append(spool, seq, 200000), 0);
    spool_configure(spool, 256 * KIB, true);
    ck_assert_int_eq(append(spool, 12, 200000), SPOOL_E_FULL);
    expect(spool, 0, 1, 200000);
    spool_close(spool);
    spool = open_limited(256 * KIB); /* the file is larger than that */
    expect(spool, 10, 11, 200000);
    spool_close(spool);
}
END_TEST

START_TEST(removed_spool_leaves_no_data)
{
    struct spool *spool = open_spool();

    spool_remove(spool);
    ck_assert_uint_eq(count_paths("a/b/data.mdb"), 0);
    spool = open_spool();
    ck_assert_int_eq(append(spool, 1, 10), 0);
    spool_close(spool);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("spool");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, keeps_records_of_any_size_across_reopening);
    tcase_add_test(tests, acked_records_are_gone);
    tcase_add_test(tests, goes_by_seq_not_by_time_and_replaces);
    tcase_add_test(tests, until_bounds_what_is_seen);
    tcase_add_test(tests, limit_refuses_and_room_comes_with_acks);
    tcase_add_test(tests, scattered_free_pages_do_not_fill_it_before_the_limit);
    tcase_add_test(tests, survives_kill);
    tcase_add_test(tests, flipped_content_costs_its_record_only);
    tcase_add_test(tests, quarantine_holds_whole_records_only);
    tcase_add_test(tests, flipped_bits_anywhere_never_keep_it_from_opening);
    tcase_add_test(tests, truncated_anywhere_it_opens);
    tcase_add_test(tests, not_a_spool_at_all_is_kept_aside);
    tcase_add_test(tests, folder_that_cannot_be_trusted_is_refused);
    tcase_add_test(tests, second_process_is_refused);
    tcase_add_test(tests, limits_can_change_while_it_is_open);
    tcase_add_test(tests, removed_spool_leaves_no_data);
    return unit_run(tests);
}
