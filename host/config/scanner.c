#include "config/scanner.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "base/buf.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "base/util.h"

struct scanner {
    const char *path, *text;
    size_t size, at;
    struct diag_list *diags;
    /* Where `placed` is: places are asked for in growing order mostly. */
    size_t placed;
    unsigned line, column, depth;
    bool failed;
};

static struct place place_at(struct scanner *s, size_t offset)
{
    if (offset < s->placed) {
        s->placed = 0;
        s->line = s->column = 1;
    }
    while (s->placed < offset) {
        unsigned char c = (unsigned char)s->text[s->placed++];

        if (c == '\n') {
            s->line++;
            s->column = 1;
        } else if ((c & 0xC0) != 0x80) {
            s->column++;
        }
    }
    return (struct place){s->path, s->line, s->column, 1};
}

static unsigned count_characters(const char *text, size_t size)
{
    unsigned count = 0;

    for (size_t i = 0; i < size; i++)
        count += ((unsigned char)text[i] & 0xC0) != 0x80;
    return count;
}

static struct place place_of(struct scanner *s, size_t start, size_t end)
{
    struct place place = place_at(s, start);
    const char *newline = memchr(s->text + start, '\n', end - start);

    if (newline)
        end = (size_t)(newline - s->text);
    place.length = count_characters(s->text + start, end - start);
    return place;
}

static const char quotes_words[] = "these are typographic quotes; JSON takes only plain ones: \"";
static const char comment_words[] = "JSON has no comments; a key starting with x- can hold one";

/* The first thing that ends the scan; what follows from it is not told. */
static struct diag *fail(struct scanner *s, const char *code, size_t offset, const char *words)
{
    if (s->failed)
        return NULL;
    s->failed = true;
    return diag_add(s->diags, DIAG_ERROR, code, place_at(s, offset), "%s", words);
}

/* What people write where JSON has nothing of the kind. */
static const struct {
    const char *text, *words;
} strangers[] = {
    {"'", "strings are written in double quotes"},
    {"`", "strings are written in double quotes"},
    {"\xE2\x80\x98", quotes_words},
    {"\xE2\x80\x99", quotes_words},
    {"\xE2\x80\x9C", quotes_words},
    {"\xE2\x80\x9D", quotes_words},
    {"\xE2\x80\x9E", quotes_words},
    {"\xC2\xAB", quotes_words},
    {"\xC2\xBB", quotes_words},
    {"\xC2\xA0", "a no-break space is no space here; write an ordinary one"},
    {"//", comment_words},
    {"/*", comment_words},
    {"#", comment_words},
    {"True", "true, false and null are written in lower case"},
    {"False", "true, false and null are written in lower case"},
    {"None", "nothing is written null"},
    {"NaN", "JSON has no such number"},
    {"Infinity", "JSON has no such number"},
    {"+", "a number has no plus in front"},
};

static const char *words_for_stranger(const struct scanner *s)
{
    for (size_t i = 0; i < ARRAY_SIZE(strangers); i++) {
        size_t size = strlen(strangers[i].text);

        if (s->size - s->at >= size && !memcmp(s->text + s->at, strangers[i].text, size))
            return strangers[i].words;
    }
    return NULL;
}

static void fail_expected(struct scanner *s, const char *expected)
{
    const char *words = s->at < s->size ? words_for_stranger(s) : "the text ends too early";
    struct diag *diag = fail(s, "W1001", s->at, words ? words : "this is not JSON here");

    if (diag)
        diag->expected = mem_strdup(expected);
}

static void skip_space(struct scanner *s)
{
    while (s->at < s->size && memchr(" \t\r\n", s->text[s->at], 4))
        s->at++;
}

static bool next_is(struct scanner *s, char c)
{
    return s->at < s->size && s->text[s->at] == c;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'))
        return (c | 0x20) - 'a' + 10;
    return -1;
}

/* Four hex digits at `at`; -1 if they are not. */
static int32_t hex4(const struct scanner *s, size_t at)
{
    int32_t value = 0;

    if (s->size - at < 4)
        return -1;
    for (size_t i = 0; i < 4; i++) {
        int digit = hex_digit(s->text[at + i]);

        if (digit < 0)
            return -1;
        value = value << 4 | digit;
    }
    return value;
}

static void put_utf8(struct buf *out, uint32_t c)
{
    if (c < 0x80) {
        buf_putc(out, (char)c);
    } else if (c < 0x800) {
        buf_putc(out, (char)(0xC0 | c >> 6));
        buf_putc(out, (char)(0x80 | (c & 0x3F)));
    } else if (c < 0x10000) {
        buf_putc(out, (char)(0xE0 | c >> 12));
        buf_putc(out, (char)(0x80 | (c >> 6 & 0x3F)));
        buf_putc(out, (char)(0x80 | (c & 0x3F)));
    } else {
        buf_putc(out, (char)(0xF0 | c >> 18));
        buf_putc(out, (char)(0x80 | (c >> 12 & 0x3F)));
        buf_putc(out, (char)(0x80 | (c >> 6 & 0x3F)));
        buf_putc(out, (char)(0x80 | (c & 0x3F)));
    }
}

/* \uXXXX, maybe a pair of them; `at` is at the first digit. */
static bool scan_unicode(struct scanner *s, struct buf *out)
{
    int32_t high = hex4(s, s->at), low;

    if (high < 0) {
        fail(s, "W1001", s->at, "\\u wants four hexadecimal digits");
        return false;
    }
    s->at += 4;
    if (high < 0xD800 || high > 0xDFFF) {
        put_utf8(out, (uint32_t)high);
        return true;
    }
    low = high < 0xDC00 && s->size - s->at >= 6 && !memcmp(s->text + s->at, "\\u", 2)
              ? hex4(s, s->at + 2)
              : -1;
    if (low < 0xDC00 || low > 0xDFFF) {
        fail(s, "W1001", s->at - 6, "half of a surrogate pair");
        return false;
    }
    s->at += 6;
    put_utf8(out, 0x10000 + ((uint32_t)(high - 0xD800) << 10) + (uint32_t)(low - 0xDC00));
    return true;
}

static bool scan_escape(struct scanner *s, struct buf *out)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    char c = s->at < s->size ? s->text[s->at] : '\0';
    const char *found = c ? strchr(from, c) : NULL;

    if (c == 'u') {
        s->at++;
        return scan_unicode(s, out);
    }
    if (!found) {
        fail(s, "W1001", s->at,
            "unknown escape; JSON has \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX");
        return false;
    }
    buf_putc(out, to[found - from]);
    s->at++;
    return true;
}

/* A string, its text into `out`; `at` is at the opening quote. */
static bool scan_string(struct scanner *s, struct buf *out)
{
    size_t start = s->at++;

    while (s->at < s->size && s->text[s->at] != '"') {
        unsigned char c = (unsigned char)s->text[s->at];
        size_t length;

        if (c == '\\') {
            s->at++;
            if (!scan_escape(s, out))
                return false;
            continue;
        }
        if (c < 0x20) {
            fail(s, "W1001", s->at,
                c == '\n' ? "a string ends on its line; is its closing quote missing?"
                          : "control characters are written as \\uXXXX");
            return false;
        }
        length = utf8_length((const unsigned char *)s->text + s->at, s->size - s->at);
        if (!length) {
            fail(s, "W1007", s->at, "this is not UTF-8");
            return false;
        }
        buf_append(out, s->text + s->at, length);
        s->at += length;
    }
    if (s->at >= s->size) {
        fail(s, "W1001", start, "this string does not end");
        return false;
    }
    s->at++;
    return true;
}

static size_t scan_digits(struct scanner *s)
{
    size_t start = s->at;

    while (s->at < s->size && s->text[s->at] >= '0' && s->text[s->at] <= '9')
        s->at++;
    return s->at - start;
}

/* Whether an integer literal fits int64_t or uint64_t. */
static bool integer_fits(const char *digits, size_t n, bool negative)
{
    const char *limit = negative ? "9223372036854775808" : "18446744073709551615";
    size_t limit_size = strlen(limit);

    return n < limit_size || (n == limit_size && memcmp(digits, limit, n) <= 0);
}

/* Whether a literal with a point or an exponent is finite as a double. */
static bool double_fits(const char *literal, size_t size)
{
    SCOPED_FREE char *text = mem_strndup(literal, size);

    return isfinite(strtod(text, NULL));
}

static void scan_number(struct scanner *s)
{
    size_t start = s->at, n;
    bool negative = next_is(s, '-'), integer = true;
    const char *digits;

    s->at += negative;
    digits = s->text + s->at;
    n = scan_digits(s);
    if (!n || (n > 1 && digits[0] == '0')) {
        fail(s, "W1001", start, n ? "a number has no leading zeros" : "a digit is missing here");
        return;
    }
    if (next_is(s, '.')) {
        integer = false;
        s->at++;
        if (!scan_digits(s))
            fail(s, "W1001", s->at, "a digit is missing behind the point");
    }
    if (next_is(s, 'e') || next_is(s, 'E')) {
        integer = false;
        s->at++;
        if (next_is(s, '+') || next_is(s, '-'))
            s->at++;
        if (!scan_digits(s))
            fail(s, "W1001", s->at, "a digit is missing in the exponent");
    }
    if (s->failed)
        return;
    if (integer ? !integer_fits(digits, n, negative) : !double_fits(s->text + start, s->at - start))
        diag_add(s->diags, DIAG_ERROR, "W1020", place_of(s, start, s->at),
            integer ? "this integer does not fit 64 bits" : "this number does not fit a double");
}

static bool scan_word(struct scanner *s)
{
    static const char *const words[] = {"true", "false", "null"};

    for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
        size_t size = strlen(words[i]);

        if (s->size - s->at >= size && !memcmp(s->text + s->at, words[i], size)) {
            s->at += size;
            return true;
        }
    }
    return false;
}

static void scan_value(struct scanner *s, struct json_node *node);

static struct json_node *add_child(struct json_node *node, size_t *capacity)
{
    struct json_node *children = (struct json_node *)(uintptr_t)node->children;

    MEM_GROW(children, node->n_children, *capacity);
    node->children = children;
    children[node->n_children] = (struct json_node){0};
    return &children[node->n_children++];
}

static int compare_keys(const void *left, const void *right)
{
    const struct json_node *a = *(const struct json_node *const *)left;
    const struct json_node *b = *(const struct json_node *const *)right;
    int order = memcmp(a->key, b->key, MIN(a->key_size, b->key_size));

    if (order)
        return order;
    if (a->key_size != b->key_size)
        return a->key_size < b->key_size ? -1 : 1;
    return a < b ? -1 : a > b; /* in file order */
}

static bool keys_equal(const struct json_node *a, const struct json_node *b)
{
    return a->key_size == b->key_size && !memcmp(a->key, b->key, a->key_size);
}

/* Reports every key that an earlier member has, too. */
static void check_duplicates(struct scanner *s, const struct json_node *node)
{
    const struct json_node **sorted = mem_calloc(node->n_children, sizeof *sorted);

    for (size_t i = 0; i < node->n_children; i++)
        sorted[i] = &node->children[i];
    qsort(sorted, node->n_children, sizeof *sorted, compare_keys);
    for (size_t i = 1; i < node->n_children; i++)
        if (keys_equal(sorted[i - 1], sorted[i]))
            diag_add(s->diags, DIAG_ERROR, "W1005", sorted[i]->key_place,
                "'%s' is given twice; the other is in line %u", sorted[i]->key,
                sorted[i - 1]->key_place.line);
    free((void *)sorted);
}

static void scan_member(struct scanner *s, struct json_node *node, size_t *capacity)
{
    SCOPED_BUF struct buf key = {0};
    struct json_node *child;
    size_t start = s->at;

    if (!next_is(s, '"')) {
        fail_expected(s, next_is(s, '}') ? "one more key: there is a comma before the '}'"
                                         : "a key in double quotes");
        return;
    }
    if (!scan_string(s, &key))
        return;
    child = add_child(node, capacity);
    child->key_size = key.size;
    child->key = buf_take(&key);
    child->key_place = place_of(s, start, s->at);
    if (memchr(child->key, '\0', child->key_size))
        diag_add(s->diags, DIAG_ERROR, "W1019", child->key_place, "a key holds a NUL");
    skip_space(s);
    if (!next_is(s, ':')) {
        fail_expected(s, "a ':' behind the key");
        return;
    }
    s->at++;
    skip_space(s);
    scan_value(s, child);
}

/* What is between the brackets of an array or object; `at` is behind the first. */
static void scan_items(struct scanner *s, struct json_node *node, char end)
{
    size_t capacity = 0;

    skip_space(s);
    if (next_is(s, end)) {
        s->at++;
        return;
    }
    while (!s->failed) {
        if (end == '}')
            scan_member(s, node, &capacity);
        else if (next_is(s, ']'))
            fail_expected(s, "one more element: there is a comma before the ']'");
        else
            scan_value(s, add_child(node, &capacity));
        if (s->failed)
            return;
        skip_space(s);
        if (next_is(s, end)) {
            s->at++;
            return;
        }
        if (!next_is(s, ',')) {
            fail_expected(s, end == '}' ? "a ',' or a '}'" : "a ',' or a ']'");
            return;
        }
        s->at++;
        skip_space(s);
    }
}

static void scan_nested(struct scanner *s, struct json_node *node, char end)
{
    if (s->depth == SCANNER_DEPTH_MAX) {
        fail(s, "W1006", s->at, "more than 64 levels of nesting");
        return;
    }
    s->depth++;
    s->at++;
    scan_items(s, node, end);
    s->depth--;
}

static void scan_value(struct scanner *s, struct json_node *node)
{
    size_t start = s->at;
    char c = s->at < s->size ? s->text[s->at] : '\0';

    node->place = place_at(s, start);
    if (c == '{') {
        scan_nested(s, node, '}');
        if (!s->failed && node->n_children > 1)
            check_duplicates(s, node);
    } else if (c == '[') {
        scan_nested(s, node, ']');
    } else if (c == '"') {
        SCOPED_BUF struct buf text = {0};

        scan_string(s, &text);
    } else if (c == '-' || (c >= '0' && c <= '9')) {
        scan_number(s);
    } else if (!scan_word(s)) {
        fail_expected(s, "a value: an object, array, string, number, true, false or null");
    }
    if (!s->failed && c != '{' && c != '[')
        node->place = place_of(s, start, s->at);
}

void scanner_free(struct json_node *root)
{
    struct json_node *children;

    if (!root)
        return;
    children = (struct json_node *)(uintptr_t)root->children;
    for (size_t i = 0; i < root->n_children; i++) {
        free((void *)(uintptr_t)children[i].key);
        children[i].key = NULL;
        scanner_free(&children[i]);
    }
    free(children);
    root->children = NULL;
    root->n_children = 0;
}

struct json_node *scanner_scan(
    const char *path, const char *text, size_t size, struct diag_list *diags)
{
    struct scanner s = {
        .path = path, .text = text, .size = size, .diags = diags, .line = 1, .column = 1};
    struct json_node *root = mem_zalloc(sizeof *root);

    skip_space(&s);
    scan_value(&s, root);
    skip_space(&s);
    if (!s.failed && s.at < size)
        fail(&s, "W1001", s.at,
            words_for_stranger(&s) ? words_for_stranger(&s)
                                   : "there is more text behind the end of the JSON value");
    if (!s.failed)
        return root;
    scanner_free(root);
    free(root);
    return NULL;
}
