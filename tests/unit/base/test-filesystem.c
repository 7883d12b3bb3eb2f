/* Kinds of file systems, by number and by path. */
#include "base/filesystem.h"
#include "base/util.h"
#include "unit.h"

static const struct {
    uint64_t type;
    enum filesystem kind;
    const char *name;
} types[] = {
    {0xEF53, FILESYSTEM_DISK, NULL},     /* ext4 */
    {0x58465342, FILESYSTEM_DISK, NULL}, /* xfs */
    {0x794C7630, FILESYSTEM_DISK, NULL}, /* overlay */
    {0, FILESYSTEM_DISK, NULL}, {0x01021994, FILESYSTEM_MEMORY, "tmpfs"},
    {0x6969, FILESYSTEM_NETWORK, "nfs"}, {0xFF534D42, FILESYSTEM_NETWORK, "cifs"},
    {0xFFFFFFFFFF534D42, FILESYSTEM_NETWORK, "cifs"}, /* as a signed word has it */
};

START_TEST(kind_by_type)
{
    const char *name = "?";

    ck_assert_int_eq(filesystem_by_type(types[_i].type, &name), types[_i].kind);
    ck_assert_pstr_eq(name, types[_i].name);
}
END_TEST

static const struct {
    const char *path;
    enum filesystem kind;
} paths[] = {
    {"/proc", FILESYSTEM_DISK},
    {"/dev/shm", FILESYSTEM_MEMORY},
    {"/dev/shm/not/there/yet", FILESYSTEM_MEMORY},
    {"/dev/shm//not-there//yet/", FILESYSTEM_MEMORY},
    {"/proc/not-there", FILESYSTEM_DISK},
    {"not-there", FILESYSTEM_DISK},
    {"", FILESYSTEM_DISK},
};

/* Everywhere that Linux is set up, /dev/shm is a tmpfs. */
START_TEST(kind_of_path)
{
    const char *name;

    ck_assert_int_eq(filesystem_of(paths[_i].path, &name), paths[_i].kind);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("filesystem");

    tcase_add_loop_test(tests, kind_by_type, 0, ARRAY_SIZE(types));
    tcase_add_loop_test(tests, kind_of_path, 0, ARRAY_SIZE(paths));
    return unit_run(tests);
}
