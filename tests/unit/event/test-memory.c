/* Blocks, the budget and its gates, arenas. */
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>
#include "base/mem.h"
#include "base/util.h"
#include "event/memory.h"
#include "unit.h"

static struct memory *memory;

static void start(void)
{
    memory = memory_create(1 * MIB);
}

static void end(void)
{
    ck_assert_uint_eq(memory_used(memory), 0);
    memory_destroy(memory);
}

static const struct {
    size_t asked, got; /* bytes */
} sizes[] = {
    {0, 4 * KIB},
    {1, 4 * KIB},
    {4 * KIB, 4 * KIB},
    {4 * KIB + 1, 8 * KIB},
    {8 * KIB, 8 * KIB},
    {8 * KIB + 1, 12 * KIB},
    {16 * KIB, 16 * KIB},
    {16 * KIB + 1, 20 * KIB},
    {31 * KIB, 32 * KIB},
    {32 * KIB + 1, 40 * KIB},
    {64 * KIB, 64 * KIB},
    {100 * KIB, 112 * KIB},
    {512 * KIB, 512 * KIB},
    {512 * KIB + 1, 640 * KIB},
    {2 * MIB - 1, 2 * MIB},
    {2 * MIB, 2 * MIB},
    {2 * MIB + 1, 2 * MIB + 1},
    {9 * MIB, 9 * MIB},
};

START_TEST(block_sizes)
{
    struct block *block = block_get(memory, sizes[_i].asked);

    ck_assert_uint_eq(block->size, sizes[_i].got);
    ck_assert_uint_eq(memory_used(memory), sizes[_i].got);
    memset(block->data, 1, block->size);
    block_unref(block);
    ck_assert_uint_eq(memory_used(memory), 0);
}
END_TEST

START_TEST(blocks_are_recycled)
{
    struct block *first = block_get(memory, 64 * KIB), *second = block_get(memory, 64 * KIB);
    struct block *other = block_get(memory, 4 * KIB);

    ck_assert_ptr_ne(first, second);
    block_unref(first);
    block_unref(other); /* of another class */
    ck_assert_ptr_eq(block_get(memory, 60 * KIB), first);
    block_unref(second);
    block_unref(first);
    ck_assert_ptr_eq(block_get(memory, 64 * KIB), first);
    ck_assert_ptr_eq(block_get(memory, 64 * KIB), second);
    block_unref(first);
    block_unref(second);
}
END_TEST

START_TEST(the_last_reference_counts)
{
    struct block *block = block_get(memory, 1);

    ck_assert_ptr_eq(block_ref(block), block);
    block_unref(block);
    ck_assert_uint_eq(memory_used(memory), block->size);
    block_unref(block);
    block_unref(NULL);
}
END_TEST

/* A gate that counts its openings. */
struct counted_gate {
    struct gate gate;
    int n_opened;
};

static void count_opening(struct gate *gate)
{
    container_of(gate, struct counted_gate, gate)->n_opened++;
}

START_TEST(a_gate_waits_until_an_eighth_is_free)
{
    struct counted_gate counted = {0};
    struct block *blocks[16];

    gate_init(&counted.gate, count_opening);
    for (size_t i = 0; i < 16; i++) {
        ck_assert(memory_ask(memory, &counted.gate));
        blocks[i] = block_get(memory, 64 * KIB);
    }
    ck_assert(!memory_ask(memory, &counted.gate));
    ck_assert(!memory_ask(memory, &counted.gate));
    ck_assert(!gate_is_open(&counted.gate));
    block_unref(blocks[0]);
    block_unref(blocks[1]);
    ck_assert(!gate_is_open(&counted.gate));
    block_unref(blocks[2]);
    ck_assert(gate_is_open(&counted.gate));
    ck_assert_int_eq(counted.n_opened, 1);
    ck_assert(memory_ask(memory, &counted.gate));
    for (size_t i = 3; i < 16; i++)
        block_unref(blocks[i]);
    ck_assert_int_eq(counted.n_opened, 1);
}
END_TEST

START_TEST(a_block_is_got_above_the_limit_too)
{
    struct counted_gate counted = {0};
    struct block *block = block_get(memory, 3 * MIB);

    gate_init(&counted.gate, count_opening);
    ck_assert(!memory_ask(memory, &counted.gate));
    block_unref(block);
    ck_assert(gate_is_open(&counted.gate));
}
END_TEST

START_TEST(all_gates_that_wait_are_opened)
{
    struct counted_gate gates[5] = {0};
    struct block *block = block_get(memory, 2 * MIB);

    for (int i = 0; i < 5; i++) {
        gate_init(&gates[i].gate, count_opening);
        ck_assert(!memory_ask(memory, &gates[i].gate));
    }
    memory_forget(memory, &gates[2].gate);
    block_unref(block);
    for (int i = 0; i < 5; i++)
        ck_assert_int_eq(gates[i].n_opened, i != 2);
    memory_forget(memory, &gates[0].gate);
}
END_TEST

START_TEST(gates_count_their_holders)
{
    struct counted_gate counted = {0};

    gate_init(&counted.gate, count_opening);
    gate_close(&counted.gate);
    gate_close(&counted.gate);
    gate_open(&counted.gate);
    ck_assert(!gate_is_open(&counted.gate));
    gate_open(&counted.gate);
    ck_assert(gate_is_open(&counted.gate));
    ck_assert_int_eq(counted.n_opened, 1);
}
END_TEST

START_TEST(arena_memory_is_aligned_and_apart)
{
    struct arena arena;
    char *last = NULL;
    size_t last_size = 0;
    bool intact = true;

    srandom(3);
    arena_init(&arena, memory, 4 * KIB);
    for (int i = 0; i < 2000; i++) {
        size_t size = (size_t)random() % (random() % 20 ? 200 : 20000);
        char *at = arena_alloc(&arena, size);

        ck_assert_uint_eq((uintptr_t)at % 8, 0);
        memset(at, i & 0x7F, size);
        for (size_t j = 0; j < last_size; j++)
            intact &= last[j] == ((i - 1) & 0x7F);
        last = at;
        last_size = size;
    }
    ck_assert(intact);
    arena_finish(&arena);
    arena_finish(&arena);
}
END_TEST

START_TEST(an_empty_arena_holds_nothing)
{
    struct arena arena;

    arena_init(&arena, memory, 4 * KIB);
    ck_assert_uint_eq(memory_used(memory), 0);
    ck_assert_uint_eq(arena_copy(&arena, (struct weir_str){NULL, 0}).size, 0);
    arena_finish(&arena);
}
END_TEST

START_TEST(arena_blocks_are_recycled)
{
    struct block *first = NULL;

    for (int i = 0; i < 10; i++) {
        struct arena arena;

        arena_init(&arena, memory, 16 * KIB);
        arena_alloc(&arena, 100);
        ck_assert(!first || arena.blocks == first);
        first = arena.blocks;
        arena_finish(&arena);
    }
}
END_TEST

#define N_THREADS 3
#define N_ROUNDS 3000

struct worker {
    struct counted_gate counted;
    pthread_mutex_t lock;
    pthread_cond_t opened;
    pthread_t thread;
};

static void wake_worker(struct gate *gate)
{
    struct worker *worker = container_of(gate, struct worker, counted.gate);

    pthread_mutex_lock(&worker->lock);
    pthread_cond_signal(&worker->opened);
    pthread_mutex_unlock(&worker->lock);
}

/* Asks before each block, as an input does, and waits when it has to. */
static void *work(void *argument)
{
    struct worker *worker = argument;
    struct block *blocks[8] = {NULL};

    for (unsigned i = 0; i < N_ROUNDS; i++) {
        block_unref(take_ptr(blocks[i % 8]));
        while (!memory_ask(memory, &worker->counted.gate)) {
            for (int j = 0; j < 8; j++)
                block_unref(take_ptr(blocks[j]));
            pthread_mutex_lock(&worker->lock);
            while (!gate_is_open(&worker->counted.gate))
                pthread_cond_wait(&worker->opened, &worker->lock);
            pthread_mutex_unlock(&worker->lock);
        }
        blocks[i % 8] = block_get(memory, 64 * KIB);
        blocks[i % 8]->data[0] = (char)i;
    }
    for (int j = 0; j < 8; j++)
        block_unref(blocks[j]);
    return NULL;
}

START_TEST(threads_share_the_budget)
{
    struct worker workers[N_THREADS];

    for (int i = 0; i < N_THREADS; i++) {
        gate_init(&workers[i].counted.gate, wake_worker);
        pthread_mutex_init(&workers[i].lock, NULL);
        pthread_cond_init(&workers[i].opened, NULL);
    }
    for (int i = 0; i < N_THREADS; i++)
        pthread_create(&workers[i].thread, NULL, work, &workers[i]);
    for (int i = 0; i < N_THREADS; i++)
        pthread_join(workers[i].thread, NULL);
}
END_TEST

/* Sanitizers have a malloc of their own; gcc's builds tell which they are. */
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) && !defined(__clang__)
#define MALLOC_IS_LIBC 1
/* Resident memory of this process; MiB. */
static unsigned long resident_mib(void)
{
    FILE *file = fopen("/proc/self/statm", "re");
    unsigned long total, resident;

    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(fscanf(file, "%lu %lu", &total, &resident), 2);
    fclose(file);
    return resident * (unsigned long)sysconf(_SC_PAGESIZE) >> 20;
}

/* Small things that stay between the blocks keep nothing of them. */
START_TEST(a_burst_is_given_back_to_the_system)
{
    enum { N_BLOCKS = 8000 };
    struct block **blocks = calloc(N_BLOCKS, sizeof(struct block *));
    void **pins = calloc(N_BLOCKS, sizeof(void *));
    unsigned long peak;

    for (int i = 0; i < N_BLOCKS; i++) {
        blocks[i] = block_get(memory, 20 * KIB);
        memset(blocks[i]->data, 1, blocks[i]->size);
        pins[i] = malloc(40);
    }
    peak = resident_mib();
    ck_assert_uint_gt(peak, 150);
    for (int i = 0; i < N_BLOCKS; i++)
        block_unref(blocks[i]);
    ck_assert_uint_lt(resident_mib(), peak - 138); /* of 156 MiB 16 are kept */
    for (int i = 0; i < N_BLOCKS; i++) {
        blocks[i] = block_get(memory, 20 * KIB);
        memset(blocks[i]->data, 1, blocks[i]->size);
    }
    ck_assert_uint_lt(resident_mib(), peak + 2); /* the same pages are used again */
    for (int i = 0; i < N_BLOCKS; i++)
        block_unref(blocks[i]);
    for (int i = 0; i < N_BLOCKS; i++)
        free(pins[i]);
    free((void *)pins);
    free((void *)blocks);
}
END_TEST
#endif

int main(void)
{
    TCase *tests = tcase_create("memory");

    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, start, end);
    tcase_add_loop_test(tests, block_sizes, 0, ARRAY_SIZE(sizes));
    tcase_add_test(tests, blocks_are_recycled);
    tcase_add_test(tests, the_last_reference_counts);
    tcase_add_test(tests, a_gate_waits_until_an_eighth_is_free);
    tcase_add_test(tests, a_block_is_got_above_the_limit_too);
    tcase_add_test(tests, all_gates_that_wait_are_opened);
    tcase_add_test(tests, gates_count_their_holders);
    tcase_add_test(tests, arena_memory_is_aligned_and_apart);
    tcase_add_test(tests, an_empty_arena_holds_nothing);
    tcase_add_test(tests, arena_blocks_are_recycled);
    tcase_add_test(tests, threads_share_the_budget);
#ifdef MALLOC_IS_LIBC
    tcase_add_test(tests, a_burst_is_given_back_to_the_system);
#endif
    return unit_run(tests);
}
