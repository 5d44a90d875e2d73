/* batch.hpp: what operations are to do, and how. */
#ifndef K7SANDBOX_CXX_BATCH_HPP
#define K7SANDBOX_CXX_BATCH_HPP

#include <k7sandbox/cxx/spec.hpp>

namespace k7
{
inline namespace K7CXX_KIND
{

struct list_options {
    text namespace_; /* nothing: the client's default */
    bool all_namespaces = false;
};

struct delete_options {
    text uid; /* only the sandbox that has it */
    bool missing_is_error = false;
    bool no_wait = false; /* return once the deletion is accepted */
};

/* What a call over many is to do, and how fast. A builder, for one thread at a time. */
class batch
{
  public:
    batch() : batch(try_make().value())
    {
    }
    static result<batch> try_make()
    {
        auto object = detail::attempt_owned<owner>(k7_batch_new);
        if (!object)
            return object.error();
        return batch(*std::move(object));
    }
    result<void> try_add(const spec &item) /* a copy */
    {
        return detail::attempt(
            [&](k7_error **err) { return k7_batch_add_spec(native(), item.native(), err); });
    }
    batch &add(const spec &item)
    {
        return chained(try_add(item));
    }
    result<void> try_add(const std::string &name, const text &namespace_ = std::nullopt) /* get, delete */
    {
        if (detail::is_cut(name) || detail::is_cut(namespace_))
            return detail::cut_error();
        return detail::attempt([&](k7_error **err) {
            return k7_batch_add_name(native(), detail::pointer_of(namespace_), name.c_str(), err);
        });
    }
    batch &add(const std::string &name, const text &namespace_ = std::nullopt)
    {
        return chained(try_add(name, namespace_));
    }
    result<void> try_set_at_once(std::int32_t count)
    {
        return detail::attempt([&](k7_error **err) { return k7_batch_set_at_once(native(), count, err); });
    }
    batch &set_at_once(std::int32_t count)
    {
        return chained(try_set_at_once(count));
    }
    result<void> try_set_starts_per_second(std::int32_t count)
    {
        return detail::attempt(
            [&](k7_error **err) { return k7_batch_set_starts_per_second(native(), count, err); });
    }
    batch &set_starts_per_second(std::int32_t count)
    {
        return chained(try_set_starts_per_second(count));
    }
    std::size_t size() const noexcept
    {
        return k7_batch_count(native());
    }
    k7_batch *native() const noexcept
    {
        return native_.get();
    }

  private:
    using owner = detail::owned<k7_batch, k7_batch_free>;
    explicit batch(owner taken) noexcept : native_(std::move(taken))
    {
    }
    batch &chained(result<void> done)
    {
        done.value();
        return *this;
    }
    owner native_;
};

} // namespace K7CXX_KIND
} // namespace k7

#endif
