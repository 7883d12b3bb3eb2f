#include <check.h>
#include <pthread.h>
#include <stdatomic.h>
#include "app/jobs.h"
#include "base/mem.h"
#include "base/util.h"
#include "unit.h"

static struct loop *loop;
static struct jobs *jobs;
static unsigned n_left;

static void setup(void)
{
    loop = loop_create();
    jobs = jobs_create(loop);
}

static void teardown(void)
{
    jobs_destroy(jobs);
    loop_destroy(loop);
}

static void end_of_one(struct job *job, bool cancelled)
{
    ck_assert(!cancelled);
    free(job);
    if (!--n_left)
        loop_stop(loop);
}

static void run_all(unsigned count, void (*run)(struct job *self))
{
    n_left = count;
    for (unsigned i = 0; i < count; i++) {
        struct job *job = mem_zalloc(sizeof *job);

        job->run = run;
        job->done = end_of_one;
        jobs_submit(jobs, job);
    }
    loop_run(loop);
    ck_assert_uint_eq(n_left, 0);
    ck_assert_uint_eq(jobs_count(jobs), 0);
}

static atomic_uint n_run;

static void count_it(struct job *job)
{
    (void)job;
    n_run++;
}

START_TEST(each_job_runs_once)
{
    n_run = 0;
    run_all(5000, count_it);
    ck_assert_uint_eq(n_run, 5000);
}
END_TEST

static pthread_barrier_t all_are_here;

static void wait_for_all(struct job *job)
{
    (void)job;
    pthread_barrier_wait(&all_are_here);
}

/* None ends before the last has begun, as when flushers hang in their init. */
START_TEST(jobs_behind_those_that_hang_are_begun)
{
    pthread_barrier_init(&all_are_here, NULL, JOBS_THREADS_MAX);
    run_all(JOBS_THREADS_MAX, wait_for_all);
    pthread_barrier_destroy(&all_are_here);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("jobs");

    tcase_set_timeout(tests, 30);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, each_job_runs_once);
    tcase_add_test(tests, jobs_behind_those_that_hang_are_begun);
    return unit_run(tests);
}
