/*
 * A flusher for tests: does what its options say and writes down every call, one
 * line each, so that a test can see what the host asked and when.
 *
 * Script says how flush answers, one word a call, the last one for all later calls:
 *   delivered, retry, rejected, broken, pending (settled by another thread as
 *   delivered), pending_retry (the same, but as retry), early (settled before flush
 *   returns PENDING), never_settled (PENDING, and that is all), unknown (a verdict that does not
 * exist), settles_twice (early, and once more), settles_unknown (early, by a verdict that does
 * not exist), marks_nothing (a group that is not there; delivered), marks (the first log of each
 * group rejected, the second to be retried, the others delivered), marks_and_keeps (the first
 * delivered, the second rejected; PENDING, and that is all)
 *
 * HangIn also takes "marked" and "settled": flush hangs after it has marked, or settled early.
 *
 * AnswerFile names a file with such a word, read at every flush, which then holds in place
 * of Script. Copy names a file that gets the values of all logs that are delivered.
 */
#include <weir/flusher.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct fake_options {
    struct weir_str record;      /* file that calls are written to */
    struct weir_str_list script; /* words */
    struct weir_str hang_in;     /* name of a call that never returns */
    struct weir_str hang_while;  /* "", or a file: it does once that is gone */
    uint64_t unready_calls;      /* is_ready says no so often */
    bool notify;                 /* then notify_ready is called by a thread */
    bool fail_init;
    bool fail_stop;
    struct weir_str fail_init_if; /* "", or a file: init fails while it is there */
    struct weir_str probe;        /* "", "answers", "refuses", "crashes", "exits" */
    struct weir_str answer_file;  /* "": Script holds */
    struct weir_str copy;         /* "": none */
    struct weir_str hang_until;   /* "": the first stop does not hang; else a file */
};

struct fake {
    const struct weir_host *host;
    const struct fake_options *options;
    int fd;
    uint64_t n_ready_calls;
    pthread_t settler;
    bool has_settler;
    uint64_t settle_id;
    uint32_t settle_verdict;
};

/* Of all instances: a restarted one goes on in the script. */
static atomic_uint_fast64_t n_flushes;

static const struct weir_option rows[] = {
    WEIR_OPTION_STRING_ROW(struct fake_options, record, "Record", WEIR_REQUIRED, NULL,
        "File that calls are written to"),
    WEIR_OPTION(struct fake_options, script, "Script", WEIR_OPTION_STRING_LIST, 0,
        "[\"delivered\"]", NULL, NULL, NULL, "How flush answers, call by call"),
    WEIR_OPTION_STRING_ROW(
        struct fake_options, hang_in, "HangIn", 0, "", "Name of a call that never returns"),
    WEIR_OPTION_STRING_ROW(
        struct fake_options, hang_while, "HangWhile", 0, "", "File without which HangIn returns"),
    WEIR_OPTION(struct fake_options, unready_calls, "UnreadyCalls", WEIR_OPTION_UINT, 0, "0", NULL,
        NULL, "calls", "is_ready says no so often"),
    WEIR_OPTION_BOOL_ROW(
        struct fake_options, notify, "Notify", "false", "Call notify_ready when ready again"),
    WEIR_OPTION_BOOL_ROW(struct fake_options, fail_init, "FailInit", "false", "init fails"),
    WEIR_OPTION_BOOL_ROW(struct fake_options, fail_stop, "FailStop", "false", "stop fails"),
    WEIR_OPTION_STRING_ROW(struct fake_options, fail_init_if, "FailInitIf", 0, "",
        "File that makes init fail while it is there"),
    WEIR_OPTION_STRING_ROW(struct fake_options, probe, "Probe", 0, "answers",
        "How the connection test ends: answers, refuses, crashes, exits"),
    WEIR_OPTION_STRING_ROW(struct fake_options, answer_file, "AnswerFile", 0, "",
        "File that says how flush answers, in place of Script"),
    WEIR_OPTION_STRING_ROW(struct fake_options, copy, "Copy", 0, "",
        "File that gets the values of the logs that are delivered"),
    WEIR_OPTION_STRING_ROW(struct fake_options, hang_until, "StopHangsUntil", 0, "",
        "The first stop returns when this file is there"),
};

static void record(struct fake *self, const char *line)
{
    char text[256];
    int n = snprintf(text, sizeof text, "%s\n", line);

    (void)!write(self->fd, text, (size_t)n);
}

/* As a library of a real flusher would, a call that hangs holds a lock that the end of the
 * program wants. */
static pthread_mutex_t busy = PTHREAD_MUTEX_INITIALIZER;

__attribute__((destructor)) static void finish(void)
{
    pthread_mutex_lock(&busy);
    pthread_mutex_unlock(&busy);
}

static void maybe_hang(struct fake *self, const char *call)
{
    static const struct timespec nap = {.tv_nsec = 5000000};
    const char *file = self->options->hang_while.data;

    if (!self->options->hang_in.size || strcmp(self->options->hang_in.data, call) != 0)
        return;
    pthread_mutex_lock(&busy);
    while (!self->options->hang_while.size || !access(file, F_OK))
        nanosleep(&nap, NULL);
    pthread_mutex_unlock(&busy);
}

/* Written down, so that a test knows when it has got there. */
static void hang_behind(struct fake *self, const char *deed)
{
    if (!strcmp(self->options->hang_in.data, deed))
        record(self, deed);
    maybe_hang(self, deed);
}

static void maybe_hang_once(struct fake *self)
{
    static atomic_bool hung;

    if (!self->options->hang_until.size || atomic_exchange(&hung, true))
        return;
    while (access(self->options->hang_until.data, F_OK) < 0)
        usleep(5000);
}

static int fake_init(void *memory, const struct weir_context *context)
{
    struct fake *self = memory;

    self->host = context->host;
    self->options = context->options;
    self->fd = open(self->options->record.data, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    record(self, "init");
    maybe_hang(self, "init");
    if (!self->options->fail_init &&
        (!self->options->fail_init_if.size || access(self->options->fail_init_if.data, F_OK)))
        return 0;
    snprintf(context->error->text, context->error->text_max, "told to fail");
    close(self->fd);
    return -1;
}

static void *notify_later(void *memory)
{
    struct fake *self = memory;

    self->host->notify_ready(self->host);
    return NULL;
}

static int fake_is_ready(
    void *memory, struct weir_str project, struct weir_str logstore, int64_t logstore_key)
{
    struct fake *self = memory;
    pthread_t thread;

    (void)project;
    (void)logstore;
    (void)logstore_key;
    maybe_hang(self, "is_ready");
    if (self->n_ready_calls++ >= self->options->unready_calls) {
        record(self, "is_ready yes");
        return 1;
    }
    record(self, "is_ready no");
    if (self->options->notify && self->n_ready_calls == self->options->unready_calls &&
        !pthread_create(&thread, NULL, notify_later, self))
        pthread_detach(thread);
    return 0;
}

static bool read_answer(const char *path, char *word, size_t word_max)
{
    FILE *file = fopen(path, "re");
    bool good;

    if (!file)
        return false;
    good = fgets(word, (int)word_max, file);
    word[good ? strcspn(word, "\n") : 0] = '\0';
    fclose(file);
    return good && word[0];
}

static const char *next_word(struct fake *self, char *word, size_t word_max)
{
    const struct weir_str_list *script = &self->options->script;
    uint64_t i = n_flushes++;

    if (self->options->answer_file.size)
        return read_answer(self->options->answer_file.data, word, word_max) ? word : "retry";
    return script->items[i < script->count ? i : script->count - 1].data;
}

static void record_flush(struct fake *self, const struct weir_batch *batch, const char *word)
{
    char line[256];
    uint32_t n_logs = 0;

    for (uint32_t i = 0; i < batch->n_groups; i++)
        n_logs += batch->groups[i]->n_logs;
    snprintf(line, sizeof line, "flush id=%llu attempt=%u logs=%u replay=%d urgent=%d %s",
        (unsigned long long)batch->id, batch->attempt, n_logs, !!(batch->flags & WEIR_BATCH_REPLAY),
        !!(batch->flags & WEIR_BATCH_URGENT), word);
    record(self, line);
}

static void *settle_later(void *memory)
{
    struct fake *self = memory;

    if (!self->host->settle(self->host, self->settle_id, self->settle_verdict, NULL))
        record(self, "settled later");
    return NULL;
}

static uint32_t pend(struct fake *self, const struct weir_batch *batch, uint32_t verdict)
{
    if (self->has_settler)
        pthread_join(self->settler, NULL);
    self->settle_id = batch->id;
    self->settle_verdict = verdict;
    self->has_settler = !pthread_create(&self->settler, NULL, settle_later, self);
    return WEIR_PENDING;
}

/* Before flush returns, `times` times. */
static uint32_t settle_now(
    struct fake *self, const struct weir_batch *batch, uint32_t verdict, int times)
{
    while (times--)
        self->host->settle(self->host, batch->id, verdict, NULL);
    hang_behind(self, "settled");
    return WEIR_PENDING;
}

static uint32_t mark_nothing(struct fake *self, const struct weir_batch *batch)
{
    self->host->mark(self->host, batch, batch->n_groups, 0, WEIR_RETRY, 0, (struct weir_str){0});
    return WEIR_DELIVERED;
}

/* The first log of each group is delivered, the second rejected, of the others is never said. */
static uint32_t mark_and_keep(struct fake *self, const struct weir_batch *batch)
{
    for (uint32_t i = 0; i < batch->n_groups; i++) {
        self->host->mark(self->host, batch, i, 0, WEIR_DELIVERED, 0, (struct weir_str){0});
        self->host->mark(self->host, batch, i, 1, WEIR_REJECTED, 400, (struct weir_str){"bad", 3});
    }
    hang_behind(self, "marked");
    return WEIR_PENDING;
}

static uint32_t mark_logs(struct fake *self, const struct weir_batch *batch)
{
    static const struct weir_str words = {"bad log", 7};

    for (uint32_t i = 0; i < batch->n_groups; i++) {
        self->host->mark(self->host, batch, i, 0, WEIR_REJECTED, 400, words);
        self->host->mark(self->host, batch, i, 1, WEIR_RETRY, 429, words);
    }
    return WEIR_DELIVERED;
}

/* One line a log; in one write, so that a killed process leaves no part of one. */
static void copy_logs(struct fake *self, const struct weir_batch *batch)
{
    int fd = open(self->options->copy.data, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    char *text = NULL;
    size_t size = 0;
    FILE *memory = open_memstream(&text, &size);

    for (uint32_t i = 0; i < batch->n_groups; i++)
        for (uint32_t j = 0; j < batch->groups[i]->n_logs; j++) {
            const struct weir_log *log = weir_log_at(batch->groups[i], j);

            for (uint32_t k = 0; k < log->n_contents; k++)
                fwrite(log->contents[k].value.data, 1, log->contents[k].value.size, memory);
            fputc('\n', memory);
        }
    fclose(memory);
    (void)!write(fd, text, size);
    close(fd);
    free(text);
}

static uint32_t fake_flush(void *memory, const struct weir_batch *batch, struct weir_result *result)
{
    struct fake *self = memory;
    char answer[32];
    const char *word = next_word(self, answer, sizeof answer);

    record_flush(self, batch, word);
    maybe_hang(self, "flush");
    snprintf(result->text, result->text_max, "scripted %s", word);
    if (self->options->copy.size && !strcmp(word, "delivered"))
        copy_logs(self, batch);
    if (!strcmp(word, "delivered"))
        return WEIR_DELIVERED;
    if (!strcmp(word, "rejected"))
        return WEIR_REJECTED;
    if (!strcmp(word, "broken"))
        return WEIR_BROKEN;
    if (!strcmp(word, "pending"))
        return pend(self, batch, WEIR_DELIVERED);
    if (!strcmp(word, "pending_retry"))
        return pend(self, batch, WEIR_RETRY);
    if (!strcmp(word, "never_settled"))
        return WEIR_PENDING;
    if (!strcmp(word, "unknown"))
        return 77;
    if (!strcmp(word, "marks"))
        return mark_logs(self, batch);
    if (!strcmp(word, "marks_and_keeps"))
        return mark_and_keep(self, batch);
    if (!strcmp(word, "marks_nothing"))
        return mark_nothing(self, batch);
    if (!strcmp(word, "early"))
        return settle_now(self, batch, WEIR_DELIVERED, 1);
    if (!strcmp(word, "settles_twice"))
        return settle_now(self, batch, WEIR_DELIVERED, 2);
    if (!strcmp(word, "settles_unknown"))
        return settle_now(self, batch, 77, 1);
    return WEIR_RETRY;
}

static void fake_set_urgent(void *memory, int exiting)
{
    struct fake *self = memory;

    record(self, exiting ? "set_urgent exiting" : "set_urgent");
    maybe_hang(self, "set_urgent");
}

static int fake_stop(void *memory, uint64_t deadline_ns, struct weir_result *result)
{
    struct fake *self = memory;

    (void)deadline_ns;
    maybe_hang(self, "stop");
    maybe_hang_once(self);
    if (self->has_settler)
        pthread_join(self->settler, NULL);
    record(self, "stop");
    close(self->fd);
    if (self->options->fail_stop) {
        snprintf(result->text, result->text_max, "told to fail");
        return -1;
    }
    return 0;
}

static int fake_probe(void *memory, uint64_t deadline_ns, struct weir_result *result)
{
    struct fake *self = memory;
    const char *end = self->options->probe.data;

    (void)deadline_ns;
    record(self, "probe");
    maybe_hang(self, "probe");
    if (!strcmp(end, "crashes"))
        abort();
    if (!strcmp(end, "exits"))
        exit(3);
    if (!strcmp(end, "answers"))
        return 0;
    snprintf(result->text, result->text_max, "nobody is there");
    return -ECONNREFUSED;
}

static const struct weir_flusher_class fake_class = {
    .struct_size = sizeof(struct weir_flusher_class),
    .flags = WEIR_ASYNC | WEIR_FS_WRITE,
    .type = "flusher_fake",
    .version = "1.0.0",
    .description = "Does what its options say, and writes down every call",
    .instance_size = sizeof(struct fake),
    .options_size = sizeof(struct fake_options),
    .options = rows,
    .n_options = sizeof rows / sizeof rows[0],
    .option_stride = sizeof rows[0],
    .init = fake_init,
    .is_ready = fake_is_ready,
    .flush = fake_flush,
    .set_urgent = fake_set_urgent,
    .stop = fake_stop,
    .probe = fake_probe,
};

WEIR_PLUGIN("fake", "1.0.0", "flusher_fake", &fake_class);
