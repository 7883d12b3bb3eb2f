#include "cli/cli.h"

#include <stdio.h>
#include <string.h>
#include "config/codes.h"

#define TEXT_COLUMNS 78u
#define INDENT "  "

static const char help[] =
    "Usage: weir explain [CODE]\n"
    "Tells cause, fix and an example of a code that weir prints with its messages;\n"
    "without a code, lists all.\n"
    "\n"
    "Example: weir explain W1003\n"
    "\n"
    "Exit codes: 0 explained; 2 there is no such code; 64 usage.\n";

/* Words, wrapped and indented. */
static void print_wrapped(const char *text)
{
    size_t column = 0;

    while (*text) {
        size_t size = strcspn(text, " ");

        if (column && column + 1 + size > TEXT_COLUMNS) {
            putchar('\n');
            column = 0;
        }
        column += (size_t)printf("%s%.*s", column ? " " : INDENT, (int)size, text);
        text += size;
        text += strspn(text, " ");
    }
    putchar('\n');
}

static void print_lines(const char *text)
{
    while (*text) {
        size_t size = strcspn(text, "\n");

        printf(INDENT "%.*s\n", (int)size, text);
        text += size;
        text += *text == '\n';
    }
}

static int explain(const char *id)
{
    const struct code *code = code_find(id);

    if (!code) {
        fprintf(stderr, "weir explain: there is no code '%s'; `weir explain` lists all\n", id);
        return CLI_NOTHING;
    }
    printf("%s: %s\n\nCause:\n", code->id, code->title);
    print_wrapped(code->cause);
    puts("\nFix:");
    print_wrapped(code->fix);
    puts("\nExample:");
    print_lines(code->example);
    return CLI_OK;
}

static int list_codes(void)
{
    const struct code *code;

    for (size_t i = 0; (code = code_at(i)); i++)
        printf("%s  %s\n", code->id, code->title);
    return CLI_OK;
}

int cli_explain(int argc, char **argv)
{
    if (argc == 2 && !strcmp(argv[1], "--help")) {
        fputs(help, stdout);
        return CLI_OK;
    }
    if (argc > 1 && argv[1][0] == '-') {
        fprintf(
            stderr, "weir explain: unrecognized option '%s'; see weir explain --help\n", argv[1]);
        return CLI_USAGE;
    }
    if (argc > 2) {
        fputs("weir explain: at most one code; see weir explain --help\n", stderr);
        return CLI_USAGE;
    }
    return argc == 2 ? explain(argv[1]) : list_codes();
}
