/* client.hpp: a client and its operations: those that block, and start_… for those that do not. */
#ifndef K7SANDBOX_CXX_CLIENT_HPP
#define K7SANDBOX_CXX_CLIENT_HPP

#include <k7sandbox/cxx/batch.hpp>
#include <k7sandbox/cxx/config.hpp>
#include <k7sandbox/cxx/op.hpp>

namespace k7
{
inline namespace K7CXX_KIND
{

/* One endpoint with its settings; any thread may use it at any time. */
class client
{
  public:
    client() : client(try_open().value()) /* as K7's own tools find it */
    {
    }
    explicit client(const std::string &endpoint) : client(try_open(endpoint).value())
    {
    }
    explicit client(const config &settings) : client(try_open(settings).value())
    {
    }
    static result<client> try_open()
    {
        return opened(nullptr);
    }
    static result<client> try_open(const std::string &endpoint) /* with no other setting */
    {
        auto settings = config::try_make();
        if (!settings)
            return settings.error();
        auto set = settings->try_set("endpoint", endpoint);
        if (!set)
            return set.error();
        return opened(settings->native());
    }
    static result<client> try_open(const config &settings)
    {
        return opened(settings.native());
    }
    client share() const
    {
        return client(owner(k7_client_ref(native())));
    }

    std::string endpoint() const /* without user names and passwords */
    {
        return detail::string_of(k7_client_get_endpoint(native()));
    }
    std::string transport() const
    {
        return detail::string_of(k7_client_get_transport(native()));
    }
    std::string namespace_() const /* the default one */
    {
        return detail::string_of(k7_client_get_namespace(native()));
    }
    text warning() const /* what a program should tell its user */
    {
        return detail::text_of(k7_client_get_warning(native()));
    }
    result<bool> try_supports(const std::string &operation) const
    {
        int known = 0;
        if (detail::is_cut(operation))
            return detail::cut_error();
        auto asked = detail::attempt(
            [&](k7_error **err) { return k7_client_supports(native(), operation.c_str(), &known, err); });
        if (!asked)
            return asked.error();
        return known == 1;
    }
    bool supports(const std::string &operation) const
    {
        return try_supports(operation).value();
    }
    /* Moves the clock of "memory:?clock=manual", for tests. */
    result<void> try_advance(std::chrono::milliseconds by) const
    {
        return detail::attempt([&](k7_error **err) { return k7_memory_advance(native(), by.count(), err); });
    }
    void advance(std::chrono::milliseconds by) const
    {
        try_advance(by).value();
    }

    k7_client *native() const noexcept
    {
        return native_.get();
    }

  private:
    using owner = detail::owned<k7_client, k7_client_unref>;
    using owned_options = detail::owned<k7_delete_options, k7_delete_options_free>;
    using owned_query = detail::owned<k7_query, k7_query_free>;
    explicit client(owner taken) noexcept : native_(std::move(taken))
    {
    }
    static result<client> opened(const k7_config *settings)
    {
        auto object = detail::attempt_owned<owner>(
            [&](k7_client **ret, k7_error **err) { return k7_client_open(settings, ret, err); });
        if (!object)
            return object.error();
        return client(*std::move(object));
    }

    /* --- one operation, as two functions: one that blocks, one that begins it --- */

    template <class Value, class Block, class Start> struct work {
        Block block;
        Start start;
        bool makes = false; /* a sandbox, to be taken back when a callback threw */
    };
    template <class Value, class Block, class Start>
    static work<Value, Block, Start> both(Block block, Start start, bool makes = false)
    {
        return { std::move(block), std::move(start), makes };
    }

    auto create_of(const spec &what) const
    {
        return both<sandbox>(
            [this, &what](const k7_call *call, k7_sandbox **ret, k7_error **err) {
                return k7_sandbox_create(native(), what.native(), call, ret, err);
            },
            [this, &what](const k7_call *call, k7_loop *on, k7_op **ret, k7_error **err) {
                return k7_sandbox_create_start(native(), what.native(), call, on, ret, err);
            },
            true);
    }
    auto list_of(const list_options &which) const
    {
        return both<sandboxes>(
            [this, &which](const k7_call *call, k7_sandboxes **ret, k7_error **err) {
                owned_query query;
                int status = make_query(which, query, err);
                return status != 0 ? status : k7_sandbox_list(native(), query.get(), call, ret, err);
            },
            [this, &which](const k7_call *call, k7_loop *on, k7_op **ret, k7_error **err) {
                owned_query query;
                int status = make_query(which, query, err);
                return status != 0 ? status
                                   : k7_sandbox_list_start(native(), query.get(), call, on, ret, err);
            });
    }
    auto get_of(const std::string &name, const text &namespace_) const
    {
        return both<sandbox>(
            [this, &name, &namespace_](const k7_call *call, k7_sandbox **ret, k7_error **err) {
                return cut(name, namespace_) ? K7_ERR_INVALID_ARGUMENT
                                             : k7_sandbox_get(native(), detail::pointer_of(namespace_),
                                                              name.c_str(), call, ret, err);
            },
            [this, &name, &namespace_](const k7_call *call, k7_loop *on, k7_op **ret, k7_error **err) {
                return cut(name, namespace_) ? K7_ERR_INVALID_ARGUMENT
                                             : k7_sandbox_get_start(native(), detail::pointer_of(namespace_),
                                                                    name.c_str(), call, on, ret, err);
            });
    }
    auto delete_sandbox_of(const std::string &name, const text &namespace_,
                           const delete_options &options) const
    {
        return both<void>(
            [this, &name, &namespace_, &options](const k7_call *call, void *, k7_error **err) {
                owned_options made;
                int status =
                    cut(name, namespace_) ? K7_ERR_INVALID_ARGUMENT : make_options(options, made, err);
                return status != 0 ? status
                                   : k7_sandbox_delete(native(), detail::pointer_of(namespace_), name.c_str(),
                                                       made.get(), call, err);
            },
            [this, &name, &namespace_, &options](const k7_call *call, k7_loop *on, k7_op **ret,
                                                 k7_error **err) {
                owned_options made;
                int status =
                    cut(name, namespace_) ? K7_ERR_INVALID_ARGUMENT : make_options(options, made, err);
                return status != 0 ? status
                                   : k7_sandbox_delete_start(native(), detail::pointer_of(namespace_),
                                                             name.c_str(), made.get(), call, on, ret, err);
            });
    }
    auto delete_all_of(const text &namespace_) const
    {
        return both<results>(
            [this, &namespace_](const k7_call *call, k7_results **ret, k7_error **err) {
                return cut("", namespace_)
                           ? K7_ERR_INVALID_ARGUMENT
                           : k7_sandbox_delete_all(native(), detail::pointer_of(namespace_), call, ret, err);
            },
            [this, &namespace_](const k7_call *call, k7_loop *on, k7_op **ret, k7_error **err) {
                return cut("", namespace_)
                           ? K7_ERR_INVALID_ARGUMENT
                           : k7_sandbox_delete_all_start(native(), detail::pointer_of(namespace_), call, on,
                                                         ret, err);
            });
    }
    auto create_many_of(const batch &items) const
    {
        return both<results>(
            [this, &items](const k7_call *call, k7_results **ret, k7_error **err) {
                return k7_sandbox_create_many(native(), items.native(), call, ret, err);
            },
            [this, &items](const k7_call *call, k7_loop *on, k7_op **ret, k7_error **err) {
                return k7_sandbox_create_many_start(native(), items.native(), call, on, ret, err);
            });
    }
    auto get_many_of(const batch &items) const
    {
        return both<results>(
            [this, &items](const k7_call *call, k7_results **ret, k7_error **err) {
                return k7_sandbox_get_many(native(), items.native(), call, ret, err);
            },
            [this, &items](const k7_call *call, k7_loop *on, k7_op **ret, k7_error **err) {
                return k7_sandbox_get_many_start(native(), items.native(), call, on, ret, err);
            });
    }
    auto delete_many_of(const batch &items, const delete_options &options) const
    {
        return both<results>(
            [this, &items, &options](const k7_call *call, k7_results **ret, k7_error **err) {
                owned_options made;
                int status = make_options(options, made, err);
                return status != 0
                           ? status
                           : k7_sandbox_delete_many(native(), items.native(), made.get(), call, ret, err);
            },
            [this, &items, &options](const k7_call *call, k7_loop *on, k7_op **ret, k7_error **err) {
                owned_options made;
                int status = make_options(options, made, err);
                return status != 0 ? status
                                   : k7_sandbox_delete_many_start(native(), items.native(), made.get(), call,
                                                                  on, ret, err);
            });
    }

    static bool cut(const std::string &name, const text &namespace_)
    {
        return detail::is_cut(name) || detail::is_cut(namespace_);
    }
    static int make_query(const list_options &which, owned_query &made, k7_error **err)
    {
        if (detail::is_cut(which.namespace_))
            return K7_ERR_INVALID_ARGUMENT;
        k7_query *query = nullptr;
        int status = k7_query_new(&query, err);
        made.reset(query);
        if (status == 0)
            status = k7_query_set_namespace(query, detail::pointer_of(which.namespace_), err);
        if (status == 0)
            status = k7_query_set_all_namespaces(query, which.all_namespaces ? 1 : 0, err);
        return status;
    }
    static int make_options(const delete_options &given, owned_options &made, k7_error **err)
    {
        if (detail::is_cut(given.uid))
            return K7_ERR_INVALID_ARGUMENT;
        k7_delete_options *options = nullptr;
        int status = k7_delete_options_new(&options, err);
        made.reset(options);
        if (status == 0)
            status = k7_delete_options_set_uid(options, detail::pointer_of(given.uid), err);
        if (status == 0)
            status = k7_delete_options_set_missing_is_error(options, given.missing_is_error ? 1 : 0, err);
        if (status == 0)
            status = k7_delete_options_set_no_wait(options, given.no_wait ? 1 : 0, err);
        return status;
    }

  public:
/* Each operation: NAME blocks and throws, try_NAME blocks and gives a result, start_NAME and try_start_NAME return the running operation at once. */
#define K7CXX_OPERATION(name, gives, parameters, arguments)                                                  \
    gives name(K7CXX_UNPACK parameters, const call &settings = {}) const                                     \
    {                                                                                                        \
        return detail::given(try_##name(K7CXX_UNPACK arguments, settings));                                  \
    }                                                                                                        \
    result<gives> try_##name(K7CXX_UNPACK parameters, const call &settings = {}) const                       \
    {                                                                                                        \
        return perform<gives>(name##_of(K7CXX_UNPACK arguments), settings);                                  \
    }                                                                                                        \
    op<gives> start_##name(loop &on, K7CXX_UNPACK parameters, const call &settings = {}) const               \
    {                                                                                                        \
        return try_start_##name(on, K7CXX_UNPACK arguments, settings).value();                               \
    }                                                                                                        \
    result<op<gives>> try_start_##name(loop &on, K7CXX_UNPACK parameters, const call &settings = {}) const   \
    {                                                                                                        \
        return started<gives>(name##_of(K7CXX_UNPACK arguments), on, settings);                              \
    }
#define K7CXX_UNPACK(...) __VA_ARGS__

    /* create: empty after a dry run. Whatever fails, what was made is taken back, or is in the error's leftovers. */
    K7CXX_OPERATION(create, sandbox, (const spec &what), (what))
    K7CXX_OPERATION(list, sandboxes, (const list_options &which), (which))
    K7CXX_OPERATION(get, sandbox, (const std::string &name, const text &namespace_), (name, namespace_))
    K7CXX_OPERATION(delete_sandbox, void,
                    (const std::string &name, const text &namespace_, const delete_options &options),
                    (name, namespace_, options))
    /* delete_all: of one namespace; what became of each is told, also after a failure, a cancel or the deadline. */
    K7CXX_OPERATION(delete_all, results, (const text &namespace_), (namespace_))
    /* create_many: what is made stays, whatever becomes of the others, also after a cancel and when a callback throws. */
    K7CXX_OPERATION(create_many, results, (const batch &items), (items))
    K7CXX_OPERATION(get_many, results, (const batch &items), (items))
    K7CXX_OPERATION(delete_many, results, (const batch &items, const delete_options &options),
                    (items, options))
#undef K7CXX_OPERATION

/* The four functions of an operation with what is meant most often, and the settings of a call or none. */
#define K7CXX_SHORT(name, gives, parameters, arguments)                                                      \
    template <class... Call, detail::only_calls<Call...> = 0>                                                \
    gives name(K7CXX_UNPACK parameters const Call &...settings) const                                        \
    {                                                                                                        \
        return name(K7CXX_UNPACK arguments, settings...);                                                    \
    }                                                                                                        \
    template <class... Call, detail::only_calls<Call...> = 0>                                                \
    result<gives> try_##name(K7CXX_UNPACK parameters const Call &...settings) const                          \
    {                                                                                                        \
        return try_##name(K7CXX_UNPACK arguments, settings...);                                              \
    }                                                                                                        \
    template <class... Call, detail::only_calls<Call...> = 0>                                                \
    op<gives> start_##name(loop &on, K7CXX_UNPACK parameters const Call &...settings) const                  \
    {                                                                                                        \
        return start_##name(on, K7CXX_UNPACK arguments, settings...);                                        \
    }                                                                                                        \
    template <class... Call, detail::only_calls<Call...> = 0>                                                \
    result<op<gives>> try_start_##name(loop &on, K7CXX_UNPACK parameters const Call &...settings) const      \
    {                                                                                                        \
        return try_start_##name(on, K7CXX_UNPACK arguments, settings...);                                    \
    }
    K7CXX_SHORT(get, sandbox, (const std::string &name, ), (name, text()))
    K7CXX_SHORT(list, sandboxes, (), (list_options()))
    K7CXX_SHORT(delete_sandbox, void, (const std::string &name, ), (name, text(), delete_options()))
    K7CXX_SHORT(delete_all, results, (), (text()))
    K7CXX_SHORT(delete_many, results, (const batch &items, ), (items, delete_options()))
#undef K7CXX_SHORT
#undef K7CXX_UNPACK

  private:
    /* --- running them --- */

    template <class Value, class Block> static result<Value> block(Block &function, const k7_call *call)
    {
        if constexpr (std::is_void_v<Value>) {
            return detail::attempt([&](k7_error **err) { return function(call, nullptr, err); });
        } else {
            decltype(std::declval<Value>().native()) object = nullptr;
            auto done = detail::attempt([&](k7_error **err) { return function(call, &object, err); });
            Value value(object);
            if (!done)
                return done.error();
            return value;
        }
    }

    template <class Value, class Operation>
    result<op<Value>> started(Operation what, loop &on, const call &settings) const
    {
        detail::running_pointer state;
        if (detail::has_callbacks(settings))
            state = std::make_shared<detail::running>(settings);
        return begun<Value>(what, on, settings, state);
    }
    template <class Value, class Operation>
    result<op<Value>> begun(Operation &what, loop &on, const call &settings,
                            const detail::running_pointer &state) const
    {
        auto native = detail::native_call(settings, state, token_of(settings));
        if (!native)
            return native.error();
        k7_op *running = nullptr;
        auto done = detail::attempt(
            [&](k7_error **err) { return what.start(native->get(), on.native(), &running, err); });
        if (!done)
            return done.error();
        return op<Value>(running, state, on.state());
    }
    static k7_cancel *token_of(const call &settings) noexcept
    {
        return settings.cancel == nullptr ? nullptr : settings.cancel->native();
    }

    template <class Value, class Operation> result<Value> perform(Operation what, const call &settings) const
    {
        if (!detail::has_callbacks(settings)) {
            auto native = detail::native_call(settings, nullptr, token_of(settings));
            if (!native)
                return native.error();
            return block<Value>(what.block, native->get());
        }
        auto state = std::make_shared<detail::running>(settings);
        result<Value> ended = settings.cancel == nullptr ? with_own_token<Value>(what, settings, state)
                                                         : on_own_loop<Value>(what, settings, state);
        if (state->raised) {
            settle(ended, what.makes, settings);
            std::rethrow_exception(state->raised);
        }
        return ended;
    }

    /* A callback that throws cancels this call alone: by a token that no other call has. */
    template <class Value, class Operation>
    result<Value> with_own_token(Operation &what, const call &settings,
                                 const detail::running_pointer &state) const
    {
        auto token = cancel::try_make();
        if (!token)
            return token.error();
        state->token = *std::move(token);
        auto native = detail::native_call(settings, state, state->token->native());
        if (!native)
            return native.error();
        return block<Value>(what.block, native->get());
    }
    /* The call has a token already, which others may share: as an operation it can be cancelled by itself. */
    template <class Value, class Operation>
    result<Value> on_own_loop(Operation &what, const call &settings,
                              const detail::running_pointer &state) const
    {
        auto own = loop::try_make();
        if (!own)
            return own.error();
        auto running = begun<Value>(what, *own, settings, state);
        if (!running)
            return running.error();
        auto waited = running->try_wait();
        if (!waited)
            return waited.error();
        return detail::take(running->native(), static_cast<Value *>(nullptr));
    }

    /* A callback threw: tells how the call ended; a sandbox that it made all the same is deleted. */
    template <class Value>
    void settle(const result<Value> &ended, [[maybe_unused]] bool makes, const call &settings) const
    {
        std::optional<k7::error> failure;
        if (!ended)
            failure = ended.error();
        if constexpr (std::is_same_v<Value, sandbox>) {
            if (ended && makes && ended.value()) {
                delete_options options;
                options.uid = ended.value().uid();
                auto gone = try_delete_sandbox(ended.value().name(), ended.value().namespace_(), options);
                if (!gone)
                    failure = gone.error();
            }
        }
        if constexpr (std::is_same_v<Value, results>) {
            if (ended && settings.on_results_too)
                settings.on_results_too(ended.value());
        }
        if (failure && settings.on_failed_too)
            settings.on_failed_too(*failure);
    }

    owner native_;
};

} // namespace K7CXX_KIND
} // namespace k7

#endif
