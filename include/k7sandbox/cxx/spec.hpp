/* spec.hpp: the sandbox to create. */
#ifndef K7SANDBOX_CXX_SPEC_HPP
#define K7SANDBOX_CXX_SPEC_HPP

#include <k7sandbox/cxx/error.hpp>

namespace k7
{
inline namespace K7CXX_KIND
{

enum class egress_mode {
    unset = K7_EGRESS_UNSET,
    open = K7_EGRESS_OPEN,
    blocked = K7_EGRESS_BLOCKED,
    list = K7_EGRESS_LIST
};

/* A builder, for one thread at a time. Each field has name(), set_name() or add_name(), which can be chained, and try_set_name() or try_add_name(), which give a result. std::nullopt unsets. */
class spec
{
  public:
    spec() : spec(std::nullopt, std::nullopt)
    {
    }
    explicit spec(const text &name, const text &image = std::nullopt) : spec(try_make(name, image).value())
    {
    }
    explicit spec(k7_spec *taken) noexcept : native_(taken)
    {
    }

    static result<spec> try_make(const text &name, const text &image)
    {
        if (detail::is_cut(name) || detail::is_cut(image))
            return detail::cut_error();
        return made([&](k7_spec **ret, k7_error **err) {
            return k7_spec_new(detail::pointer_of(name), detail::pointer_of(image), ret, err);
        });
    }
    static result<spec> try_from_json(const std::string &body)
    {
        return made([&](k7_spec **ret, k7_error **err) {
            return k7_spec_from_json(body.data(), body.size(), ret, err);
        });
    }
    static spec from_json(const std::string &body)
    {
        return try_from_json(body).value();
    }
    static result<spec> try_from_yaml(const std::string &body) /* k7.yaml */
    {
        return made([&](k7_spec **ret, k7_error **err) {
            return k7_spec_from_yaml(body.data(), body.size(), ret, err);
        });
    }
    static spec from_yaml(const std::string &body)
    {
        return try_from_yaml(body).value();
    }
    result<spec> try_dup() const
    {
        return made([&](k7_spec **ret, k7_error **err) { return k7_spec_dup(native(), ret, err); });
    }
    spec dup() const
    {
        return try_dup().value();
    }

    result<std::string> try_to_json() const
    {
        return written(k7_spec_to_json);
    }
    std::string to_json() const
    {
        return try_to_json().value();
    }
    result<std::string> try_to_yaml() const
    {
        return written(k7_spec_to_yaml);
    }
    std::string to_yaml() const
    {
        return try_to_yaml().value();
    }

    result<void> try_validate() const
    {
        return detail::attempt([&](k7_error **err) { return k7_spec_validate(native(), err); });
    }
    void validate() const
    {
        try_validate().value();
    }

    static std::vector<std::string> fields() /* their names in the API */
    {
        std::vector<std::string> names;
        for (std::size_t i = 0; i < k7_spec_field_count(); i++)
            names.emplace_back(k7_spec_field_at(i));
        return names;
    }
    bool is_set(const std::string &field) const /* also when given as empty */
    {
        return k7_spec_is_set(native(), field.c_str()) == 1;
    }
    result<void> try_unset(const std::string &field)
    {
        return given(field, k7_spec_unset);
    }
    spec &unset(const std::string &field)
    {
        return chained(try_unset(field));
    }

#define K7CXX_TEXT(field)                                                                                    \
    text field() const                                                                                       \
    {                                                                                                        \
        return detail::text_of(k7_spec_get_##field(native()));                                               \
    }                                                                                                        \
    result<void> try_set_##field(const text &value)                                                          \
    {                                                                                                        \
        return given(value, k7_spec_set_##field);                                                            \
    }                                                                                                        \
    spec &set_##field(const text &value)                                                                     \
    {                                                                                                        \
        return chained(try_set_##field(value));                                                              \
    }
    K7CXX_TEXT(name)
    K7CXX_TEXT(image)
    K7CXX_TEXT(env_file) /* a path on the API host */
    K7CXX_TEXT(before_script)
    K7CXX_TEXT(backend)
    K7CXX_TEXT(runtime_class_name)
    K7CXX_TEXT(root_disk_size)
    K7CXX_TEXT(sidecar)
    K7CXX_TEXT(node_name)
    K7CXX_TEXT(docker_disk)
#undef K7CXX_TEXT
    text namespace_() const /* a keyword without its underscore */
    {
        return detail::text_of(k7_spec_get_namespace(native()));
    }
    result<void> try_set_namespace(const text &value)
    {
        return given(value, k7_spec_set_namespace);
    }
    spec &set_namespace(const text &value)
    {
        return chained(try_set_namespace(value));
    }

#define K7CXX_YES(field)                                                                                     \
    bool field() const noexcept                                                                              \
    {                                                                                                        \
        return k7_spec_get_##field(native()) == 1;                                                           \
    }                                                                                                        \
    result<void> try_set_##field(std::optional<bool> yes)                                                    \
    {                                                                                                        \
        return detail::attempt(                                                                              \
            [&](k7_error **err) { return k7_spec_set_##field(native(), yes ? (*yes ? 1 : 0) : -1, err); });  \
    }                                                                                                        \
    spec &set_##field(std::optional<bool> yes)                                                               \
    {                                                                                                        \
        return chained(try_set_##field(yes));                                                                \
    }
    K7CXX_YES(pod_non_root)
    K7CXX_YES(container_non_root)
    K7CXX_YES(docker)
    K7CXX_YES(before_script_under_lock)
#undef K7CXX_YES

#define K7CXX_LIST(field, plural)                                                                            \
    std::vector<std::string> plural() const                                                                  \
    {                                                                                                        \
        return listed(k7_spec_##field##_count, k7_spec_##field##_at);                                        \
    }                                                                                                        \
    result<void> try_add_##field(const std::string &value)                                                   \
    {                                                                                                        \
        return given(value, k7_spec_add_##field);                                                            \
    }                                                                                                        \
    spec &add_##field(const std::string &value)                                                              \
    {                                                                                                        \
        return chained(try_add_##field(value));                                                              \
    }
    K7CXX_LIST(egress, egress)
    K7CXX_LIST(cap_drop, cap_drop)
    K7CXX_LIST(cap_add, cap_add)
    K7CXX_LIST(entrypoint, entrypoint)
    K7CXX_LIST(cmd, cmd)
    K7CXX_LIST(ingress_from, ingress_from)
#undef K7CXX_LIST

#define K7CXX_PORTS(field)                                                                                   \
    std::vector<std::int32_t> field##s() const                                                               \
    {                                                                                                        \
        std::vector<std::int32_t> ports;                                                                     \
        for (std::size_t i = 0; i < k7_spec_##field##_count(native()); i++)                                  \
            ports.push_back(k7_spec_##field##_at(native(), i));                                              \
        return ports;                                                                                        \
    }                                                                                                        \
    result<void> try_add_##field(std::int32_t port)                                                          \
    {                                                                                                        \
        return detail::attempt([&](k7_error **err) { return k7_spec_add_##field(native(), port, err); });    \
    }                                                                                                        \
    spec &add_##field(std::int32_t port)                                                                     \
    {                                                                                                        \
        return chained(try_add_##field(port));                                                               \
    }
    K7CXX_PORTS(ingress_port)
    K7CXX_PORTS(expose_port)
#undef K7CXX_PORTS

#define K7CXX_MODE(name, function)                                                                           \
    result<void> try_##name()                                                                                \
    {                                                                                                        \
        return detail::attempt([&](k7_error **err) { return function(native(), err); });                     \
    }                                                                                                        \
    spec &name()                                                                                             \
    {                                                                                                        \
        return chained(try_##name());                                                                        \
    }
    K7CXX_MODE(set_egress_open, k7_spec_set_egress_open)
    K7CXX_MODE(set_egress_blocked, k7_spec_set_egress_blocked)
    K7CXX_MODE(unset_egress, k7_spec_unset_egress)
    K7CXX_MODE(set_cap_drop_none, k7_spec_set_cap_drop_none)
#undef K7CXX_MODE
    k7::egress_mode egress_mode() const noexcept
    {
        return static_cast<k7::egress_mode>(k7_spec_get_egress_mode(native()));
    }

    text limit(const std::string &key) const
    {
        return detail::text_of(k7_spec_get_limit(native(), key.c_str()));
    }
    std::vector<std::string> limit_keys() const /* in the order in which they were set */
    {
        return listed(k7_spec_limit_count, k7_spec_limit_key_at);
    }
    result<void> try_set_limit(const std::string &key, const text &quantity)
    {
        if (detail::is_cut(key) || detail::is_cut(quantity))
            return detail::cut_error();
        return detail::attempt([&](k7_error **err) {
            return k7_spec_set_limit(native(), key.c_str(), detail::pointer_of(quantity), err);
        });
    }
    spec &set_limit(const std::string &key, const text &quantity)
    {
        return chained(try_set_limit(key, quantity));
    }

    std::vector<std::pair<std::string, std::string>> env() const
    {
        std::vector<std::pair<std::string, std::string>> pairs;
        for (std::size_t i = 0; i < k7_spec_env_count(native()); i++)
            pairs.emplace_back(k7_spec_env_key_at(native(), i), k7_spec_env_value_at(native(), i));
        return pairs;
    }
    result<void> try_add_env(const std::string &key, const std::string &value)
    {
        if (detail::is_cut(key) || detail::is_cut(value))
            return detail::cut_error();
        return detail::attempt(
            [&](k7_error **err) { return k7_spec_add_env(native(), key.c_str(), value.c_str(), err); });
    }
    spec &add_env(const std::string &key, const std::string &value)
    {
        return chained(try_add_env(key, value));
    }
    result<void> try_add_env_text(const std::string &lines) /* of an .env file */
    {
        return detail::attempt(
            [&](k7_error **err) { return k7_spec_add_env_text(native(), lines.data(), lines.size(), err); });
    }
    spec &add_env_text(const std::string &lines)
    {
        return chained(try_add_env_text(lines));
    }
    result<void> try_add_env_local_file(const std::string &path) /* read now, on this machine */
    {
        return given(path, k7_spec_add_env_local_file);
    }
    spec &add_env_local_file(const std::string &path)
    {
        return chained(try_add_env_local_file(path));
    }

    k7_spec *native() const noexcept
    {
        return native_.get();
    }

  private:
    using owner = detail::owned<k7_spec, k7_spec_free>;
    explicit spec(owner taken) noexcept : native_(std::move(taken))
    {
    }

    template <class Function> static result<spec> made(Function &&function)
    {
        auto object = detail::attempt_owned<owner>(function);
        if (!object)
            return object.error();
        return spec(*std::move(object));
    }
    result<std::string> written(int (*function)(const k7_spec *, char **, k7_error **)) const
    {
        using owner_of_text = std::unique_ptr<char, detail::free_text>;
        auto body = detail::attempt_owned<owner_of_text>(
            [&](char **ret, k7_error **err) { return function(native(), ret, err); });
        if (!body)
            return body.error();
        return std::string(body->get());
    }
    template <class Function> result<void> given(const text &value, Function function)
    {
        if (detail::is_cut(value))
            return detail::cut_error();
        return detail::attempt(
            [&](k7_error **err) { return function(native(), detail::pointer_of(value), err); });
    }
    std::vector<std::string> listed(std::size_t (*count)(const k7_spec *),
                                    const char *(*at)(const k7_spec *, std::size_t)) const
    {
        std::vector<std::string> texts;
        for (std::size_t i = 0; i < count(native()); i++)
            texts.emplace_back(at(native(), i));
        return texts;
    }
    spec &chained(result<void> done)
    {
        done.value();
        return *this;
    }

    owner native_;
};

} // namespace K7CXX_KIND
} // namespace k7

#endif
