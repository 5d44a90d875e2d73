/* calls.cpp: as calls.c, by the wrapper for C++: calls ENDPOINT [API-KEY]. */
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <k7sandbox/k7sandbox.hpp>

static double now_us(clockid_t clock)
{
    timespec now;

    clock_gettime(clock, &now);
    return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

int main(int argc, char **argv)
{
    if (argc != 2 && argc != 3)
        return 2;
    k7::config config;
    config.set("endpoint", std::string(argv[1]));
    if (argc == 3)
        config.set("rest.api_key", std::string(argv[2]));
    k7::client client(config);
    if (argc == 2)
        client.create(k7::spec("sandbox", "docker.io/library/alpine:3.20"));
    char line[32];
    while (std::fgets(line, sizeof line, stdin)) {
        double wall = now_us(CLOCK_MONOTONIC), cpu = now_us(CLOCK_THREAD_CPUTIME_ID);
        for (long i = std::atol(line); i > 0; i--) {
            if (client.list().size() != 1)
                return 1;
        }
        std::printf("%.0f %.0f\n", now_us(CLOCK_MONOTONIC) - wall, now_us(CLOCK_THREAD_CPUTIME_ID) - cpu);
        std::fflush(stdout);
    }
    return 0;
}
