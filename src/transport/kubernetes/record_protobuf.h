/* record_protobuf.h: objects read from protobuf (objects.proto), into the same records as from JSON. Each reader changes the bytes it reads: texts get their NUL in place,
 * and are borrowed from there. 0, or -1: malformed, or a text that is not UTF-8 or has a NUL in it. */
#ifndef K7I_KUBERNETES_RECORD_PROTOBUF_H
#define K7I_KUBERNETES_RECORD_PROTOBUF_H

#include "transport/kubernetes/kubernetes.h"
#include "transport/kubernetes/record.h"

#define K7I_MAGIC "k8s" /* and its NUL: how every answer in protobuf begins */
enum { K7I_MAGIC_LEN = 4 };

int k7i_deployment_read_protobuf(char *data, size_t len, struct k7i_deployment *ret_deployment);
int k7i_pod_read_protobuf(char *data, size_t len, struct k7i_pod *ret_pod);

/* Of a list: the token of the next page, NULL: none. Of the envelope: the kind of what is in it. */
int k7i_list_meta_read_protobuf(char *data, size_t len, const char **ret_continue);
int k7i_type_meta_read_protobuf(char *data, size_t len, const char **ret_kind);

/* A whole answer, with its envelope, that is a metav1.Status; else -1. causes: "field: message; …", appended. */
struct k7i_status_texts {
    const char *message, *reason;
    int64_t retry_after_s; /* 0: not said */
};
int k7i_status_read_protobuf(char *data, size_t len, struct k7i_status_texts *ret_texts,
                             struct k7i_buf *causes);

#endif
