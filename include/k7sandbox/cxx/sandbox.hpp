/* sandbox.hpp: what operations give. */
#ifndef K7SANDBOX_CXX_SANDBOX_HPP
#define K7SANDBOX_CXX_SANDBOX_HPP

#include <k7sandbox/cxx/error.hpp>

namespace k7
{
inline namespace K7CXX_KIND
{

/* Where an exposed port is reached. */
struct endpoint {
    std::int32_t port;
    std::int32_t node_port;
    text url;
};

/* One sandbox as of when it was read: immutable, readable from any thread. A text that is not there: the server did not say. Empty after a dry run. */
class sandbox
{
  public:
    sandbox() = default;
    explicit sandbox(k7_sandbox *taken) noexcept : native_(taken)
    {
    }

    explicit operator bool() const noexcept
    {
        return native_ != nullptr;
    }
    sandbox share() const
    {
        return sandbox(k7_sandbox_ref(native()));
    }

    std::string name() const
    {
        return detail::string_of(k7_sandbox_get_name(native()));
    }
    std::string namespace_() const
    {
        return detail::string_of(k7_sandbox_get_namespace(native()));
    }
#define K7CXX_TEXT(field)                                                                                    \
    text field() const                                                                                       \
    {                                                                                                        \
        return detail::text_of(k7_sandbox_get_##field(native()));                                            \
    }
    K7CXX_TEXT(image)
    K7CXX_TEXT(status)
    K7CXX_TEXT(error_message)
    K7CXX_TEXT(reason) /* in one word: "CrashLoopBackOff" */
    K7CXX_TEXT(node)
    K7CXX_TEXT(backend)
    K7CXX_TEXT(uid)
    K7CXX_TEXT(age_text)
#undef K7CXX_TEXT
    std::optional<bool> is_ready() const
    {
        int ready = k7_sandbox_is_ready(native());
        return ready < 0 ? std::nullopt : std::optional<bool>(ready == 1);
    }
    std::optional<std::int64_t> restarts() const
    {
        return detail::known(k7_sandbox_get_restarts(native()));
    }
    std::optional<std::int64_t> created_unix() const /* seconds since 1970 */
    {
        return detail::known(k7_sandbox_get_created_unix(native()));
    }
    std::vector<std::int32_t> node_ports() const
    {
        std::vector<std::int32_t> ports;
        for (std::size_t i = 0; i < k7_sandbox_node_port_count(native()); i++)
            ports.push_back(k7_sandbox_node_port_at(native(), i));
        return ports;
    }
    std::vector<endpoint> endpoints() const
    {
        std::vector<endpoint> rows;
        for (std::size_t i = 0; i < k7_sandbox_endpoint_count(native()); i++)
            rows.push_back({ k7_sandbox_endpoint_port_at(native(), i),
                             k7_sandbox_endpoint_node_port_at(native(), i),
                             detail::text_of(k7_sandbox_endpoint_url_at(native(), i)) });
        return rows;
    }
    result<std::string> try_to_json() const /* the K7 API's own object */
    {
        auto body = detail::attempt_owned<std::unique_ptr<char, detail::free_text>>(
            [&](char **ret, k7_error **err) { return k7_sandbox_to_json(native(), ret, err); });
        if (!body)
            return body.error();
        return std::string(body->get());
    }
    std::string to_json() const
    {
        return try_to_json().value();
    }

    k7_sandbox *native() const noexcept
    {
        return native_.get();
    }

  private:
    detail::owned<k7_sandbox, k7_sandbox_unref> native_;
};

namespace detail
{

/* What -> of an iterator that gives values goes through. */
template <class Value> struct arrow {
    Value value;
    Value *operator->() noexcept
    {
        return &value;
    }
};

/* Iterates over what has operator[] and gives values. */
template <class List> class iterator
{
  public:
    using iterator_category = std::input_iterator_tag;
    using value_type = decltype(std::declval<const List &>()[0]);
    using difference_type = std::ptrdiff_t;
    using pointer = arrow<value_type>;
    using reference = value_type;

    iterator() = default;
    iterator(const List *list, std::size_t i) noexcept : list_(list), i_(i)
    {
    }
    value_type operator*() const
    {
        return (*list_)[i_];
    }
    pointer operator->() const
    {
        return { **this };
    }
    iterator &operator++() noexcept
    {
        i_++;
        return *this;
    }
    iterator operator++(int) noexcept
    {
        iterator before = *this;
        i_++;
        return before;
    }
    bool operator==(const iterator &other) const noexcept
    {
        return i_ == other.i_;
    }
    bool operator!=(const iterator &other) const noexcept
    {
        return i_ != other.i_;
    }

  private:
    const List *list_ = nullptr;
    std::size_t i_ = 0;
};

} // namespace detail

/* A list of sandboxes; empty after a dry run. */
class sandboxes
{
  public:
    sandboxes() = default;
    explicit sandboxes(k7_sandboxes *taken) noexcept : native_(taken)
    {
    }
    sandboxes share() const
    {
        return sandboxes(k7_sandboxes_ref(native()));
    }
    std::size_t size() const noexcept
    {
        return k7_sandboxes_count(native());
    }
    bool empty() const noexcept
    {
        return size() == 0;
    }
    sandbox operator[](std::size_t i) const /* empty when i is out of range */
    {
        return sandbox(k7_sandbox_ref(k7_sandboxes_at(native(), i)));
    }
    detail::iterator<sandboxes> begin() const noexcept
    {
        return { this, 0 };
    }
    detail::iterator<sandboxes> end() const noexcept
    {
        return { this, size() };
    }
    k7_sandboxes *native() const noexcept
    {
        return native_.get();
    }

  private:
    detail::owned<k7_sandboxes, k7_sandboxes_unref> native_;
};

enum class item_outcome {
    done = K7_ITEM_DONE,
    failed = K7_ITEM_FAILED,           /* refused or failed, and nothing changed */
    not_started = K7_ITEM_NOT_STARTED, /* the call ended before its turn came */
    unknown = K7_ITEM_UNKNOWN          /* begun, and no answer came */
};

/* What became of one of many. */
struct item {
    std::string name;
    item_outcome outcome;
    std::optional<k7::error> error;
    k7::sandbox sandbox; /* of create_many and get_many, else empty */
};

/* What became of each of many; empty after a dry run. */
class results
{
  public:
    results() = default;
    explicit results(k7_results *taken) noexcept : native_(taken)
    {
    }
    results share() const
    {
        return results(k7_results_ref(native()));
    }
    std::size_t size() const noexcept
    {
        return k7_results_count(native());
    }
    std::size_t count_of(item_outcome outcome) const noexcept
    {
        return k7_results_count_of(native(), static_cast<int>(outcome));
    }
    bool all_done() const noexcept
    {
        return count_of(item_outcome::done) == size();
    }
    item operator[](std::size_t i) const /* i: less than size() */
    {
        const k7_error *failure = k7_results_error_at(native(), i);
        return { detail::string_of(k7_results_name_at(native(), i)),
                 static_cast<item_outcome>(k7_results_outcome_at(native(), i)),
                 failure == nullptr ? std::nullopt
                                    : std::optional<k7::error>(k7_error_ref(const_cast<k7_error *>(failure))),
                 k7::sandbox(k7_sandbox_ref(k7_results_sandbox_at(native(), i))) };
    }
    detail::iterator<results> begin() const noexcept
    {
        return { this, 0 };
    }
    detail::iterator<results> end() const noexcept
    {
        return { this, size() };
    }
    k7_results *native() const noexcept
    {
        return native_.get();
    }

  private:
    detail::owned<k7_results, k7_results_unref> native_;
};

} // namespace K7CXX_KIND
} // namespace k7

#endif
