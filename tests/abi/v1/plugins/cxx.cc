/* A flusher in C++17, with the class table written by position; and a second, concurrent
 * class in the same file. */
#include <atomic>
#include <mutex>
#include <new>
#include <string>

#include "lines.h"

namespace
{

struct Options {
    weir_str path;
};

const weir_option rows[] = {
    WEIR_OPTION_STRING_ROW(
        Options, path, "FilePath", WEIR_REQUIRED, nullptr, "The file that lines are appended to."),
};

class Flusher
{
  public:
    explicit Flusher(const weir_context &context)
        : path_(static_cast<const Options *>(context.options)->path.data)
    {
    }

    uint32_t flush(const weir_batch &batch, weir_result &result)
    {
        lines out{};
        uint32_t verdict;

        for (uint32_t g = 0; g < batch.n_groups; g++)
            for (uint32_t i = 0; i < batch.groups[g]->n_logs; i++)
                lines_log(&out, weir_log_at(batch.groups[g], i));
        {
            std::lock_guard<std::mutex> guard(lock_);
            verdict = lines_send(&out, path_.c_str(), &result);
        }
        free(out.data);
        return verdict;
    }

    void set_urgent()
    {
        urgent_ = true;
    }

  private:
    std::string path_;
    std::mutex lock_;
    std::atomic<bool> urgent_{false};
};

/* Nothing is thrown across the border. */
int init(void *self, const weir_context *context) noexcept
{
    try {
        new (self) Flusher(*context);
        return 0;
    } catch (const std::bad_alloc &) {
        context->error->code = ENOMEM;
        snprintf(context->error->text, context->error->text_max, "no memory");
        return ENOMEM;
    }
}

int is_ready(void *, weir_str, weir_str, int64_t) noexcept
{
    return 1;
}

uint32_t flush(void *self, const weir_batch *batch, weir_result *result) noexcept
{
    return static_cast<Flusher *>(self)->flush(*batch, *result);
}

void set_urgent(void *self, int) noexcept
{
    static_cast<Flusher *>(self)->set_urgent();
}

int stop(void *self, uint64_t, weir_result *) noexcept
{
    static_cast<Flusher *>(self)->~Flusher();
    return 0;
}

const weir_flusher_class plain = {static_cast<uint32_t>(sizeof(weir_flusher_class)), WEIR_FS_WRITE,
    "flusher_v1_cxx", "1.0.0", "Writes to a file, in C++.", static_cast<uint32_t>(sizeof(Flusher)),
    static_cast<uint32_t>(sizeof(Options)), rows, 1, static_cast<uint32_t>(sizeof rows[0]), init,
    is_ready, flush, set_urgent, stop, nullptr};

const weir_flusher_class concurrent = {static_cast<uint32_t>(sizeof(weir_flusher_class)),
    WEIR_FS_WRITE | WEIR_CONCURRENT, "flusher_v1_concurrent", "1.0.0",
    "Writes to a file, several batches at a time.", static_cast<uint32_t>(sizeof(Flusher)),
    static_cast<uint32_t>(sizeof(Options)), rows, 1, static_cast<uint32_t>(sizeof rows[0]), init,
    is_ready, flush, set_urgent, stop, nullptr};

} // namespace

WEIR_PLUGIN("v1_cxx", "1.0.0", "flusher_v1_cxx,flusher_v1_concurrent", &plain, &concurrent);
