#include "kit/plan.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>
#include "base/mem.h"
#include "base/util.h"
#include "cli/cli.h"
#include "kit/binary.h"
#include "kit/heap.h"
#include "plugin/elf_file.h"
#include "plugin/probe.h"

#define DAY_SIZE 11 /* "2027-06-30" with its NUL */

static void add_type(struct subject *subject, const char *type)
{
    for (size_t i = 0; i < subject->n_types; i++)
        if (!strcmp(subject->types[i], type))
            return;
    MEM_GROW(subject->types, subject->n_types, subject->cap_types);
    subject->types[subject->n_types++] = mem_strdup(type);
}

static void take_note_types(struct subject *subject)
{
    struct elf_facts facts = {0};
    SCOPED_REFUSAL struct refusal why = {0};
    SCOPED_FD int fd = open(subject->real, O_RDONLY | O_CLOEXEC);

    if (fd >= 0)
        elf_file_read(fd, &facts, &why);
    for (size_t i = 0; i < facts.n_types; i++)
        add_type(subject, facts.types[i]);
    elf_facts_finish(&facts);
}

static void take_registered_types(struct subject *subject)
{
    const struct probe_request request = {
        "/proc/self/exe", subject->real, PROBE_TIMEOUT_DEFAULT_NS};
    SCOPED(descriptor_destroy) struct descriptor *descriptor = NULL;
    SCOPED_REFUSAL struct refusal why = {0};

    if (probe(&request, &descriptor, &why))
        return;
    for (size_t i = 0; i < descriptor->n_classes; i++)
        add_type(subject, descriptor->classes[i].config.type);
}

/* A plugin of which no class is known has one of no name, so that what could not be
 * checked is seen. */
static void find_types(struct subject *subject)
{
    take_note_types(subject);
    if (!subject->n_types)
        take_registered_types(subject);
    if (!subject->n_types)
        add_type(subject, "(unknown)");
}

/* -- sanitizers -- */

static const struct {
    const char *symbol; /* that the compiler's code wants */
    const char *needed; /* how gcc's library is called */
    const char *clang;  /* where clang's lies, which it does not name; NULL: cannot be so used */
} sanitizers[] = {
    {"__asan_init", "libasan.so", "/usr/lib/llvm-*/lib/clang/*/lib/linux/libclang_rt.asan-"},
    {"__tsan_init", "libtsan.so", NULL},
};

/* The first file of a pattern that goes on with the machine's name. */
static char *first_match(const char *start)
{
    struct utsname machine;
    SCOPED_FREE char *pattern = NULL;
    glob_t files = {0};
    char *found = NULL;

    if (!start || uname(&machine))
        return NULL;
    pattern = mem_printf("%s%s.so", start, machine.machine);
    if (!glob(pattern, 0, NULL, &files))
        found = mem_strdup(files.gl_pathv[0]);
    globfree(&files);
    return found;
}

char *plan_sanitizer(const char *path)
{
    struct binary binary;
    char why[64], *found = NULL;
    const bool readable = heap_visible() && !binary_read(&binary, path, why, sizeof why);

    for (size_t i = 0; readable && i < ARRAY_SIZE(sanitizers) && !found; i++) {
        if (!binary_wants(&binary, sanitizers[i].symbol))
            continue;
        for (size_t j = 0; j < binary.n_needed && !found; j++)
            if (!strncmp(binary.needed[j], sanitizers[i].needed, strlen(sanitizers[i].needed)))
                found = binary_find_library(&binary, path, binary.needed[j]);
        if (!found)
            found = first_match(sanitizers[i].clang);
    }
    if (heap_visible())
        binary_finish(&binary);
    return found;
}

static int add_subject(struct plan *plan, const char *path, const char *settings)
{
    SCOPED_FREE char *found = settings ? mem_strdup(settings) : settings_find(path);
    SCOPED_FREE char *absolute = found ? realpath(found, NULL) : NULL;
    int why_not = errno;
    struct subject subject = {.path = mem_strdup(path), .real = realpath(path, NULL)};
    int r = 0;

    if (!subject.real || access(subject.real, R_OK)) {
        fprintf(stderr, "weir-plugin: %s: %m\n", path);
        r = CLI_NO_INPUT;
    } else if (found && !absolute) {
        fprintf(stderr, "weir-plugin: %s: %s\n", found, strerror(why_not));
        r = CLI_NO_INPUT;
    } else if (!(subject.settings = settings_read(absolute))) {
        r = CLI_USAGE;
    }
    if (!r)
        subject.sanitizer = plan_sanitizer(subject.real);
    MEM_GROW(plan->subjects, plan->n_subjects, plan->cap_subjects);
    plan->subjects[plan->n_subjects++] = subject;
    return r;
}

static bool chosen(const struct check *check, const struct plan_request *request)
{
    return check->level <= request->level && check->run &&
           (!request->include || !regexec(request->include, check->id, 0, NULL, 0)) &&
           (!request->exclude || regexec(request->exclude, check->id, 0, NULL, 0));
}

static void add_task(struct plan *plan, const struct check *check, const struct subject *subject,
    const char *type, const char *today)
{
    const struct waiver *waiver = settings_waiver(subject->settings, check->id);

    MEM_GROW(plan->tasks, plan->n_tasks, plan->cap_tasks);
    plan->tasks[plan->n_tasks++] = (struct task){.check = check,
        .subject = subject,
        .type = type,
        .waiver = waiver,
        .waiver_expired = waiver && waiver_expired(waiver, today)};
}

static void add_tasks(struct plan *plan, const struct subject *subject,
    const struct plan_request *request, const char *today)
{
    const struct check *check;

    for (size_t i = 0; (check = check_at(i)); i++) {
        if (!chosen(check, request))
            continue;
        if (check->scope == CHECK_FILE)
            add_task(plan, check, subject, NULL, today);
        else
            for (size_t j = 0; j < subject->n_types; j++)
                add_task(plan, check, subject, subject->types[j], today);
    }
}

static const struct task *find_giver(
    const struct plan *plan, size_t first, const struct task *task, uint32_t stage)
{
    for (size_t i = first; i < plan->n_tasks; i++) {
        const struct task *other = &plan->tasks[i];

        if (other->check->gives == stage &&
            (!other->type || !task->type || !strcmp(other->type, task->type)))
            return other;
    }
    return NULL;
}

/* Once all tasks lie where they stay; those of one subject lie side by side. */
static void find_givers(struct plan *plan)
{
    size_t first = 0;

    for (size_t i = 0; i < plan->n_tasks; i++) {
        struct task *task = &plan->tasks[i];

        if (task->subject != plan->tasks[first].subject)
            first = i;
        for (unsigned stage = 0; stage < STAGES_N; stage++)
            if (task->check->stages & (1u << stage))
                task->givers[stage] = find_giver(plan, first, task, 1u << stage);
    }
}

static void put_today(char *text)
{
    time_t now = time(NULL);
    struct tm day;

    if (!gmtime_r(&now, &day) || !strftime(text, DAY_SIZE, "%Y-%m-%d", &day))
        abort();
}

int plan_make(struct plan *plan, const struct plan_request *request)
{
    char today[DAY_SIZE];
    int code = 0;

    put_today(today);
    for (size_t i = 0; i < request->n_paths; i++) {
        int r = add_subject(plan, request->paths[i], request->settings);

        code = code ? code : r;
    }
    for (size_t i = 0; !code && i < plan->n_subjects; i++) {
        find_types(&plan->subjects[i]);
        add_tasks(plan, &plan->subjects[i], request, today);
    }
    find_givers(plan);
    return code;
}

void plan_finish(struct plan *plan)
{
    for (size_t i = 0; i < plan->n_tasks; i++)
        child_report_finish(&plan->tasks[i].report);
    for (size_t i = 0; i < plan->n_subjects; i++) {
        struct subject *subject = &plan->subjects[i];

        for (size_t j = 0; j < subject->n_types; j++)
            free(subject->types[j]);
        free((void *)subject->types);
        free(subject->path);
        free(subject->real);
        free(subject->sanitizer);
        settings_destroy(subject->settings);
    }
    free(plan->subjects);
    free(plan->tasks);
    *plan = (struct plan){0};
}

static bool needs_excuse(const struct task *task)
{
    return verdict_is_bad(task->report.verdict, task->report.skip);
}

bool task_is_waived(const struct task *task)
{
    return task->waiver && !task->waiver_expired && needs_excuse(task);
}

bool task_is_bad(const struct task *task)
{
    return needs_excuse(task) && !task_is_waived(task);
}

struct plan_sums plan_sum(const struct plan *plan)
{
    struct plan_sums sums = {0};

    for (size_t i = 0; i < plan->n_tasks; i++) {
        const struct task *task = &plan->tasks[i];

        sums.by_verdict[task->report.verdict]++;
        sums.bad += task_is_bad(task);
        sums.waived += task_is_waived(task);
        sums.lacking += task_is_bad(task) && task->report.skip == SKIP_LACKS;
        sums.expired += task_is_bad(task) && task->waiver_expired;
    }
    return sums;
}
