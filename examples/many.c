/* many.c: creates many sandboxes, a few at a time, says what became of each, and deletes them.
 *
 * usage: many [COUNT [AT_ONCE [STARTS_PER_SECOND]]]    the endpoint from K7's environment variables, or its client file */
#include <stdio.h>
#include <stdlib.h>
#include <k7sandbox/k7sandbox.h>

static int add(k7_batch *batch, int number, k7_error **err)
{
    k7_spec *spec = NULL;
    char name[32];

    snprintf(name, sizeof(name), "many-%d", number);
    int status = k7_spec_new(name, "alpine:latest", &spec, err);
    if (status == 0)
        status = k7_spec_set_limit(spec, "memory", "128Mi", err);
    if (status == 0)
        status = k7_batch_add_spec(batch, spec, err);
    k7_spec_free(spec);
    return status;
}

/* 0, or 1 when an item is not done. */
static int report(const char *what, const k7_results *results)
{
    static const char *const outcomes[] = { "done", "failed", "not started", "unknown" };

    for (size_t i = 0; i < k7_results_count(results); i++) {
        const k7_error *why = k7_results_error_at(results, i);

        if (why != NULL)
            fprintf(stderr, "%s %s: %s: %s\n", what, k7_results_name_at(results, i),
                    outcomes[k7_results_outcome_at(results, i)], k7_error_get_message(why));
        for (size_t k = 0; k < k7_error_leftover_count(why); k++)
            fprintf(stderr, "left behind: %s\n", k7_error_leftover_at(why, k));
    }
    printf("%s: %zu of %zu done\n", what, k7_results_count_of(results, K7_ITEM_DONE),
           k7_results_count(results));
    return k7_results_count_of(results, K7_ITEM_DONE) != k7_results_count(results);
}

int main(int argc, char **argv)
{
    k7_client *client = NULL;
    k7_batch *batch = NULL;
    k7_results *created = NULL, *deleted = NULL;
    k7_error *err = NULL;
    int count = argc > 1 ? atoi(argv[1]) : 20, left = 0;

    int status = k7_client_open(NULL, &client, &err);
    if (status == 0)
        status = k7_batch_new(&batch, &err);
    for (int i = 0; i < count && status == 0; i++)
        status = add(batch, i, &err);
    if (status == 0 && argc > 2)
        status = k7_batch_set_at_once(batch, atoi(argv[2]), &err);
    if (status == 0 && argc > 3)
        status = k7_batch_set_starts_per_second(batch, atoi(argv[3]), &err);

    if (status == 0)
        status = k7_sandbox_create_many(client, batch, NULL, &created, &err);
    if (status == 0)
        left |= report("create", created);
    if (status == 0) /* the batch knows their names; one that is not there counts as deleted */
        status = k7_sandbox_delete_many(client, batch, NULL, NULL, &deleted, &err);
    if (status == 0)
        left |= report("delete", deleted);
    if (status != 0)
        fprintf(stderr, "many: %s\n", k7_error_get_message(err));

    k7_error_unref(err);
    k7_results_unref(created);
    k7_results_unref(deleted);
    k7_batch_free(batch);
    k7_client_unref(client);
    return status == 0 && left == 0 ? 0 : 1;
}
