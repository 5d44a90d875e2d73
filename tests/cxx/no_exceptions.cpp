/* no_exceptions.cpp: the wrapper where the compiler has no exceptions: by its twins. */
#include <k7sandbox/k7sandbox.hpp>

int main()
{
    auto client = k7::client::try_open("memory:");
    auto spec = k7::spec::try_make("demo", "alpine:latest");
    if (!client || !spec || !spec->try_set_limit("cpu", "1"))
        return 1;
    auto made = client->try_create(*spec);
    auto absent = client->try_get("absent", std::nullopt);
    bool good = made && made->name() == "demo" && !absent &&
                absent.error().error_class() == k7::error_class::not_found;
    return good && client->try_delete_sandbox("demo", std::nullopt, {}) ? 0 : 1;
}
