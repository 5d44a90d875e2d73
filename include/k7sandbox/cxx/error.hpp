/* error.hpp: errors as exceptions or as values, and what every handle is made of. */
#ifndef K7SANDBOX_CXX_ERROR_HPP
#define K7SANDBOX_CXX_ERROR_HPP

#include <chrono>
#include <cstdlib>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>
#include <k7sandbox/k7sandbox.h>

/* What throws and what aborts instead are not the same functions, and have different names: a program may have parts of both kinds. */
#if defined(__cpp_exceptions)
#define K7CXX_KIND          with_exceptions
#define K7CXX_TRY           try
#define K7CXX_CATCH_ALL     catch (...)
#define K7CXX_THROW(thrown) throw thrown
#else
#define K7CXX_KIND          without_exceptions
#define K7CXX_TRY           if constexpr (true)
#define K7CXX_CATCH_ALL     else
#define K7CXX_THROW(thrown) std::abort()
#endif

namespace k7
{
inline namespace K7CXX_KIND
{

using text = std::optional<std::string>; /* what the library may not know */

namespace detail
{

inline text text_of(const char *borrowed)
{
    return borrowed == nullptr ? text() : text(borrowed);
}

inline std::string string_of(const char *borrowed)
{
    return borrowed == nullptr ? std::string() : std::string(borrowed);
}

inline const char *pointer_of(const text &value)
{
    return value ? value->c_str() : nullptr;
}

inline std::optional<std::int64_t> known(std::int64_t number)
{
    return number < 0 ? std::nullopt : std::optional<std::int64_t>(number);
}

/* A unique pointer that frees with a function of the library. */
template <auto Free> struct release {
    template <class T> void operator()(T *pointer) const noexcept
    {
        Free(pointer);
    }
};
template <class T, auto Free> using owned = std::unique_ptr<T, release<Free>>;

struct free_text {
    void operator()(char *taken) const noexcept
    {
        k7_free(taken);
    }
};

} // namespace detail

enum class error_class {
    none = K7_CLASS_NONE,
    invalid = K7_CLASS_INVALID,
    unsupported = K7_CLASS_UNSUPPORTED,
    not_found = K7_CLASS_NOT_FOUND,
    conflict = K7_CLASS_CONFLICT,
    auth = K7_CLASS_AUTH,
    quota = K7_CLASS_QUOTA,
    network = K7_CLASS_NETWORK,
    protocol = K7_CLASS_PROTOCOL,
    server = K7_CLASS_SERVER,
    timeout = K7_CLASS_TIMEOUT,
    cancelled = K7_CLASS_CANCELLED,
    sandbox = K7_CLASS_SANDBOX,
    resource = K7_CLASS_RESOURCE
};

/* What is known about the effect of a failed call at the server. */
enum class outcome {
    not_sent = K7_OUTCOME_NOT_SENT, /* or what was made has been taken back */
    rejected = K7_OUTCOME_REJECTED,
    unknown = K7_OUTCOME_UNKNOWN /* it may have taken effect */
};

/* Every failure of the library: an exception, and the error of a result. Decide by the class; what() is one line for a person. Copies share one immutable k7_error. */
class error : public std::exception
{
  public:
    /* Takes over a reference; nullptr stands for a failure of the given code without more to tell. */
    explicit error(k7_error *native, int code = K7_ERR_NO_MEMORY) noexcept
        : native_(native), code_(native == nullptr ? code : k7_error_get_code(native))
    {
    }
    error(const error &other) noexcept
        : std::exception(other), native_(k7_error_ref(other.native_)), code_(other.code_)
    {
    }
    error &operator=(const error &other) noexcept
    {
        k7_error *native = k7_error_ref(other.native_);
        k7_error_unref(native_);
        native_ = native;
        code_ = other.code_;
        return *this;
    }
    ~error() override
    {
        k7_error_unref(native_);
    }

    const char *what() const noexcept override
    {
        const char *message =
            native_ == nullptr ? k7_error_code_meaning(code_) : k7_error_get_message(native_);
        return message == nullptr ? "unknown error" : message;
    }
    int code() const noexcept /* K7_ERR_* */
    {
        return code_;
    }
    std::string name() const /* "K7_ERR_TIMEOUT" */
    {
        return detail::string_of(k7_error_code_name(code_));
    }
    k7::error_class error_class() const noexcept
    {
        return static_cast<k7::error_class>(native_ == nullptr ? k7_error_code_class(code_)
                                                               : k7_error_get_class(native_));
    }
    k7::outcome outcome() const noexcept
    {
        return static_cast<k7::outcome>(k7_error_get_outcome(native_));
    }
    int http_status() const noexcept /* 0: no HTTP answer belongs to it */
    {
        return k7_error_get_http_status(native_);
    }
    bool is_retryable() const noexcept /* the same call may be made again without doing anything twice */
    {
        return k7_error_is_retryable(native_) == 1;
    }
    std::optional<std::chrono::milliseconds> retry_after() const /* what the server asked for */
    {
        std::int64_t wait = native_ == nullptr ? -1 : k7_error_get_retry_after_ms(native_);
        return wait < 0 ? std::nullopt : std::optional<std::chrono::milliseconds>(wait);
    }
    text reason() const /* the server's own code string, e.g. "QuotaExceeded" */
    {
        return detail::text_of(k7_error_get_reason(native_));
    }
    text operation() const
    {
        return detail::text_of(k7_error_get_operation(native_));
    }
    text step() const
    {
        return detail::text_of(k7_error_get_step(native_));
    }
    text server_text() const
    {
        return detail::text_of(k7_error_get_server_text(native_));
    }
    std::vector<std::string> leftovers() const /* what the call made and could not take back */
    {
        std::vector<std::string> texts;
        for (std::size_t i = 0; i < k7_error_leftover_count(native_); i++)
            texts.emplace_back(k7_error_leftover_at(native_, i));
        return texts;
    }

  private:
    k7_error *native_;
    int code_;
};

#define K7CXX_ERROR(name)                                                                                    \
    class name : public error                                                                                \
    {                                                                                                        \
      public:                                                                                                \
        explicit name(const error &other) noexcept : error(other)                                            \
        {                                                                                                    \
        }                                                                                                    \
    }
K7CXX_ERROR(invalid_error);     /* the program or its input is wrong */
K7CXX_ERROR(unsupported_error); /* this transport or server cannot do it */
K7CXX_ERROR(not_found_error);
K7CXX_ERROR(conflict_error); /* something is in the way */
K7CXX_ERROR(auth_error);
K7CXX_ERROR(quota_error); /* quota or rate limit: retry_after() */
K7CXX_ERROR(network_error);
K7CXX_ERROR(protocol_error);
K7CXX_ERROR(server_error);
K7CXX_ERROR(timeout_error);
K7CXX_ERROR(cancelled_error);
K7CXX_ERROR(sandbox_error); /* image, script or start */
K7CXX_ERROR(resource_error);
#undef K7CXX_ERROR

/* Throws the exception of an error's class. */
[[noreturn]] inline void raise(const error &failure)
{
    switch (failure.error_class()) {
    case error_class::invalid:
        K7CXX_THROW(invalid_error(failure));
    case error_class::unsupported:
        K7CXX_THROW(unsupported_error(failure));
    case error_class::not_found:
        K7CXX_THROW(not_found_error(failure));
    case error_class::conflict:
        K7CXX_THROW(conflict_error(failure));
    case error_class::auth:
        K7CXX_THROW(auth_error(failure));
    case error_class::quota:
        K7CXX_THROW(quota_error(failure));
    case error_class::network:
        K7CXX_THROW(network_error(failure));
    case error_class::protocol:
        K7CXX_THROW(protocol_error(failure));
    case error_class::server:
        K7CXX_THROW(server_error(failure));
    case error_class::timeout:
        K7CXX_THROW(timeout_error(failure));
    case error_class::cancelled:
        K7CXX_THROW(cancelled_error(failure));
    case error_class::sandbox:
        K7CXX_THROW(sandbox_error(failure));
    case error_class::resource:
        K7CXX_THROW(resource_error(failure));
    case error_class::none:
        break;
    }
    K7CXX_THROW(failure);
}

struct nothing { /* the value of a result<void> */
};

/* A value or an error. value() throws the error's exception where there is no value. */
template <class T> class [[nodiscard]] result
{
    using stored = std::conditional_t<std::is_void_v<T>, nothing, T>;

  public:
    result(stored value) : content_(std::in_place_index<0>, std::move(value))
    {
    }
    result(k7::error failure) : content_(std::in_place_index<1>, std::move(failure))
    {
    }

    bool has_value() const noexcept
    {
        return content_.index() == 0;
    }
    explicit operator bool() const noexcept
    {
        return has_value();
    }
    const k7::error &error() const /* only where there is no value */
    {
        return std::get<1>(content_);
    }
    stored &value() &
    {
        check();
        return std::get<0>(content_);
    }
    const stored &value() const &
    {
        check();
        return std::get<0>(content_);
    }
    stored value() &&
    {
        check();
        return std::get<0>(std::move(content_));
    }
    stored &operator*() &
    {
        return value();
    }
    const stored &operator*() const &
    {
        return value();
    }
    stored operator*() &&
    {
        return std::move(*this).value();
    }
    stored *operator->()
    {
        return &value();
    }
    const stored *operator->() const
    {
        return &value();
    }

  private:
    void check() const
    {
        if (!has_value())
            raise(std::get<1>(content_));
    }
    std::variant<stored, k7::error> content_;
};

namespace detail
{

/* The result of what returns 0 or fails: calls function(&err). */
template <class Function> result<void> attempt(Function &&function)
{
    k7_error *err = nullptr;
    int status = function(&err);
    if (status != 0)
        return error(err, status);
    return nothing();
}

/* The same of what gives an object, which goes into an owner: calls function(&object, &err). */
template <class Owner, class Function> result<Owner> attempt_owned(Function &&function)
{
    typename Owner::pointer object = nullptr;
    k7_error *err = nullptr;
    int status = function(&object, &err);
    if (status != 0)
        return error(err, status);
    return Owner(object);
}

/* The value of a result, or its exception. */
template <class T> T given(result<T> ended)
{
    if constexpr (std::is_void_v<T>)
        ended.value();
    else
        return std::move(ended).value();
}

/* Text that C would cut off at a NUL inside. */
inline bool is_cut(const std::string &value)
{
    return value.find('\0') != std::string::npos;
}
inline bool is_cut(const text &value)
{
    return value && is_cut(*value);
}
inline error cut_error()
{
    return error(nullptr, K7_ERR_INVALID_ARGUMENT);
}

} // namespace detail

} // namespace K7CXX_KIND
} // namespace k7

#endif
