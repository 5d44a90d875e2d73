/* config.hpp: the settings of a client, and transports of an application's own. */
#ifndef K7SANDBOX_CXX_CONFIG_HPP
#define K7SANDBOX_CXX_CONFIG_HPP

#include <array>
#include <atomic>
#include <k7sandbox/cxx/call.hpp>
#include <k7sandbox/cxx/spec.hpp>

namespace k7
{
inline namespace K7CXX_KIND
{

/* What a token provider gives. */
struct token {
    std::string text; /* without "Bearer" */
    std::optional<std::int64_t> expires_unix =
        std::optional<std::int64_t>(); /* nothing: asked for again for each request */
};

/* What a custom transport is asked to do; valid until its reply was answered. */
class request
{
  public:
    explicit request(const k7_request *borrowed) noexcept : native_(borrowed)
    {
    }
#define K7CXX_TEXT(field)                                                                                    \
    text field() const                                                                                       \
    {                                                                                                        \
        return detail::text_of(k7_request_get_##field(native_));                                             \
    }
    K7CXX_TEXT(operation)
    K7CXX_TEXT(endpoint)
    K7CXX_TEXT(name)
    K7CXX_TEXT(uid)
#undef K7CXX_TEXT
    text namespace_() const /* nothing: all (list) */
    {
        return detail::text_of(k7_request_get_namespace(native_));
    }
    std::optional<k7::spec> spec() const /* a copy; create */
    {
        k7_spec *copy = nullptr;
        const k7_spec *given = k7_request_get_spec(native_);
        if (given == nullptr)
            return std::nullopt;
        detail::attempt([&](k7_error **err) { return k7_spec_dup(given, &copy, err); }).value();
        return k7::spec(copy);
    }
    bool is_missing_error() const noexcept
    {
        return k7_request_is_missing_error(native_) == 1;
    }
    bool is_no_wait() const noexcept
    {
        return k7_request_is_no_wait(native_) == 1;
    }
    std::chrono::milliseconds remaining() const noexcept /* or never */
    {
        return std::chrono::milliseconds(k7_request_get_remaining_ms(native_));
    }
    bool is_cancelled() const noexcept
    {
        return k7_request_is_cancelled(native_) == 1;
    }

  private:
    const k7_request *native_;
};

namespace detail
{

/* The place of an answer: the last who lets go of one that was not given fails the operation. */
struct unanswered {
    explicit unanswered(k7_reply *reply) noexcept : native(reply)
    {
    }
    unanswered(const unanswered &) = delete;
    unanswered &operator=(const unanswered &) = delete;
    ~unanswered()
    {
        fail(K7_ERR_SERVER, "the transport gave no answer");
    }
    k7_reply *take() noexcept
    {
        return native.exchange(nullptr);
    }
    void fail(int code, const char *message) noexcept
    {
        if (k7_reply *reply = take())
            k7_reply_error(reply, code, message);
    }
    std::atomic<k7_reply *> native;
};

} // namespace detail

/* How a custom transport answers, from any thread. Only the first answer counts; a reply that is dropped without one fails the operation. */
class reply
{
  public:
    explicit reply(std::shared_ptr<detail::unanswered> place) noexcept : place_(std::move(place))
    {
    }
    reply(reply &&) = default;
    reply &operator=(reply &&) = default;

    void sandbox_json(const std::string &body) /* create, get: one sandbox object of the K7 API */
    {
        if (k7_reply *native = place_->take())
            k7_reply_sandbox_json(native, body.data(), body.size());
    }
    void list_json(const std::string &body) /* list: an array of them */
    {
        if (k7_reply *native = place_->take())
            k7_reply_list_json(native, body.data(), body.size());
    }
    void done() /* delete */
    {
        if (k7_reply *native = place_->take())
            k7_reply_done(native);
    }
    void error(int code, const char *message) noexcept
    {
        place_->fail(code, message);
    }

  private:
    std::shared_ptr<detail::unanswered> place_;
};

/* Functions that answer operations, for endpoints of a scheme of its own. What one throws fails its operation: with the code of a k7::error, else as K7_ERR_SERVER. */
class transport
{
  public:
    using function = std::function<void(const request &, reply)>;

    explicit transport(const std::string &scheme) : transport(try_make(scheme).value())
    {
    }
    static result<transport> try_make(const std::string &scheme)
    {
        if (detail::is_cut(scheme))
            return detail::cut_error();
        auto *functions = new handlers;
        auto object = detail::attempt_owned<owner>([&](k7_transport **ret, k7_error **err) {
            return k7_transport_new(
                scheme.c_str(), functions, [](void *user) { delete static_cast<handlers *>(user); }, ret,
                err);
        });
        if (!object)
            return object.error();
        return transport(*std::move(object), functions);
    }
    transport share() const
    {
        return transport(owner(k7_transport_ref(native())), functions_);
    }
    /* operation: "create", "list", "get" or "delete"; before the transport is in use. */
    result<void> try_on(const std::string &operation, function answer)
    {
        std::pair<std::string, function> row(operation, std::move(answer));
        functions_->rows.reserve(functions_->rows.size() + 1); /* what may fail, before it is asked for */
        auto done = detail::attempt(
            [&](k7_error **err) { return k7_transport_on(native(), operation.c_str(), ask, err); });
        if (!done)
            return done;
        if (function *before = find(*functions_, operation))
            *before = std::move(row.second);
        else
            functions_->rows.push_back(std::move(row));
        return done;
    }
    void on(const std::string &operation, function answer)
    {
        try_on(operation, std::move(answer)).value();
    }
    k7_transport *native() const noexcept
    {
        return native_.get();
    }

  private:
    struct handlers {
        std::vector<std::pair<std::string, function>> rows;
    };
    using owner = detail::owned<k7_transport, k7_transport_unref>;
    transport(owner taken, handlers *functions) noexcept : native_(std::move(taken)), functions_(functions)
    {
    }

    static void ask(void *user, const k7_request *asked, k7_reply *answer) noexcept
    {
        std::shared_ptr<detail::unanswered> place;
        K7CXX_TRY
        {
            place = std::make_shared<detail::unanswered>(answer);
            (*find(*static_cast<handlers *>(user), k7_request_get_operation(asked)))(request(asked),
                                                                                     reply(place));
        }
        K7CXX_CATCH_ALL
        {
            int code = K7_ERR_SERVER;
            std::string message;
            describe(std::current_exception(), code, message);
            const char *why = message.empty() ? nullptr : message.c_str();
            if (place)
                place->fail(code, why);
            else
                k7_reply_error(answer, code, why);
        }
    }
    static function *find(handlers &functions, const std::string &operation) noexcept
    {
        for (auto &row : functions.rows)
            if (row.first == operation)
                return &row.second;
        return nullptr;
    }
    static void describe([[maybe_unused]] std::exception_ptr thrown, [[maybe_unused]] int &code,
                         [[maybe_unused]] std::string &message) noexcept
    {
#if defined(__cpp_exceptions)
        try {
            try {
                std::rethrow_exception(thrown);
            } catch (const k7::error &failure) {
                code = failure.code();
                message = failure.what();
            } catch (const std::exception &failure) {
                message = failure.what();
            }
        } catch (...) { /* no text: the code's meaning is told */
        }
#endif
    }

    owner native_;
    handlers *functions_; /* the transport's */
};

/* The settings of a client: keys and texts (docs/CONFIGURATION.md). A builder, for one thread at a time. */
class config
{
  public:
    config() : config(try_make().value())
    {
    }
    static result<config> try_make()
    {
        auto object = detail::attempt_owned<owner>(k7_config_new);
        if (!object)
            return object.error();
        return config(*std::move(object));
    }
    /* load_defaults: what K7's environment variables and client file say, for keys that were not set. */
    result<void> try_load_defaults()
    {
        return detail::attempt([&](k7_error **err) { return k7_config_load_default(native(), err); });
    }
    config &load_defaults()
    {
        return chained(try_load_defaults());
    }
    result<void> try_set(const std::string &key, const text &value) /* nothing: the default */
    {
        if (detail::is_cut(key) || detail::is_cut(value))
            return detail::cut_error();
        return detail::attempt([&](k7_error **err) {
            return k7_config_set(native(), key.c_str(), detail::pointer_of(value), err);
        });
    }
    config &set(const std::string &key, const text &value)
    {
        return chained(try_set(key, value));
    }
    text get(const std::string &key) const /* in force; nothing for a secret */
    {
        return detail::text_of(k7_config_get(native(), key.c_str()));
    }
    /* A bearer token for each request of the rest transport. What it throws is the message of the call's error (K7_ERR_CREDENTIAL). */
    result<void> try_set_token_provider(std::function<token()> provider)
    {
        auto *user = new std::function<token()>(std::move(provider));
        return detail::attempt([&](k7_error **err) {
            return k7_config_set_token_provider(
                native(), give_token, user,
                [](void *kept) { delete static_cast<std::function<token()> *>(kept); }, err);
        });
    }
    config &set_token_provider(std::function<token()> provider)
    {
        return chained(try_set_token_provider(std::move(provider)));
    }
    result<void> try_add_transport(const transport &own)
    {
        return detail::attempt(
            [&](k7_error **err) { return k7_config_add_transport(native(), own.native(), err); });
    }
    config &add_transport(const transport &own)
    {
        return chained(try_add_transport(own));
    }
    k7_config *native() const noexcept
    {
        return native_.get();
    }

  private:
    using owner = detail::owned<k7_config, k7_config_free>;
    explicit config(owner taken) noexcept : native_(std::move(taken))
    {
    }
    config &chained(result<void> done)
    {
        done.value();
        return *this;
    }
    static int give_token(void *user, k7_token *place) noexcept
    {
#if defined(__cpp_exceptions)
        try {
            try {
                return ask_token(user, place);
            } catch (const std::exception &failure) {
                k7_token_set_error(place, failure.what());
            }
        } catch (...) { /* without a text */
        }
        return -1;
#else
        return ask_token(user, place);
#endif
    }
    static int ask_token(void *user, k7_token *place)
    {
        token given = (*static_cast<std::function<token()> *>(user))();
        if (detail::is_cut(given.text)) {
            k7_token_set_error(place, "a token must not contain NUL");
            return -1;
        }
        return k7_token_set(place, given.text.c_str(), given.expires_unix.value_or(-1));
    }

    owner native_;
};

} // namespace K7CXX_KIND
} // namespace k7

#endif
