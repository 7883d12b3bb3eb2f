/*
 * processor_json against the scanner of configurations and json-c: an object that they
 * take is taken apart without a failure into the same members. Other text, and the same
 * text under other options and through processor_regex, must only do no harm.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include "base/log.h"
#include "base/util.h"
#include "config/options.h"
#include "process/process.h"

#define CHECK(CONDITION) \
    do { \
        if (!(CONDITION)) \
            abort(); \
    } while (0)

static struct memory *memory;

static const char plain[] = "{\"SourceKey\":\"s\",\"ExpandDepth\":1,\"KeepSource\":false,"
                            "\"IgnoreFirstConnector\":true}";
static struct {
    const char *type, *options;
    struct processor *processor;
} used[] = {
    {"processor_json", plain, NULL},
    {"processor_json", "{\"SourceKey\":\"s\",\"ExpandArray\":true,\"Prefix\":\"p\"}", NULL},
    {"processor_regex", "{\"Regex\":\"^([^:]*):\\\\s*(.*?),(.*)$\",\"Keys\":[\"a\",\"b\",\"c\"]}",
        NULL},
    {"processor_regex", "{\"Regex\":\"(\\\\w+|.)([^x]{2,})?x\",\"Keys\":[\"a\",\"b\"]}", NULL},
};

static struct processor *create(const char *type, const char *json)
{
    static const struct global_config global;
    static char name[] = "fuzz";
    struct component_config *config = calloc(1, sizeof *config);
    const struct processor_class *class = processor_class_at(0);
    struct diag_list diags = {0};
    struct document *document = document_parse("fuzz", json, strlen(json), &diags);
    struct options_request request = {.object = document->root};
    struct processor_context context = {"fuzz", config, &global};
    char why[200];

    for (size_t i = 0; strcmp(class->config.type, type) != 0;)
        class = processor_class_at(++i);
    request.class = &class->config;
    config->name = name;
    config->options = options_fill(&request, &diags);
    CHECK(config->options);
    document_destroy(document);
    return class->create(&context, why, sizeof why);
}

/* The log that a processor makes of the text; the batch must be destroyed. */
static struct batch *process(struct processor *processor, const uint8_t *data, size_t size)
{
    struct batch *batch = batch_create(memory, 1);
    struct weir_str text = {(const char *)data, size};

    batch_add_content(batch, batch_add_log(batch, 1), str_of("s"), text);
    processor->class->process(processor, batch);
    return batch;
}

static void compare(const struct weir_log *log, const struct json_node *object)
{
    CHECK(log->n_contents == object->n_children);
    for (uint32_t i = 0; i < log->n_contents; i++) {
        const struct json_node *member = &object->children[i];
        struct weir_str value = log->contents[i].value;

        CHECK(str_equal(log->contents[i].key, (struct weir_str){member->key, member->key_size}));
        if (json_object_is_type(member->value, json_type_string))
            CHECK(str_equal(value, (struct weir_str){json_object_get_string(member->value),
                                       (size_t)json_object_get_string_len(member->value)}));
    }
}

static void check_plain(
    const struct batch *batch, uint64_t n_failed, const uint8_t *data, size_t size)
{
    struct diag_list diags = {0};
    struct document *document = document_parse("fuzz", (const char *)data, size, &diags);

    if (document && !diags.n_errors &&
        json_object_is_type(document->root->value, json_type_object)) {
        CHECK(n_failed == 0);
        compare(&batch->logs[0], document->root);
    }
    document_destroy(document);
    diag_list_finish(&diags);
}

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    log_setup(LOG_LEVEL_ERROR, LOG_FORMAT_PLAIN);
    memory = memory_create(1 << 28);
    for (size_t i = 0; i < ARRAY_SIZE(used); i++)
        CHECK(used[i].processor = create(used[i].type, used[i].options));
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < ARRAY_SIZE(used); i++) {
        uint64_t n_before = used[i].processor->n_failed;
        struct batch *batch = process(used[i].processor, data, size);

        if (used[i].options == plain)
            check_plain(batch, used[i].processor->n_failed - n_before, data, size);
        batch_destroy(batch);
    }
    return 0;
}
