/* scenarios.cpp: the scenarios in C++: operations that block and throw, and, where a scenario says "begin", started ones on one loop. See README.md. */
#include "show.hpp"

#include <cstring>
#include <fstream>
#include <iostream>
#include <map>
#include <sys/resource.h>

namespace
{

/* A command: its words, and what follows its first and its second; "\n" in it is a line break. */
struct words {
    explicit words(std::string line)
    {
        for (std::size_t at; (at = line.find("\\n")) != std::string::npos;)
            line.replace(at, 2, "\n");
        rest = after(line);
        value = after(rest);
        for (std::size_t at = 0, end; at < line.size(); at = end + 1) {
            end = std::min(line.find(' ', at), line.size());
            if (end > at)
                word.push_back(line.substr(at, end - at));
        }
    }
    static std::string after(const std::string &line)
    {
        std::size_t space = line.find(' ');
        return space == std::string::npos ? "" : line.substr(space + 1);
    }
    /* The value of KEY=VALUE, "" of a mere KEY. */
    k7::text find(const std::string &key) const
    {
        for (const auto &each : word) {
            if (each == key)
                return "";
            if (each.compare(0, key.size() + 1, key + "=") == 0)
                return each.substr(key.size() + 1);
        }
        return std::nullopt;
    }
    std::map<std::string, std::string> keys() const
    {
        std::map<std::string, std::string> found;
        for (const auto &each : word)
            if (std::size_t equals = each.find('='); equals != std::string::npos)
                found[each.substr(0, equals)] = each.substr(equals + 1);
        return found;
    }

    std::vector<std::string> word;
    std::string rest, value;
};

/* A started operation. */
struct begun {
    std::function<void()> cancel;
    std::function<std::string()> end; /* what it gave, as lines */
};

/* What the commands of a scenario leave for those that follow. */
struct scenario {
    std::optional<k7::client> client;
    std::optional<k7::spec> spec;
    std::vector<k7::spec> specs;
    std::vector<std::string> names;
    words settings{ "call" }, pace{ "batch" };
    std::optional<k7::cancel> token;
    k7::text uid; /* of the sandbox that was read last */
};

std::map<std::string, std::string> keys;
std::string image, slow_endpoint;
scenario now;
std::optional<k7::loop> loop;
std::vector<std::unique_ptr<begun>> all_begun;

/* --- calls ----------------------------------------------------------------------------------------------------------------------- */

/* The call that the last "call" describes. */
k7::call make_call(const std::shared_ptr<std::string> &told, begun *started)
{
    k7::call call;
    const words settings = now.settings;
    auto last = std::make_shared<std::string>();

    if (auto limit = settings.find("timeout"))
        call.timeout = std::chrono::milliseconds(std::stoi(*limit));
    if (auto limit = settings.find("cleanup"))
        call.cleanup_timeout = std::chrono::milliseconds(std::stoi(*limit));
    call.traceparent = settings.find("traceparent");
    if (settings.find("token") && now.token)
        call.cancel = &*now.token;
    if (settings.find("progress") || settings.find("abandon"))
        call.on_progress = [=](const k7::progress &progress) {
            if (settings.find("abandon") && progress.step.compare(0, 4, "undo") == 0)
                started->cancel();
            if (settings.find("progress") && (progress.total || progress.step != *last))
                *told += show::progress(progress);
            *last = progress.step;
        };
    if (settings.find("trace"))
        call.on_trace = [=](const k7::trace &trace) { *told += show::trace(trace); };
    if (settings.find("dry"))
        call.dry_run = [=](const k7::dry_request &request) { *told += show::dry_request(request); };
    return call;
}

/* --- operations ------------------------------------------------------------------------------------------------------------------ */

std::string shown(const k7::sandbox &given, bool made, bool)
{
    if (!given)
        return "done\n";
    if (!made)
        now.uid = given.uid();
    return show::sandbox(given, made);
}

std::string shown(const k7::sandboxes &given, bool, bool)
{
    return now.settings.find("dry") ? "done\n" : show::sandboxes(given);
}

std::string shown(const k7::results &given, bool, bool ordered)
{
    return given.native() == nullptr ? "done\n" : show::results(given, ordered);
}

/* Runs an operation, or begins it: block(call) gives its result, start(call) the operation. */
template <class Block, class Start>
void perform(bool begins, bool made, bool ordered, Block block, Start start)
{
    auto told = std::make_shared<std::string>();

    if (!begins) {
        std::string lines;

        try {
            k7::call call = make_call(told, nullptr);
            if constexpr (std::is_void_v<decltype(block(call))>) {
                block(call);
                lines = "done\n";
            } else {
                lines = shown(block(call), made, ordered);
            }
        } catch (const k7::error &failure) {
            lines = show::error(failure);
        }
        std::cout << *told << lines << std::flush;
        return;
    }
    all_begun.push_back(std::make_unique<begun>());
    begun *started = all_begun.back().get();
    auto op = std::make_shared<decltype(start(k7::call()))>(start(make_call(told, started)));
    started->cancel = [op] { op->cancel(); };
    started->end = [=]() -> std::string {
        try {
            op->wait();
            if constexpr (std::is_void_v<decltype(op->take())>) {
                op->take();
                return *told + "done\n";
            } else {
                return *told + shown(op->take(), made, ordered);
            }
        } catch (const k7::error &failure) {
            return *told + show::error(failure);
        }
    };
}

k7::batch make_batch()
{
    k7::batch batch;

    if (auto count = now.pace.find("at_once"))
        batch.set_at_once(std::stoi(*count));
    if (auto count = now.pace.find("starts_per_second"))
        batch.set_starts_per_second(std::stoi(*count));
    for (const auto &item : now.specs)
        batch.add(item);
    for (const auto &name : now.names)
        batch.add(name);
    return batch;
}

void operate(const words &w, bool begins)
{
    const std::string &verb = w.word[0], name = w.word.size() > 1 ? w.word[1] : "";
    k7::text where = w.find("namespace");
    k7::list_options which{ where, w.find("all").has_value() };
    k7::text uid = w.find("uid");
    k7::delete_options options{ uid && uid->empty() ? now.uid : uid, w.find("missing").has_value(),
                                w.find("no_wait").has_value() };
    using call = const k7::call &;
    const k7::client &on = *now.client;

#define PERFORM(operation, made, ordered, ...)                                                               \
    perform(                                                                                                 \
        begins, made, ordered, [&](call settings) { return on.operation(__VA_ARGS__, settings); },           \
        [&](call settings) { return on.start_##operation(*loop, __VA_ARGS__, settings); })
    if (verb == "create")
        PERFORM(create, true, true, *now.spec);
    else if (verb == "get")
        PERFORM(get, false, true, name, where);
    else if (verb == "list")
        PERFORM(list, false, true, which);
    else if (verb == "delete")
        PERFORM(delete_sandbox, false, true, name, where, options);
    else if (verb == "delete_all")
        PERFORM(delete_all, false, false, where);
    else if (verb == "create_many")
        PERFORM(create_many, true, true, make_batch());
    else if (verb == "get_many")
        PERFORM(get_many, false, true, make_batch());
    else if (verb == "delete_many")
        PERFORM(delete_many, false, true, make_batch(), options);
    else
        throw std::invalid_argument(verb);
#undef PERFORM
}

void cancel_begun()
{
    for (auto &each : all_begun)
        each->cancel();
    if (all_begun.empty())
        now.token->trigger();
}

/* All that was begun, in order; end any: in any order. */
void end_begun(const words &w)
{
    for (auto &each : all_begun)
        std::cout << (w.word.size() > 1 ? "* " : "- ") << each->end() << std::flush;
    all_begun.clear();
}

/* Until a get finds it, or finds it no more. */
void await(const std::string &name, bool wanted)
{
    bool found = !wanted;

    while (found != wanted) {
        if (loop)
            loop->wait(std::chrono::milliseconds(0));
        try {
            now.client->get(name);
            found = true;
        } catch (const k7::not_found_error &) {
            found = false;
        }
    }
}

/* --- the other commands ---------------------------------------------------------------------------------------------------------- */

/* open: the endpoint that is tested; open slow: where a sandbox is not ready soon; open KEY=VALUE…: any other. */
void open(const words &w)
{
    auto wanted = w.keys();
    k7::config config;

    if (wanted.empty()) {
        wanted = keys;
        if (w.word.size() > 1)
            wanted["endpoint"] = slow_endpoint;
    }
    for (const auto &[key, value] : wanted)
        config.set(key, value);
    now.client = k7::client(config);
}

using spec = k7::spec;

/* set FIELD VALUE; of a list: one more item. */
void set(const std::string &field, const std::string &value)
{
    static const std::map<std::string, spec &(spec::*)(const k7::text &)> texts = {
        { "name", &spec::set_name },
        { "image", &spec::set_image },
        { "namespace", &spec::set_namespace },
        { "env_file", &spec::set_env_file },
        { "before_script", &spec::set_before_script },
        { "backend", &spec::set_backend },
        { "runtime_class_name", &spec::set_runtime_class_name },
        { "root_disk_size", &spec::set_root_disk_size },
        { "sidecar", &spec::set_sidecar },
        { "node_name", &spec::set_node_name },
        { "docker_disk", &spec::set_docker_disk },
    };
    static const std::map<std::string, spec &(spec::*)(std::optional<bool>)> answers = {
        { "pod_non_root", &spec::set_pod_non_root },
        { "container_non_root", &spec::set_container_non_root },
        { "docker", &spec::set_docker },
        { "before_script_under_lock", &spec::set_before_script_under_lock },
    };
    static const std::map<std::string, spec &(spec::*)(const std::string &)> lists = {
        { "egress_whitelist", &spec::add_egress },
        { "cap_drop", &spec::add_cap_drop },
        { "cap_add", &spec::add_cap_add },
        { "entrypoint", &spec::add_entrypoint },
        { "cmd", &spec::add_cmd },
        { "ingress_from", &spec::add_ingress_from },
    };
    static const std::map<std::string, spec &(spec::*)(std::int32_t)> ports = {
        { "ingress_ports", &spec::add_ingress_port },
        { "expose_ports", &spec::add_expose_port },
    };

    if (auto row = texts.find(field); row != texts.end())
        ((*now.spec).*row->second)(value);
    else if (auto yes = answers.find(field); yes != answers.end())
        ((*now.spec).*yes->second)(value == "yes");
    else if (auto item = lists.find(field); item != lists.end())
        ((*now.spec).*item->second)(value);
    else
        ((*now.spec).*ports.at(field))(std::stoi(value));
}

/* Writes the spec, and reads what it wrote. */
void write_and_read(const std::string &name, std::string (spec::*write)() const,
                    spec (*read)(const std::string &))
{
    std::string written = ((*now.spec).*write)(), again = (read(written).*write)();

    std::cout << "spec:" << show::text(name, written) << (again == written ? " equal\n" : " different\n");
}

/* descriptors none: none can be opened; descriptors: they can again. */
void set_descriptors(bool none)
{
    static rlim_t before;
    rlimit limit{};

    getrlimit(RLIMIT_NOFILE, &limit);
    if (none)
        before = limit.rlim_cur;
    limit.rlim_cur = none ? 0 : before;
    setrlimit(RLIMIT_NOFILE, &limit);
}

using command = void (*)(const words &w);
const std::map<std::string, command> commands = {
    { "open", open },
    { "client", [](const words &) { std::cout << show::client(*now.client); } },
    { "full", [](const words &) { show::full = true; } },
    { "new", [](const words &w) { now.spec = spec(w.word[1], image); } },
    { "set", [](const words &w) { set(w.word[1], w.value); } },
    { "limit",
      [](const words &w) { now.spec->set_limit(w.word[1], w.value.empty() ? k7::text() : w.value); } },
    { "env", [](const words &w) { now.spec->add_env(w.word[1], w.value); } },
    { "env_text", [](const words &w) { now.spec->add_env_text(w.rest); } },
    { "egress",
      [](const words &w) {
          w.rest == "open" ? now.spec->set_egress_open() : now.spec->set_egress_blocked();
      } },
    { "keep_capabilities", [](const words &) { now.spec->set_cap_drop_none(); } },
    { "unset", [](const words &w) { now.spec->unset(w.word[1]); } },
    { "fields", [](const words &) { std::cout << show::fields(*now.spec); } },
    { "validate",
      [](const words &) {
          now.spec->validate();
          std::cout << "valid\n";
      } },
    { "json", [](const words &) { write_and_read("json", &spec::to_json, spec::from_json); } },
    { "yaml", [](const words &) { write_and_read("yaml", &spec::to_yaml, spec::from_yaml); } },
    { "from_json", [](const words &w) { now.spec = spec::from_json(w.rest); } },
    { "from_yaml", [](const words &w) { now.spec = spec::from_yaml(w.rest); } },
    { "call",
      [](const words &w) {
          now.settings = w;
          if (w.find("token"))
              now.token = k7::cancel();
      } },
    { "batch",
      [](const words &w) {
          now.pace = w;
          now.specs.clear();
          now.names.clear();
      } },
    { "spec",
      [](const words &w) {
          for (std::size_t i = 1; i < w.word.size(); i++) {
              now.specs.push_back(now.spec->dup());
              now.specs.back().set_name(w.word[i]);
          }
      } },
    { "name", [](const words &w) { now.names.insert(now.names.end(), w.word.begin() + 1, w.word.end()); } },
    { "begin",
      [](const words &w) {
          if (!loop)
              loop = k7::loop();
          operate(words(w.rest), true);
      } },
    { "appear", [](const words &w) { await(w.word[1], true); } },
    { "vanish", [](const words &w) { await(w.word[1], false); } },
    { "cancel", [](const words &) { cancel_begun(); } },
    { "end", end_begun },
    { "advance",
      [](const words &w) { now.client->advance(std::chrono::milliseconds(std::stoi(w.word[1]))); } },
    { "descriptors", [](const words &w) { set_descriptors(w.word.size() > 1); } },
};

void obey(const std::string &line)
{
    words w(line);

    std::cout << "> " << line << "\n";
    try {
        if (auto row = commands.find(w.word[0]); row != commands.end())
            row->second(w);
        else
            operate(w, false);
    } catch (const k7::error &failure) {
        std::cout << show::error(failure);
    }
    std::cout << std::flush;
}

} // namespace

/* scenarios-cxx FILE IMAGE SLOW-ENDPOINT KEY=VALUE… [NUMBER…] */
int main(int argc, char **argv)
{
    std::vector<int> numbers;
    std::string line;
    bool wanted = false;

    if (argc < 5)
        return 2;
    std::ifstream file(argv[1]);
    image = argv[2];
    slow_endpoint = argv[3];
    for (int i = 4; i < argc; i++) {
        if (const char *equals = std::strchr(argv[i], '='))
            keys[std::string(argv[i], static_cast<std::size_t>(equals - argv[i]))] = equals + 1;
        else
            numbers.push_back(std::stoi(argv[i]));
    }
    while (std::getline(file, line)) {
        if (line.compare(0, 3, "== ") == 0) {
            show::full = false;
            now = scenario();
            wanted = numbers.empty();
            for (int number : numbers)
                wanted |= number == std::stoi(line.substr(3));
            if (wanted)
                std::cout << line << "\n";
        } else if (wanted && !line.empty() && line[0] != '#') {
            obey(line);
        }
    }
    return 0;
}
