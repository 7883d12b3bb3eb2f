/*
 * C++17 as its friends write it: standard containers, a thread, exceptions inside. Copies
 * what it gets, collects for up to 10 ms, and writes and settles several batches at once.
 */
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <fcntl.h>
#include <mutex>
#include <new>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>
#include <weir/flusher.h>
#include <weir/json.h>
#include <weir/words.h>

namespace zoo
{

using namespace std::chrono_literals;

struct Options {
    weir_str file_path;
    uint64_t max_waiting;
};

constexpr weir_option rows[] = {
    WEIR_OPTION_STRING_ROW(Options, file_path, "FilePath", WEIR_REQUIRED, nullptr,
        "The file that lines are appended to."),
    WEIR_OPTION(Options, max_waiting, "MaxWaiting", WEIR_OPTION_UINT, 0, "16", "1", "64", "batches",
        "How many batches may wait."),
};

/* All signals blocked as long as it lives, so that a thread made meanwhile has them so. */
class SignalsBlocked
{
  public:
    SignalsBlocked()
    {
        sigset_t all;

        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    ~SignalsBlocked()
    {
        pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    }
    SignalsBlocked(const SignalsBlocked &) = delete;
    SignalsBlocked &operator=(const SignalsBlocked &) = delete;

  private:
    sigset_t before_;
};

std::string to_lines(const weir_batch &batch)
{
    weir_buffer buffer{};
    std::string lines;

    for (uint32_t g = 0; g < batch.n_groups; g++) {
        for (uint32_t i = 0; i < batch.groups[g]->n_logs; i++) {
            weir_json_log(&buffer, weir_log_at(batch.groups[g], i));
            weir_buffer_append_byte(&buffer, '\n');
        }
    }
    const bool failed = buffer.failed;
    try {
        if (!failed && buffer.size)
            lines.assign(buffer.data, buffer.size);
    } catch (...) {
        weir_buffer_finish(&buffer);
        throw;
    }
    weir_buffer_finish(&buffer);
    if (failed)
        throw std::bad_alloc();
    return lines;
}

class File
{
  public:
    explicit File(const char *path) : path_(path)
    {
    }
    ~File()
    {
        if (fd_ >= 0)
            close(fd_);
    }
    File(const File &) = delete;
    File &operator=(const File &) = delete;

    /* All or nothing. */
    void append(const std::string &text)
    {
        if (fd_ < 0)
            fd_ = open(path_, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0640);
        if (fd_ < 0)
            throw std::system_error(errno, std::generic_category());

        const off_t start = lseek(fd_, 0, SEEK_END);
        for (size_t done = 0; done < text.size();) {
            const ssize_t n = write(fd_, text.data() + done, text.size() - done);
            const int error = errno;

            if (n >= 0) {
                done += static_cast<size_t>(n);
            } else if (error != EINTR) {
                if (start >= 0 && ftruncate(fd_, start) != 0)
                    throw std::system_error(errno, std::generic_category());
                throw std::system_error(error, std::generic_category());
            }
        }
    }

  private:
    const char *path_;
    int fd_ = -1;
};

class Flusher
{
  public:
    explicit Flusher(const weir_context &context)
        : host_(context.host), options_(static_cast<const Options *>(context.options)),
          file_(options_->file_path.data)
    {
    }
    ~Flusher()
    {
        {
            std::lock_guard<std::mutex> lock(mutex_);
            stopping_ = true;
        }
        changed_.notify_one();
        if (thread_)
            thread_->join();
    }
    Flusher(const Flusher &) = delete;
    Flusher &operator=(const Flusher &) = delete;

    bool is_ready()
    {
        std::lock_guard<std::mutex> lock(mutex_);

        return waiting_.size() < options_->max_waiting;
    }
    /* False: there is no room. */
    bool put(const weir_batch &batch)
    {
        std::string lines = to_lines(batch);

        start();
        {
            std::lock_guard<std::mutex> lock(mutex_);

            if (waiting_.size() >= options_->max_waiting)
                return false;
            waiting_.push_back({batch.id, std::move(lines)});
        }
        changed_.notify_one();
        return true;
    }

  private:
    struct Item {
        uint64_t id;
        std::string lines;
    };

    void start()
    {
        if (thread_)
            return;
        SignalsBlocked blocked;
        thread_.emplace([this] { run(); });
        pthread_setname_np(thread_->native_handle(), "zoo-cxx");
    }
    /* What has come within 10 ms of the first; empty when it is time to end. */
    std::vector<Item> take()
    {
        std::unique_lock<std::mutex> lock(mutex_);

        changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
        if (!stopping_)
            changed_.wait_for(lock, 10ms,
                [this] { return stopping_ || waiting_.size() >= options_->max_waiting; });
        return stopping_ ? std::vector<Item>{} : std::exchange(waiting_, {});
    }
    void run()
    {
        for (auto items = take(); !items.empty(); items = take()) {
            for (const auto &item : items)
                deliver(item);
            host_->notify_ready(host_);
        }
    }
    void deliver(const Item &item) noexcept
    {
        weir_result result{};

        result.struct_size = sizeof result;
        try {
            file_.append(item.lines);
            host_->settle(host_, item.id, WEIR_DELIVERED, &result);
        } catch (const std::system_error &error) {
            char text[] = "cannot write the file";

            result.code = error.code().value();
            result.text = text;
            host_->settle(host_, item.id, WEIR_RETRY, &result);
        }
    }

    const weir_host *host_;
    const Options *options_;
    File file_; /* the thread's */
    std::optional<std::thread> thread_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<Item> waiting_;
    bool stopping_ = false;
};

int init(void *self, const weir_context *context) noexcept
{
    try {
        new (self) Flusher(*context);
        return 0;
    } catch (const std::exception &error) {
        return weir_refuse(context->error, ENOMEM, "%s", error.what());
    }
}

int is_ready(void *self, weir_str, weir_str, int64_t) noexcept
{
    return static_cast<Flusher *>(self)->is_ready();
}

uint32_t flush(void *self, const weir_batch *batch, weir_result *result) noexcept
{
    try {
        if (static_cast<Flusher *>(self)->put(*batch))
            return WEIR_PENDING;
        weir_explain(result, EAGAIN, "too many batches wait");
    } catch (const std::exception &error) {
        weir_explain(result, ENOMEM, "%s", error.what());
    }
    return WEIR_RETRY;
}

int stop(void *self, uint64_t, weir_result *) noexcept
{
    static_cast<Flusher *>(self)->~Flusher();
    return 0;
}

constexpr weir_flusher_class flusher_class = {
    sizeof(weir_flusher_class),
    WEIR_ASYNC | WEIR_FS_WRITE,
    "flusher_good_cxx",
    "1.0.0",
    "Appends logs to a file, from a thread of its own.",
    sizeof(Flusher),
    sizeof(Options),
    rows,
    sizeof rows / sizeof rows[0],
    sizeof rows[0],
    init,
    is_ready,
    flush,
    nullptr,
    stop,
    nullptr,
};

} // namespace zoo

WEIR_PLUGIN("zoo", "1.0.0", "flusher_good_cxx", &zoo::flusher_class);
