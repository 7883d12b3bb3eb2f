#include "input/gbk.h"

#include <iconv.h>
#include <stdint.h>
#include <string.h>
#include "base/mem.h"

#define LEAD_MIN 0x81U
#define LEAD_MAX 0xFEU
#define TRAIL_MIN 0x40U
#define TRAIL_MAX 0xFEU
#define REPLACEMENT 0xFFFDU
/* No character of GBK is longer in UTF-8, and no byte becomes more; bytes. */
#define UTF8_MAX 3U

struct gbk {
    uint16_t alone; /* what LEAD_MIN - 1 is: the euro sign, in later forms; 0: none */
    uint16_t points[LEAD_MAX - LEAD_MIN + 1][TRAIL_MAX - TRAIL_MIN + 1]; /* 0: none */
};

/* The code point of one or two bytes, 0 if there is none. */
static uint16_t ask(iconv_t iconv_to_utf16, const unsigned char *bytes, size_t size)
{
    unsigned char out[2];
    char *from = (char *)(uintptr_t)bytes, *to = (char *)out;
    size_t n_out = sizeof out;

    iconv(iconv_to_utf16, NULL, NULL, NULL, NULL);
    if (iconv(iconv_to_utf16, &from, &size, &to, &n_out) == (size_t)-1 || n_out)
        return 0;
    return (uint16_t)(out[0] | out[1] << 8);
}

struct gbk *gbk_create(void)
{
    static const unsigned char alone[] = {LEAD_MIN - 1};
    iconv_t iconv_to_utf16 = iconv_open("UTF-16LE", "GBK");
    struct gbk *gbk;

    if (iconv_to_utf16 == (iconv_t)-1)
        return NULL;
    gbk = mem_zalloc(sizeof *gbk);
    gbk->alone = ask(iconv_to_utf16, alone, sizeof alone);
    for (unsigned lead = LEAD_MIN; lead <= LEAD_MAX; lead++)
        for (unsigned trail = TRAIL_MIN; trail <= TRAIL_MAX; trail++) {
            const unsigned char both[] = {(unsigned char)lead, (unsigned char)trail};

            gbk->points[lead - LEAD_MIN][trail - TRAIL_MIN] =
                ask(iconv_to_utf16, both, sizeof both);
        }
    iconv_close(iconv_to_utf16);
    return gbk;
}

void gbk_destroy(struct gbk *gbk)
{
    free(gbk);
}

/* The bytes before the first that is not ASCII. */
static size_t ascii_run(const unsigned char *at, const unsigned char *end)
{
    const unsigned char *start = at;
    uint64_t word;

    while (end - at >= 8 && (memcpy(&word, at, 8), !(word & 0x8080808080808080U)))
        at += 8;
    while (at < end && *at < 0x80)
        at++;
    return (size_t)(at - start);
}

static char *put_utf8(char *to, unsigned point)
{
    if (point < 0x800) {
        *to++ = (char)(0xC0 | point >> 6);
    } else {
        *to++ = (char)(0xE0 | point >> 12);
        *to++ = (char)(0x80 | (point >> 6 & 0x3F));
    }
    *to++ = (char)(0x80 | (point & 0x3F));
    return to;
}

static bool is_lead(unsigned char byte)
{
    return byte >= LEAD_MIN && byte <= LEAD_MAX;
}

/* The character at `at`, which is not ASCII, and how many bytes it has. Where there is
 * none, how many are passed over: what may be a letter of its own stays. */
static unsigned next_point(
    const struct gbk *gbk, const unsigned char *at, const unsigned char *end, size_t *ret_size)
{
    unsigned point;

    *ret_size = 1;
    if (at[0] == LEAD_MIN - 1)
        return gbk->alone;
    if (end - at < 2 || !is_lead(at[0]) || at[1] < TRAIL_MIN || at[1] > TRAIL_MAX)
        return 0;
    point = gbk->points[at[0] - LEAD_MIN][at[1] - TRAIL_MIN];
    if (point || at[1] >= 0x80)
        *ret_size = 2;
    return point;
}

size_t gbk_decode(const struct gbk *gbk, struct weir_str text, struct buf *utf8)
{
    const unsigned char *at = (const unsigned char *)text.data, *end = at + text.size;
    char *to = buf_reserve(utf8, UTF8_MAX * text.size + 1);
    size_t n_bad = 0;

    while (at < end) {
        size_t size = ascii_run(at, end);
        unsigned point;

        memcpy(to, at, size);
        to += size;
        at += size;
        if (at == end)
            break;
        point = next_point(gbk, at, end, &size);
        n_bad += !point;
        to = put_utf8(to, point ? point : REPLACEMENT);
        at += size;
    }
    utf8->size = (size_t)(to - utf8->data);
    return n_bad;
}

bool gbk_is_ascii(struct weir_str text)
{
    const unsigned char *at = (const unsigned char *)text.data;

    return ascii_run(at, at + text.size) == text.size;
}

size_t gbk_cut(struct weir_str text, size_t max)
{
    size_t at = 0;

    if (text.size <= max)
        return text.size;
    while (at < max) {
        size_t size = is_lead((unsigned char)text.data[at]) ? 2 : 1;

        if (at + size > max)
            break;
        at += size;
    }
    return at;
}
