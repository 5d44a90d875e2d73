/* scenarios.c: the scenarios in C: operations that block, and, where a scenario says "begin", started ones on one loop. See README.md. */
#include "scenario.h"
#include "show.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

const char *image;
k7_client *client;
k7_spec *spec;
k7_cancel *token;
struct words settings, pace;
k7_spec *item_specs[ITEMS];
char item_names[ITEMS][64];
int item_count;

static struct words given[WORDS]; /* the program's own words, in words of one */
static const char *slow_endpoint;
static char settings_text[256], pace_text[256];
static k7_loop *loop;
static struct answer *begun[BEGUN];
static int begun_count;

void give_up(const char *what, const k7_error *error)
{
    fprintf(stderr, "scenarios: %s: %s\n", what, error ? k7_error_get_message(error) : "failed");
    exit(1);
}

int done(int status, k7_error **error)
{
    if (status != 0)
        show_error(stdout, *error);
    *error = k7_error_unref(*error);
    return status == 0;
}

/* --- words ----------------------------------------------------------------------------------------------------------------------- */

void cut(char *text, struct words *words)
{
    static char rest[4096], value[4096];
    char *to = text;

    for (const char *from = text; *from; from++) {
        int escaped = from[0] == '\\' && from[1] == 'n';

        *to++ = escaped ? '\n' : *from;
        from += escaped;
    }
    *to = 0;
    const char *space = strchr(text, ' ');
    snprintf(rest, sizeof rest, "%s", space ? space + 1 : "");
    space = strchr(rest, ' ');
    snprintf(value, sizeof value, "%s", space ? space + 1 : "");
    words->rest = rest;
    words->value = value;
    words->count = 0;
    for (char *word = strtok(text, " "); word && words->count < WORDS; word = strtok(NULL, " "))
        words->word[words->count++] = word;
}

const char *find(const struct words *words, const char *key)
{
    size_t len = strlen(key);

    for (int i = 0; i < words->count; i++)
        if (strncmp(words->word[i], key, len) == 0 && (words->word[i][len] == '=' || !words->word[i][len]))
            return words->word[i] + len + (words->word[i][len] == '=');
    return NULL;
}

int number(const char *text)
{
    return (int)strtol(text, NULL, 10);
}

/* --- the other commands ---------------------------------------------------------------------------------------------------------- */

static int set_keys(k7_config *config, const struct words *words, int from, k7_error **err)
{
    int status = 0;

    for (int i = from; i < words->count && status == 0; i++) {
        char key[64];
        const char *equals = strchr(words->word[i], '=');

        snprintf(key, sizeof key, "%.*s", (int)(equals - words->word[i]), words->word[i]);
        status = k7_config_set(config, key, equals + 1, err);
    }
    return status;
}

/* open: the endpoint that is tested; open slow: where a sandbox is not ready soon; open KEY=VALUE…: any other. */
static void do_open(const struct words *words)
{
    int own = words->count > 1 && strchr(words->word[1], '=') != NULL;
    int slow = words->count > 1 && strcmp(words->word[1], "slow") == 0;
    k7_config *config = NULL;
    k7_error *error = NULL;
    int status = k7_config_new(&config, &error);

    client = k7_client_unref(client);
    for (int i = 0; given[i].count && !own && status == 0; i++)
        status = set_keys(config, &given[i], 0, &error);
    if (slow && status == 0)
        status = k7_config_set(config, "endpoint", slow_endpoint, &error);
    if (own && status == 0)
        status = set_keys(config, words, 1, &error);
    if (status == 0)
        status = k7_client_open(config, &client, &error);
    done(status, &error);
    k7_config_free(config);
}

static void do_client(const struct words *words)
{
    (void)words;
    show_client(stdout, client);
}

static void do_full(const struct words *words)
{
    (void)words;
    full = 1;
}

/* call SETTING…: how the operations that follow are called. */
static void do_call(const struct words *words)
{
    k7_error *error = NULL;

    snprintf(settings_text, sizeof settings_text, "call %s", words->rest);
    struct words kept = *words;
    cut(settings_text, &settings);
    if (find(&kept, "token")) {
        k7_cancel_unref(token);
        done(k7_cancel_new(&token, &error), &error);
    }
}

static void do_batch(const struct words *words)
{
    snprintf(pace_text, sizeof pace_text, "batch %s", words->rest);
    cut(pace_text, &pace);
    while (item_count > 0) {
        k7_spec_free(item_specs[--item_count]);
        item_specs[item_count] = NULL;
    }
}

/* spec NAME…: each to be created from the spec; name NAME…: to be got or deleted. */
static void do_spec(const struct words *words)
{
    k7_error *error = NULL;

    for (int i = 1; i < words->count; i++, item_count++) {
        int status = k7_spec_dup(spec, &item_specs[item_count], &error);

        if (status == 0)
            status = k7_spec_set_name(item_specs[item_count], words->word[i], &error);
        done(status, &error);
    }
}

static void do_name(const struct words *words)
{
    for (int i = 1; i < words->count; i++, item_count++)
        snprintf(item_names[item_count], sizeof item_names[0], "%s", words->word[i]);
}

static void do_begin(const struct words *words)
{
    struct words operation = *words;
    k7_error *error = NULL;

    if (!loop && k7_loop_new(&loop, &error) != 0)
        give_up("loop", error);
    operation.count--;
    memmove(operation.word, operation.word + 1, sizeof(char *) * (size_t)operation.count);
    begun[begun_count++] = run(&operation, loop);
}

/* Until a get finds it, or finds it no more. */
static void await(const char *name, int wanted)
{
    k7_error *error = NULL;
    int found;

    do {
        k7_sandbox *sandbox = NULL;

        if (loop)
            k7_loop_wait(loop, 0, NULL);
        found = k7_sandbox_get(client, NULL, name, NULL, &sandbox, &error) == 0;
        if (error && k7_error_get_code(error) != K7_ERR_NOT_FOUND)
            give_up("get", error);
        error = k7_error_unref(error);
        k7_sandbox_unref(sandbox);
    } while (found != wanted);
}

static void do_appear(const struct words *words)
{
    await(words->word[1], 1);
}

static void do_vanish(const struct words *words)
{
    await(words->word[1], 0);
}

static void do_cancel(const struct words *words)
{
    (void)words;
    for (int i = 0; i < begun_count; i++)
        k7_op_cancel(begun[i]->op);
    if (begun_count == 0)
        k7_cancel_trigger(token);
}

/* end: all that was begun, in order; end any: in any order. */
static void do_end(const struct words *words)
{
    for (int i = 0; i < begun_count; i++)
        end(begun[i], words->count > 1 ? "* " : "- ");
    begun_count = 0;
}

static void do_advance(const struct words *words)
{
    k7_error *error = NULL;

    done(k7_memory_advance(client, number(words->word[1]), &error), &error);
}

/* descriptors none: none can be opened; descriptors: they can again. */
static void do_descriptors(const struct words *words)
{
    static rlim_t before;
    struct rlimit limit;

    getrlimit(RLIMIT_NOFILE, &limit);
    if (words->count > 1)
        before = limit.rlim_cur;
    limit.rlim_cur = words->count > 1 ? 0 : before;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
        give_up("setrlimit", NULL);
}

static const struct {
    const char *name;
    void (*run)(const struct words *words);
} commands[] = {
    { "open", do_open },       { "client", do_client },
    { "full", do_full },       { "call", do_call },
    { "batch", do_batch },     { "spec", do_spec },
    { "name", do_name },       { "begin", do_begin },
    { "appear", do_appear },   { "vanish", do_vanish },
    { "cancel", do_cancel },   { "end", do_end },
    { "advance", do_advance }, { "descriptors", do_descriptors },
};

/* --- the program ----------------------------------------------------------------------------------------------------------------- */

static void obey(char *line)
{
    struct words words;

    printf("> %s\n", line);
    cut(line, &words);
    if (operation_of(words.word[0]) >= 0) {
        end(run(&words, NULL), "");
        return;
    }
    if (obey_spec(&words))
        return;
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (strcmp(commands[i].name, words.word[0]) == 0) {
            commands[i].run(&words);
            return;
        }
    }
    give_up(words.word[0], NULL);
}

/* Each scenario begins as the first did. */
static void forget(void)
{
    static const struct words nothing = { .rest = "" };

    full = 0;
    settings.count = 0;
    k7_spec_free(spec);
    spec = NULL;
    do_batch(&nothing);
    token = k7_cancel_unref(token);
    client = k7_client_unref(client);
}

static int is_wanted(const char *title, char **numbers, int count)
{
    for (int i = 0; i < count; i++)
        if (number(numbers[i]) == number(title + 3))
            return 1;
    return count == 0;
}

/* scenarios FILE IMAGE SLOW-ENDPOINT KEY=VALUE… [NUMBER…] */
int main(int argc, char **argv)
{
    char line[4096];
    int wanted = 0, keys = 0;
    FILE *file = argc > 4 ? fopen(argv[1], "r") : NULL;

    if (!file)
        give_up("usage: scenarios FILE IMAGE SLOW-ENDPOINT KEY=VALUE... [NUMBER...]", NULL);
    setvbuf(stdout, NULL, _IOLBF, 0);
    image = argv[2];
    slow_endpoint = argv[3];
    for (; keys + 4 < argc && strchr(argv[keys + 4], '='); keys++) {
        given[keys].word[0] = argv[keys + 4];
        given[keys].count = 1;
    }
    while (fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = 0;
        if (strncmp(line, "== ", 3) == 0) {
            forget();
            wanted = is_wanted(line, argv + 4 + keys, argc - 4 - keys);
            if (wanted)
                puts(line);
        } else if (wanted && *line && *line != '#') {
            obey(line);
        }
    }
    forget();
    k7_loop_free(loop);
    fclose(file);
    return 0;
}
