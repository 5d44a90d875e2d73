/* fuzz_kube_list.h: whatever a server answers to a list, in pieces of any size, is a list or refused: the same list whatever the pieces, its texts UTF-8, and what is joined
 * from it names every sandbox. */
#ifndef K7T_FUZZ_KUBE_LIST_H
#define K7T_FUZZ_KUBE_LIST_H

#include "transport/kubernetes/collection.h"
#include "transport/kubernetes/page.h"

#include "base/text.h"
#include "fuzz.h"

#include <string.h>

struct fuzz_list {
    enum k7i_kind kind;
    struct k7i_collection found;
    size_t count;
};

static void fuzz_check_text(const char *text)
{
    FUZZ_CHECK(!text || (*text && k7i_text_is_utf8(text, strlen(text))));
}

static void fuzz_check_metadata(const struct k7i_metadata *meta)
{
    const char *const texts[] = { meta->name,       meta->namespace_,     meta->uid,
                                  meta->app,        meta->runtime,        meta->sandbox,
                                  meta->backend,    meta->create_id,      meta->template_hash,
                                  meta->controller, meta->controller_kind };

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        fuzz_check_text(texts[i]);
    FUZZ_CHECK(meta->created_unix >= -1);
}

static int fuzz_take(void *user, const void *record)
{
    struct fuzz_list *list = user;
    const struct k7i_deployment *deployment = record;
    const struct k7i_pod *pod = record;

    list->count++;
    fuzz_check_metadata(record);
    if (list->kind == K7I_KIND_POD) {
        fuzz_check_text(pod->waiting_message);
        fuzz_check_text(pod->ended_message);
        FUZZ_CHECK(pod->restarts >= 0);
        return pod->meta.namespace_ && pod->meta.sandbox ? k7i_collection_add_pod(&list->found, pod) : 0;
    }
    fuzz_check_text(deployment->image);
    fuzz_check_text(deployment->failure_message);
    return k7i_deployment_is_sandbox(deployment) ? k7i_collection_add_deployment(&list->found, deployment)
                                                 : 0;
}

static int fuzz_read(struct fuzz_list *list, struct k7i_page *page, enum k7i_kind kind, const char *data,
                     size_t len, size_t size)
{
    int code = 0;

    *list = (struct fuzz_list){ .kind = kind };
    k7i_page_begin(page, kind, fuzz_take, list);
    for (size_t at = 0; at < len && !code; at += size)
        code = k7i_page_add(page, data + at, len - at < size ? len - at : size);
    return code ? code : k7i_page_end(page);
}

/* The first byte says what is listed, the second the size of the pieces. begin: what the rest begins with. */
static void fuzz_kube_list(const uint8_t *data, size_t size, const char *begin, size_t begin_len)
{
    struct k7i_page page = { 0 };
    struct fuzz_list whole, pieces, none = { 0 };
    k7_sandboxes *sandboxes = NULL;

    if (size < 2)
        return;
    enum k7i_kind kind = data[0] & 1 ? K7I_KIND_POD : K7I_KIND_DEPLOYMENT;
    size_t len = begin_len + size - 2;
    char *text = malloc(len + 1);
    memcpy(text, begin, begin_len);
    memcpy(text + begin_len, data + 2, size - 2);
    int code = fuzz_read(&whole, &page, kind, text, len, len + 1);
    FUZZ_CHECK(code || k7i_text_is_utf8(page.next.data, page.next.len));
    int code_of_pieces = fuzz_read(&pieces, &page, kind, text, len, (size_t)data[1] + 1);
    FUZZ_CHECK(code == code_of_pieces && whole.count == pieces.count);
    free(text);
    k7i_page_clear(&page);
    k7i_collection_sort(&whole.found, kind == K7I_KIND_POD);
    if (k7i_collection_join(kind == K7I_KIND_POD ? &none.found : &whole.found,
                            kind == K7I_KIND_POD ? &whole.found : &none.found, 0, &sandboxes, NULL) == 0)
        for (size_t i = 0; i < k7_sandboxes_count(sandboxes); i++)
            FUZZ_CHECK(k7_sandbox_get_name(k7_sandboxes_at(sandboxes, i)));
    k7_sandboxes_unref(sandboxes);
    k7i_collection_clear(&whole.found);
    k7i_collection_clear(&pieces.found);
}

#endif
