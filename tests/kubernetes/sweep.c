/* sweep.c: see sweep.h. */
#include "sweep.h"

#include <pthread.h>
#include <stdarg.h>

enum { WORLDS = 16, CASES_MAX = 2048, REQUESTS_MAX = 64, COMPLAINTS_MAX = 5, STEPS_MAX = 64 };

struct sweep {
    const struct sweep_operation *operation;
    const struct sweep_case *cases;
    size_t case_count;
    pthread_mutex_t lock; /* over what follows */
    size_t next;
    size_t complaint_count;
};

struct worker {
    struct sweep *sweep;
    struct sweep_world world;
    pthread_t thread;
};

char *sweep_complaint(const char *format, ...)
{
    va_list arguments;
    char *text;

    va_start(arguments, format);
    if (vasprintf(&text, format, arguments) < 0)
        abort();
    va_end(arguments);
    return text;
}

/* --- what an error must say ------------------------------------------------------------------------------------------------------ */

/* The next line of peer_objects(); 0 at the end. */
static int next_object(const char **at, char *kind, char *name, char *uid)
{
    int len = 0;

    if (sscanf(*at, "%31s %255s %63s\n%n", kind, name, uid, &len) != 3)
        return 0;
    *at += len;
    return 1;
}

/* "Secret demo/web-env (uid UID)", also with "unknown" for the uid and more words after it. */
static int names(const char *leftover, const char *kind, const char *name, const char *uid)
{
    const char *slash = strchr(leftover, '/');
    size_t len = strlen(name);

    return slash && strncmp(leftover, kind, strlen(kind)) == 0 && leftover[strlen(kind)] == ' ' &&
           strncmp(slash + 1, name, len) == 0 && strchr(" ,", slash[1 + len]) &&
           (!strstr(leftover, "(uid ") || strstr(leftover, "(uid unknown)") || strstr(leftover, uid));
}

static int is_named(const k7_error *error, const char *kind, const char *name, const char *uid)
{
    for (size_t i = 0; i < k7_error_leftover_count(error); i++)
        if (names(k7_error_leftover_at(error, i), kind, name, uid))
            return 1;
    return 0;
}

static int is_there(const char *leftover, const char *objects)
{
    char kind[32], name[256], uid[64];

    while (next_object(&objects, kind, name, uid))
        if (names(leftover, kind, name, uid))
            return 1;
    return 0;
}

static int is_silent(const struct sweep_case *case_)
{
    return case_->plan.act == PROXY_HANG || case_->plan.act == PROXY_LATE;
}

/* The end of the path that is called to delete what a leftover names; "" when it is nothing of create's. */
static const char *path_of(const char *leftover, char *room, size_t size)
{
    static const char *const rows[][2] = { { "Deployment ", "deployments" },
                                           { "NetworkPolicy ", "networkpolicies" },
                                           { "Secret ", "secrets" } };
    const char *slash = strchr(leftover, '/');

    *room = '\0';
    for (size_t i = 0; slash && i < sizeof rows / sizeof rows[0]; i++)
        if (strncmp(leftover, rows[i][0], strlen(rows[i][0])) == 0)
            snprintf(room, size, "/%s/%.*s", rows[i][1], (int)strcspn(slash + 1, " ,"), slash + 1);
    return room;
}

/* Whether an error may name something that is not there. Only where the call had to end before it could know: the server was silent, or wrong to the end, or the caller did not wait. And
 * not when it was told that it is gone. A Deployment goes a moment after its deletion was answered. */
static int may_be_mistaken(const struct sweep_world *world, const char *leftover)
{
    const struct sweep_case *case_ = world->case_;
    int is_impatient = case_->cancels_before == 2 || case_->cancels_after == 2;
    int is_deployment = strncmp(leftover, "Deployment ", strlen("Deployment ")) == 0;
    char path[300];

    if (!is_impatient && !case_->plan.and_later && !is_silent(case_))
        return 0;
    return is_impatient || is_deployment ||
           !proxy_has_told(world->proxy, "DELETE", path_of(leftover, path, sizeof path));
}

char *sweep_verify_leftovers(const struct sweep_world *world, const k7_error *error, const char *objects)
{
    char kind[32], name[256], uid[64];
    const char *at = objects;

    while (next_object(&at, kind, name, uid)) {
        /* A ReplicaSet and a Pod go with their Deployment: whoever has its name can remove them. */
        int is_owned = strcmp(kind, "ReplicaSet") == 0 || strcmp(kind, "Pod") == 0;

        if (is_owned ? k7_error_leftover_count(error) == 0 : !is_named(error, kind, name, uid))
            return sweep_complaint("%s %s is left, and not named", kind, name);
    }
    for (size_t i = 0; i < k7_error_leftover_count(error); i++) {
        const char *leftover = k7_error_leftover_at(error, i);

        if (!is_there(leftover, objects) && !may_be_mistaken(world, leftover))
            return sweep_complaint("\"%s\" is named, and not left", leftover);
    }
    if (k7_error_leftover_count(error) > 0 && k7_error_get_outcome(error) != K7_OUTCOME_UNKNOWN)
        return sweep_complaint("something is left, but the outcome is not unknown");
    return NULL;
}

char *sweep_verify_policies(const char *objects)
{
    const char *running = strstr(objects, "Pod ");

    if (running && (!strstr(objects, "-deny-ingress ") || !strstr(objects, "-netpol ")))
        return sweep_complaint("a pod is there without its policies");
    return NULL;
}

/* --- one run --------------------------------------------------------------------------------------------------------------------- */

struct moment { /* when to cancel */
    const struct sweep_case *case_;
    k7_cancel *cancel;
    int steps;
};

static void trigger(k7_cancel *cancel, int times)
{
    for (int i = 0; i < times; i++)
        k7_cancel_trigger(cancel);
}

static void before_request(void *user)
{
    struct moment *moment = user;

    trigger(moment->cancel, moment->case_->cancels_before);
}

static void after_request(void *user)
{
    struct moment *moment = user;

    trigger(moment->cancel, moment->case_->cancels_after);
}

static void on_progress(void *user, const k7_progress *progress)
{
    struct moment *moment = user;

    (void)progress;
    if (++moment->steps == moment->case_->cancel_at_step)
        trigger(moment->cancel, 1);
}

/* To take back: much where it has to come to its end however busy the machine is, little where it cannot. */
static int cleanup_ms(const struct sweep_case *case_)
{
    return case_->plan.and_later ? 3000 : is_silent(case_) ? 5000 : 60000;
}

static k7_call *new_call(const struct sweep_operation *operation, struct moment *moment)
{
    int is_limited = is_silent(moment->case_) || (moment->case_->plan.and_later && operation->is_patient);
    k7_call *call = NULL;
    k7_error *error = NULL;

    if (k7_call_new(&call, &error) != 0 || k7_cancel_new(&moment->cancel, &error) != 0 ||
        k7_call_set_cancel(call, moment->cancel, &error) != 0 ||
        k7_call_set_progress(call, on_progress, moment, NULL, &error) != 0 ||
        k7_call_set_cleanup_timeout_ms(call, cleanup_ms(moment->case_), &error) != 0 ||
        (is_limited && k7_call_set_timeout_ms(call, operation->time_limit_ms, &error) != 0))
        abort();
    return call;
}

static void forget(struct sweep_world *world)
{
    world->list = k7_sandboxes_unref(world->list);
    world->sandbox = k7_sandbox_unref(world->sandbox);
    world->results = k7_results_unref(world->results);
}

/* K7's Secrets are recognised by the Deployment that names them; without it, by who reads the error. */
static void delete_named_secrets(const k7_error *error)
{
    char in_namespace[64], name[256], path[400];

    for (size_t i = 0; i < k7_error_leftover_count(error); i++)
        if (sscanf(k7_error_leftover_at(error, i), "Secret %63[^/]/%255[^ ,]", in_namespace, name) == 2) {
            snprintf(path, sizeof path, "/api/v1/namespaces/%s/secrets/%s", in_namespace, name);
            json_object_put(peer_call("DELETE", path, NULL, NULL));
        }
}

/* Everything away, by an operation that no fault disturbs: which must work whatever the one before left. */
static char *clear(struct sweep_world *world, const k7_error *before)
{
    k7_error *error = NULL;
    char *complaint = NULL;
    int count;

    delete_named_secrets(before);
    for (size_t i = 0; i < k7_results_count(world->results); i++)
        delete_named_secrets(k7_results_error_at(world->results, i));
    forget(world);

    /* A Deployment that is gone leaves no name to list by. */
    if (k7_sandbox_delete_all(world->witness, world->namespace_, NULL, &world->results, &error) != 0 ||
        k7_sandbox_delete(world->witness, world->namespace_, "demo", NULL, NULL, &error) != 0 ||
        k7_sandbox_delete(world->witness, world->namespace_, "other", NULL, NULL, &error) != 0)
        complaint = sweep_complaint("deleting afterwards: %s", k7_error_get_message(error));
    char *objects = peer_objects(world->namespace_, &count);
    if (!complaint && count > 0)
        complaint = sweep_complaint("left after deleting afterwards:\n%s", objects);
    free(objects);
    k7_error_unref(error);
    forget(world);
    return complaint;
}

static char *describe(const struct sweep_operation *operation, struct sweep_world *world,
                      const struct sweep_case *case_, int code, const k7_error *error, const char *objects,
                      char *complaint)
{
    char *text = sweep_complaint(
        "%s, request %d of %d (%s), %s%s, %d fails, cancels %d+%d, at step %d: %s; %s: %s\n%s",
        operation->name, case_->plan.n, proxy_requests(world->proxy),
        proxy_request(world->proxy, case_->plan.n), proxy_act_name(case_->plan.act),
        case_->plan.and_later ? " from here on" : "", case_->plan.fails, case_->cancels_before,
        case_->cancels_after, case_->cancel_at_step, complaint, k7_error_code_name(code),
        k7_error_get_message(error), objects);

    for (size_t i = 0; i < k7_error_leftover_count(error); i++) {
        char *longer = sweep_complaint("%sleftover: %s\n", text, k7_error_leftover_at(error, i));

        free(text);
        text = longer;
    }
    free(complaint);
    return text;
}

struct measures {
    int requests, steps;
    char error[512];
};

/* One run; *ret_measures may be NULL. */
static char *run_case(const struct sweep_operation *operation, struct sweep_world *world,
                      const struct sweep_case *case_, struct measures *ret_measures)
{
    struct moment moment = { .case_ = case_ };
    struct proxy_plan plan = case_->plan;
    k7_error *error = NULL;

    if (operation->prepare && !operation->keeps_world)
        operation->prepare(world);
    world->case_ = case_;
    world->proxy = proxy_start();
    world->client = open_with(proxy_kubeconfig(world->proxy));
    plan.before = before_request;
    plan.after = after_request;
    plan.user = &moment;
    proxy_set_plan(world->proxy, &plan);
    k7_call *call = new_call(operation, &moment);
    int code = operation->run(world, call, &error);
    proxy_await_late(world->proxy);
    char *objects = peer_objects(world->namespace_, NULL);
    char *complaint = operation->verify(world, code, error, objects);
    if (complaint)
        complaint = describe(operation, world, case_, code, error, objects, complaint);
    if (ret_measures) {
        ret_measures->requests = proxy_requests(world->proxy);
        ret_measures->steps = moment.steps;
        snprintf(ret_measures->error, sizeof ret_measures->error, "%s",
                 code ? k7_error_get_message(error) : "");
    }
    if (!operation->keeps_world) {
        char *second = clear(world, error);

        if (complaint)
            free(second);
        else if (second)
            complaint = describe(operation, world, case_, code, error, objects, second);
    }
    forget(world);
    world->client = k7_client_unref(world->client);
    proxy_stop(world->proxy);
    free(objects);
    k7_error_unref(error);
    k7_call_free(call);
    k7_cancel_unref(moment.cancel);
    return complaint;
}

/* --- all runs -------------------------------------------------------------------------------------------------------------------- */

static void world_open(struct sweep_world *world, const struct sweep_operation *operation)
{
    *world = (struct sweep_world){ .namespace_ = another_namespace() };
    world->witness = open_client(new_config());
    if (operation->prepare && operation->keeps_world)
        operation->prepare(world);
}

static void world_close(struct sweep_world *world)
{
    k7_client_unref(world->witness);
}

static void *work(void *user)
{
    struct worker *worker = user;
    struct sweep *sweep = worker->sweep;

    for (;;) {
        pthread_mutex_lock(&sweep->lock);
        int is_over = sweep->next == sweep->case_count || sweep->complaint_count >= COMPLAINTS_MAX;
        const struct sweep_case *case_ = &sweep->cases[sweep->next];
        sweep->next += !is_over;
        pthread_mutex_unlock(&sweep->lock);
        if (is_over)
            return NULL;
        char *complaint = run_case(sweep->operation, &worker->world, case_, NULL);
        pthread_mutex_lock(&sweep->lock);
        if (complaint) { /* longer than what check reports */
            printf("%s\n", complaint);
            fflush(stdout);
            sweep->complaint_count++;
            free(complaint);
        }
        pthread_mutex_unlock(&sweep->lock);
    }
}

static void run_all(const struct sweep_operation *operation, const struct sweep_case *cases, size_t count)
{
    struct sweep sweep = { .operation = operation, .cases = cases, .case_count = count };
    static struct worker workers[WORLDS];

    pthread_mutex_init(&sweep.lock, NULL);
    for (int i = 0; i < WORLDS; i++) {
        workers[i].sweep = &sweep;
        world_open(&workers[i].world, operation);
    }
    for (int i = 0; i < WORLDS; i++)
        ck_assert_int_eq(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    for (int i = 0; i < WORLDS; i++) {
        pthread_join(workers[i].thread, NULL);
        world_close(&workers[i].world);
    }
    pthread_mutex_destroy(&sweep.lock);
    ck_assert_msg(sweep.complaint_count == 0, "%s: %zu of %zu runs went wrong, see above", operation->name,
                  sweep.complaint_count, count);
}

/* How many requests and steps it has when nothing goes wrong but the request `fails`. */
static struct measures measure(const struct sweep_operation *operation, int fails)
{
    struct sweep_world world;
    struct measures measures;

    world_open(&world, operation);
    char *complaint = run_case(operation, &world, &(struct sweep_case){ .plan.fails = fails }, &measures);
    ck_assert_msg(!complaint, "%s", complaint);
    ck_assert_msg(!*measures.error == !fails, "%s: %s", operation->name, measures.error);
    world_close(&world);
    ck_assert_int_ge(measures.requests, 1);
    ck_assert_int_lt(measures.requests, REQUESTS_MAX);
    ck_assert_int_lt(measures.steps, STEPS_MAX);
    return measures;
}

static struct sweep_case cases[CASES_MAX];

/* One of each of refusing, delaying, cutting and dropping the answer. */
static int is_wanted(const struct sweep_operation *operation, enum proxy_act act, int and_later)
{
    int is_typical = act == PROXY_CUT || act == PROXY_403 || act == PROXY_LATE || act == PROXY_DROP;

    return (is_typical || !operation->has_twins) && (act == PROXY_CUT || !and_later || !operation->is_long);
}

/* Each of the requests from first to last goes wrong in each way. */
static size_t add_faults(const struct sweep_operation *operation, int fails, int first, int last)
{
    size_t count = 0;

    for (int n = first; n <= last; n++)
        for (enum proxy_act act = PROXY_REFUSE; act < PROXY_ACTS; act++)
            for (int and_later = 0; and_later < 2; and_later++)
                if (is_wanted(operation, act, and_later))
                    cases[count++].plan =
                        (struct proxy_plan){ .n = n, .act = act, .and_later = and_later, .fails = fails };
    return count;
}

void sweep_faults(const struct sweep_operation *operation)
{
    struct measures whole = measure(operation, 0);

    run_all(operation, cases,
            add_faults(operation, 0, operation->only_last ? whole.requests : 1, whole.requests));
}

void sweep_undo(const struct sweep_operation *operation)
{
    struct measures whole = measure(operation, 0), undone = measure(operation, whole.requests);

    ck_assert_int_gt(undone.requests, whole.requests);
    run_all(operation, cases, add_faults(operation, whole.requests, whole.requests + 1, undone.requests));
}

void sweep_stops(const struct sweep_operation *operation)
{
    static const enum proxy_act acts[] = { PROXY_FORWARD, PROXY_CUT, PROXY_LATE, PROXY_DROP };
    struct measures whole = measure(operation, 0);
    size_t count = 0;

    for (int n = operation->only_last ? whole.requests : 1; n <= whole.requests; n++)
        for (int times = 1; times <= (operation->is_long ? 1 : 2); times++) {
            cases[count++] = (struct sweep_case){ .plan.n = n, .cancels_after = times };
            for (size_t i = 0; i < (operation->is_long ? 1 : sizeof acts / sizeof acts[0]); i++)
                cases[count++] =
                    (struct sweep_case){ .plan = { .n = n, .act = acts[i] }, .cancels_before = times };
        }
    for (int k = operation->only_last ? whole.steps : 1; k <= whole.steps; k++)
        cases[count++] = (struct sweep_case){ .cancel_at_step = k };
    run_all(operation, cases, count);
}
