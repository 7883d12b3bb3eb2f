/* input_file on real files in a folder of its own. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/util.h"
#include "harness.h"
#include "input/checkpoints.h"
#include "input/watcher.h"
#include "unit.h"

static struct harness h;
static char folder[64];

static void setup(void)
{
    strcpy(folder, "/tmp/weir-test-file-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    harness_init(&h);
    h.context.watcher = watcher_create(h.loop);
}

static void open_checkpoints(void)
{
    char path[128], why[256];

    snprintf(path, sizeof path, "%s/checkpoints", folder);
    h.context.checkpoints = checkpoints_open(path, why, sizeof why);
    if (!h.context.checkpoints)
        ck_abort_msg("%s", why);
}

static void close_checkpoints(void)
{
    checkpoints_close(h.context.checkpoints);
    h.context.checkpoints = NULL;
}

static void teardown(void)
{
    char command[96];

    harness_stop(&h);
    release_held(&h);
    close_checkpoints();
    watcher_destroy(h.context.watcher);
    harness_finish(&h);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    ck_assert_int_eq(system(command), 0);
}

static const char *in_folder(const char *name)
{
    static char paths[4][256];
    static int i;

    i = (i + 1) % 4;
    snprintf(paths[i], sizeof paths[i], "%s/%s", folder, name);
    return paths[i];
}

static void put(const char *name, int flags, const void *data, size_t size)
{
    int fd = open(in_folder(name), O_WRONLY | O_CREAT | flags, 0644);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, data, size), (ssize_t)size);
    close(fd);
}

static void append(const char *name, const char *text)
{
    put(name, O_APPEND, text, strlen(text));
}

static void start(const char *pattern, const char *more)
{
    char json[512];

    snprintf(json, sizeof json, "{\"FilePaths\":[\"%s/%s\"]%s}", folder, pattern, more);
    harness_start(&h, "input_file", json);
}

static void run_once(const char *pattern)
{
    h.context.once = true;
    h.n_ended = 0;
    start(pattern, "");
    run_until_ended(&h);
}

static void expect_lines(const char *expected)
{
    SCOPED_BUF struct buf all = {0};

    for (size_t i = 0; i < h.n_lines; i++)
        buf_printf(&all, "%s|", h.lines[i]);
    ck_assert_str_eq(buf_text(&all), expected);
}

static const char *explanation(void)
{
    static char text[512];

    text[0] = '\0';
    h.input->class->explain(h.input, text, sizeof text);
    return text;
}

START_TEST(once_reads_whole_lines_and_the_rest_at_the_end)
{
    char tags[256];

    append("a.log", "one\n\ntwo\r\nno newline");
    run_once("a.log");
    expect_lines("one||two\r|no newline|");
    ck_assert_int_eq(h.n_seals, 1);
    ck_assert_int_eq(h.n_ended, 1);
    snprintf(tags, sizeof tags, "__path__=%s/a.log", folder);
    ck_assert_str_eq(h.tags, tags);
}
END_TEST

START_TEST(once_without_a_match_says_so)
{
    char words[256];

    run_once("*.log");
    snprintf(words, sizeof words, "no file matches %s/*.log", folder);
    ck_assert_str_eq(explanation(), words);
}
END_TEST

START_TEST(once_again_has_nothing_to_read_and_says_why)
{
    open_checkpoints();
    append("a.log", "one\ntwo\n");
    run_once("*.log");
    expect_lines("one|two|");
    harness_stop(&h);
    forget_lines(&h);
    run_once("*.log");
    expect_lines("");
    ck_assert_ptr_nonnull(strstr(explanation(), "1 of 1 files were already read (checkpoint in "));
}
END_TEST

START_TEST(any_bytes_pass)
{
    put("a.log", 0, "a\0b\n\xff\xfe\n", 7);
    h.hold = true;
    run_once("a.log");
    ck_assert_uint_eq(h.held[0]->n_logs, 2);
    ck_assert_uint_eq(h.held[0]->logs[0].contents[0].value.size, 3);
    ck_assert_mem_eq(h.held[0]->logs[0].contents[0].value.data, "a\0b", 3);
    ck_assert_mem_eq(h.held[0]->logs[1].contents[0].value.data, "\xff\xfe", 2);
}
END_TEST

START_TEST(follows_and_waits_for_the_newline)
{
    append("a.log", "one\ntw");
    start("a.log", ",\"Tags\":{\"k\":\"v\"}");
    run_until_lines(&h, 1);
    run_for_ms(&h, 50);
    expect_lines("one|");
    ck_assert_ptr_nonnull(strstr(h.tags, "a.log,k=v"));
    append("a.log", "o\nthree\n");
    run_until_lines(&h, 3);
    expect_lines("one|two|three|");
}
END_TEST

START_TEST(new_file_and_new_folder_are_found_soon)
{
    uint64_t start_ns = clock_now_ns();

    start("*/a*.log", "");
    run_for_ms(&h, 20);
    mkdir(in_folder("later"), 0755);
    append("later/a1.log", "one\n");
    run_until_lines(&h, 1);
    append("later/a2.log", "two\n");
    run_until_lines(&h, 2);
    ck_assert_uint_lt(clock_now_ns() - start_ns, 1500 * NS_PER_MS);
    expect_lines("one|two|");
}
END_TEST

START_TEST(without_a_watcher_the_clock_finds_everything)
{
    struct watcher *watcher = h.context.watcher;

    h.context.watcher = NULL;
    start("*.log", "");
    append("a.log", "one\n");
    run_until_lines(&h, 1);
    append("a.log", "two\n");
    run_until_lines(&h, 2);
    harness_stop(&h);
    h.context.watcher = watcher;
}
END_TEST

START_TEST(renamed_file_is_read_to_its_end)
{
    start("a.log", "");
    append("a.log", "one\n");
    run_until_lines(&h, 1);
    rename(in_folder("a.log"), in_folder("a.log.1"));
    append("a.log.1", "late\n");
    append("a.log", "new\n");
    run_until_lines(&h, 3);
    append("a.log.1", "later\n");
    run_until_lines(&h, 4);
}
END_TEST

START_TEST(renamed_within_the_pattern_is_not_read_again)
{
    start("a.log*", "");
    append("a.log", "one\n");
    run_until_lines(&h, 1);
    rename(in_folder("a.log"), in_folder("a.log.1"));
    append("a.log", "two\n");
    run_until_lines(&h, 2);
    append("a.log.1", "three\n");
    run_until_lines(&h, 3);
    run_for_ms(&h, 1200);
    expect_lines("one|two|three|");
}
END_TEST

START_TEST(deleted_file_is_read_to_its_end_and_its_last_line_delivered)
{
    gate_close(&h.gate);
    append("a.log", "one\ntwo\nrest");
    start("a.log", "");
    gate_open(&h.gate);
    run_until_lines(&h, 2);
    unlink(in_folder("a.log"));
    run_until_lines(&h, 3); /* after it was kept for a while */
    expect_lines("one|two|rest|");
}
END_TEST

START_TEST(truncated_file_is_read_from_its_start)
{
    append("a.log", "one\ntwo\nthree\nhalf");
    start("a.log", "");
    run_until_lines(&h, 3);
    put("a.log", O_TRUNC, "new\n", 4);
    run_until_lines(&h, 5);
    expect_lines("one|two|three|half|new|");
}
END_TEST

/* Copied, truncated, and grown beyond where it was read before anyone looked. */
START_TEST(replaced_content_is_noticed_by_its_fingerprint)
{
    append("a.log", "one\n");
    start("a.log", "");
    run_until_lines(&h, 1);
    put("a.log", O_TRUNC, "first\nsecond\nthird\n", 19);
    run_until_lines(&h, 4);
    expect_lines("one|first|second|third|");
}
END_TEST

/* The same with a beginning that is always the same, and longer than the fingerprint. */
START_TEST(replaced_content_is_noticed_by_what_was_read_last)
{
    char text[2048 + 64];

    memset(text, '=', 2048);
    memcpy(text + 2048, "\none\n", 5);
    put("a.log", 0, text, 2048 + 5);
    start("a.log", "");
    run_until_lines(&h, 2);
    memcpy(text + 2048, "\nfirst\nsecond\nthird\n", 20);
    put("a.log", O_TRUNC, text, 2048 + 20);
    run_until_lines(&h, 6);
    ck_assert_str_eq(h.lines[3], "first");
    ck_assert_str_eq(h.lines[5], "third");
}
END_TEST

START_TEST(reused_inode_is_another_file)
{
    struct stat before, after;

    open_checkpoints();
    append("a.log", "one\ntwo\n");
    run_once("a.log");
    harness_stop(&h);
    forget_lines(&h);
    stat(in_folder("a.log"), &before);
    put("a.log", O_TRUNC, "not the same\nas before\n", 23); /* what reuse looks like */
    stat(in_folder("a.log"), &after);
    ck_assert_uint_eq(before.st_ino, after.st_ino);
    run_once("a.log");
    expect_lines("not the same|as before|");
}
END_TEST

/* Same name, same number, same bytes, and more of them: only its birth tells. */
START_TEST(file_made_anew_with_the_same_bytes_is_another_file)
{
    struct stat before, after;

    open_checkpoints();
    append("a.log", "one\ntwo\n");
    run_once("a.log");
    harness_stop(&h);
    forget_lines(&h);
    stat(in_folder("a.log"), &before);
    unlink(in_folder("a.log"));
    append("a.log", "one\ntwo\nthree\n");
    stat(in_folder("a.log"), &after);
    run_once("a.log");
    expect_lines("one|two|three|");
    if (before.st_ino != after.st_ino)
        fprintf(stderr, "the inode was not used again: this shows little\n");
}
END_TEST

START_TEST(offsets_and_inode_are_added_when_asked_for)
{
    append("a.log", "one\n\nthree\n");
    start("a.log", ",\"AppendingLogPositionMeta\":true");
    run_until_lines(&h, 3);
    expect_lines("content=one,__file_offset__=0|content=,__file_offset__=4|"
                 "content=three,__file_offset__=5|");
    ck_assert_ptr_nonnull(strstr(h.tags, ",__inode__="));
    append("a.log", "four\n");
    run_until_lines(&h, 4);
    ck_assert_str_eq(h.lines[3], "content=four,__file_offset__=11");
}
END_TEST

static char *repeat(char c, size_t n)
{
    char *text = mem_zalloc(n + 2);

    memset(text, c, n);
    text[n] = '\n';
    return text;
}

/* Below and above a block, and around the limit at which a line is cut. */
static const struct {
    size_t size;
    size_t pieces;
} long_lines[] = {
    {4095, 1},
    {4096, 1},
    {(512 << 10) - 1, 1},
    {512 << 10, 1},
    {(512 << 10) + 1, 1},
    {5 << 20, 1},
    {(16 << 20) - 1, 1},
    {16 << 20, 1},
    {(16 << 20) + 1, 2},
    {(16 << 20) + 9, 2},
    {33 << 20, 3},
};

START_TEST(long_lines_come_whole_up_to_the_limit)
{
    size_t size = long_lines[_i].size, got = 0;
    char *line = repeat('x', size);

    append("a.log", "before\n");
    put("a.log", O_APPEND, line, size + 1);
    append("a.log", "after\n");
    run_once("a.log");
    free(line);
    ck_assert_uint_eq(h.n_lines, 2 + long_lines[_i].pieces);
    for (size_t i = 1; i < h.n_lines - 1; i++)
        got += strlen(h.lines[i]);
    ck_assert_uint_eq(got, size);
    ck_assert_str_eq(h.lines[0], "before");
    ck_assert_str_eq(h.lines[h.n_lines - 1], "after");
}
END_TEST

START_TEST(many_files_are_read_in_turn_and_completely)
{
    size_t n = 0;

    for (int i = 0; i < 40; i++) {
        SCOPED_BUF struct buf text = {0};
        char name[32];

        snprintf(name, sizeof name, "f%d.log", i);
        for (int j = 0; j < 20000; j++, n++)
            buf_printf(&text, "%d of %d, with words to make it longer than that\n", j, i);
        put(name, 0, text.data, text.size);
    }
    run_once("f*.log");
    ck_assert_uint_eq(h.n_lines, n);
    ck_assert_int_eq(h.n_seals, 40);
}
END_TEST

/* Held lines of many files must not eat the memory that reading asks for. */
START_TEST(files_of_unfinished_lines_leave_memory_for_others)
{
    char *line = repeat('x', 300 << 10);

    for (int i = 0; i < 1200; i++) {
        char name[32];

        snprintf(name, sizeof name, "f%d.log", i);
        put(name, 0, line, 300 << 10);
    }
    free(line);
    append("z.log", "the end\n");
    start("*.log", "");
    run_until_lines(&h, 1);
    run_for_ms(&h, 1500);
    expect_lines("the end|");
    ck_assert_uint_lt(memory_used(h.memory), 8 << 20);
}
END_TEST

START_TEST(tail_size_starts_at_a_line_near_the_end)
{
    SCOPED_BUF struct buf text = {0};

    for (int i = 0; i < 1000; i++)
        buf_printf(&text, "line %04d\n", i);
    put("a.log", 0, text.data, text.size);
    start("a.log", ",\"TailSizeKB\":1");
    run_until_lines(&h, 102);
    run_for_ms(&h, 20);
    ck_assert_uint_eq(h.n_lines, 102);
    ck_assert_str_eq(h.lines[0], "line 0898");
    append("b.log", "x\n");
}
END_TEST

START_TEST(unreadable_file_is_read_once_it_can_be)
{
    if (geteuid() == 0)
        return; /* root reads everything */
    append("a.log", "one\n");
    chmod(in_folder("a.log"), 0);
    start("a.log", "");
    run_for_ms(&h, 100);
    chmod(in_folder("a.log"), 0644);
    run_until_lines(&h, 1);
}
END_TEST

START_TEST(closed_gate_stops_reading_and_opening_goes_on)
{
    gate_close(&h.gate);
    append("a.log", "one\n");
    start("a.log", "");
    run_for_ms(&h, 100);
    ck_assert_uint_eq(h.n_lines, 0);
    gate_open(&h.gate);
    run_until_lines(&h, 1);
}
END_TEST

START_TEST(compressed_file_is_passed_over_until_it_is_text)
{
    put("a.log", 0, "\x1F\x8B\x08 and so on\n", 14);
    run_once("a.log");
    expect_lines("");
    ck_assert_str_eq(explanation(), "1 of 1 files are compressed");
    harness_stop(&h);
    h.context.once = false;
    start("a.log", "");
    run_for_ms(&h, 100);
    put("a.log", O_TRUNC, "text\n", 5);
    run_until_lines(&h, 1);
    expect_lines("text|");
}
END_TEST

/* Found while nothing may be read, and gone before something may. */
START_TEST(file_that_goes_while_the_gate_is_closed_is_read)
{
    open_checkpoints();
    gate_close(&h.gate);
    append("a.log", "one\n");
    start("a.log", "");
    run_for_ms(&h, 100);
    unlink(in_folder("a.log"));
    append("a.log", "two\n");
    run_for_ms(&h, 200);
    rename(in_folder("a.log"), in_folder("a.old"));
    gate_open(&h.gate);
    run_until_lines(&h, 2);
    expect_lines("one|two|");
}
END_TEST

/* Two lanes; the second gives up the second half, the first settles all. */
START_TEST(lanes_resume_where_each_of_them_was)
{
    SCOPED_BUF struct buf text = {0};
    size_t n_both = 0;

    h.lanes[1] = "test/flusher_b/1";
    h.context.n_lanes = 2;
    h.hold = true;
    open_checkpoints();
    for (int i = 0; i < 60000; i++)
        buf_printf(&text, "line %06d of the file\n", i);
    put("a.log", 0, text.data, text.size);
    run_once("a.log");
    harness_stop(&h);
    ck_assert_uint_ge(h.n_held, 3);
    n_both = h.held[0]->n_logs;
    for (size_t i = 1; i < h.n_held; i++) {
        range_abandon(h.held[i]->range, 2);
        h.held[i]->lanes = 1;
    }
    release_held(&h);
    close_checkpoints();
    open_checkpoints();
    forget_lines(&h);
    append("a.log", "new line\n");
    run_once("a.log");
    ck_assert_uint_eq(h.n_lines, 60000 - n_both + 1);
    for (size_t i = 0; i + 1 < h.n_lines; i++)
        ck_assert_uint_eq(h.masks[i], 2);
    ck_assert_str_eq(h.lines[h.n_lines - 1], "new line");
    ck_assert_uint_eq(h.masks[h.n_lines - 1], 3);
}
END_TEST

START_TEST(new_lane_gets_what_comes_from_now_on)
{
    open_checkpoints();
    append("a.log", "one\n");
    run_once("a.log");
    harness_stop(&h);
    forget_lines(&h);
    append("a.log", "two\n");
    h.lanes[1] = "test/flusher_new/1";
    h.context.n_lanes = 2;
    run_once("a.log");
    expect_lines("two|");
    ck_assert_uint_eq(h.masks[0], 3);
}
END_TEST

START_TEST(what_was_not_released_is_read_again)
{
    open_checkpoints();
    append("a.log", "one\ntwo\n");
    h.hold = true;
    run_once("a.log");
    for (size_t i = 0; i < h.n_held; i++) {
        range_abandon(h.held[i]->range, 1);
        h.held[i]->range = NULL;
    }
    harness_stop(&h);
    release_held(&h);
    forget_lines(&h);
    run_once("a.log");
    expect_lines("one|two|");
}
END_TEST

START_TEST(file_renamed_away_while_stopped_is_read_to_its_end)
{
    open_checkpoints();
    append("a.log", "one\n");
    run_once("a.log");
    harness_stop(&h);
    append("a.log", "unread\n");
    rename(in_folder("a.log"), in_folder("old-1"));
    append("a.log", "new\n");
    forget_lines(&h);
    run_once("a.log");
    ck_assert_uint_eq(h.n_lines, 2);
    ck_assert(!strcmp(h.lines[0], "unread") || !strcmp(h.lines[1], "unread"));
}
END_TEST

START_TEST(damaged_checkpoints_are_set_aside)
{
    open_checkpoints();
    append("a.log", "one\n");
    run_once("a.log");
    harness_stop(&h);
    close_checkpoints();
    put("checkpoints/data.mdb", O_TRUNC, "this is not a database, is it?", 30);
    open_checkpoints();
    forget_lines(&h);
    run_once("a.log");
    expect_lines("one|");
}
END_TEST

/* More events than the kernel keeps: what was lost must be found all the same. */
START_TEST(lost_events_lead_to_a_rescan)
{
    char name[32];

    start("f*.log", "");
    run_for_ms(&h, 20);
    append("f.log", "one\n");
    for (int i = 0; i < 20000; i++) {
        snprintf(name, sizeof name, "other%d", i % 7);
        put(name, O_TRUNC, "x", 1);
        unlink(in_folder(name));
    }
    append("f2.log", "two\n");
    run_until_lines(&h, 2);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("input_file");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, once_reads_whole_lines_and_the_rest_at_the_end);
    tcase_add_test(tests, once_without_a_match_says_so);
    tcase_add_test(tests, once_again_has_nothing_to_read_and_says_why);
    tcase_add_test(tests, any_bytes_pass);
    tcase_add_test(tests, follows_and_waits_for_the_newline);
    tcase_add_test(tests, new_file_and_new_folder_are_found_soon);
    tcase_add_test(tests, without_a_watcher_the_clock_finds_everything);
    tcase_add_test(tests, renamed_file_is_read_to_its_end);
    tcase_add_test(tests, renamed_within_the_pattern_is_not_read_again);
    tcase_add_test(tests, deleted_file_is_read_to_its_end_and_its_last_line_delivered);
    tcase_add_test(tests, truncated_file_is_read_from_its_start);
    tcase_add_test(tests, replaced_content_is_noticed_by_its_fingerprint);
    tcase_add_test(tests, replaced_content_is_noticed_by_what_was_read_last);
    tcase_add_test(tests, reused_inode_is_another_file);
    tcase_add_test(tests, file_made_anew_with_the_same_bytes_is_another_file);
    tcase_add_test(tests, offsets_and_inode_are_added_when_asked_for);
    tcase_add_loop_test(
        tests, long_lines_come_whole_up_to_the_limit, 0, (int)ARRAY_SIZE(long_lines));
    tcase_add_test(tests, many_files_are_read_in_turn_and_completely);
    tcase_add_test(tests, files_of_unfinished_lines_leave_memory_for_others);
    tcase_add_test(tests, tail_size_starts_at_a_line_near_the_end);
    tcase_add_test(tests, unreadable_file_is_read_once_it_can_be);
    tcase_add_test(tests, closed_gate_stops_reading_and_opening_goes_on);
    tcase_add_test(tests, compressed_file_is_passed_over_until_it_is_text);
    tcase_add_test(tests, file_that_goes_while_the_gate_is_closed_is_read);
    tcase_add_test(tests, lanes_resume_where_each_of_them_was);
    tcase_add_test(tests, new_lane_gets_what_comes_from_now_on);
    tcase_add_test(tests, what_was_not_released_is_read_again);
    tcase_add_test(tests, file_renamed_away_while_stopped_is_read_to_its_end);
    tcase_add_test(tests, damaged_checkpoints_are_set_aside);
    tcase_add_test(tests, lost_events_lead_to_a_rescan);
    tcase_set_timeout(tests, 60);
    return unit_run(tests);
}
