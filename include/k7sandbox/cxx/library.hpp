/* library.hpp: the library itself: its version, its parts, its tables. */
#ifndef K7SANDBOX_CXX_LIBRARY_HPP
#define K7SANDBOX_CXX_LIBRARY_HPP

#include <k7sandbox/cxx/error.hpp>

namespace k7
{
inline namespace K7CXX_KIND
{

inline std::string version()
{
    return detail::string_of(k7_version());
}

inline std::int32_t version_number() noexcept
{
    return k7_version_number();
}

inline bool has_feature(const std::string &feature) noexcept
{
    return k7_has_feature(feature.c_str()) == 1;
}

inline std::vector<std::string> operations()
{
    std::vector<std::string> names;
    for (std::size_t i = 0; i < k7_operation_count(); i++)
        names.emplace_back(k7_operation_at(i));
    return names;
}

inline std::vector<std::string> transports()
{
    std::vector<std::string> names;
    for (std::size_t i = 0; i < k7_transport_count(); i++)
        names.emplace_back(k7_transport_at(i));
    return names;
}

/* Nothing: no such transport or operation. */
inline std::optional<bool> transport_supports(const std::string &transport, const std::string &operation)
{
    int known = k7_transport_supports(transport.c_str(), operation.c_str());
    return known < 0 ? std::nullopt : std::optional<bool>(known == 1);
}

/* One row of the table of errors. */
struct error_code {
    int code;
    std::string name; /* "K7_ERR_TIMEOUT" */
    k7::error_class error_class;
    std::string class_name;
    std::string meaning;
};

inline std::vector<error_code> error_codes()
{
    std::vector<error_code> rows;
    for (std::size_t i = 0; i < k7_error_code_count(); i++) {
        int code = k7_error_code_at(i), number = k7_error_code_class(code);
        rows.push_back({ code, detail::string_of(k7_error_code_name(code)), static_cast<error_class>(number),
                         detail::string_of(k7_error_class_name(number)),
                         detail::string_of(k7_error_code_meaning(code)) });
    }
    return rows;
}

/* One row of the table of configuration keys. */
struct config_key {
    std::string name; /* "rest.ca_file" */
    std::string type; /* "text", "integer", "boolean", "path", "list" */
    text default_value;
    std::string meaning;
    text transport; /* none: for all */
    bool is_secret;
};

inline std::vector<config_key> config_keys()
{
    std::vector<config_key> rows;
    for (std::size_t i = 0; i < k7_config_key_count(); i++) {
        const k7_config_key *key = k7_config_key_at(i);
        rows.push_back(
            { detail::string_of(k7_config_key_get_name(key)), detail::string_of(k7_config_key_get_type(key)),
              detail::text_of(k7_config_key_get_default(key)),
              detail::string_of(k7_config_key_get_meaning(key)),
              detail::text_of(k7_config_key_get_transport(key)), k7_config_key_is_secret(key) == 1 });
    }
    return rows;
}

} // namespace K7CXX_KIND
} // namespace k7

#endif
