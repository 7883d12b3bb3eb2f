#include "base/chain.h"

#include <endian.h>
#include <string.h>
#include "base/chain_private.h"
#include "base/mem.h"

enum step_kind {
    STEP_TEXT,     /* these bytes */
    STEP_ONE,      /* one byte of the set */
    STEP_RUN,      /* as many as can be */
    STEP_LAZY_RUN, /* as few as can be */
    STEP_OPEN,     /* a group begins */
    STEP_CLOSE,    /* and ends */
    STEP_END,      /* the end of the subject */
};

/* What must follow a run at once. */
enum follower {
    FOLLOWER_ANY,
    FOLLOWER_SET, /* a byte of `follow` */
    FOLLOWER_END,
};

/* Links as they are walked: bytes in a row are one step, and so is a group that holds
 * nothing but a run. */
struct step {
    enum step_kind kind;
    uint32_t group;         /* OPEN, CLOSE, runs; 0: none */
    const bool *set;        /* ONE and runs */
    const bool *follow;     /* runs */
    enum follower follower; /* runs */
    uint8_t min;            /* runs: 0 or 1 */
    bool overlaps;          /* runs: a byte may be of `set` and of `follow` */
    int16_t stop_byte;      /* runs: the only byte that is not of `set`; -1: not one */
    uint8_t stops_below;    /* runs: all bytes from here on are of `set`; 0: not so */
    uint8_t text_size;      /* TEXT */
    char text[8];
};

/* By byte, whether it belongs. */
struct set {
    struct set *next;
    bool bytes[256];
};

struct chain {
    uint32_t n_groups, n_steps;
    bool fits_utf8;
    struct step *steps;
    struct set *sets; /* those of the steps, each once */
};

static bool takes_bytes(const struct link *link)
{
    return link->kind == LINK_ONE || link->kind == LINK_RUN;
}

/* The chain's own copy. */
static const bool *keep_set(struct chain *chain, const bool bytes[256])
{
    struct set *set = chain->sets;

    while (set && memcmp(set->bytes, bytes, sizeof set->bytes) != 0)
        set = set->next;
    if (set)
        return set->bytes;
    set = mem_zalloc(sizeof *set);
    memcpy(set->bytes, bytes, sizeof set->bytes);
    set->next = chain->sets;
    chain->sets = set;
    return set->bytes;
}

/* The next link that takes bytes or wants the end. */
static const struct link *next_real(const struct link *link, const struct link *end)
{
    do
        link++;
    while (link < end && (link->kind == LINK_OPEN || link->kind == LINK_CLOSE));
    return link < end ? link : NULL;
}

static void look_ahead(
    struct chain *chain, struct step *step, const struct link *link, const struct link *end)
{
    const struct link *next = next_real(link, end);

    if (next && next->kind == LINK_END) {
        step->follower = FOLLOWER_END;
    } else if (next && (next->kind == LINK_ONE || next->min)) {
        step->follower = FOLLOWER_SET;
        step->follow = keep_set(chain, next->set);
        for (unsigned c = 0; c < 256; c++)
            step->overlaps |= link->set[c] && next->set[c];
    }
}

/* Words are looked through for bytes below this; more of them than blanks and control
 * characters would stop there too often. */
#define STOPS_BELOW_MAX 33U

static void find_stops(struct step *step)
{
    unsigned n_stops = 0, last = 0;

    for (unsigned c = 0; c < 256; c++)
        if (!step->set[c]) {
            last = c;
            n_stops++;
        }
    step->stop_byte = n_stops == 1 ? (int16_t)last : -1;
    if (n_stops > 1 && last < STOPS_BELOW_MAX)
        step->stops_below = (uint8_t)(last + 1);
}

/* The only byte of a set, -1 if there are others. */
static int only_byte(const bool set[256])
{
    int only = -1;

    for (int c = 0; c < 256; c++)
        if (set[c]) {
            if (only >= 0)
                return -1;
            only = c;
        }
    return only;
}

static struct step *add_step(struct chain *chain, enum step_kind kind)
{
    struct step *step = &chain->steps[chain->n_steps++];

    step->kind = kind;
    return step;
}

/* The step for one more byte of text. */
static struct step *text_step(struct chain *chain)
{
    if (chain->n_steps) {
        struct step *last = &chain->steps[chain->n_steps - 1];

        if (last->kind == STEP_TEXT && last->text_size < sizeof last->text)
            return last;
    }
    return add_step(chain, STEP_TEXT);
}

static void add_one(struct chain *chain, const struct link *link)
{
    int byte = only_byte(link->set);
    struct step *text;

    if (byte < 0) {
        add_step(chain, STEP_ONE)->set = keep_set(chain, link->set);
        return;
    }
    text = text_step(chain);
    text->text[text->text_size++] = (char)byte;
}

static void add_run(struct chain *chain, const struct link *link, const struct link *end)
{
    struct step *step = add_step(chain, link->lazy ? STEP_LAZY_RUN : STEP_RUN);

    step->set = keep_set(chain, link->set);
    step->min = link->min;
    look_ahead(chain, step, link, end);
    find_stops(step);
}

/* Whether it is a group around one run. */
static bool is_grouped_run(const struct link *link, const struct link *end)
{
    return end - link >= 3 && link[0].kind == LINK_OPEN && link[1].kind == LINK_RUN &&
           link[2].kind == LINK_CLOSE;
}

/* Adds the steps of one link, or of a group around a run; returns the link behind. */
static const struct link *add_steps(
    struct chain *chain, const struct link *link, const struct link *end)
{
    if (is_grouped_run(link, end)) {
        add_run(chain, link + 1, end);
        chain->steps[chain->n_steps - 1].group = link->group;
        return link + 3;
    }
    if (link->kind == LINK_ONE)
        add_one(chain, link);
    else if (link->kind == LINK_RUN)
        add_run(chain, link, end);
    else
        add_step(chain, link->kind == LINK_OPEN    ? STEP_OPEN
                        : link->kind == LINK_CLOSE ? STEP_CLOSE
                                                   : STEP_END)
            ->group = link->group;
    return link + 1;
}

/* Only runs take bytes above 127, all of them, and end before a byte below or at the end. */
static bool fits_utf8(const struct link *link, const struct link *end)
{
    const struct link *next = next_real(link, end);

    if (!takes_bytes(link) || !link->set[255])
        return true;
    if (link->kind == LINK_ONE)
        return false;
    if (!next || (next->kind == LINK_RUN && !next->min))
        return !link->lazy;
    return next->kind == LINK_END || !next->set[255];
}

struct chain *chain_create(struct weir_str text)
{
    SCOPED_FREE struct link *links = mem_calloc(CHAIN_LINKS_MAX, sizeof *links);
    uint32_t n_links, n_groups;
    const struct link *end;
    struct chain *chain;

    if (!chain_parse(text, links, &n_links, &n_groups))
        return NULL;
    chain = mem_zalloc(sizeof *chain);
    chain->n_groups = n_groups;
    chain->fits_utf8 = true;
    chain->steps = mem_calloc(n_links + 1U, sizeof *chain->steps); /* or fewer */
    end = links + n_links;
    for (const struct link *link = links; link < end; link++)
        chain->fits_utf8 &= fits_utf8(link, end);
    for (const struct link *link = links; link < end;)
        link = add_steps(chain, link, end);
    return chain;
}

void chain_destroy(struct chain *chain)
{
    if (!chain)
        return;
    for (struct set *set = chain->sets, *next; set; set = next) {
        next = set->next;
        free(set);
    }
    free(chain->steps);
    free(chain);
}

uint32_t chain_n_groups(const struct chain *chain)
{
    return chain->n_groups;
}

bool chain_fits_utf8(const struct chain *chain)
{
    return chain->fits_utf8;
}

static bool is_in(const bool set[256], char c)
{
    return set[(unsigned char)c];
}

/* Whether what must follow the run is at `at`. */
static bool follower_fits(const struct step *step, const char *at, const char *end)
{
    switch (step->follower) {
    case FOLLOWER_SET:
        return at < end && is_in(step->follow, *at);
    case FOLLOWER_END:
        return at == end;
    default:
        return true;
    }
}

#define ONES 0x0101010101010101U
#define HIGHS 0x8080808080808080U

/* The first byte below `limit`, or a place of which the last bytes are not looked at yet. */
static const char *skip_from(const char *at, const char *end, uint8_t limit)
{
    for (; end - at >= 8; at += 8) {
        uint64_t word, below;

        memcpy(&word, at, 8);
        word = le64toh(word);
        below = (word - ONES * limit) & ~word & HIGHS;
        if (below)
            return at + __builtin_ctzll(below) / 8;
    }
    return at;
}

static const char *longest_run(const struct step *step, const char *at, const char *end)
{
    if (step->stop_byte >= 0) {
        const char *stop = memchr(at, step->stop_byte, (size_t)(end - at));

        return stop ? stop : end;
    }
    for (;;) {
        if (step->stops_below)
            at = skip_from(at, end, step->stops_below);
        if (at == end || !is_in(step->set, *at))
            return at;
        at++;
    }
}

/* The end of the run by first choice, NULL if it has none. */
static const char *walk_run(const struct step *step, const char *start, const char *end)
{
    const char *least = start + step->min, *at = longest_run(step, start, end);

    if (at < least)
        return NULL;
    if (follower_fits(step, at, end))
        return at;
    while (step->overlaps && at > least)
        if (follower_fits(step, --at, end))
            return at;
    return NULL;
}

static const char *walk_lazy_run(const struct step *step, const char *start, const char *end)
{
    const char *at = start;

    while (at < start + step->min || !follower_fits(step, at, end)) {
        if (at == end || !is_in(step->set, *at))
            return NULL;
        at++;
    }
    return at;
}

/* Behind the step, NULL if it does not match. */
static const char *walk(const struct step *step, const char *start, const char *end,
    struct pattern_span *span, const char *subject)
{
    const char *at = start;

    switch (step->kind) {
    case STEP_TEXT:
        for (uint8_t i = 0; i < step->text_size; i++, at++)
            if (at == end || *at != step->text[i])
                return NULL;
        return at;
    case STEP_ONE:
        return at < end && is_in(step->set, *at) ? at + 1 : NULL;
    case STEP_RUN:
        at = walk_run(step, start, end);
        break;
    case STEP_LAZY_RUN:
        at = walk_lazy_run(step, start, end);
        break;
    case STEP_OPEN:
        span->start = (size_t)(at - subject);
        return at;
    case STEP_CLOSE:
        span->end = (size_t)(at - subject);
        return at;
    case STEP_END:
        return at == end ? at : NULL;
    }
    if (at && step->group)
        *span = (struct pattern_span){(size_t)(start - subject), (size_t)(at - subject)};
    return at;
}

bool chain_match(const struct chain *chain, struct weir_str subject, struct pattern_span *ret_spans)
{
    const char *start = subject.size ? subject.data : "", *at = start, *end = start + subject.size;
    const struct step *last = chain->steps + chain->n_steps;

    for (const struct step *step = chain->steps; at && step < last; step++)
        at = walk(step, at, end, &ret_spans[step->group], start);
    if (!at)
        return false;
    ret_spans[0] = (struct pattern_span){0, (size_t)(at - start)};
    return true;
}
