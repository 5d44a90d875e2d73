/* page_protobuf.c: a list in protobuf in its envelope (Kubernetes API concepts, "Kubernetes Protobuf encoding"; runtime.Unknown), split into the list's fields while it
 * arrives in pieces: nanopb reads whole messages only. */
#include "transport/kubernetes/page.h"
#include "transport/kubernetes/record_protobuf.h"

enum { TAG, LENGTH, NUMBER, PAYLOAD }; /* NUMBER: a varint that is passed over */
enum { WIRE_VARINT = 0, WIRE_64 = 1, WIRE_LEN = 2, WIRE_32 = 5 };

static int begin_payload(struct k7i_page *page, uint64_t len)
{
    struct k7i_split_protobuf *split = &page->protobuf;

    if (split->inside && len >= split->inside_left) /* the byte at hand is still counted */
        return K7_ERR_PROTOCOL;
    if (page->part == K7I_PART_RAW) {
        if (split->inside || page->over)
            return K7_ERR_PROTOCOL;
        page->part = K7I_PART_NONE;
        split->inside = len > 0;
        split->inside_left = len;
        split->state = TAG;
        page->over = len == 0;
        return 0;
    }
    if (page->part != K7I_PART_NONE && len > K7I_OBJECT_LIMIT)
        return K7_ERR_LIMIT;
    split->left = len;
    split->state = len ? PAYLOAD : TAG;
    return len ? 0 : k7i_page_complete(page);
}

static int take_tag(struct k7i_page *page, uint64_t tag)
{
    static const enum k7i_page_part parts[2][3] = {
        { K7I_PART_NONE, K7I_PART_KIND, K7I_PART_RAW },   /* Unknown: typeMeta, raw */
        { K7I_PART_NONE, K7I_PART_META, K7I_PART_OBJECT } /* DeploymentList, PodList: metadata, items */
    };
    struct k7i_split_protobuf *split = &page->protobuf;
    uint64_t field = tag >> 3;
    int wire = tag & 7;

    page->part = field < 3 && wire == WIRE_LEN ? parts[split->inside][field] : K7I_PART_NONE;
    if (field == 0)
        return K7_ERR_PROTOCOL;
    switch (wire) {
    case WIRE_VARINT:
        split->state = NUMBER;
        return 0;
    case WIRE_LEN:
        split->state = LENGTH;
        return 0;
    case WIRE_64:
        return begin_payload(page, 8);
    case WIRE_32:
        return begin_payload(page, 4);
    default:
        return K7_ERR_PROTOCOL;
    }
}

/* A byte of a varint. */
static int take_byte(struct k7i_page *page, unsigned char byte)
{
    struct k7i_split_protobuf *split = &page->protobuf;

    if (split->shift > 63 || (split->shift == 63 && byte > 1))
        return K7_ERR_PROTOCOL;
    split->number |= (uint64_t)(byte & 0x7F) << split->shift;
    split->shift += 7;
    if (byte & 0x80)
        return 0;
    uint64_t number = split->number;
    split->number = 0;
    split->shift = 0;
    if (split->state == TAG)
        return take_tag(page, number);
    if (split->state == LENGTH)
        return begin_payload(page, number);
    split->state = TAG;
    return 0;
}

int k7i_split_protobuf(struct k7i_page *page, const char *data, size_t len)
{
    struct k7i_split_protobuf *split = &page->protobuf;
    int code = 0;

    while (len > 0 && !code) {
        size_t n = 1;
        int was_inside = split->inside;

        if (split->magic < K7I_MAGIC_LEN) {
            code = *data == K7I_MAGIC[split->magic++] ? 0 : K7_ERR_PROTOCOL;
        } else if (split->state == PAYLOAD) {
            n = len < split->left ? len : (size_t)split->left;
            split->left -= n;
            code = k7i_page_collect(page, data, n);
            if (!code && split->left == 0) {
                split->state = TAG;
                code = k7i_page_complete(page);
            }
        } else {
            code = take_byte(page, (unsigned char)*data);
        }
        data += n;
        len -= n;
        if (was_inside && (split->inside_left -= n) == 0 && !code) {
            if (split->state != TAG || split->shift)
                return K7_ERR_PROTOCOL;
            split->inside = 0;
            page->over = 1;
        }
    }
    return code;
}
