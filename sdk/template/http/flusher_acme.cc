/*
 * A flusher to start from: posts logs to an HTTP server as lines of JSON, by the SDK's
 * sender (<weir/http.h>), which keeps connections, waits for answers on a thread of its
 * own, and tells the host what became of each batch.
 *
 * Who calls what, on which thread, is said in <weir/flusher.h>; in short: calls into
 * one instance never overlap (this class is not WEIR_CONCURRENT), so nothing here takes
 * a lock, but each call may come on another thread, so nothing here is thread-local.
 * set_urgent alone may come during any other call. Other instances run at the same time:
 * no static variables.
 *
 * No exception may leave a call, and no C++ object crosses the border: the functions at
 * the end are the border, and all behind them is `noexcept`.
 */
#include <cerrno>
#include <new>
#include <weir/flusher.h>
#include <weir/http.h>
#include <weir/json.h>
#include <weir/words.h>

namespace
{

/* The options, as the host fills them before init(). What is behind them is the host's
 * and lives until after stop(). */
struct Options {
    weir_http_options http;
    uint64_t max_body_size; /* bytes */
};

/* The one place that says which options there are: checks, defaults, help and
 * documentation come from here. The sender brings RemoteURL, Headers, Timeout and more. */
const weir_option rows[] = {
    WEIR_HTTP_OPTION_ROWS(Options, http),
    WEIR_OPTION(Options, max_body_size, "MaxBodySize", WEIR_OPTION_SIZE, 0, "1MiB", "1KiB", "1GiB",
        nullptr, "A request takes no more logs once its body would be larger than this."),
};

/* One instance. It is made in the host's memory, which is its alone until stop(). */
class Flusher
{
  public:
    /* Connects to nothing: the old instance of a pipeline may still be at work while the
     * new one is made. */
    explicit Flusher(const weir_context &context) noexcept
        : options_(static_cast<const Options *>(context.options))
    {
    }
    Flusher(const Flusher &) = delete;
    Flusher &operator=(const Flusher &) = delete;

    /* What init() returns. */
    int open(const weir_context &context) noexcept
    {
        weir_http_hooks hooks = {};

        hooks.content_type = "application/x-ndjson";
        return weir_http_create(context.host, &options_->http, &hooks, context.error, &http_);
    }
    uint32_t flush(const weir_batch &batch, weir_result &result) noexcept;
    weir_http *http() noexcept
    {
        return http_;
    }

  private:
    void put_log(weir_http_job *job, const weir_log *log, uint32_t group, uint32_t i) noexcept;

    const Options *options_;
    weir_http *http_ = nullptr; /* ends with weir_http_stop() */
};

/* One log. Where it would make the request too large, it begins the next one. */
void Flusher::put_log(weir_http_job *job, const weir_log *log, uint32_t group, uint32_t i) noexcept
{
    weir_buffer *body = weir_http_body(job);
    const size_t before = weir_http_size(job);

    weir_json_log(body, log);
    weir_buffer_append_byte(body, '\n');
    if (before && weir_http_size(job) > options_->max_body_size)
        weir_http_cut_at(job, before, group, i);
}

/* The batch is borrowed until the sender has settled it. The answer is PENDING, or RETRY
 * when the sender cannot take it; never wait and try again in here. */
uint32_t Flusher::flush(const weir_batch &batch, weir_result &result) noexcept
{
    weir_http_job *job = weir_http_begin(http_, &batch);

    if (!job) {
        weir_explain(&result, ENOMEM, "no memory for a request");
        return WEIR_RETRY;
    }
    /* Logs are reached with weir_log_at(), never with []: rows may grow. */
    for (uint32_t g = 0; g < batch.n_groups; g++)
        for (uint32_t i = 0; i < batch.groups[g]->n_logs; i++)
            put_log(job, weir_log_at(batch.groups[g], i), g, i);
    return weir_http_send(job, &result);
}

Flusher *flusher_of(void *self) noexcept
{
    return static_cast<Flusher *>(self);
}

/* [control] An init() that fails has cleaned up. */
int init(void *self, const weir_context *context) noexcept
{
    Flusher *flusher = new (self) Flusher(*context);
    const int r = flusher->open(*context);

    if (r != 0)
        flusher->~Flusher();
    return r;
}

/* [flush] Whether a flush makes sense now: while a request is on its way, it does not. */
int is_ready(void *self, weir_str, weir_str, int64_t) noexcept
{
    return weir_http_ready(flusher_of(self)->http());
}

/* [flush] */
uint32_t flush(void *self, const weir_batch *batch, weir_result *result) noexcept
{
    return flusher_of(self)->flush(*batch, *result);
}

/* [any] More batches may follow, but none is to wait for long. */
void set_urgent(void *self, int) noexcept
{
    weir_http_set_urgent(flusher_of(self)->http());
}

/* [control] The last call; the memory itself is the host's. What has no answer by the
 * deadline goes back to the host. */
int stop(void *self, uint64_t deadline_ns, weir_result *) noexcept
{
    weir_http_stop(flusher_of(self)->http(), deadline_ns);
    flusher_of(self)->~Flusher();
    return 0;
}

/* [control] For `weir check --connect`: is there a server? */
int probe(void *self, uint64_t deadline_ns, weir_result *result) noexcept
{
    return weir_http_probe(flusher_of(self)->http(), deadline_ns, result);
}

const weir_flusher_class acme_class = {
    sizeof(weir_flusher_class),
    WEIR_ASYNC | WEIR_NET,
    "flusher_acme",
    "0.1.0",
    "Posts logs to an HTTP server as lines of JSON.",
    sizeof(Flusher),
    sizeof(Options),
    rows,
    sizeof rows / sizeof rows[0],
    sizeof rows[0],
    init,
    is_ready,
    flush,
    set_urgent,
    stop,
    probe,
};

} // namespace

WEIR_PLUGIN("acme", "0.1.0", "flusher_acme", &acme_class);
