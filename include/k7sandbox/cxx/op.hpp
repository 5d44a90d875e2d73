/* op.hpp: operations that do not block, and the loop that they run on. */
#ifndef K7SANDBOX_CXX_OP_HPP
#define K7SANDBOX_CXX_OP_HPP

#include <algorithm>
#include <climits>
#include <k7sandbox/cxx/call.hpp>
#include <k7sandbox/cxx/sandbox.hpp>

namespace k7
{
inline namespace K7CXX_KIND
{

namespace detail
{

/* What completion callbacks threw: it comes out of the function that runs the loop. */
struct loop_state {
    std::exception_ptr raised;

    void rethrow()
    {
        if (raised)
            std::rethrow_exception(std::exchange(raised, nullptr));
    }
};
using loop_pointer = std::shared_ptr<loop_state>;

struct on_done {
    std::function<void()> function;
    loop_pointer loop;
};

inline void tell_done(void *user, k7_op *) noexcept
{
    /* The function may free the operation, and with it what it is kept in. */
    on_done kept = std::move(*static_cast<on_done *>(user));
    K7CXX_TRY
    {
        kept.function();
    }
    K7CXX_CATCH_ALL
    {
        if (!kept.loop->raised)
            kept.loop->raised = std::current_exception();
    }
}
inline void free_on_done(void *user) noexcept
{
    delete static_cast<on_done *>(user);
}

} // namespace detail

/* What started operations run on; it and its operations belong to one thread at a time, but for wake(). Wait until fd() is readable or timeout() is over, then process(). */
class loop
{
  public:
    loop() : loop(try_make().value())
    {
    }
    static result<loop> try_make()
    {
        auto object = detail::attempt_owned<owner>(k7_loop_new);
        if (!object)
            return object.error();
        return loop(*std::move(object));
    }

    int fd() const noexcept
    {
        return k7_loop_get_fd(native());
    }
    std::optional<std::chrono::milliseconds> timeout() const /* nothing: not before fd() is readable */
    {
        int wait = k7_loop_get_timeout_ms(native());
        return wait < 0 ? std::nullopt : std::optional<std::chrono::milliseconds>(wait);
    }
    /* process, wait: the first that completion callbacks threw comes out of them, of the twins, too. What one throws while the loop is destroyed is lost. */
    result<void> try_process()
    {
        return run([](k7_loop *native, k7_error **err) { return k7_loop_process(native, err); });
    }
    void process()
    {
        try_process().value();
    }
    result<void> try_wait(std::chrono::milliseconds limit = never)
    {
        return run([&](k7_loop *native, k7_error **err) {
            return k7_loop_wait(native, static_cast<int>(std::min<std::int64_t>(limit.count(), INT_MAX)),
                                err);
        });
    }
    void wait(std::chrono::milliseconds limit = never)
    {
        try_wait(limit).value();
    }
    void wake() const noexcept /* from any thread and from signal handlers */
    {
        k7_loop_wake(native());
    }
    std::size_t op_count() const noexcept
    {
        return k7_loop_op_count(native());
    }

    k7_loop *native() const noexcept
    {
        return native_.get();
    }
    const detail::loop_pointer &state() const noexcept
    {
        return state_;
    }

  private:
    using owner = detail::owned<k7_loop, k7_loop_free>;
    explicit loop(owner taken) : state_(std::make_shared<detail::loop_state>()), native_(std::move(taken))
    {
    }
    template <class Function> result<void> run(Function &&function)
    {
        auto state = state_; /* a completion callback may end the loop */
        auto done = detail::attempt([&](k7_error **err) { return function(native(), err); });
        state->rethrow();
        return done;
    }

    detail::loop_pointer state_;
    owner native_;
};

enum class op_state { running = K7_OP_RUNNING, done = K7_OP_DONE, failed = K7_OP_FAILED };

namespace detail
{

inline result<sandbox> take(k7_op *op, sandbox *)
{
    auto taken = attempt_owned<owned<k7_sandbox, k7_sandbox_unref>>(
        [&](k7_sandbox **ret, k7_error **err) { return k7_op_take_sandbox(op, ret, err); });
    if (!taken)
        return taken.error();
    return sandbox(taken->release());
}
inline result<sandboxes> take(k7_op *op, sandboxes *)
{
    auto taken = attempt_owned<owned<k7_sandboxes, k7_sandboxes_unref>>(
        [&](k7_sandboxes **ret, k7_error **err) { return k7_op_take_sandboxes(op, ret, err); });
    if (!taken)
        return taken.error();
    return sandboxes(taken->release());
}
inline result<results> take(k7_op *op, results *)
{
    auto taken = attempt_owned<owned<k7_results, k7_results_unref>>(
        [&](k7_results **ret, k7_error **err) { return k7_op_take_results(op, ret, err); });
    if (!taken)
        return taken.error();
    return results(taken->release());
}
inline result<void> take(k7_op *op, void *)
{
    return attempt([&](k7_error **err) { return k7_op_take_error(op, err); });
}

} // namespace detail

/* A started operation that gives a T. Destroying it cancels what still runs, and what that made is taken back while the loop is run. */
template <class T> class op
{
  public:
    op(k7_op *taken, detail::running_pointer running, detail::loop_pointer loop)
        : running_(std::move(running)), loop_(std::move(loop)), native_(taken)
    {
        if (running_)
            running_->op = taken;
    }
    op(op &&) = default;
    op &operator=(op &&other) noexcept
    {
        if (this == &other)
            return *this;
        drop();
        running_ = std::move(other.running_);
        loop_ = std::move(other.loop_);
        native_ = std::move(other.native_);
        return *this;
    }
    ~op()
    {
        drop();
    }

    op_state state() const noexcept
    {
        return static_cast<op_state>(k7_op_get_state(native()));
    }
    std::string operation() const
    {
        return detail::string_of(k7_op_get_operation(native()));
    }
    void cancel() const noexcept /* from any thread, while it and its loop live */
    {
        k7_op_cancel(native());
    }
    /* function: once, when it has ended, from where the loop is run. It may take the result, and destroy this. */
    result<void> try_on_done(std::function<void()> function)
    {
        if (!function)
            return detail::attempt(
                [&](k7_error **err) { return k7_op_set_on_done(native(), nullptr, nullptr, nullptr, err); });
        auto *user = new detail::on_done{ std::move(function), loop_ };
        return detail::attempt([&](k7_error **err) {
            return k7_op_set_on_done(native(), detail::tell_done, user, detail::free_on_done, err);
        });
    }
    void on_done(std::function<void()> function)
    {
        try_on_done(std::move(function)).value();
    }
    /* wait: runs the loop, with all its operations, until this one has ended, well or not. */
    result<void> try_wait()
    {
        auto loop = loop_;
        auto done = detail::attempt([&](k7_error **err) { return k7_op_wait(native(), err); });
        loop->rethrow();
        return done;
    }
    void wait()
    {
        try_wait().value();
    }
    /* take: what it gave; once. Where a callback of its call threw, that comes out first, of the twin, too; the next take tells how the operation ended. */
    result<T> try_take()
    {
        if (running_ && running_->raised && state() != op_state::running)
            std::rethrow_exception(std::exchange(running_->raised, nullptr));
        return detail::take(native(), static_cast<T *>(nullptr));
    }
    T take()
    {
        return detail::given(try_take());
    }
    std::optional<k7::error> failure() const /* nothing while it runs, and when it succeeded */
    {
        const k7_error *why = k7_op_get_error(native());
        return why == nullptr ? std::nullopt
                              : std::optional<k7::error>(k7_error_ref(const_cast<k7_error *>(why)));
    }

    k7_op *native() const noexcept
    {
        return native_.get();
    }

  private:
    void drop() noexcept
    {
        /* Its callbacks may still be called while it is taken back. */
        if (running_)
            running_->op = nullptr;
        native_.reset();
    }

    detail::running_pointer running_;
    detail::loop_pointer loop_;
    detail::owned<k7_op, k7_op_free> native_;
};

} // namespace K7CXX_KIND
} // namespace k7

#endif
