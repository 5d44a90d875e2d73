/* many.cpp: creates many sandboxes from C++, a few at a time, says what became of each, and deletes them.
 *
 * usage: many-cxx [COUNT [AT_ONCE]]    the endpoint from K7's environment variables, or its client file */
#include <iostream>
#include <k7sandbox/k7sandbox.hpp>

static bool report(const char *what, const k7::results &results)
{
    for (const k7::item &item : results)
        if (item.error) {
            std::cerr << what << " " << item.name << ": " << item.error->what() << "\n";
            for (const std::string &left : item.error->leftovers())
                std::cerr << "left behind: " << left << "\n";
        }
    std::cout << what << ": " << results.count_of(k7::item_outcome::done) << " of " << results.size()
              << " done\n";
    return results.all_done();
}

int main(int argc, char **argv)
try {
    int count = argc > 1 ? std::stoi(argv[1]) : 20;
    k7::client client;
    k7::batch batch;
    if (argc > 2)
        batch.set_at_once(std::stoi(argv[2]));
    for (int i = 0; i < count; i++)
        batch.add(k7::spec("many-" + std::to_string(i), "alpine:latest").set_limit("memory", "128Mi"));

    bool created = report("create", client.create_many(batch));
    bool deleted = report("delete", client.delete_many(batch));
    return created && deleted ? 0 : 1;
} catch (const k7::error &failure) {
    std::cerr << "many: " << failure.what() << "\n";
    return 1;
}
