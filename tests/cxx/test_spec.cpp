/* test_spec.cpp: every field of a spec, unset, empty and given; the library's tables. */
#include <cstdio>
#include <type_traits>
#include "check.hpp"

using strings = std::vector<std::string>;

TEST(handles_are_move_only)
{
    static_assert(!std::is_copy_constructible_v<k7::client> &&
                  std::is_nothrow_move_constructible_v<k7::client>);
    static_assert(!std::is_copy_constructible_v<k7::spec> && std::is_move_assignable_v<k7::spec>);
    static_assert(!std::is_copy_constructible_v<k7::sandbox> && !std::is_copy_constructible_v<k7::loop>);
    static_assert(!std::is_copy_constructible_v<k7::op<void>> && !std::is_copy_constructible_v<k7::batch>);
    static_assert(std::is_nothrow_copy_constructible_v<k7::error>);
    k7::spec one("one", "alpine:latest");
    k7::spec two = std::move(one);
    one = k7::spec("three", "alpine:latest");
    CHECK(two.name() == "one" && one.name() == "three");
}

static k7::spec full()
{
    k7::spec spec("demo", "alpine:latest");
    spec.set_namespace("team").set_env_file("/etc/demo.env").set_before_script("true").set_backend("kfd");
    spec.set_runtime_class_name("kata").set_root_disk_size("2Gi").set_sidecar("docker").set_node_name(
        "node-1");
    spec.set_docker_disk("3Gi").set_pod_non_root(true).set_container_non_root(false).set_docker(true);
    spec.set_before_script_under_lock(true).set_limit("cpu", "500m").set_limit("memory", "1Gi");
    spec.add_egress("10.0.0.5/32").add_egress("10.0.0.6/32").add_cap_drop("ALL").add_cap_add("NET_ADMIN");
    spec.add_entrypoint("/bin/sh").add_entrypoint("-c").add_cmd("sleep 1").add_ingress_port(80);
    spec.add_ingress_port(443).add_ingress_from("namespace:web").add_expose_port(80).add_env("KEY", "value");
    spec.add_env_text("B=2\n");
    return spec;
}

static void check_full(const k7::spec &spec)
{
    CHECK(spec.name() == "demo" && spec.image() == "alpine:latest" && spec.namespace_() == "team");
    CHECK(spec.env_file() == "/etc/demo.env" && spec.before_script() == "true" && spec.backend() == "kfd");
    CHECK(spec.runtime_class_name() == "kata" && spec.root_disk_size() == "2Gi" &&
          spec.sidecar() == "docker");
    CHECK(spec.node_name() == "node-1" && spec.docker_disk() == "3Gi");
    CHECK(spec.pod_non_root() && !spec.container_non_root() && spec.is_set("container_non_root"));
    CHECK(spec.docker() && spec.before_script_under_lock());
    CHECK(spec.limit("cpu") == "500m" && !spec.limit("disk") &&
          spec.limit_keys() == (strings{ "cpu", "memory" }));
    CHECK(spec.egress_mode() == k7::egress_mode::list);
    CHECK(spec.egress() == (strings{ "10.0.0.5/32", "10.0.0.6/32" }));
    CHECK(spec.cap_drop() == strings{ "ALL" } && spec.cap_add() == strings{ "NET_ADMIN" });
    CHECK(spec.entrypoint() == (strings{ "/bin/sh", "-c" }) && spec.cmd() == strings{ "sleep 1" });
    CHECK(spec.ingress_ports() == (std::vector<std::int32_t>{ 80, 443 }));
    CHECK(spec.expose_ports() == std::vector<std::int32_t>{ 80 });
    CHECK(spec.ingress_from() == strings{ "namespace:web" });
    CHECK(spec.env().size() == 2 && spec.env()[0].first == "KEY" && spec.env()[1].second == "2");
}

TEST(every_field_comes_back)
{
    k7::spec spec = full();
    check_full(spec);
    for (const std::string &field : k7::spec::fields())
        CHECK(spec.is_set(field));
    check_full(k7::spec::from_json(spec.to_json()));
    check_full(k7::spec::from_yaml(spec.to_yaml()));
    k7::spec copy = spec.dup();
    for (const std::string &field : k7::spec::fields())
        CHECK(!copy.unset(field).is_set(field));
    check_full(spec);
}

TEST(unset_empty_and_given)
{
    k7::spec spec("demo", "alpine:latest");
    CHECK(!spec.is_set("egress_whitelist") && !spec.namespace_());
    CHECK(spec.set_egress_open().egress_mode() == k7::egress_mode::open && spec.is_set("egress_whitelist"));
    CHECK(spec.set_egress_blocked().egress_mode() == k7::egress_mode::blocked && spec.egress().empty());
    CHECK(spec.unset_egress().egress_mode() == k7::egress_mode::unset);
    CHECK(spec.set_cap_drop_none().is_set("cap_drop") && spec.cap_drop().empty());
    CHECK(spec.set_docker(true).set_docker(std::nullopt).is_set("docker") == false);
    CHECK(!spec.set_namespace("a").set_namespace(std::nullopt).is_set("namespace"));
    CHECK(spec.set_limit("cpu", "1").set_limit("cpu", std::nullopt).limit_keys().empty());
    spec.validate();
}

TEST(wrong_values_throw_or_give_a_result)
{
    k7::spec spec("demo", "alpine:latest");
    CHECK(THROWN(k7::invalid_error, spec.add_env("1-is-no-name", "x")).code() == K7_ERR_INVALID_ARGUMENT);
    CHECK(k7::spec("demo", "alpine:latest").add_ingress_port(0).try_validate().error().code() ==
          K7_ERR_INVALID_ARGUMENT);
    CHECK(spec.try_set_image(std::string("a\0b", 3)).error().code() == K7_ERR_INVALID_ARGUMENT);
    CHECK(spec.try_unset("nothing").error().code() == K7_ERR_INVALID_ARGUMENT);
    CHECK(spec.try_add_env_local_file("/nowhere/at/all").error().code() == K7_ERR_IO);
    CHECK(THROWN(k7::invalid_error, k7::spec::from_json("{\"name\": 1}")).name() == "K7_ERR_PARSE");
    CHECK(!k7::spec("not a name", "alpine:latest").try_validate());
    CHECK(spec.image() == "alpine:latest" && spec.env().empty());
}

TEST(the_tables)
{
    CHECK(k7::version_number() > 0 && !k7::version().empty() && k7::has_feature("memory"));
    CHECK(k7::operations().size() == 5 && k7::operations()[0] == "create" && k7::transports().size() >= 1);
    CHECK(k7::transport_supports("memory", "create") == true && !k7::transport_supports("memory", "explode"));
    bool secret = false;
    for (const k7::config_key &key : k7::config_keys())
        secret = secret || (key.name == "rest.api_key" && key.is_secret && key.transport == "rest");
    CHECK(secret || !k7::has_feature("rest"));
    for (const k7::error_code &row : k7::error_codes()) {
        k7::error failure(nullptr, row.code);
        CHECK(failure.error_class() == row.error_class && failure.what() == row.meaning);
        CHECK(row.error_class != k7::error_class::none && !row.class_name.empty());
        try {
            k7::raise(failure);
        } catch (const k7::error &thrown) {
            CHECK(typeid(thrown) != typeid(k7::error) && thrown.name() == row.name);
        }
    }
}
