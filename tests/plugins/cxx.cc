// A flusher in C++: the object lives in the memory that the host gives.
#include <weir/flusher.h>

#include <new>
#include <string>

namespace
{

class Counter
{
  public:
    explicit Counter(const weir_context *context) : lane(context->lane.data, context->lane.size)
    {
    }

    uint32_t flush(const weir_batch *batch)
    {
        n_groups += batch->n_groups;
        return lane.empty() ? WEIR_RETRY : WEIR_DELIVERED;
    }

  private:
    std::string lane;
    uint64_t n_groups = 0;
};

int counter_init(void *self, const weir_context *context)
{
    new (self) Counter(context);
    return 0;
}

uint32_t counter_flush(void *self, const weir_batch *batch, weir_result *)
{
    return static_cast<Counter *>(self)->flush(batch);
}

int counter_stop(void *self, uint64_t, weir_result *)
{
    static_cast<Counter *>(self)->~Counter();
    return 0;
}

const weir_flusher_class counter = {sizeof(weir_flusher_class), 0, "flusher_cxx", "1.0.0",
    "Counts groups in C++", sizeof(Counter), 0, nullptr, 0, 0, counter_init, nullptr, counter_flush,
    nullptr, counter_stop, nullptr};

} // namespace

WEIR_PLUGIN("cxx", "1.0.0", "flusher_cxx", &counter);
