/* What the files of the mock share. */
#ifndef SDK_MOCK_OWN_H
#define SDK_MOCK_OWN_H

#include <pthread.h>
#include <weir/mock_host.h>

/* A batch that flush() has, or that is pending. */
struct open_batch {
    uint64_t id;
    const struct weir_batch *batch;
    uint32_t settled; /* non-zero once settle() named it */
};

/* Behind weir_mock.own. The lock guards all records of the mock. */
struct own {
    pthread_mutex_t lock;
    pthread_cond_t settled;
    struct open_batch *open;
    uint32_t n_open;
    char *data_dir; /* NULL until asked for */
    const struct weir_flusher_class *flusher;
    void *self;
};

/* Memory or the end of the program. */
void *mock_allocate(size_t size);
char *mock_text(struct weir_str text);

/* Room for one more element behind the `n` of an array; the array's new place. */
void *mock_grow(const void *array, uint32_t n, size_t size);

struct own *mock_lock(const struct weir_mock *mock);
void mock_unlock(const struct weir_mock *mock);

/* Fills the functions of the table. */
void mock_fill_host(struct weir_mock *mock);

/* The open batch of that id, NULL if there is none. With the lock held. */
struct open_batch *mock_find_open(struct own *own, uint64_t id);

/* Notes a call of settle() without judging it. With the lock held. */
void mock_record_settle(struct weir_mock *mock, uint64_t id, uint32_t verdict,
    const struct weir_result *result, int answer);

#endif
