#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include "base/mem.h"
#include "base/pattern.h"
#include "input/gbk.h"
#include "input/input_file.h"
#include "input/inputs.h"

/* A relative pattern counts from the folder the process was started in. */
static char *make_absolute(const char *pattern)
{
    SCOPED_FREE char *folder = pattern[0] == '/' ? NULL : getcwd(NULL, 0);

    while (!strncmp(pattern, "./", 2))
        pattern += 2;
    return folder ? mem_printf("%s/%s", folder, pattern) : mem_strdup(pattern);
}

static void add_pattern(struct file_patterns *patterns, char *pattern)
{
    MEM_GROW(patterns->items, patterns->count, patterns->capacity);
    patterns->items[patterns->count++] = pattern;
}

static void add_patterns(struct file_patterns *patterns, const struct weir_str_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        add_pattern(patterns, make_absolute(list->items[i].data));
}

static void finish_patterns(struct file_patterns *patterns)
{
    for (size_t i = 0; i < patterns->count; i++)
        free(patterns->items[i]);
    free((void *)patterns->items);
}

static bool has_slash(struct weir_str name, const char *option, char *why, size_t why_max)
{
    if (!memchr(name.data, '/', name.size))
        return false;
    snprintf(why, why_max, "%s: %s is no name of a file: it has a /", option, name.data);
    return true;
}

/* As a path to the system it must be a text that ends where it ends. */
static bool is_path(struct weir_str path, const char *option, char *why, size_t why_max)
{
    if (path.size && !memchr(path.data, '\0', path.size))
        return true;
    snprintf(why, why_max, "%s: %s", option,
        path.size ? "a path with a NUL leads nowhere" : "an empty path leads nowhere");
    return false;
}

static bool are_paths(
    const struct weir_str_list *list, const char *option, char *why, size_t why_max)
{
    for (size_t i = 0; i < list->count; i++)
        if (!is_path(list->items[i], option, why, why_max))
            return false;
    return true;
}

/* What is read, and what is not. */
static bool init_patterns(struct file_input *self, char *why, size_t why_max)
{
    const struct file_options *options = self->options;

    if (self->input.class == &input_file_log) {
        const struct file_log_options *given = (const void *)options;
        SCOPED_FREE char *folder = make_absolute(given->log_path.data);

        if (!is_path(given->log_path, "LogPath", why, why_max) ||
            !is_path(given->file_pattern, "FilePattern", why, why_max) ||
            has_slash(given->file_pattern, "FilePattern", why, why_max))
            return false;
        add_pattern(&self->wanted, mem_printf("%s/**/%s", folder, given->file_pattern.data));
        self->max_depth = (unsigned)given->max_depth;
    } else {
        const struct input_file_options *given = (const void *)options;

        if (!are_paths(&given->file_paths, "FilePaths", why, why_max))
            return false;
        add_patterns(&self->wanted, &given->file_paths);
        self->max_depth = (unsigned)given->max_dir_search_depth;
    }
    for (size_t i = 0; i < options->exclude_files.count; i++)
        if (has_slash(options->exclude_files.items[i], "ExcludeFiles", why, why_max))
            return false;
    add_patterns(&self->unwanted_files, &options->exclude_file_paths);
    add_patterns(&self->unwanted_folders, &options->exclude_dirs);
    return true;
}

static bool init_rules(struct file_input *self, char *why, size_t why_max)
{
    const struct file_options *options = self->options;
    struct lines_rules *rules = &self->setup.rules;

    rules->max_bytes = options->max_log_size;
    rules->excess = (enum lines_excess)options->long_logs;
    rules->spans = self->setup.offset_key.size > 0;
    if (options->encoding == FILE_ENCODING_GBK) {
        self->gbk = gbk_create();
        if (!self->gbk) {
            snprintf(
                why, why_max, "FileEncoding: this system cannot convert gbk: %s", strerror(errno));
            return false;
        }
    }
    rules->gbk = self->gbk;
    return multiline_create(&options->multiline, &rules->multiline, why, why_max);
}

/* Tags that upstream's option of that name calls otherwise, or leaves out. */
static bool is_tag_name(const struct weir_kv *tag, const char *key, struct weir_str *name)
{
    static const char as_ever[] = "__default__";

    if (!str_equal(tag->key, str_of(key)))
        return false;
    if (!str_equal(tag->value, str_of(as_ever)))
        *name = tag->value;
    return true;
}

static void init_tags(struct file_input *self)
{
    const struct file_options *options = self->options;
    struct tail_setup *setup = &self->setup;
    struct weir_str inode_key = str_of("__inode__");
    bool inode_named = false;

    setup->path_key = str_of("__path__");
    self->tags = mem_calloc(options->tags.count, sizeof *self->tags);
    for (size_t i = 0; i < options->tags.count; i++) {
        const struct weir_kv *tag = &options->tags.items[i];

        if (is_tag_name(tag, "FileInodeTagKey", &inode_key))
            inode_named = true;
        else if (!is_tag_name(tag, "FilePathTagKey", &setup->path_key))
            self->tags[setup->n_tags++] = *tag;
    }
    setup->tags = self->tags;
    if (options->appending_log_position_meta || inode_named)
        setup->inode_key = inode_key;
    setup->offset_key = options->file_offset_key;
    if (!setup->offset_key.size && options->appending_log_position_meta)
        setup->offset_key = str_of("__file_offset__");
}

static bool init_topic(struct file_input *self, char *why, size_t why_max)
{
    static const char custom[] = "customized://";
    const struct file_log_options *given = (const void *)self->options;
    SCOPED_FREE char *whole = NULL;
    char reason[PATTERN_WHY_MAX];

    if (self->input.class != &input_file_log || str_equal(given->topic_format, str_of("none")) ||
        !given->topic_format.size)
        return true;
    if (!strncmp(given->topic_format.data, custom, strlen(custom))) {
        self->setup.topic = str_of(given->topic_format.data + strlen(custom));
        return true;
    }
    whole = mem_printf("(?:%s)$", given->topic_format.data);
    self->setup.topic_path = pattern_create(str_of(whole), true, reason, sizeof reason);
    if (!self->setup.topic_path)
        snprintf(why, why_max, "TopicFormat, in (?:...)$, %s", reason);
    return self->setup.topic_path != NULL;
}

bool file_setup_init(struct file_input *self, char *why, size_t why_max)
{
    self->setup.input = &self->input;
    self->setup.tail_bytes =
        self->options->tail_size_given ? self->options->tail_size_kb * KIB : UINT64_MAX;
    troubles_init(&self->setup.troubles, self->input.context);
    init_tags(self);
    return init_patterns(self, why, why_max) && init_rules(self, why, why_max) &&
           init_topic(self, why, why_max);
}

void file_setup_finish(struct file_input *self)
{
    finish_patterns(&self->wanted);
    finish_patterns(&self->unwanted_files);
    finish_patterns(&self->unwanted_folders);
    multiline_destroy(self->setup.rules.multiline);
    pattern_destroy(self->setup.topic_path);
    gbk_destroy(self->gbk);
    lines_scratch_finish(&self->setup.scratch);
    troubles_finish(&self->setup.troubles);
    free(self->tags);
}

static bool matches_any(const struct file_patterns *patterns, const char *path)
{
    for (size_t i = 0; i < patterns->count; i++)
        if (glob_matches(patterns->items[i], GLOB_DEPTH_ANY, path))
            return true;
    return false;
}

bool file_is_unwanted_folder(const struct file_input *self, const char *path)
{
    return matches_any(&self->unwanted_folders, path);
}

bool file_is_unwanted(const struct file_input *self, const char *path)
{
    const struct weir_str_list *names = &self->options->exclude_files;
    const char *slash = strrchr(path, '/');

    for (size_t i = 0; i < names->count; i++)
        if (glob_matches(names->items[i].data, 0, slash ? slash + 1 : path))
            return true;
    return matches_any(&self->unwanted_files, path);
}
