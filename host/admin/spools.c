#include "admin/spools.h"

#include <errno.h>
#include <string.h>
#include "admin/control.h"
#include "admin/json.h"
#include "app/app.h"
#include "app/leftovers.h"
#include "app/snapshot.h"
#include "base/mem.h"

/* Exit codes. */
enum {
    REFUSED = 1, /* there is none of that name, or it is in use */
    USAGE = 64,
    LATER = 75,
};

struct spool_call {
    struct leftovers_waiter waiter;
    struct control_request *request;
};

static struct json_object *spool_json(const struct snapshot_spool *spool)
{
    struct json_object *object = json_object_new_object();

    json_put_text(object, "name", spool->name);
    json_put_count(object, "logs", spool->logs);
    json_put_count(object, "bytes", spool->bytes);
    json_put_seconds(object, "oldest_age", spool->oldest_age_ns);
    json_put_text(object, "error", spool->why);
    return object;
}

struct json_object *unused_spools_json(const struct snapshot *snapshot)
{
    struct json_object *object = json_object_new_object();
    struct json_object *spools = json_object_new_array();

    for (size_t i = 0; i < snapshot->n_spools; i++)
        json_object_array_add(spools, spool_json(&snapshot->spools[i]));
    json_object_object_add(object, "spools", spools);
    json_put_count(object, "left_out", snapshot->n_more_spools);
    return object;
}

/* NULL when it is not the time; then the request has its answer. */
static struct leftovers *leftovers_of(struct control_request *request)
{
    struct leftovers *leftovers = app_leftovers(control_app(request));

    if (!leftovers)
        control_refuse(
            request, LATER, "the configuration is being changed, or weir stops; try again");
    return leftovers;
}

static struct spool_call *new_call(struct control_request *request,
    void (*done)(struct leftovers_waiter *, int, const struct spool_left *))
{
    struct spool_call *call = mem_zalloc(sizeof *call);

    call->waiter.done = done;
    call->request = request;
    return call;
}

/* -- list -- */

static void looked(struct leftovers_waiter *waiter, int error, const struct spool_left *dropped)
{
    struct spool_call *call = container_of(waiter, struct spool_call, waiter);

    (void)dropped;
    if (error) {
        control_refuse(call->request, LATER, "weir is stopping");
    } else {
        struct snapshot *snapshot = app_snapshot(control_app(call->request));

        control_answer(call->request, unused_spools_json(snapshot));
        snapshot_destroy(snapshot);
    }
    free(call);
}

void spool_list_command(struct control_request *request)
{
    struct leftovers *leftovers = leftovers_of(request);

    if (leftovers)
        leftovers_look(leftovers, &new_call(request, looked)->waiter);
}

/* -- drop -- */

static struct json_object *dropped_json(const struct spool_left *dropped)
{
    struct json_object *object = json_object_new_object();

    json_put_text(object, "dropped", dropped->lane);
    json_put_count(object, "logs", dropped->logs);
    json_put_count(object, "bytes", dropped->bytes);
    return object;
}

static const char *words_of(int error, const struct spool_left *dropped)
{
    switch (error) {
    case -ENOENT:
        return "there is no such spool; weir spool list names them";
    case -EBUSY:
        return "it is in use";
    default:
        return dropped->why ? dropped->why : strerror(-error);
    }
}

static void was_dropped(
    struct leftovers_waiter *waiter, int error, const struct spool_left *dropped)
{
    struct spool_call *call = container_of(waiter, struct spool_call, waiter);

    if (error == -ECANCELED)
        control_refuse(call->request, LATER, "weir is stopping");
    else if (error)
        control_refuse(call->request, REFUSED, words_of(error, dropped));
    else
        control_answer(call->request, dropped_json(dropped));
    free(call);
}

static bool flusher_has_it(struct app *app, const char *name)
{
    struct snapshot *snapshot = app_snapshot(app);
    bool uses = snapshot_uses_spool(snapshot, name);

    snapshot_destroy(snapshot);
    return uses;
}

void spool_drop_command(struct control_request *request)
{
    const char *name = json_object_get_string(control_argument(request, "name"));
    struct leftovers *leftovers;

    if (!name) {
        control_refuse(request, USAGE, "which spool? Give its name");
        return;
    }
    leftovers = leftovers_of(request);
    if (!leftovers)
        return;
    if (flusher_has_it(control_app(request), name))
        control_refuse(request, REFUSED, "it is in use: the flusher of that name has it");
    else
        leftovers_drop(leftovers, name, &new_call(request, was_dropped)->waiter);
}
