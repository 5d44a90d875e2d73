/* with_exceptions.cpp: a part with exceptions of a program that has parts without. */
#include <k7sandbox/k7sandbox.hpp>

bool catches_what_is_thrown();

bool catches_what_is_thrown()
{
    int caught = 0;
    k7::batch batch;
    try {
        batch.set_at_once(1000);
    } catch (const k7::invalid_error &) {
        caught++;
    }
    try {
        k7::raise(k7::error(nullptr, K7_ERR_NOT_FOUND));
    } catch (const k7::not_found_error &) {
        caught++;
    }
    k7::call call;
    call.on_progress = [](const k7::progress &) { throw 1; };
    k7::client client("memory:");
    try {
        client.create(k7::spec("thrown", "alpine:latest"), call);
    } catch (int) {
        caught++;
    }
    return caught == 3;
}
