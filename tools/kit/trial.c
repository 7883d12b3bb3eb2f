#include "kit/trial.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "kit/heap.h"
#include "kit/words.h"
#include "plugin/descriptor.h"
#include "plugin/loader.h"

/* The verdict stands; nothing of the plugin's runs any more. */
static void end(struct trial *trial) __attribute__((noreturn));
static void end(struct trial *trial)
{
    if (trial->in_process && pthread_equal(trial->thread, pthread_self()))
        longjmp(trial->end, 1);
    if (trial->in_process)
        fprintf(stderr, "%s: %s, seen on a thread of the plugin's; this ends the run\n",
            trial->check->id, trial->page->reason);
    _exit(EXIT_SUCCESS);
}

/* The first verdict stays, but a warning gives way to what is worse. */
static void decide(struct trial *trial, enum verdict verdict, enum skip skip, const char *reason)
{
    struct trial_page *page = trial->page;
    unsigned before = atomic_load(&page->verdict);

    do {
        if (before != VERDICT_NONE && !(before == VERDICT_WARN && verdict == VERDICT_FAIL))
            return;
    } while (!atomic_compare_exchange_weak(&page->verdict, &before, verdict));
    page->skip = skip;
    snprintf(page->reason, sizeof page->reason, "%s", reason);
}

static void decide_in_words(struct trial *trial, enum verdict verdict, enum skip skip,
    const char *format, va_list arguments) __attribute__((format(printf, 4, 0)));
static void decide_in_words(struct trial *trial, enum verdict verdict, enum skip skip,
    const char *format, va_list arguments)
{
    char text[TRIAL_REASON_MAX];

    words_put(text, sizeof text, format, arguments);
    decide(trial, verdict, skip, text);
}

void trial_fail(struct trial *trial, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    decide_in_words(trial, VERDICT_FAIL, SKIP_NONE, format, arguments);
    va_end(arguments);
    end(trial);
}

void trial_lacks(struct trial *trial, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    decide_in_words(trial, VERDICT_SKIP, SKIP_LACKS, format, arguments);
    va_end(arguments);
    end(trial);
}

void trial_foreign(struct trial *trial, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    decide_in_words(trial, VERDICT_SKIP, SKIP_FOREIGN, format, arguments);
    va_end(arguments);
    end(trial);
}

void trial_warn(struct trial *trial, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    decide_in_words(trial, VERDICT_WARN, SKIP_NONE, format, arguments);
    va_end(arguments);
}

void trial_pass(struct trial *trial)
{
    decide(trial, VERDICT_PASS, SKIP_NONE, "");
}

void trial_fail_at_once(struct trial *trial, const char *reason)
{
    decide(trial, VERDICT_FAIL, SKIP_NONE, reason);
    _exit(EXIT_SUCCESS);
}

void trial_note(struct trial *trial, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    words_put(trial->page->note, sizeof trial->page->note, format, arguments);
    va_end(arguments);
}

void trial_doing(struct trial *trial, const char *format, ...)
{
    va_list arguments;

    pthread_mutex_lock(&trial->doing_lock);
    va_start(arguments, format);
    words_put(trial->page->doing, sizeof trial->page->doing, format, arguments);
    va_end(arguments);
    pthread_mutex_unlock(&trial->doing_lock);
}

struct descriptor *trial_descriptor(struct trial *trial)
{
    SCOPED_REFUSAL struct refusal why = {0};

    if (trial->descriptor)
        return trial->descriptor;
    trial_doing(trial, "loading the plugin");
    if (loader_load(trial->path, NULL, NULL, &trial->descriptor, &why))
        trial_fail(trial, "%s: %s", why.code, why.message);
    heap_know_plugin(trial->path);
    trial_doing(trial, "%s", "");
    return trial->descriptor;
}

const struct plugin_class *trial_class(struct trial *trial)
{
    const struct descriptor *descriptor = trial_descriptor(trial);

    for (size_t i = 0; i < descriptor->n_classes; i++)
        if (!strcmp(descriptor->classes[i].config.type, trial->type))
            return &descriptor->classes[i];
    trial_fail(trial, "the plugin does not have the class %s any more", trial->type);
}

void trial_run(struct trial *trial)
{
    trial->thread = pthread_self();
    pthread_mutex_init(&trial->doing_lock, NULL);
    heap_kit_thread();
    if (!setjmp(trial->end)) {
        trial->check->run(trial);
        decide(trial, VERDICT_PASS, SKIP_NONE, "");
    }
}

/* splitmix64 */
uint64_t trial_random(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}
