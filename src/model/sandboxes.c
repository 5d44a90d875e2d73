/* sandboxes.c: lists of sandboxes, and the options of the operations on them. */
#include "model/sandbox.h"

#include "base/alloc.h"
#include "base/error.h"
#include "base/quote.h"
#include "base/text.h"

#include <stdatomic.h>
#include <string.h>

struct k7_sandboxes {
    atomic_int references;
    size_t count, room;
    k7_sandbox **items;
};

int k7i_sandboxes_new(k7_sandboxes **ret_list, k7_error **err)
{
    *ret_list = k7i_calloc(1, sizeof **ret_list);
    if (!*ret_list)
        return k7i_fail_memory(err);
    atomic_init(&(*ret_list)->references, 1);
    return 0;
}

int k7i_sandboxes_add(k7_sandboxes *list, k7_sandbox *sandbox, k7_error **err)
{
    if (list->count == list->room) {
        size_t room = list->room ? list->room * 2 : 8;
        k7_sandbox **items = k7i_reallocarray(list->items, room, sizeof(k7_sandbox *));
        if (!items) {
            k7_sandbox_unref(sandbox);
            return k7i_fail_memory(err);
        }
        list->items = items;
        list->room = room;
    }
    list->items[list->count++] = sandbox;
    return 0;
}

k7_sandboxes *k7_sandboxes_ref(k7_sandboxes *list)
{
    if (list)
        atomic_fetch_add(&list->references, 1);
    return list;
}

k7_sandboxes *k7_sandboxes_unref(k7_sandboxes *list)
{
    if (list && atomic_fetch_sub(&list->references, 1) == 1) {
        for (size_t i = 0; i < list->count; i++)
            k7_sandbox_unref(list->items[i]);
        k7i_free(list->items);
        k7i_free(list);
    }
    return NULL;
}

size_t k7_sandboxes_count(const k7_sandboxes *list)
{
    return list ? list->count : 0;
}

k7_sandbox *k7_sandboxes_at(const k7_sandboxes *list, size_t i)
{
    return i < k7_sandboxes_count(list) ? list->items[i] : NULL;
}

/* Replaces an optional text of an options object. */
static int set_text(char **slot, const char *what, const char *text, k7_error **err)
{
    char *copy = NULL;

    if (text) {
        if (!k7i_text_is_utf8(text, strlen(text)) || k7i_text_has_control(text))
            return k7i_fail(err, K7_ERR_INVALID_ARGUMENT, "%s: %s is not plain text", what, K7I_QUOTE(text));
        copy = k7i_strdup(text);
        if (!copy)
            return k7i_fail_memory(err);
    }
    k7i_free(*slot);
    *slot = copy;
    return 0;
}

static int set_flag(int *slot, const char *what, int yes, k7_error **err)
{
    if (yes != 0 && yes != 1)
        return k7i_fail(err, K7_ERR_INVALID_ARGUMENT, "%s: %d is neither 0 nor 1", what, yes);
    *slot = yes;
    return 0;
}

static int no_object(const char *what, k7_error **err)
{
    return k7i_fail(err, K7_ERR_INVALID_ARGUMENT, "%s is NULL", what);
}

int k7_query_new(k7_query **ret_query, k7_error **err)
{
    if (err)
        *err = NULL;
    if (!ret_query)
        return no_object("ret_query", err);
    *ret_query = k7i_calloc(1, sizeof **ret_query);
    return *ret_query ? 0 : k7i_fail_memory(err);
}

void k7_query_free(k7_query *query)
{
    if (!query)
        return;
    k7i_free(query->namespace_);
    k7i_free(query);
}

int k7_query_set_namespace(k7_query *query, const char *namespace_, k7_error **err)
{
    if (err)
        *err = NULL;
    return query ? set_text(&query->namespace_, "namespace", namespace_, err) : no_object("query", err);
}

int k7_query_set_all_namespaces(k7_query *query, int yes, k7_error **err)
{
    if (err)
        *err = NULL;
    return query ? set_flag(&query->all_namespaces, "all_namespaces", yes, err) : no_object("query", err);
}

int k7_delete_options_new(k7_delete_options **ret_options, k7_error **err)
{
    if (err)
        *err = NULL;
    if (!ret_options)
        return no_object("ret_options", err);
    *ret_options = k7i_calloc(1, sizeof **ret_options);
    return *ret_options ? 0 : k7i_fail_memory(err);
}

void k7_delete_options_free(k7_delete_options *options)
{
    if (!options)
        return;
    k7i_free(options->uid);
    k7i_free(options);
}

int k7_delete_options_set_uid(k7_delete_options *options, const char *uid, k7_error **err)
{
    if (err)
        *err = NULL;
    return options ? set_text(&options->uid, "uid", uid, err) : no_object("options", err);
}

int k7_delete_options_set_missing_is_error(k7_delete_options *options, int yes, k7_error **err)
{
    if (err)
        *err = NULL;
    return options ? set_flag(&options->missing_is_error, "missing_is_error", yes, err)
                   : no_object("options", err);
}

int k7_delete_options_set_no_wait(k7_delete_options *options, int yes, k7_error **err)
{
    if (err)
        *err = NULL;
    return options ? set_flag(&options->no_wait, "no_wait", yes, err) : no_object("options", err);
}
