#include "kit/check.h"

#include <string.h>
#include "base/util.h"

static const struct check *const groups[] = {
    checks_elf,
    checks_reg,
    checks_cfg,
    checks_lif,
    checks_flu,
    checks_bac,
    checks_urg,
    checks_thr,
    checks_res,
    checks_dat,
    checks_net,
    checks_flt,
    checks_hyg,
};

const struct check *check_at(size_t i)
{
    for (size_t group = 0; group < ARRAY_SIZE(groups); group++)
        for (const struct check *check = groups[group]; check->id; check++)
            if (i-- == 0)
                return check;
    return NULL;
}

const struct check *check_find(const char *id)
{
    const struct check *check;

    for (size_t i = 0; (check = check_at(i)); i++)
        if (!strcmp(check->id, id))
            return check;
    return NULL;
}
