/*
 * The catalogue of checks: each one thing that a flusher plugin must or should keep,
 * as one row of a table and one function. A check asserts its own point only and is
 * blind to all others, so that one fault makes as few checks fail as can be. [any]
 */
#ifndef KIT_CHECK_H
#define KIT_CHECK_H

#include <stddef.h>
#include <stdint.h>

struct trial;

#define CHECK_LEVEL_MAX 5u

/* The stages that a plugin passes. A check gives one, or needs some; where a check
 * that gives a stage has failed, those that need it are skipped as blocked. */
enum {
    STAGE_FILE = 1u << 0,       /* it is a plugin file of this machine (ELF-01) */
    STAGE_LOADED = 1u << 1,     /* dlopen works (REG-01) */
    STAGE_REGISTERED = 1u << 2, /* the registration function returns a table (REG-02) */
    STAGE_TABLES = 1u << 3,     /* and the host can read it (REG-04) */
    STAGE_OPTIONS = 1u << 4,    /* and the option tables (CFG-01) */
    STAGE_STARTED = 1u << 5,    /* init and stop work (CFG-02) */
    STAGE_FLUSHED = 1u << 6,    /* flush returns something known (FLU-02) */

    STAGES_N = 7,

    STAGES_LOADED = STAGE_FILE | STAGE_LOADED,
    STAGES_REGISTERED = STAGES_LOADED | STAGE_REGISTERED,
    STAGES_TABLES = STAGES_REGISTERED | STAGE_TABLES | STAGE_OPTIONS,
    STAGES_STARTED = STAGES_TABLES | STAGE_STARTED,
    STAGES_FLUSHED = STAGES_STARTED | STAGE_FLUSHED,
};

/* What must be given in weir-verify.json. Without it the check is skipped as lacking. */
enum {
    NEEDS_SINK = 1u << 0, /* of any kind: deliveries are counted */
    NEEDS_PEER = 1u << 1, /* an http or tcp sink */
    NEEDS_HTTP = 1u << 2, /* an http sink */
};

enum check_scope {
    CHECK_FILE,  /* once for a plugin file */
    CHECK_CLASS, /* once for each flusher class in it */
};

struct check {
    const char *id; /* of the catalogue: "FLU-03" */
    unsigned level; /* 1 load, 2 contract, 3 behaviour, 4 faults, 5 fuzz and soak */
    enum check_scope scope;
    const char *asserts;              /* one sentence */
    const char *clause;               /* the heading of docs/abi.md it enforces */
    uint32_t stages;                  /* STAGE_* that it needs */
    uint32_t needs;                   /* NEEDS_* */
    unsigned timeout_s;               /* 0: CHECK_TIMEOUT_S */
    uint32_t gives;                   /* the STAGE_* that it stands for; 0: none */
    void (*run)(struct trial *trial); /* NULL: not there */
    const char *missing;              /* why it is not there */
};

#define CHECK_TIMEOUT_S 15u

/* The i-th check of all, in the order of the catalogue; NULL behind the last. */
const struct check *check_at(size_t i);
/* The check of that id; NULL: there is none. */
const struct check *check_find(const char *id);

/* The tables, by group; each ends with a row without id. */
extern const struct check checks_elf[], checks_reg[], checks_cfg[], checks_lif[], checks_flu[],
    checks_bac[], checks_urg[], checks_thr[], checks_res[], checks_dat[], checks_net[],
    checks_flt[], checks_hyg[];

#endif
