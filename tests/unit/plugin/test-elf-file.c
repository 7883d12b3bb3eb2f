#include <check.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "base/buf.h"
#include "given_plugins.h"
#include "plugin/elf_file.h"
#include "unit.h"

static struct buf file; /* of a good plugin */
static int fd;

static void setup(void)
{
    SCOPED_FREE char *path = given_plugin("scripted");
    SCOPED_FD int in = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n;

    file = (struct buf){0};
    while ((n = read(in, buf_reserve(&file, 64 * KIB), 64 * KIB)) > 0)
        file.size += (size_t)n;
    ck_assert_uint_gt(file.size, sizeof(Elf64_Ehdr));
    fd = memfd_create("plugin", MFD_CLOEXEC);
}

static void teardown(void)
{
    buf_finish(&file);
    close(fd);
}

/* Reads the first `size` bytes as a file. */
static int read_file(const char *bytes, size_t size, struct elf_facts *ret, struct refusal *why)
{
    ck_assert_int_eq(ftruncate(fd, 0), 0);
    ck_assert_int_eq(pwrite(fd, bytes, size, 0), (ssize_t)size);
    return elf_file_read(fd, ret, why);
}

START_TEST(note_says_what_is_inside)
{
    SCOPED_CALL(elf_facts_finish) struct elf_facts facts = {0};
    SCOPED_REFUSAL struct refusal why = {0};

    ck_assert_int_eq(read_file(file.data, file.size, &facts, &why), 0);
    ck_assert(facts.has_note);
    ck_assert_uint_eq(facts.abi_major, 1);
    ck_assert_str_eq(facts.name, "scripted");
    ck_assert_str_eq(facts.version, "1.2.3");
    ck_assert_uint_eq(facts.n_types, 2);
    ck_assert_str_eq(facts.types[1], "flusher_scripted_bare");
}
END_TEST

/* One file for two majors: the note and the symbol of this one are found among the others. */
START_TEST(another_major_may_be_in_the_file_too)
{
    SCOPED_CALL(elf_facts_finish) struct elf_facts facts = {0};
    SCOPED_REFUSAL struct refusal why = {0};
    SCOPED_FREE char *path = given_plugin("two_majors");
    SCOPED_FD int in = open(path, O_RDONLY | O_CLOEXEC);

    ck_assert_msg(elf_file_read(in, &facts, &why) == 0, "%s", why.message);
    ck_assert_uint_eq(facts.abi_major, 1);
    ck_assert_str_eq(facts.name, "two_majors");
    ck_assert_uint_eq(facts.n_types, 1);
}
END_TEST

START_TEST(every_cut_is_refused_or_read)
{
    for (size_t size = 0; size < file.size; size += 1 + size / 64) {
        SCOPED_CALL(elf_facts_finish) struct elf_facts facts = {0};
        SCOPED_REFUSAL struct refusal why = {0};
        int r = read_file(file.data, size, &facts, &why);

        ck_assert(!r || (r == -ENOEXEC && why.code && why.message));
    }
}
END_TEST

/* Each byte of the header and of the first tables, changed in three ways. */
START_TEST(every_changed_byte_is_refused_or_read)
{
    size_t n = MIN(file.size, (size_t)1200);

    for (size_t i = 0; i < n * 3; i++) {
        SCOPED_CALL(elf_facts_finish) struct elf_facts facts = {0};
        SCOPED_REFUSAL struct refusal why = {0};
        char *byte = &file.data[i / 3], before = *byte;
        int r;

        *byte = (char)(i % 3 == 0 ? 0xff : i % 3 == 1 ? 0 : before ^ 0x40);
        r = read_file(file.data, file.size, &facts, &why);
        *byte = before;
        ck_assert(!r || (r == -ENOEXEC && why.code && why.message));
    }
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("elf-file");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, note_says_what_is_inside);
    tcase_add_test(tests, another_major_may_be_in_the_file_too);
    tcase_add_test(tests, every_cut_is_refused_or_read);
    tcase_add_test(tests, every_changed_byte_is_refused_or_read);
    return unit_run(tests);
}
