/* processor_grok: what it makes of logs, and what each of its names matches. */
#include <sys/stat.h>
#include <unistd.h>
#include "base/pattern.h"
#include "process/grok_library.h"
#include "process/grok_patterns.h"
#include "process/processing.h"

#define M(EXPRESSIONS) "\"Match\":[" EXPRESSIONS "],\"SourceKey\":\"s\""
#define GONE ",\"KeepSource\":false"

static const struct processing_many rows[] = {
    {"names with keys become fields", "{" M("\"%{IP:ip} %{WORD:verb} %{NUMBER:n}\"") GONE "}",
        "s=192.0.2.1 GET 12.5|x=0", "x=0|ip=192.0.2.1|verb=GET|n=12.5", 0, 0},
    {"KeepSource", "{" M("\"%{WORD:w}\"") "}", "s=a", "s=a|w=a", 0, 0},
    {"names without keys do not", "{" M("\"%{WORD} %{WORD:w}\"") GONE "}", "s=a b", "w=b", 0, 0},
    {"a type means nothing", "{" M("\"%{INT:n:int}\"") GONE "}", "s=5", "n=5", 0, 0},
    {"groups of one's own", "{" M("\"(?P<a>\\\\d+)-(?<b>\\\\d+)\"") GONE "}", "s=1-2", "a=1|b=2", 0,
        0},
    {"the first that matches", "{" M("\"^%{INT:n}$\",\"^%{WORD:w}$\"") GONE "}", "s=5\ns=x",
        "n=5\nw=x", 0, 0},
    {"nothing matches: the source stays", "{" M("\"^%{INT:n}$\"") GONE "}", "s=x|a=1", "s=x|a=1", 1,
        0},
    {"or goes", "{" M("\"^%{INT:n}$\"") ",\"IgnoreParseFailure\":false}", "s=x|a=1", "a=1", 1, 0},
    {"NoMatchError false still counts", "{" M("\"^%{INT:n}$\"") ",\"NoMatchError\":false}", "s=x",
        "s=x", 1, 0},
    {"a match without a field is none", "{" M("\"^%{WORD}$\",\"%{DATA:d}x\"") GONE "}", "s=ax",
        "d=a", 0, 0},
    {"what is empty makes no field", "{" M("\"%{WORD:w}%{SPACE:s}%{GREEDYDATA:g}\"") GONE "}",
        "s=a", "w=a", 0, 0},
    {"all matches count", "{" M("\"%{WORD:w}\"") GONE "}", "s=a b c", "w=a|w=b|w=c", 0, 0},
    {"of equal keys in one match the last", "{" M("\"^%{WORD:w} %{WORD:w}$\"") GONE "}", "s=a b",
        "w=b", 0, 0},
    {"keys of any letters",
        "{" M("\"%{IP:client.ip} %{WORD:a-very-long-name-of-more-than-32-letters}\"") GONE "}",
        "s=192.0.2.1 x", "client.ip=192.0.2.1|a-very-long-name-of-more-than-32-letters=x", 0, 0},
    {"names of one's own",
        "{" M("\"%{HTTP}\"") GONE
        ",\"CustomPatterns\":{\"HTTP\":\"%{IP:client} %{VERB:verb}\",\"VERB\":\"GET|PUT\"}}",
        "s=192.0.2.1 PUT x", "client=192.0.2.1|verb=PUT", 0, 0},
    {"known names with another meaning",
        "{" M("\"%{WORD:w}\"") GONE ",\"CustomPatterns\":{\"WORD\":\"[xy]+\"}}", "s=axyb", "w=xy",
        0, 0},
    {"no such key", "{" M("\"%{WORD:w}\"") "}", "a=1", "a=1", 0, 0},
    {"no such key is an error", "{" M("\"%{WORD:w}\"") ",\"NoKeyError\":true}", "a=1", "a=1", 1, 0},
    {"every field of the key", "{" M("\"%{INT:n}\"") GONE "}", "s=1|s=x|s=2", "s=x|n=1|n=2", 1, 0},
    {"every field", "{\"SourceKey\":\"\",\"Match\":[\"%{INT:n}\"],\"NoMatchError\":false}",
        "a=1|b=2", "a=1|b=2|n=1|n=2", 0, 0},
    {"an access log", "{" M("\"%{COMBINEDAPACHELOG}\"") GONE "}",
        "s=192.0.2.7 - frank [10/Oct/2023:13:55:36 +0000] \"GET /a?b=c HTTP/1.1\" 200 2326 "
        "\"http://x/\" \"curl/8\"",
        "clientip=192.0.2.7|ident=-|auth=frank|timestamp=10/Oct/2023:13:55:36 "
        "+0000|verb=GET|request=/a?b=c|"
        "httpversion=1.1|response=200|bytes=2326|referrer=\"http://x/\"|agent=\"curl/8\"",
        0, 0},
    {"syslog", "{" M("\"%{SYSLOGLINE}\"") GONE "}",
        "s=Oct  1 06:00:01 host sshd[123]: session opened",
        "timestamp=Oct  1 06:00:01|logsource=host|program=sshd|pid=123|message=session opened", 0,
        0},
    {"Apache's errors", "{" M("\"%{HTTPD_ERRORLOG}\"") GONE "}",
        "s=[Mon Oct 09 13:55:36.123456 2023] [core:error] [pid 123:tid 456] [client "
        "192.0.2.1:4711] AH001: no file",
        "timestamp=Mon Oct 09 13:55:36.123456 "
        "2023|loglevel=error|module=core|pid=123|tid=456|client=192.0.2.1|"
        "clientport=4711|errorcode=AH001|message=no file",
        0, 0},
    {"too hard is a failure", "{" M("\"^(([a-z])+.)+[A-Z]([a-z])+$(?<w>)\"") "}",
        "s=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "s=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 1, 0},
};

START_TEST(grok_row)
{
    processing_check_many("processor_grok", &rows[_i]);
}
END_TEST

/* What a name matches as a whole, and what not; texts are separated by a newline. */
static const struct {
    const char *name, *good, *bad;
} names[] = {
    {"USERNAME", "frank\na.b-c_d", "a b\na@b"},
    {"EMAILADDRESS", "a.b+c@example.com", "example.com\n@x"},
    {"INT", "0\n-12\n+5", "1.5\nx"},
    {"NUMBER", "1\n-1.5\n.5\n+12.\n007", "1.2.3\n1e5\n-"},
    {"BASE16NUM", "0xff\n00FFff\n-12", "0x\ng"},
    {"BASE16FLOAT", "0x1f.8\nff.0", "g.1"},
    {"POSINT", "1\n120", "0\n01\n-1"},
    {"NONNEGINT", "0\n01", "-1"},
    {"WORD", "abc_1", "a-b\n"},
    {"NOTSPACE", "a-b", "a b"},
    {"SPACE", " \n\t", "a"},
    {"DATA", "\nany thing", "-none-"},
    {"QUOTEDSTRING", "\"a \\\" b\"\n'x'\n`y`\n\"\"", "\"a\nx\n\"a\"b\""},
    {"UUID", "123e4567-e89b-12d3-a456-426614174000", "123e4567-e89b-12d3-a456-42661417400"},
    {"URN", "urn:isbn:0451450523", "urn:isbn\nurn::x"},
    {"MAC", "00:1a:2B:3c:4d:5e\n00-1a-2b-3c-4d-5e\n001a.2b3c.4d5e",
        "00:1a:2b:3c:4d\n00:1a:2b:3c:4d:5g"},
    {"IPV4", "192.0.2.1\n255.255.255.255\n0.0.0.0", "256.1.1.1\n1.2.3\n1.2.3.4.5\n01.2.3.4"},
    {"IPV6",
        "2001:db8::1\n::1\n::\n2001:db8:0:0:0:0:0:1\nfe80::1%eth0\n::ffff:192.0.2.1\n1::\n1:2:3:4:"
        "5:6:192.0.2.1",
        "2001:db8::1::2\n1:2:3:4:5:6:7:8:9\n12345::1\n:\n1:2:3\n192.0.2.1"},
    {"IP", "192.0.2.1\n2001:db8::1", "example.com"},
    {"HOSTNAME", "example.com\nlocalhost\na-1.b\nx.", "-a\na..b"},
    {"IPORHOST", "192.0.2.1\n::1\nexample.com", "/x"},
    {"HOSTPORT", "example.com:80\n192.0.2.1:8080", "example.com\nx:0"},
    {"UNIXPATH", "/\n/var/log/x.log\n/a-b_c/", "a/b\n/a b"},
    {"WINPATH", "C:\\Windows\\x.log\n\\\\server\\share", "C:/x\nx"},
    {"PATH", "D:\\a\n/a/b", "a"},
    {"TTY", "/dev/pts/1\n/dev/ttyp0\n/dev/tty1", "/dev/null"},
    {"URIPATHPARAM", "/a/b.html?x=1&y=%20\n/", "a\n/a b"},
    {"URI", "http://example.com/a?b=c\nftp://u:p@192.0.2.1:21/x\nfile:///etc/passwd",
        "example.com/a\n//x"},
    {"MONTH", "Jan\nJanuary\nmay\nDecember\nSept\nOkt", "Month\nJa"},
    {"MONTHNUM", "1\n01\n12", "0\n13"},
    {"MONTHNUM2", "01\n12", "1\n00"},
    {"MONTHDAY", "1\n01\n31", "0\n32"},
    {"DAY", "Mon\nMonday\nSun", "Mo"},
    {"YEAR", "23\n2023", "1\n123"},
    {"TIME", "13:55:36\n1:02:03.456\n00:00:60", "24:00:00\n13:55\n13:60:00"},
    {"DATE", "10/31/2023\n31.10.2023\n1-2-23", "2023"},
    {"TIMESTAMP_ISO8601", "2023-10-10T13:55:36.123+02:00\n2023-10-10 13:55\n2023-10-10T13:55:36Z",
        "2023-10-10\n10.10.2023 13:55:36"},
    {"HTTPDATE", "10/Oct/2023:13:55:36 +0000", "10/Oct/2023 13:55:36"},
    {"DATESTAMP_RFC822", "Mon Oct 09 2023 13:55:36 UTC", "Mon Oct 09 13:55:36"},
    {"DATESTAMP_RFC2822", "Mon, 09 Oct 2023 13:55:36 +0200", "Mon 09 Oct 2023"},
    {"DATESTAMP_EVENTLOG", "20231009135536", "2023"},
    {"SYSLOGTIMESTAMP", "Oct  1 06:00:01\nOct 10 06:00:01", "10 Oct 06:00:01"},
    {"SYSLOGPROG", "sshd[123]\ncron", "a b"},
    {"SYSLOGFACILITY", "<1.2>", "<1>"},
    {"LOGLEVEL", "INFO\nwarn\nWarning\nERROR\nemerg", "loud"},
};

static bool matches(const char *name, struct weir_str text)
{
    struct grok_library *library = grok_library_create();
    const struct pattern_span *spans;
    char expression[80], why[300] = "";
    struct grok grok;
    bool matched;

    snprintf(expression, sizeof expression, "\\A(?:%%{%s})\\z", name);
    ck_assert_msg(grok_init(&grok, library, str_of(expression), why, sizeof why), "%s", why);
    matched = pattern_match(grok.pattern, text, &spans) == PATTERN_MATCH;
    grok_finish(&grok);
    grok_library_destroy(library);
    return matched;
}

static void check_texts(const char *name, const char *texts, bool expected)
{
    for (const char *at = texts; at; at = strchr(at, '\n') ? strchr(at, '\n') + 1 : NULL) {
        struct weir_str text = {at, strcspn(at, "\n")};

        if (strcmp(texts, "-none-") != 0)
            ck_assert_msg(matches(name, text) == expected, "%s %s %.*s", name,
                expected ? "does not match" : "matches", (int)text.size, text.data);
    }
}

START_TEST(name_row)
{
    check_texts(names[_i].name, names[_i].good, true);
    check_texts(names[_i].name, names[_i].bad, false);
}
END_TEST

START_TEST(every_name_is_an_expression)
{
    for (size_t i = 0; i < grok_n_patterns; i++)
        matches(grok_patterns[i].name, str_of(""));
}
END_TEST

/* Texts on which a careless pattern explodes. */
START_TEST(no_name_is_hard)
{
    static const char *const fills[] = {"a", "1", "1:", "a.", "/a", "\\a", "\"", " ", ":", "é"};
    struct grok_library *library = grok_library_create();
    char why[300], text[121];

    for (size_t i = 0; i < grok_n_patterns; i++) {
        struct grok grok;
        char expression[80];

        snprintf(expression, sizeof expression, "%%{%s}\x01", grok_patterns[i].name);
        ck_assert(grok_init(&grok, library, str_of(expression), why, sizeof why));
        for (size_t j = 0; j < ARRAY_SIZE(fills); j++) {
            const struct pattern_span *spans;

            text[0] = 0;
            while (strlen(text) + strlen(fills[j]) < sizeof text)
                strcat(text, fills[j]); /* NOLINT */
            pattern_renew(grok.pattern);
            ck_assert_msg(pattern_match(grok.pattern, str_of(text), &spans) == PATTERN_NO_MATCH,
                "%s on %.8s...", grok_patterns[i].name, text);
        }
        grok_finish(&grok);
    }
    grok_library_destroy(library);
}
END_TEST

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
}

static bool create_with_names(const char *text, bool folder)
{
    char path[] = "/tmp/weir-grok-XXXXXX", file[64], options[300];
    bool created;

    ck_assert_ptr_nonnull(mkdtemp(path));
    snprintf(file, sizeof file, "%s/names", path);
    write_file(file, text);
    snprintf(options, sizeof options, "{" M("\"%%{VERB:v}\"") ",\"CustomPatternDir\":[\"%s\"]}",
        folder ? path : file);
    created = processing_create_json("processor_grok", options);
    unlink(file);
    rmdir(path);
    return created;
}

START_TEST(names_from_files)
{
    ck_assert_msg(
        create_with_names("# names\n\nVERB GET|PUT\r\nOTHER %{VERB} x\n", _i), "%s", test.why);
    processing_add("s=PUT");
    processing_run();
    ck_assert_str_eq(processing_show(0), "s=PUT|v=PUT");
}
END_TEST

START_TEST(a_bad_file_is_refused)
{
    ck_assert(!create_with_names("VERB GET\nnothing\n", false));
    ck_assert(strstr(test.why, "/names:2 is not a name, a space and an expression") != NULL);
}
END_TEST

static const struct {
    const char *options, *why;
} refused[] = {
    {"{" M("\"%{NOBODY}\"") "}", "Match, %{NOBODY}: NOBODY is not known"},
    {"{" M("\"%{A}\"") ",\"CustomPatterns\":{\"A\":\"x%{B}\",\"B\":\"y%{A}\"}}",
        "Match, %{A}: A stands for itself, or is nested too deep"},
    {"{" M("\"%{A B}\"") "}", "Match, %{A B}: %{A B} is no reference to a name"},
    {"{" M("\"(%{INT:a}\"") "}", "Match, (%{INT:a}: character 23: missing closing parenthesis"},
    {"{" M("\"%{A}\"") ",\"CustomPatterns\":{\"A\":\"%{B}%{B}%{B}%{B}\",\"B\":\"%{C}%{C}%{C}%{C}\","
                       "\"C\":\"%{D}%{D}%{D}%{D}\",\"D\":\"%{E}%{E}%{E}%{E}\",\"E\":\"%{F}%{F}%{F}%"
                       "{F}\","
                       "\"F\":\"%{URI}%{URI}%{URI}%{URI}\"}}",
        "Match, %{A}: the expression is larger than 256 KiB"},
    {"{" M("\"x\"") ",\"CustomPatternDir\":[\"/nowhere/at/all\"]}",
        "CustomPatternDir: /nowhere/at/all: No such file or directory"},
};

START_TEST(refused_row)
{
    ck_assert(!processing_create_json("processor_grok", refused[_i].options));
    ck_assert_str_eq(test.why, refused[_i].why);
}
END_TEST

START_TEST(fields_are_bounded)
{
    enum { SIZE = 1 << 20 };
    char *text = malloc(SIZE);

    for (size_t i = 0; i < SIZE; i++)
        text[i] = i % 2 ? ' ' : 'a';
    ck_assert(processing_create_json("processor_grok", "{" M("\"%{WORD:w}\"") "}"));
    processing_add_bytes("s", text, SIZE);
    free(text);
    processing_run();
    ck_assert_uint_eq(test.batch->logs[0].n_contents, 1);
    ck_assert_uint_eq(test.processor->n_failed, 1);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("grok");

    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, processing_start, processing_end);
    tcase_add_loop_test(tests, grok_row, 0, ARRAY_SIZE(rows));
    tcase_add_loop_test(tests, name_row, 0, ARRAY_SIZE(names));
    tcase_add_test(tests, every_name_is_an_expression);
    tcase_add_test(tests, no_name_is_hard);
    tcase_add_loop_test(tests, names_from_files, 0, 2);
    tcase_add_test(tests, a_bad_file_is_refused);
    tcase_add_loop_test(tests, refused_row, 0, ARRAY_SIZE(refused));
    tcase_add_test(tests, fields_are_bounded);
    return unit_run(tests);
}
