/* page.h: an answer with a list, taken apart as it arrives: each object alone becomes a record, which is handed on, so that no more than one is held. In both
 * encodings. It does no I/O and knows nothing of operations. */
#ifndef K7I_KUBERNETES_PAGE_H
#define K7I_KUBERNETES_PAGE_H

#include "transport/kubernetes/kubernetes.h"

#define K7I_ACCEPT_PROTOBUF "application/vnd.kubernetes.protobuf, application/json"

enum {
    K7I_OBJECT_LIMIT = 8 * 1024 * 1024, /* etcd keeps objects of up to 1.5 MB, JSON is longer */
    K7I_CONTINUE_LIMIT = 8 * 1024
};

enum k7i_page_part {                /* what the bytes at hand belong to */
                     K7I_PART_NONE, /* nothing that is needed */
                     K7I_PART_KIND,
                     K7I_PART_META, /* the list's own */
                     K7I_PART_OBJECT,
                     K7I_PART_RAW /* in protobuf's envelope: the list itself */
};

/* Where the splitters stand: page_protobuf.c, page_json.c. */
struct k7i_split_protobuf {
    int magic;         /* bytes seen of "k8s", NUL */
    int state, inside; /* inside: of the list, else of the envelope */
    int shift;
    uint64_t number; /* the varint so far */
    uint64_t left;   /* bytes of the payload */
    uint64_t inside_left;
};
struct k7i_split_json {
    int state, depth, in_text, escaped, in_items;
    size_t key_len;
    char key[16];
};

struct k7i_page {
    enum k7i_kind kind; /* Deployments or Pods */
    /* takes a struct k7i_deployment or k7i_pod, valid until it returns; 0, or K7_ERR_* to stop */
    int (*take)(void *user, const void *record);
    void *user;
    const char *kind_name; /* "DeploymentList" */
    struct k7i_buf next;   /* the token of the next page; empty: this is the last one */

    enum k7i_page_part part;
    struct k7i_buf object; /* the part that is being collected */
    int encoding;          /* 'p', 'j', 0: nothing has come */
    int kind_seen, over;
    struct k7i_split_protobuf protobuf;
    struct k7i_split_json json;
};

/* Begins a page; memory is kept from an earlier one. Zeroed memory is a page, too. */
void k7i_page_begin(struct k7i_page *page, enum k7i_kind kind, int (*take)(void *user, const void *record),
                    void *user);
/* 0, K7_ERR_PROTOCOL (neither encoding, malformed, another kind of object), K7_ERR_LIMIT, K7_ERR_NO_MEMORY, or what `take` said */
int k7i_page_add(struct k7i_page *page, const char *data, size_t len);
int k7i_page_end(struct k7i_page *page); /* K7_ERR_PROTOCOL: there should be more */
void k7i_page_clear(struct k7i_page *page);

/* ---- between page.c and the splitters ---- */

int k7i_split_protobuf(struct k7i_page *page, const char *data, size_t len);
int k7i_split_json(struct k7i_page *page, const char *data, size_t len);
/* Bytes of page->part; and: it is complete. */
int k7i_page_collect(struct k7i_page *page, const char *data, size_t len);
int k7i_page_complete(struct k7i_page *page);

#endif
