#include "delivery/lane_measures.h"

#include <assert.h>
#include <string.h>
#include "base/util.h"

static const char *const call_names[LANE_N_CALLS] = {
    [LANE_CALL_INIT] = "init",
    [LANE_CALL_IS_READY] = "is_ready",
    [LANE_CALL_FLUSH] = "flush",
    [LANE_CALL_SET_URGENT] = "set_urgent",
    [LANE_CALL_STOP] = "stop",
};

static const struct {
    const char *code, *stage;
} faults[LANE_N_FAULTS] = {
    [LANE_FAULT_RETRY] = {"W3201", "flush"},
    [LANE_FAULT_REJECTED] = {"W3202", "flush"},
    [LANE_FAULT_BROKEN] = {"W3203", "flush"},
    [LANE_FAULT_INIT] = {"W3204", "init"},
    [LANE_FAULT_STOP] = {"W3205", "stop"},
    [LANE_FAULT_FLUSH_HANGS] = {"W3206", "flush"},
    [LANE_FAULT_STOP_HANGS] = {"W3206", "stop"},
    [LANE_FAULT_MISBEHAVED] = {"W5001", "flush"},
    {"W5002", "flush"},
    {"W5003", "set_urgent"},
    {"W5004", "settle"},
    {"W5005", "settle"},
    {"W5006", "mark"},
};

void lane_durations_add(struct lane_durations *durations, uint64_t took_ns)
{
    durations->buckets[metric_bucket((double)took_ns / (double)NS_PER_S)]++;
    durations->sum_ns += took_ns;
}

static void sum_durations(struct lane_durations *sum, const struct lane_durations *one)
{
    for (size_t i = 0; i < ARRAY_SIZE(sum->buckets); i++)
        sum->buckets[i] += one->buckets[i];
    sum->sum_ns += one->sum_ns;
}

void lane_measures_sum(struct lane_measures *sum, const struct lane_measures *one)
{
    sum_durations(&sum->sends, &one->sends);
    for (size_t i = 0; i < LANE_N_CALLS; i++)
        sum_durations(&sum->calls[i], &one->calls[i]);
    for (size_t i = 0; i < LANE_N_FAULTS; i++)
        sum->faults[i] += one->faults[i];
}

void lane_measures_misbehaved(struct lane_measures *measures, const char *code)
{
    for (size_t i = LANE_FAULT_MISBEHAVED; i < LANE_N_FAULTS; i++)
        if (!strcmp(faults[i].code, code))
            measures->faults[i]++;
}

const char *lane_call_name(enum lane_call call)
{
    assert(call < LANE_N_CALLS);
    return call_names[call];
}

const char *lane_fault_code(enum lane_fault fault)
{
    assert(fault < LANE_N_FAULTS);
    return faults[fault].code;
}

const char *lane_fault_stage(enum lane_fault fault)
{
    assert(fault < LANE_N_FAULTS);
    return faults[fault].stage;
}
