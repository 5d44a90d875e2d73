/* show.cpp: values, errors, sandboxes, lists and results as lines. */
#include "show.hpp"

#include <map>

namespace show
{

bool full = false;

std::string text(const std::string &name, const k7::text &value)
{
    std::string line = " " + name + "=";

    for (char letter : value && !value->empty() ? *value : "-")
        line += letter == '\n' ? std::string("\\n") : std::string(1, letter);
    return line;
}

static std::string number(const std::string &name, const std::optional<std::int64_t> &value)
{
    return text(name, value ? k7::text(std::to_string(*value)) : std::nullopt);
}

static std::string answer(bool yes)
{
    return yes ? "yes" : "no";
}

std::string error(const k7::error &failure)
{
    static const char *const outcomes[] = { "not sent", "rejected", "unknown" };
    std::string line = failure.name() + ":", class_name;
    auto leftovers = failure.leftovers();

    for (const auto &row : k7::error_codes())
        if (row.error_class == failure.error_class())
            class_name = row.class_name;
    line += text("class", class_name) + text("outcome", outcomes[static_cast<int>(failure.outcome())]) +
            text("retryable", answer(failure.is_retryable())) + text("operation", failure.operation()) +
            " leftovers=" + std::to_string(leftovers.size());
    if (full) {
        auto wait = failure.retry_after();

        line +=
            number("http", failure.http_status() == 0 ? std::nullopt
                                                      : std::optional<std::int64_t>(failure.http_status())) +
            number("retry_after_ms", wait ? std::optional<std::int64_t>(wait->count()) : std::nullopt) +
            text("reason", failure.reason()) + text("step", failure.step()) +
            text("message", failure.what()) + text("server_text", failure.server_text());
        for (const auto &leftover : leftovers)
            line += text("leftover", leftover);
    }
    return line + "\n";
}

static std::string everything(const k7::sandbox &shown)
{
    std::string line = text("node", shown.node()) + text("backend", shown.backend()) +
                       text("uid", shown.uid()) + text("age", shown.age_text()) +
                       number("created", shown.created_unix());

    for (auto port : shown.node_ports())
        line += number("node_port", port);
    for (const auto &place : shown.endpoints())
        line += number("port", place.port) + number("at", place.node_port) + text("url", place.url);
    return line + text("json", shown.to_json());
}

std::string sandbox(const k7::sandbox &shown, bool made)
{
    std::string line =
        shown.name() + ":" + text("namespace", shown.namespace_()) + text("image", shown.image());

    if (!made || full) {
        auto ready = shown.is_ready();

        line += text("status", shown.status()) +
                text("ready", ready ? k7::text(answer(*ready)) : std::nullopt) +
                number("restarts", shown.restarts()) + text("reason", shown.reason()) +
                text("error_message", shown.error_message());
    }
    return line + (full ? everything(shown) : "") + "\n";
}

std::string sandboxes(const k7::sandboxes &list)
{
    std::string lines = std::to_string(list.size()) + " sandboxes\n";

    for (const auto &shown : list)
        lines += "* " + sandbox(shown, false);
    return lines;
}

std::string results(const k7::results &rows, bool ordered)
{
    static const char *const outcomes[] = { "done", "failed", "not started", "unknown" };
    std::string lines = std::to_string(rows.size()) + " results, " +
                        std::to_string(rows.count_of(k7::item_outcome::done)) + " done\n";

    for (const auto &row : rows) {
        lines += (ordered ? "- " : "* ") + row.name + " " + outcomes[static_cast<int>(row.outcome)] + "\n";
        if (row.sandbox)
            lines += "  " + sandbox(row.sandbox, true);
        if (row.error)
            lines += "  " + error(*row.error);
    }
    return lines;
}

std::string client(const k7::client &shown)
{
    std::string line = "client:" + text("endpoint", shown.endpoint()) + text("transport", shown.transport()) +
                       text("namespace", shown.namespace_()) + text("warning", shown.warning());

    for (const auto &name : k7::operations())
        line += text(name, answer(shown.supports(name)));
    return line + "\n";
}

std::string progress(const k7::progress &told)
{
    std::string line = "progress: " + told.operation + ": " + told.step;

    if (told.total)
        line += ": " + told.text.value_or("") + ": " + std::to_string(told.done.value_or(-1)) + " of " +
                std::to_string(*told.total);
    return line + "\n";
}

std::string trace(const k7::trace &told)
{
    return "trace: " + told.operation + ": " + told.step + ": " + told.method + " " + told.url +
           " attempt=" + std::to_string(told.attempt) + " http=" + std::to_string(told.http_status) +
           " error=" + std::to_string(told.error_code) + "\n";
}

std::string dry_request(const k7::dry_request &told)
{
    return "would: " + told.operation + ": " + told.step + ": " + told.method + " " + told.url +
           text("type", told.content_type) + text("body", told.body) + "\n";
}

/* --- a spec ---------------------------------------------------------------------------------------------------------------------- */

using spec = k7::spec;

static const std::map<std::string, k7::text (spec::*)() const> texts = {
    { "name", &spec::name },
    { "image", &spec::image },
    { "namespace", &spec::namespace_ },
    { "env_file", &spec::env_file },
    { "before_script", &spec::before_script },
    { "backend", &spec::backend },
    { "runtime_class_name", &spec::runtime_class_name },
    { "root_disk_size", &spec::root_disk_size },
    { "sidecar", &spec::sidecar },
    { "node_name", &spec::node_name },
    { "docker_disk", &spec::docker_disk },
};
static const std::map<std::string, bool (spec::*)() const noexcept> answers = {
    { "pod_non_root", &spec::pod_non_root },
    { "container_non_root", &spec::container_non_root },
    { "docker", &spec::docker },
    { "before_script_under_lock", &spec::before_script_under_lock },
};
static const std::map<std::string, std::vector<std::string> (spec::*)() const> lists = {
    { "egress_whitelist", &spec::egress },
    { "cap_drop", &spec::cap_drop },
    { "cap_add", &spec::cap_add },
    { "entrypoint", &spec::entrypoint },
    { "cmd", &spec::cmd },
    { "ingress_from", &spec::ingress_from },
};
static const std::map<std::string, std::vector<std::int32_t> (spec::*)() const> ports = {
    { "ingress_ports", &spec::ingress_ports },
    { "expose_ports", &spec::expose_ports },
};

static std::string field_text(const spec &shown, const std::string &field)
{
    static const char *const modes[] = { "unset", "open", "blocked", "list" };
    std::string line;

    if (auto row = texts.find(field); row != texts.end())
        return text(field, (shown.*row->second)());
    if (auto row = answers.find(field); row != answers.end())
        return text(field, answer((shown.*row->second)()));
    if (auto row = lists.find(field); row != lists.end()) {
        auto items = (shown.*row->second)();

        line = " " + field + ": " + std::to_string(items.size());
        for (const auto &item : items)
            line += text("item", item);
    }
    if (auto row = ports.find(field); row != ports.end()) {
        auto items = (shown.*row->second)();

        line = " " + field + ": " + std::to_string(items.size());
        for (auto item : items)
            line += number("item", item);
    }
    if (field == "egress_whitelist")
        line += text("mode", modes[static_cast<int>(shown.egress_mode())]);
    if (field == "limits")
        for (const auto &key : shown.limit_keys())
            line += text(key, shown.limit(key));
    if (field == "env")
        for (const auto &[key, value] : shown.env())
            line += text(key, value);
    return line;
}

std::string fields(const spec &shown)
{
    std::string lines;

    for (const auto &field : spec::fields())
        if (shown.is_set(field))
            lines += "field" + field_text(shown, field) + "\n";
    return lines;
}

} // namespace show
