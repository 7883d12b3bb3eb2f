/* Stories as scripts, and how they are shrunk: by what a story has, not by running it. */
#include <check.h>
#include <string.h>
#include "base/mem.h"
#include "base/util.h"
#include "model/story.h"
#include "unit.h"

START_TEST(a_story_is_what_its_script_says)
{
    for (uint64_t seed = 1; seed < 200; seed++) {
        struct story story, again;
        SCOPED_FREE char *script = NULL;
        SCOPED_FREE char *script_again = NULL;
        uint32_t line;

        story_make(&story, seed, STORY_OPS_MAX);
        script = story_write(&story);
        ck_assert_msg(story_read(&again, script, &line), "line %u of\n%s", line, script);
        script_again = story_write(&again);
        ck_assert_str_eq(script, script_again);
    }
}
END_TEST

#define LANE "lane spool off process 64 queue 1 circuit 0 attempts 0\n"

static const struct {
    const char *script;
    uint32_t line;
} wrong[] = {
    {"", 2}, /* no lane */
    {LANE "write\n", 2},
    {LANE "write many\n", 2},
    {LANE "write 1000\n", 2},
    {LANE "sink 3\n", 2},
    {LANE "sink 1 50\n", 2}, /* no such lane */
    {LANE "\nsing 0 50\n", 3},
    {LANE LANE LANE, 3},
    {"lane spool on process 64 queue 1 circuit 0 attempts 0\n", 1},
    {"line 3\n" LANE, 1},
};

START_TEST(a_script_that_is_wrong_is_refused)
{
    struct story story;
    uint32_t line = 0;

    ck_assert(!story_read(&story, wrong[_i].script, &line));
    ck_assert_uint_eq(line, wrong[_i].line);
}
END_TEST

/* -- shrinking -- */

static uint32_t n_writes_before_crash(const struct story *story)
{
    uint32_t n = 0, most = 0;

    for (uint32_t i = 0; i < story->n_ops; i++) {
        n += story->ops[i].kind == OP_WRITE && story->ops[i].n >= 3;
        most = story->ops[i].kind == OP_CRASH ? MAX(most, n) : most;
    }
    return most;
}

/* Two writes of at least three lines, then a crash, of a pipeline with a spool. */
static bool fails_like_that(void *context, const struct story *story)
{
    bool spool = false;

    ++*(uint32_t *)context;
    for (uint32_t i = 0; i < story->n_lanes; i++)
        spool |= story->lanes[i].spool == 1;
    return spool && n_writes_before_crash(story) >= 2;
}

START_TEST(only_what_it_takes_to_fail_is_left)
{
    uint32_t n_shrunk = 0;

    for (uint64_t seed = 1; seed < 300; seed++) {
        struct story story;
        SCOPED_FREE char *script = NULL;
        uint32_t asked = 0;

        story_make(&story, seed, STORY_OPS_MAX);
        if (!fails_like_that(&asked, &story))
            continue;
        asked = 0;
        ck_assert_uint_eq(story_shrink(&story, 1000, fails_like_that, &asked), asked);
        script = story_write(&story);
        ck_assert_msg(fails_like_that(&asked, &story) && story.n_lanes == 1 && story.n_ops == 3 &&
                          story.ops[0].n < 6 && story.ops[1].n < 6 && !story.lanes[0].marks,
            "it is still\n%s", script);
        n_shrunk++;
    }
    ck_assert_uint_gt(n_shrunk, 20);
}
END_TEST

START_TEST(tries_are_limited)
{
    struct story story;
    uint32_t asked = 0;
    uint64_t seed = 1;

    do
        story_make(&story, seed++, STORY_OPS_MAX);
    while (!fails_like_that(&asked, &story));
    asked = 0;
    ck_assert_uint_eq(story_shrink(&story, 5, fails_like_that, &asked), 5);
    ck_assert_uint_eq(asked, 5);
    ck_assert(fails_like_that(&asked, &story));
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("story");

    tcase_add_test(tests, a_story_is_what_its_script_says);
    tcase_add_loop_test(tests, a_script_that_is_wrong_is_refused, 0, (int)ARRAY_SIZE(wrong));
    tcase_add_test(tests, only_what_it_takes_to_fail_is_left);
    tcase_add_test(tests, tries_are_limited);
    return unit_run(tests);
}
