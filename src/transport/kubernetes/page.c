/* page.c: see page.h: what is done with each part that the splitters find. */
#include "transport/kubernetes/page.h"

#include "base/text.h"
#include "transport/kubernetes/record_protobuf.h"

#include <string.h>

void k7i_page_begin(struct k7i_page *page, enum k7i_kind kind, int (*take)(void *user, const void *record),
                    void *user)
{
    struct k7i_buf object = page->object, next = page->next;

    if (object.limit == 0) {
        k7i_buf_init(&object, K7I_OBJECT_LIMIT);
        k7i_buf_init(&next, K7I_CONTINUE_LIMIT);
    }
    *page = (struct k7i_page){ .kind = kind, .take = take, .user = user, .object = object, .next = next };
    page->kind_name = kind == K7I_KIND_POD ? "PodList" : "DeploymentList";
    k7i_buf_reset(&page->object);
    k7i_buf_reset(&page->next);
}

void k7i_page_clear(struct k7i_page *page)
{
    if (page->object.limit == 0)
        return;
    k7i_buf_clear(&page->object);
    k7i_buf_clear(&page->next);
}

int k7i_page_collect(struct k7i_page *page, const char *data, size_t len)
{
    if (page->part != K7I_PART_NONE)
        k7i_buf_add(&page->object, data, len);
    return page->object.failed;
}

static int read_kind(struct k7i_page *page, const char *kind)
{
    page->kind_seen = 1;
    return k7i_text_equal(kind, page->kind_name) ? 0 : K7_ERR_PROTOCOL;
}

static int read_meta(struct k7i_page *page, const char *next)
{
    k7i_buf_text(&page->next, next ? next : "");
    return page->next.failed;
}

static int complete_protobuf(struct k7i_page *page)
{
    char *data = page->object.data;
    size_t len = page->object.len;
    const char *text = NULL;
    union {
        struct k7i_deployment deployment;
        struct k7i_pod pod;
    } record;

    switch (page->part) {
    case K7I_PART_KIND:
        return k7i_type_meta_read_protobuf(data, len, &text) == 0 ? read_kind(page, text) : K7_ERR_PROTOCOL;
    case K7I_PART_META:
        return k7i_list_meta_read_protobuf(data, len, &text) == 0 ? read_meta(page, text) : K7_ERR_PROTOCOL;
    default:
        if ((page->kind == K7I_KIND_POD ? k7i_pod_read_protobuf(data, len, &record.pod)
                                        : k7i_deployment_read_protobuf(data, len, &record.deployment)) != 0)
            return K7_ERR_PROTOCOL;
        return page->take(page->user, &record);
    }
}

static int complete_json(struct k7i_page *page)
{
    struct k7i_json *json;
    struct k7i_deployment deployment;
    struct k7i_pod pod;
    int code = k7i_json_parse(page->object.data, page->object.len, &json, NULL);

    if (code)
        return code == K7_ERR_PARSE ? K7_ERR_PROTOCOL : code;
    const struct k7i_json_value *root = k7i_json_root(json);
    if (page->part == K7I_PART_KIND) {
        code = read_kind(page, k7i_json_string(root));
    } else if (page->part == K7I_PART_META) {
        code = read_meta(page, k7i_json_get_string(root, "continue"));
    } else if (page->kind == K7I_KIND_POD) {
        k7i_pod_read_json(root, &pod);
        code = page->take(page->user, &pod);
    } else {
        k7i_deployment_read_json(root, &deployment);
        code = page->take(page->user, &deployment);
    }
    k7i_json_free(json);
    return code;
}

int k7i_page_complete(struct k7i_page *page)
{
    int code = 0;

    if (page->part != K7I_PART_NONE)
        code = page->encoding == 'p' ? complete_protobuf(page) : complete_json(page);
    k7i_buf_reset(&page->object);
    page->part = K7I_PART_NONE;
    return code;
}

int k7i_page_add(struct k7i_page *page, const char *data, size_t len)
{
    if (len == 0)
        return 0;
    if (!page->encoding)
        page->encoding = *data == 'k' ? 'p' : 'j';
    return page->encoding == 'p' ? k7i_split_protobuf(page, data, len) : k7i_split_json(page, data, len);
}

int k7i_page_end(struct k7i_page *page)
{
    return page->over && page->kind_seen ? 0 : K7_ERR_PROTOCOL;
}
