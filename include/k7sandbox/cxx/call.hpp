/* call.hpp: how one call runs: its deadline, its cancel token, its callbacks. */
#ifndef K7SANDBOX_CXX_CALL_HPP
#define K7SANDBOX_CXX_CALL_HPP

#include <functional>
#include <k7sandbox/cxx/error.hpp>

namespace k7
{
inline namespace K7CXX_KIND
{

class results;

constexpr std::chrono::milliseconds never{ K7_NEVER }; /* as a time limit: none */

/* Cancels every call that has it: the first trigger() stops their work, and what they made is taken back; the second abandons that. From any thread and from signal handlers. */
class cancel
{
  public:
    cancel() : cancel(try_make().value())
    {
    }
    explicit cancel(k7_cancel *taken) noexcept : native_(taken)
    {
    }
    static result<cancel> try_make()
    {
        auto object = detail::attempt_owned<owner>(k7_cancel_new);
        if (!object)
            return object.error();
        return cancel(object.value().release());
    }
    cancel share() const
    {
        return cancel(k7_cancel_ref(native()));
    }
    void trigger() const noexcept
    {
        k7_cancel_trigger(native());
    }
    std::int32_t count() const noexcept /* how often it was triggered */
    {
        return k7_cancel_count(native());
    }
    k7_cancel *native() const noexcept
    {
        return native_.get();
    }

  private:
    using owner = detail::owned<k7_cancel, k7_cancel_unref>;
    owner native_;
};

/* A step of a call began, or went on; while taking back, step begins with "undo". */
struct progress {
    std::string operation;
    std::string step;
    k7::text text;
    std::optional<std::int64_t> done;
    std::optional<std::int64_t> total;
};

/* One attempt of one request, after it ended. */
struct trace {
    std::string operation;
    std::string step;
    std::string method;
    std::string url;
    int attempt;     /* 1, 2, … */
    int http_status; /* 0: no answer */
    int error_code;  /* K7_ERR_* when there was no answer, else 0 */
    std::chrono::microseconds duration;
    bool is_connection_reused;
};

/* A request that a dry run would send. */
struct dry_request {
    std::string operation;
    std::string step;
    std::string method;
    std::string url;
    text content_type;
    text body;
};

/* The settings of a call; all may stay as they are. It is only read, and copied by what is started. */
struct call {
    std::optional<std::chrono::milliseconds> timeout; /* for everything; never: none */
    std::optional<std::chrono::milliseconds> cleanup_timeout;
    const k7::cancel *cancel = nullptr; /* needed until the call has begun */
    text traceparent;
    std::function<void(const progress &)> on_progress;
    std::function<void(const trace &)> on_trace;
    std::function<void(const dry_request &)>
        dry_run;                        /* nothing is sent: it gets each request that would be */
    std::function<bool()> on_interrupt; /* a signal came while it waits; true cancels */
    /* After a callback threw, before its exception comes out of the call: how the call itself ended, and what it left, where it failed; what became of each item of a call over
     * many, which nothing else tells then: the sandboxes that create_many has made stay. For blocking calls. They must not throw. */
    std::function<void(const k7::error &)> on_failed_too;
    std::function<void(const k7::results &)> on_results_too;
};

namespace detail
{

/* The settings of a call, or nothing: as a type that {} is not, so that {} still stands for what comes before them. */
template <class... Call>
using only_calls =
    std::enable_if_t<sizeof...(Call) <= 1 && std::conjunction_v<std::is_same<Call, call>...>, int>;

using owned_call = owned<k7_call, k7_call_free>;

/* A call under way: its callbacks, what they threw, and what stops this call alone. */
struct running {
    explicit running(const call &settings) : functions(settings)
    {
    }

    template <class Function> void guard(Function &&function) noexcept
    {
        if (raised)
            return;
        K7CXX_TRY
        {
            function();
        }
        K7CXX_CATCH_ALL
        {
            raised = std::current_exception();
            if (op != nullptr)
                k7_op_cancel(op);
            else if (token)
                token->trigger();
        }
    }

    call functions;
    std::exception_ptr raised;
    std::optional<cancel> token;
    k7_op *op = nullptr;
};
using running_pointer = std::shared_ptr<running>;

inline running &running_of(void *user) noexcept
{
    return **static_cast<running_pointer *>(user);
}
inline void free_running(void *user) noexcept
{
    delete static_cast<running_pointer *>(user);
}

inline void tell_progress(void *user, const k7_progress *report) noexcept
{
    running &state = running_of(user);
    state.guard([&] {
        state.functions.on_progress(
            { string_of(k7_progress_get_operation(report)), string_of(k7_progress_get_step(report)),
              text_of(k7_progress_get_text(report)), known(k7_progress_get_done(report)),
              known(k7_progress_get_total(report)) });
    });
}

inline void tell_trace(void *user, const k7_trace *report) noexcept
{
    running &state = running_of(user);
    state.guard([&] {
        state.functions.on_trace(
            { string_of(k7_trace_get_operation(report)), string_of(k7_trace_get_step(report)),
              string_of(k7_trace_get_method(report)), string_of(k7_trace_get_url(report)),
              k7_trace_get_attempt(report), k7_trace_get_http_status(report), k7_trace_get_error_code(report),
              std::chrono::microseconds(k7_trace_get_duration_us(report)),
              k7_trace_is_connection_reused(report) == 1 });
    });
}

inline void tell_dry_request(void *user, const k7_dry_request *request) noexcept
{
    running &state = running_of(user);
    state.guard([&] {
        const char *body = k7_dry_request_get_body(request);
        state.functions.dry_run(
            { string_of(k7_dry_request_get_operation(request)), string_of(k7_dry_request_get_step(request)),
              string_of(k7_dry_request_get_method(request)), string_of(k7_dry_request_get_url(request)),
              text_of(k7_dry_request_get_content_type(request)),
              body == nullptr ? text() : text(std::string(body, k7_dry_request_get_body_len(request))) });
    });
}

inline int ask_interrupt(void *user) noexcept
{
    running &state = running_of(user);
    bool stop = false;
    state.guard([&] { stop = state.functions.on_interrupt(); });
    return stop || state.raised ? 1 : 0;
}

inline bool has_callbacks(const call &settings) noexcept
{
    return settings.on_progress || settings.on_trace || settings.dry_run || settings.on_interrupt;
}

/* A call for the library, with the callbacks of `state` (nullptr: there are none). */
inline result<owned_call> native_call(const call &settings, const running_pointer &state, k7_cancel *token)
{
    if (is_cut(settings.traceparent))
        return cut_error();
    auto made = attempt_owned<owned_call>(k7_call_new);
    if (!made)
        return made;
    k7_call *native = made->get();
    auto user = [&]() -> void * { return new running_pointer(state); };
    auto set = attempt([&](k7_error **err) {
        int status = 0;
        if (settings.timeout)
            status = k7_call_set_timeout_ms(native, settings.timeout->count(), err);
        if (status == 0 && settings.cleanup_timeout)
            status = k7_call_set_cleanup_timeout_ms(native, settings.cleanup_timeout->count(), err);
        if (status == 0 && settings.traceparent)
            status = k7_call_set_traceparent(native, settings.traceparent->c_str(), err);
        if (status == 0 && token != nullptr)
            status = k7_call_set_cancel(native, token, err);
        if (status == 0 && settings.on_progress)
            status = k7_call_set_progress(native, tell_progress, user(), free_running, err);
        if (status == 0 && settings.on_trace)
            status = k7_call_set_trace(native, tell_trace, user(), free_running, err);
        if (status == 0 && settings.dry_run)
            status = k7_call_set_dry_run(native, tell_dry_request, user(), free_running, err);
        if (status == 0 && settings.on_interrupt)
            status = k7_call_set_on_interrupt(native, ask_interrupt, user(), free_running, err);
        return status;
    });
    if (!set)
        return set.error();
    return made;
}

} // namespace detail

} // namespace K7CXX_KIND
} // namespace k7

#endif
