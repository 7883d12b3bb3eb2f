#include "admin/reload.h"

#include "admin/control.h"
#include "admin/json.h"
#include "app/app.h"
#include "app/reload.h"
#include "base/mem.h"

#define STOPPING 75 /* exit code: try again later */

struct reload_call {
    struct reload_waiter waiter;
    struct control_request *request;
};

static struct json_object *item_json(const struct reload_item *item)
{
    struct json_object *object = json_object_new_object();

    json_put_text(object, "pipeline", item->name);
    json_put_text(object, "change", config_change_name(item->change));
    json_put_text(object, "refused", item->why);
    json_put_count(object, "flushers_left_behind", item->n_hanging);
    json_put_count(object, "logs_left", item->n_left_logs);
    return object;
}

static struct json_object *result_json(const struct reload_result *result)
{
    struct json_object *object = json_object_new_object();
    struct json_object *items = json_object_new_array(), *problems = json_object_new_array();

    json_put_flag(object, "successful", reload_result_ok(result));
    json_put_seconds(object, "took", result->took_ns);
    json_put_count(object, "untouched", result->n_untouched);
    json_put_count(object, "refused", result->n_refused);
    for (size_t i = 0; i < result->count; i++)
        json_object_array_add(items, item_json(&result->items[i]));
    for (size_t i = 0; i < result->n_problems; i++)
        json_object_array_add(problems, json_text(result->problems[i]));
    json_object_object_add(object, "pipelines", items);
    json_object_object_add(object, "problems", problems);
    return object;
}

static void reloaded(struct reload_waiter *waiter, const struct reload_result *result)
{
    struct reload_call *call = container_of(waiter, struct reload_call, waiter);

    if (result)
        control_answer(call->request, result_json(result));
    else
        control_refuse(call->request, STOPPING, "weir is stopping");
    free(call);
}

void reload_command(struct control_request *request)
{
    struct reload_call *call = mem_zalloc(sizeof *call);

    call->waiter.done = reloaded;
    call->request = request;
    if (app_reload(control_app(request), "asked for", &call->waiter))
        return;
    control_refuse(request, STOPPING, "nothing is read again at a stop, or with --once");
    free(call);
}
