/*
 * The look at LMDB's files: a file that LMDB has written, with bytes changed as the input
 * says (a place and a value each). Whatever they are, nothing beyond the file is read.
 */
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/lmdb_check.h"

#define CHECK(CONDITION) \
    do { \
        if (!(CONDITION)) \
            abort(); \
    } while (0)
#define FILE_BYTES_MAX (1 << 20)
#define CHANGE_BYTES 4u /* three of the place, one of the value */

static char written[FILE_BYTES_MAX];
static size_t written_bytes;

static void put(MDB_env *env, unsigned round)
{
    static char content[10000];
    MDB_dbi tables[2];
    MDB_txn *txn;

    CHECK(!mdb_txn_begin(env, NULL, 0, &txn));
    CHECK(!mdb_dbi_open(txn, "index", MDB_CREATE, &tables[0]));
    CHECK(!mdb_dbi_open(txn, "pieces", MDB_CREATE, &tables[1]));
    for (unsigned i = 0; i < 200; i++) {
        unsigned number = (i * 7919 + round) % 150;
        MDB_val key = {sizeof number, &number}, value = {i % 2 ? 10000 : 60, content};

        if (i % 3 == round % 3)
            mdb_del(txn, tables[i % 2], &key, NULL);
        else if (i % 2 == 0 || i % 20 == 1)
            CHECK(!mdb_put(txn, tables[i % 2], &key, &value, 0));
    }
    CHECK(!mdb_txn_commit(txn));
}

static void make_file(const char *folder)
{
    char path[256];
    MDB_env *env;
    FILE *file;

    CHECK(!mdb_env_create(&env) && !mdb_env_set_maxdbs(env, 2));
    CHECK(!mdb_env_open(env, folder, MDB_NOSYNC | MDB_NOLOCK, 0600));
    for (unsigned round = 0; round < 10; round++)
        put(env, round);
    mdb_env_close(env);
    snprintf(path, sizeof path, "%s/data.mdb", folder);
    file = fopen(path, "rb");
    CHECK(file);
    written_bytes = fread(written, 1, sizeof written, file);
    fclose(file);
    unlink(path);
    CHECK(!lmdb_check_bytes(written, written_bytes));
}

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    char folder[] = "/tmp/fuzz-lmdb.XXXXXX";

    (void)argc, (void)argv;
    CHECK(mkdtemp(folder));
    make_file(folder);
    rmdir(folder);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *bytes = malloc(written_bytes);

    CHECK(bytes);
    memcpy(bytes, written, written_bytes);
    for (; size >= CHANGE_BYTES; data += CHANGE_BYTES, size -= CHANGE_BYTES) {
        size_t at = data[0] | (size_t)data[1] << 8 | (size_t)data[2] << 16;

        bytes[at % written_bytes] = (char)data[3];
    }
    lmdb_check_bytes(bytes, written_bytes);
    free(bytes);
    return 0;
}
