#include "kit/marks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "kit/sink.h"

#define PREFIX_SIZE 13 /* "weir" and 8 hex digits and "x" */
#define DIGITS 8
#define PAUSE_NS (20 * NS_PER_MS)
#define SAMPLE_TIME_S 1700000000u
#define LOG_BYTES ((size_t)512) /* address space for one log */

static void put_prefix(const struct trial *trial, char text[PREFIX_SIZE + 1])
{
    uint64_t state = trial->seed;

    snprintf(text, PREFIX_SIZE + 1, "weir%08xx", (unsigned)trial_random(&state));
}

void marks_text(const struct trial *trial, uint32_t number, char text[MARK_SIZE])
{
    char prefix[PREFIX_SIZE + 1];

    put_prefix(trial, prefix);
    snprintf(text, MARK_SIZE, "%s%08ue", prefix, number % 100000000u);
}

static struct weir_str text_str(const char *text)
{
    return (struct weir_str){text, strlen(text)};
}

void marks_log(const struct trial *trial, struct sample *sample, uint32_t number)
{
    char mark[MARK_SIZE], content[128];
    struct weir_kv contents[] = {
        {text_str("content"), {0}},
        {text_str("level"), text_str("info")},
        {text_str("status"), text_str("200")},
    };

    marks_text(trial, number, mark);
    snprintf(content, sizeof content, "%s GET /index.html HTTP/1.1", mark);
    contents[0].value = text_str(content);
    sample_log(sample, SAMPLE_TIME_S + number / 1000, contents, ARRAY_SIZE(contents));
}

struct sample *marks_sample(const struct trial *trial, uint64_t id, uint32_t first, uint32_t n)
{
    struct sample *sample = sample_create(id, 1, SAMPLE_BYTES / 16 + n * LOG_BYTES);

    sample_group(sample, n, 1);
    sample_tag(sample, text_str("host"), text_str("verify"));
    for (uint32_t i = 0; i < n; i++)
        marks_log(trial, sample, first + i);
    return sample;
}

static void count(
    const struct trial *trial, const struct buf *text, uint32_t n, struct marks_found *found)
{
    char prefix[PREFIX_SIZE + 1];
    const char *at = text->data, *end = text->data + text->size;
    uint32_t highest = 0;

    put_prefix(trial, prefix);
    while (at && (at = memmem(at, (size_t)(end - at), prefix, PREFIX_SIZE))) {
        char digits[DIGITS + 1] = "";
        unsigned long number;

        at += PREFIX_SIZE;
        if (end - at <= DIGITS || at[DIGITS] != 'e')
            continue;
        memcpy(digits, at, DIGITS);
        number = strtoul(digits, NULL, 10);
        if (number >= n)
            continue;
        found->counts[number]++;
        found->n_disordered += number < highest && found->counts[number] == 1;
        highest = MAX(highest, (uint32_t)number);
    }
}

static void sum_up(uint32_t n, struct marks_found *found)
{
    for (uint32_t i = n; i-- > 0;) {
        if (found->counts[i] == 0) {
            found->n_missing++;
            found->first_missing = i;
        }
        if (found->counts[i] > 1) {
            found->n_repeated++;
            found->first_repeated = i;
        }
    }
}

void marks_find(struct trial *trial, uint32_t n, uint64_t timeout_ns, struct marks_found *ret)
{
    const struct timespec moment = {0, (long)PAUSE_NS};
    const uint64_t end_ns = clock_now_ns() + timeout_ns;

    for (;;) {
        SCOPED_BUF struct buf text = {0};

        *ret = (struct marks_found){.counts = mem_calloc(n + 1, sizeof *ret->counts)};
        sink_read(trial, &text);
        count(trial, &text, n, ret);
        sum_up(n, ret);
        if (!ret->n_missing || clock_now_ns() >= end_ns)
            return;
        marks_finish(ret);
        nanosleep(&moment, NULL);
    }
}

void marks_finish(struct marks_found *found)
{
    free(found->counts);
    found->counts = NULL;
}
