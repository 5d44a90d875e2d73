/* calls.c: lists again and again, for calls.py, which compares languages: calls ENDPOINT [API-KEY]. For each number on standard input, so many calls one after another; their
 * wall and processor time in microseconds on standard output. */
#include "measure.h"

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    k7_config *config = NULL;
    k7_client *client = NULL;
    k7_error *error = NULL;
    k7_spec *spec = NULL;
    char line[32];

    if (argc != 2 && argc != 3)
        give_up("usage: calls ENDPOINT [API-KEY]");
    if (k7_config_new(&config, &error) != 0 || k7_config_set(config, "endpoint", argv[1], &error) != 0 ||
        (argc == 3 && k7_config_set(config, "rest.api_key", argv[2], &error) != 0) ||
        k7_client_open(config, &client, &error) != 0)
        give_up("no client: %s", k7_error_get_message(error));
    if (argc == 2 && (k7_spec_new("sandbox", "docker.io/library/alpine:3.20", &spec, &error) != 0 ||
                      k7_sandbox_create(client, spec, NULL, NULL, &error) != 0))
        give_up("create: %s", k7_error_get_message(error));
    k7_spec_free(spec);
    while (fgets(line, sizeof line, stdin)) {
        double wall = now_us(), cpu = cpu_us();

        for (long i = atol(line); i > 0; i--) {
            k7_sandboxes *list = NULL;

            if (k7_sandbox_list(client, NULL, NULL, &list, &error) != 0 || k7_sandboxes_count(list) != 1)
                give_up("list: %s", k7_error_get_message(error));
            k7_sandboxes_unref(list);
        }
        printf("%.0f %.0f\n", now_us() - wall, cpu_us() - cpu);
        fflush(stdout);
    }
    k7_client_unref(client);
    k7_config_free(config);
    return 0;
}
