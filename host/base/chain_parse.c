#include "base/chain_private.h"

#include <ctype.h>
#include <string.h>

#define GROUP_DEPTH_MAX 16U

struct parser {
    const char *at, *end;
    struct link *links;
    uint32_t n_links, n_groups;
    uint32_t open[GROUP_DEPTH_MAX], depth;
};

static bool at_char(const struct parser *parser, char c)
{
    return parser->at < parser->end && *parser->at == c;
}

static struct link *add_link(struct parser *parser, enum link_kind kind)
{
    struct link *link;

    if (parser->n_links == CHAIN_LINKS_MAX)
        return NULL;
    link = &parser->links[parser->n_links++];
    *link = (struct link){.kind = kind};
    return link;
}

static bool is_digit(unsigned char c)
{
    return c >= '0' && c <= '9';
}

static bool is_space(unsigned char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_word(unsigned char c)
{
    return c == '_' || is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Adds \d, \S and the like to a set. False: the letter names none. */
static bool add_named(bool set[256], char letter)
{
    bool (*is_in)(unsigned char) = NULL;

    switch (letter | 0x20) {
    case 'd':
        is_in = is_digit;
        break;
    case 's':
        is_in = is_space;
        break;
    case 'w':
        is_in = is_word;
        break;
    default:
        return false;
    }
    for (unsigned c = 0; c < 256; c++)
        set[c] |= is_in((unsigned char)c) == (letter >= 'a');
    return true;
}

/* The character that a backslash and this letter stand for, -1: none, or not here. */
static int escaped_char(char letter)
{
    switch (letter) {
    case 't':
        return '\t';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 'f':
        return '\f';
    default:
        return ispunct((unsigned char)letter) ? letter : -1;
    }
}

/* Behind a backslash: a class or one character, added to the set. Returns the character,
 * -1 for a class, -2 when it is neither. */
static int take_escape(struct parser *parser, bool set[256])
{
    char letter;
    int c;

    if (parser->at == parser->end)
        return -2;
    letter = *parser->at++;
    if (add_named(set, letter))
        return -1;
    c = escaped_char(letter);
    if (c < 0)
        return -2;
    set[c] = true;
    return c;
}

/* One character or class inside brackets; as take_escape. */
static int take_member(struct parser *parser, bool set[256])
{
    char c = *parser->at++;

    if (c == '\\')
        return take_escape(parser, set);
    if (c == '[' && (at_char(parser, ':') || at_char(parser, '.') || at_char(parser, '=')))
        return -2;
    set[(unsigned char)c] = true;
    return c;
}

/* A range's second half, behind the hyphen. */
static bool take_range(struct parser *parser, bool set[256], int first)
{
    bool ignored[256] = {false};
    int last;

    if (first < 0)
        return false; /* behind a class: let PCRE2 decide what it means */
    last = take_member(parser, ignored);
    for (int c = first; c <= last; c++)
        set[c] = true;
    return last >= first;
}

/* Behind the opening bracket. */
static bool take_class(struct parser *parser, bool set[256])
{
    bool negated = at_char(parser, '^'), first = true;

    parser->at += negated;
    for (; parser->at < parser->end && (first || *parser->at != ']'); first = false) {
        int member = take_member(parser, set);

        if (member == -2)
            return false;
        if (!at_char(parser, '-') || parser->end - parser->at < 2 || parser->at[1] == ']')
            continue;
        parser->at++;
        if (!take_range(parser, set, member))
            return false;
    }
    if (!at_char(parser, ']'))
        return false;
    parser->at++;
    for (unsigned c = 0; negated && c < 256; c++)
        set[c] = !set[c];
    return true;
}

/* One atom: a character, a dot, a class. */
static bool take_atom(struct parser *parser, bool set[256])
{
    char c = *parser->at++;

    if (c == '.')
        memset(set, true, 256);
    else if (c == '\\')
        return take_escape(parser, set) != -2;
    else if (c == '[')
        return take_class(parser, set);
    else if (strchr("^$*+?{|()", c)) /* NUL, too */
        return false;
    else
        set[(unsigned char)c] = true;
    return true;
}

/* {3}: the link so many times. Other forms are no chain. */
static bool take_count(struct parser *parser, const struct link *link)
{
    unsigned count = 0;

    for (parser->at++; parser->at < parser->end && is_digit((unsigned char)*parser->at);
         parser->at++)
        if ((count = 10 * count + (unsigned)(*parser->at - '0')) > CHAIN_LINKS_MAX)
            return false;
    if (!count || !at_char(parser, '}'))
        return false;
    parser->at++;
    for (; count > 1; count--) {
        struct link *copy = add_link(parser, LINK_ONE);

        if (!copy)
            return false;
        *copy = *link;
    }
    return true;
}

/* What may stand behind an atom. */
static bool take_quantifier(struct parser *parser, struct link *link)
{
    if (at_char(parser, '*') || at_char(parser, '+')) {
        link->kind = LINK_RUN;
        link->min = *parser->at++ == '+';
        link->lazy = at_char(parser, '?');
        parser->at += link->lazy;
    } else if (at_char(parser, '{') && !take_count(parser, link)) {
        return false;
    }
    /* A second one: possessive, lazy, or a fault. */
    return !at_char(parser, '*') && !at_char(parser, '+') && !at_char(parser, '?') &&
           !at_char(parser, '{');
}

static bool take_open(struct parser *parser)
{
    struct link *link;

    parser->at++;
    if (at_char(parser, '?') || at_char(parser, '*') || parser->depth == GROUP_DEPTH_MAX)
        return false;
    link = add_link(parser, LINK_OPEN);
    if (!link)
        return false;
    link->group = ++parser->n_groups;
    parser->open[parser->depth++] = link->group;
    return true;
}

static bool take_close(struct parser *parser)
{
    struct link *link;

    parser->at++;
    if (!parser->depth || (link = add_link(parser, LINK_CLOSE)) == NULL)
        return false;
    link->group = parser->open[--parser->depth];
    return !at_char(parser, '*') && !at_char(parser, '+') && !at_char(parser, '?') &&
           !at_char(parser, '{');
}

static bool take_link(struct parser *parser)
{
    struct link *link;

    if (at_char(parser, '('))
        return take_open(parser);
    if (at_char(parser, ')'))
        return take_close(parser);
    if (at_char(parser, '$') && parser->end - parser->at == 1) {
        parser->at++;
        return add_link(parser, LINK_END) != NULL;
    }
    link = add_link(parser, LINK_ONE);
    return link && take_atom(parser, link->set) && take_quantifier(parser, link);
}

bool chain_parse(
    struct weir_str text, struct link *links, uint32_t *ret_n_links, uint32_t *ret_n_groups)
{
    struct parser parser = {.at = text.data, .end = text.data + text.size, .links = links};

    if (at_char(&parser, '^'))
        parser.at++;
    while (parser.at < parser.end)
        if (!take_link(&parser))
            return false;
    *ret_n_links = parser.n_links;
    *ret_n_groups = parser.n_groups;
    return !parser.depth;
}
