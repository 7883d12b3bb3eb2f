#include "admin/dead_letters.h"

#include "admin/control.h"
#include "app/app.h"
#include "base/mem.h"
#include "base/util.h"
#include "delivery/dead_letter.h"

#define NOT_FOUND 1 /* exit code: there is no such letter */
#define USAGE 64

/* The ids are the caller's. */
static struct dead_letter_choice choice_of(struct control_request *request, uint64_t **ret_ids)
{
    struct json_object *ids = control_argument(request, "ids");
    struct dead_letter_choice choice = {
        .flusher = json_object_get_string(control_argument(request, "flusher"))};

    *ret_ids = NULL;
    if (!json_object_is_type(ids, json_type_array))
        return choice;
    choice.n_ids = json_object_array_length(ids);
    *ret_ids = mem_calloc(choice.n_ids, sizeof **ret_ids);
    for (size_t i = 0; i < choice.n_ids; i++)
        (*ret_ids)[i] = json_object_get_uint64(json_object_array_get_idx(ids, i));
    choice.ids = *ret_ids;
    return choice;
}

static bool says_which(struct control_request *request, const struct dead_letter_choice *choice)
{
    if (choice->n_ids || choice->flusher ||
        json_object_get_boolean(control_argument(request, "all")))
        return true;
    control_refuse(request, USAGE, "which letters? Give ids, --flusher or --all");
    return false;
}

void dead_letters_list_command(struct control_request *request)
{
    uint64_t *taken;
    struct dead_letter_choice choice = choice_of(request, &taken);
    SCOPED_FREE uint64_t *ids = taken;

    (void)ids;
    control_answer(request, dead_letters_list(app_dead_letters(control_app(request)), &choice));
}

void dead_letters_show_command(struct control_request *request)
{
    uint64_t *taken;
    struct dead_letter_choice choice = choice_of(request, &taken);
    SCOPED_FREE uint64_t *ids = taken;
    struct json_object *letter = NULL;

    if (choice.n_ids == 1)
        letter = dead_letters_show(app_dead_letters(control_app(request)), ids[0]);
    if (letter)
        control_answer(request, letter);
    else
        control_refuse(request, NOT_FOUND, "there is no such letter");
}

void dead_letters_replay_command(struct control_request *request)
{
    struct app *app = control_app(request);
    uint64_t *taken;
    struct dead_letter_choice choice = choice_of(request, &taken);
    SCOPED_FREE uint64_t *ids = taken;

    (void)ids;
    if (says_which(request, &choice))
        control_answer(
            request, dead_letters_replay(app_dead_letters(app), &choice, app_push_letter, app));
}

void dead_letters_drop_command(struct control_request *request)
{
    uint64_t *taken;
    struct dead_letter_choice choice = choice_of(request, &taken);
    SCOPED_FREE uint64_t *ids = taken;

    (void)ids;
    if (says_which(request, &choice))
        control_answer(request, dead_letters_drop(app_dead_letters(control_app(request)), &choice));
}
