"""Written by derive_cdef.py from include/k7sandbox/*.h: see there."""
CDEF = """
typedef struct k7_error k7_error;
typedef struct k7_config k7_config;
typedef struct k7_config_key k7_config_key;
typedef struct k7_token k7_token;
typedef struct k7_client k7_client;
typedef struct k7_cancel k7_cancel;
typedef struct k7_call k7_call;
typedef struct k7_progress k7_progress;
typedef struct k7_trace k7_trace;
typedef struct k7_dry_request k7_dry_request;
typedef struct k7_spec k7_spec;
typedef struct k7_query k7_query;
typedef struct k7_delete_options k7_delete_options;
typedef struct k7_sandbox k7_sandbox;
typedef struct k7_sandboxes k7_sandboxes;
typedef struct k7_results k7_results;
typedef struct k7_transport k7_transport;
typedef struct k7_request k7_request;
typedef struct k7_batch k7_batch;
typedef struct k7_loop k7_loop;
typedef struct k7_op k7_op;
typedef struct k7_reply k7_reply;
#define K7_VERSION_MAJOR 0
#define K7_VERSION_MINOR 1
#define K7_VERSION_PATCH 0
const char *k7_version(void);
int32_t k7_version_number(void);
int k7_has_feature(const char *feature);
void k7_free(void *memory);
#define K7_ERR_NO_MEMORY -1
#define K7_ERR_INVALID_ARGUMENT -2
#define K7_ERR_INVALID_CONFIG -3
#define K7_ERR_PARSE -4
#define K7_ERR_IO -5
#define K7_ERR_UNSUPPORTED_OPERATION -6
#define K7_ERR_UNSUPPORTED_ARGUMENT -7
#define K7_ERR_NOT_FOUND -8
#define K7_ERR_ALREADY_EXISTS -9
#define K7_ERR_CONFLICT -10
#define K7_ERR_UNAUTHENTICATED -11
#define K7_ERR_FORBIDDEN -12
#define K7_ERR_QUOTA_EXCEEDED -13
#define K7_ERR_RATE_LIMITED -14
#define K7_ERR_REJECTED -15
#define K7_ERR_SERVER -16
#define K7_ERR_UNAVAILABLE -17
#define K7_ERR_RESOLVE -18
#define K7_ERR_CONNECT -19
#define K7_ERR_TLS -20
#define K7_ERR_CONNECTION_LOST -21
#define K7_ERR_PROTOCOL -22
#define K7_ERR_LIMIT -23
#define K7_ERR_TIMEOUT -24
#define K7_ERR_CANCELLED -25
#define K7_ERR_IMAGE_PULL -26
#define K7_ERR_SCRIPT_FAILED -27
#define K7_ERR_START_FAILED -28
#define K7_ERR_FORKED -29
#define K7_ERR_SYSTEM -30
#define K7_ERR_CREDENTIAL -31
#define K7_CLASS_NONE 0
#define K7_CLASS_INVALID 1
#define K7_CLASS_UNSUPPORTED 2
#define K7_CLASS_NOT_FOUND 3
#define K7_CLASS_CONFLICT 4
#define K7_CLASS_AUTH 5
#define K7_CLASS_QUOTA 6
#define K7_CLASS_NETWORK 7
#define K7_CLASS_PROTOCOL 8
#define K7_CLASS_SERVER 9
#define K7_CLASS_TIMEOUT 10
#define K7_CLASS_CANCELLED 11
#define K7_CLASS_SANDBOX 12
#define K7_CLASS_RESOURCE 13
#define K7_OUTCOME_NOT_SENT 0
#define K7_OUTCOME_REJECTED 1
#define K7_OUTCOME_UNKNOWN 2
size_t k7_error_code_count(void);
int k7_error_code_at(size_t i);
const char *k7_error_code_name(int code);
int k7_error_code_class(int code);
const char *k7_error_code_meaning(int code);
const char *k7_error_class_name(int error_class);
k7_error *k7_error_ref(k7_error *error);
k7_error *k7_error_unref(k7_error *error);
int k7_error_get_code(const k7_error *error);
int k7_error_get_class(const k7_error *error);
int k7_error_get_outcome(const k7_error *error);
int k7_error_get_http_status(const k7_error *error);
int k7_error_is_retryable(const k7_error *error);
int64_t k7_error_get_retry_after_ms(const k7_error *error);
const char *k7_error_get_message(const k7_error *error);
const char *k7_error_get_reason(const k7_error *error);
const char *k7_error_get_operation(const k7_error *error);
const char *k7_error_get_step(const k7_error *error);
const char *k7_error_get_server_text(const k7_error *error);
size_t k7_error_leftover_count(const k7_error *error);
const char *k7_error_leftover_at(const k7_error *error, size_t i);
int k7_config_new(k7_config **ret_config, k7_error **err);
void k7_config_free(k7_config *config);
int k7_config_load_default(k7_config *config, k7_error **err);
int k7_config_set(k7_config *config, const char *key, const char *value, k7_error **err);
const char *k7_config_get(const k7_config *config, const char *key);
int k7_config_set_token_provider(k7_config *config, int (*fn)(void *user, k7_token *token), void *user, void (*free_user)(void *user), k7_error **err);
int k7_token_set(k7_token *token, const char *text, int64_t expires_unix);
void k7_token_set_error(k7_token *token, const char *message);
int k7_config_add_transport(k7_config *config, k7_transport *transport, k7_error **err);
size_t k7_config_key_count(void);
const k7_config_key *k7_config_key_at(size_t i);
const char *k7_config_key_get_name(const k7_config_key *key);
const char *k7_config_key_get_type(const k7_config_key *key);
const char *k7_config_key_get_default(const k7_config_key *key);
const char *k7_config_key_get_meaning(const k7_config_key *key);
const char *k7_config_key_get_transport(const k7_config_key *key);
int k7_config_key_is_secret(const k7_config_key *key);
int k7_client_open(const k7_config *config, k7_client **ret_client, k7_error **err);
k7_client *k7_client_ref(k7_client *client);
k7_client *k7_client_unref(k7_client *client);
int k7_client_supports(k7_client *client, const char *operation, int *ret_supported, k7_error **err);
const char *k7_client_get_endpoint(const k7_client *client);
const char *k7_client_get_transport(const k7_client *client);
const char *k7_client_get_namespace(const k7_client *client);
const char *k7_client_get_warning(const k7_client *client);
size_t k7_operation_count(void);
const char *k7_operation_at(size_t i);
size_t k7_transport_count(void);
const char *k7_transport_at(size_t i);
int k7_transport_supports(const char *transport, const char *operation);
#define K7_NEVER -1
int k7_call_new(k7_call **ret_call, k7_error **err);
void k7_call_free(k7_call *call);
int k7_call_set_timeout_ms(k7_call *call, int64_t timeout_ms, k7_error **err);
int k7_call_set_cleanup_timeout_ms(k7_call *call, int64_t timeout_ms, k7_error **err);
int k7_call_set_cancel(k7_call *call, k7_cancel *cancel, k7_error **err);
int k7_call_set_traceparent(k7_call *call, const char *traceparent, k7_error **err);
int k7_call_set_progress(k7_call *call, void (*fn)(void *user, const k7_progress *progress), void *user, void (*free_user)(void *user), k7_error **err);
const char *k7_progress_get_operation(const k7_progress *progress);
const char *k7_progress_get_step(const k7_progress *progress);
const char *k7_progress_get_text(const k7_progress *progress);
int64_t k7_progress_get_done(const k7_progress *progress);
int64_t k7_progress_get_total(const k7_progress *progress);
int k7_call_set_trace(k7_call *call, void (*fn)(void *user, const k7_trace *trace), void *user, void (*free_user)(void *user), k7_error **err);
const char *k7_trace_get_operation(const k7_trace *trace);
const char *k7_trace_get_step(const k7_trace *trace);
const char *k7_trace_get_method(const k7_trace *trace);
const char *k7_trace_get_url(const k7_trace *trace);
int k7_trace_get_attempt(const k7_trace *trace);
int k7_trace_get_http_status(const k7_trace *trace);
int k7_trace_get_error_code(const k7_trace *trace);
int64_t k7_trace_get_duration_us(const k7_trace *trace);
int k7_trace_is_connection_reused(const k7_trace *trace);
int k7_call_set_dry_run(k7_call *call, void (*fn)(void *user, const k7_dry_request *request), void *user, void (*free_user)(void *user), k7_error **err);
const char *k7_dry_request_get_operation(const k7_dry_request *request);
const char *k7_dry_request_get_step(const k7_dry_request *request);
const char *k7_dry_request_get_method(const k7_dry_request *request);
const char *k7_dry_request_get_url(const k7_dry_request *request);
const char *k7_dry_request_get_content_type(const k7_dry_request *request);
const char *k7_dry_request_get_body(const k7_dry_request *request);
size_t k7_dry_request_get_body_len(const k7_dry_request *request);
int k7_call_set_on_interrupt(k7_call *call, int (*fn)(void *user), void *user, void (*free_user)(void *user), k7_error **err);
int k7_cancel_new(k7_cancel **ret_cancel, k7_error **err);
k7_cancel *k7_cancel_ref(k7_cancel *cancel);
k7_cancel *k7_cancel_unref(k7_cancel *cancel);
void k7_cancel_trigger(k7_cancel *cancel);
int32_t k7_cancel_count(const k7_cancel *cancel);
int k7_spec_new(const char *name, const char *image, k7_spec **ret_spec, k7_error **err);
int k7_spec_dup(const k7_spec *spec, k7_spec **ret_spec, k7_error **err);
void k7_spec_free(k7_spec *spec);
int k7_spec_from_json(const char *text, size_t len, k7_spec **ret_spec, k7_error **err);
int k7_spec_from_yaml(const char *text, size_t len, k7_spec **ret_spec, k7_error **err);
int k7_spec_to_json(const k7_spec *spec, char **ret_text, k7_error **err);
int k7_spec_to_yaml(const k7_spec *spec, char **ret_text, k7_error **err);
int k7_spec_validate(const k7_spec *spec, k7_error **err);
int k7_spec_is_set(const k7_spec *spec, const char *field);
size_t k7_spec_field_count(void);
const char *k7_spec_field_at(size_t i);
int k7_spec_set_name(k7_spec *spec, const char *name, k7_error **err);
const char *k7_spec_get_name(const k7_spec *spec);
int k7_spec_set_image(k7_spec *spec, const char *image, k7_error **err);
const char *k7_spec_get_image(const k7_spec *spec);
int k7_spec_set_namespace(k7_spec *spec, const char *namespace_, k7_error **err);
const char *k7_spec_get_namespace(const k7_spec *spec);
int k7_spec_set_env_file(k7_spec *spec, const char *path, k7_error **err);
const char *k7_spec_get_env_file(const k7_spec *spec);
int k7_spec_set_before_script(k7_spec *spec, const char *script, k7_error **err);
const char *k7_spec_get_before_script(const k7_spec *spec);
int k7_spec_set_backend(k7_spec *spec, const char *backend, k7_error **err);
const char *k7_spec_get_backend(const k7_spec *spec);
int k7_spec_set_runtime_class_name(k7_spec *spec, const char *name, k7_error **err);
const char *k7_spec_get_runtime_class_name(const k7_spec *spec);
int k7_spec_set_root_disk_size(k7_spec *spec, const char *quantity, k7_error **err);
const char *k7_spec_get_root_disk_size(const k7_spec *spec);
int k7_spec_set_sidecar(k7_spec *spec, const char *sidecar, k7_error **err);
const char *k7_spec_get_sidecar(const k7_spec *spec);
int k7_spec_set_node_name(k7_spec *spec, const char *node, k7_error **err);
const char *k7_spec_get_node_name(const k7_spec *spec);
int k7_spec_set_docker_disk(k7_spec *spec, const char *quantity, k7_error **err);
const char *k7_spec_get_docker_disk(const k7_spec *spec);
int k7_spec_set_pod_non_root(k7_spec *spec, int yes, k7_error **err);
int k7_spec_get_pod_non_root(const k7_spec *spec);
int k7_spec_set_container_non_root(k7_spec *spec, int yes, k7_error **err);
int k7_spec_get_container_non_root(const k7_spec *spec);
int k7_spec_set_docker(k7_spec *spec, int yes, k7_error **err);
int k7_spec_get_docker(const k7_spec *spec);
int k7_spec_set_before_script_under_lock(k7_spec *spec, int yes, k7_error **err);
int k7_spec_get_before_script_under_lock(const k7_spec *spec);
int k7_spec_set_limit(k7_spec *spec, const char *key, const char *value, k7_error **err);
const char *k7_spec_get_limit(const k7_spec *spec, const char *key);
size_t k7_spec_limit_count(const k7_spec *spec);
const char *k7_spec_limit_key_at(const k7_spec *spec, size_t i);
#define K7_EGRESS_UNSET 0
#define K7_EGRESS_OPEN 1
#define K7_EGRESS_BLOCKED 2
#define K7_EGRESS_LIST 3
int k7_spec_set_egress_open(k7_spec *spec, k7_error **err);
int k7_spec_set_egress_blocked(k7_spec *spec, k7_error **err);
int k7_spec_unset_egress(k7_spec *spec, k7_error **err);
int k7_spec_add_egress(k7_spec *spec, const char *destination, k7_error **err);
int k7_spec_get_egress_mode(const k7_spec *spec);
size_t k7_spec_egress_count(const k7_spec *spec);
const char *k7_spec_egress_at(const k7_spec *spec, size_t i);
int k7_spec_set_cap_drop_none(k7_spec *spec, k7_error **err);
int k7_spec_add_cap_drop(k7_spec *spec, const char *capability, k7_error **err);
size_t k7_spec_cap_drop_count(const k7_spec *spec);
const char *k7_spec_cap_drop_at(const k7_spec *spec, size_t i);
int k7_spec_add_cap_add(k7_spec *spec, const char *capability, k7_error **err);
size_t k7_spec_cap_add_count(const k7_spec *spec);
const char *k7_spec_cap_add_at(const k7_spec *spec, size_t i);
int k7_spec_add_entrypoint(k7_spec *spec, const char *argument, k7_error **err);
size_t k7_spec_entrypoint_count(const k7_spec *spec);
const char *k7_spec_entrypoint_at(const k7_spec *spec, size_t i);
int k7_spec_add_cmd(k7_spec *spec, const char *argument, k7_error **err);
size_t k7_spec_cmd_count(const k7_spec *spec);
const char *k7_spec_cmd_at(const k7_spec *spec, size_t i);
int k7_spec_add_ingress_port(k7_spec *spec, int32_t port, k7_error **err);
size_t k7_spec_ingress_port_count(const k7_spec *spec);
int32_t k7_spec_ingress_port_at(const k7_spec *spec, size_t i);
int k7_spec_add_ingress_from(k7_spec *spec, const char *source, k7_error **err);
size_t k7_spec_ingress_from_count(const k7_spec *spec);
const char *k7_spec_ingress_from_at(const k7_spec *spec, size_t i);
int k7_spec_add_expose_port(k7_spec *spec, int32_t port, k7_error **err);
size_t k7_spec_expose_port_count(const k7_spec *spec);
int32_t k7_spec_expose_port_at(const k7_spec *spec, size_t i);
int k7_spec_unset(k7_spec *spec, const char *field, k7_error **err);
int k7_spec_add_env(k7_spec *spec, const char *key, const char *value, k7_error **err);
int k7_spec_add_env_text(k7_spec *spec, const char *text, size_t len, k7_error **err);
int k7_spec_add_env_local_file(k7_spec *spec, const char *path, k7_error **err);
size_t k7_spec_env_count(const k7_spec *spec);
const char *k7_spec_env_key_at(const k7_spec *spec, size_t i);
const char *k7_spec_env_value_at(const k7_spec *spec, size_t i);
int k7_sandbox_create(k7_client *client, const k7_spec *spec, const k7_call *call, k7_sandbox **ret_sandbox, k7_error **err);
int k7_sandbox_list(k7_client *client, const k7_query *query, const k7_call *call, k7_sandboxes **ret_list, k7_error **err);
int k7_sandbox_get(k7_client *client, const char *namespace_, const char *name, const k7_call *call, k7_sandbox **ret_sandbox, k7_error **err);
int k7_sandbox_delete(k7_client *client, const char *namespace_, const char *name, const k7_delete_options *options, const k7_call *call, k7_error **err);
int k7_sandbox_delete_all(k7_client *client, const char *namespace_, const k7_call *call, k7_results **ret_results, k7_error **err);
int k7_query_new(k7_query **ret_query, k7_error **err);
void k7_query_free(k7_query *query);
int k7_query_set_namespace(k7_query *query, const char *namespace_, k7_error **err);
int k7_query_set_all_namespaces(k7_query *query, int yes, k7_error **err);
int k7_delete_options_new(k7_delete_options **ret_options, k7_error **err);
void k7_delete_options_free(k7_delete_options *options);
int k7_delete_options_set_uid(k7_delete_options *options, const char *uid, k7_error **err);
int k7_delete_options_set_missing_is_error(k7_delete_options *options, int yes, k7_error **err);
int k7_delete_options_set_no_wait(k7_delete_options *options, int yes, k7_error **err);
k7_sandbox *k7_sandbox_ref(k7_sandbox *sandbox);
k7_sandbox *k7_sandbox_unref(k7_sandbox *sandbox);
const char *k7_sandbox_get_name(const k7_sandbox *sandbox);
const char *k7_sandbox_get_namespace(const k7_sandbox *sandbox);
const char *k7_sandbox_get_image(const k7_sandbox *sandbox);
const char *k7_sandbox_get_status(const k7_sandbox *sandbox);
const char *k7_sandbox_get_error_message(const k7_sandbox *sandbox);
const char *k7_sandbox_get_reason(const k7_sandbox *sandbox);
const char *k7_sandbox_get_node(const k7_sandbox *sandbox);
const char *k7_sandbox_get_backend(const k7_sandbox *sandbox);
const char *k7_sandbox_get_uid(const k7_sandbox *sandbox);
const char *k7_sandbox_get_age_text(const k7_sandbox *sandbox);
int k7_sandbox_is_ready(const k7_sandbox *sandbox);
int64_t k7_sandbox_get_restarts(const k7_sandbox *sandbox);
int64_t k7_sandbox_get_created_unix(const k7_sandbox *sandbox);
size_t k7_sandbox_node_port_count(const k7_sandbox *sandbox);
int32_t k7_sandbox_node_port_at(const k7_sandbox *sandbox, size_t i);
size_t k7_sandbox_endpoint_count(const k7_sandbox *sandbox);
int32_t k7_sandbox_endpoint_port_at(const k7_sandbox *sandbox, size_t i);
int32_t k7_sandbox_endpoint_node_port_at(const k7_sandbox *sandbox, size_t i);
const char *k7_sandbox_endpoint_url_at(const k7_sandbox *sandbox, size_t i);
int k7_sandbox_to_json(const k7_sandbox *sandbox, char **ret_text, k7_error **err);
k7_sandboxes *k7_sandboxes_ref(k7_sandboxes *list);
k7_sandboxes *k7_sandboxes_unref(k7_sandboxes *list);
size_t k7_sandboxes_count(const k7_sandboxes *list);
k7_sandbox *k7_sandboxes_at(const k7_sandboxes *list, size_t i);
#define K7_ITEM_DONE 0
#define K7_ITEM_FAILED 1
#define K7_ITEM_NOT_STARTED 2
#define K7_ITEM_UNKNOWN 3
k7_results *k7_results_ref(k7_results *results);
k7_results *k7_results_unref(k7_results *results);
size_t k7_results_count(const k7_results *results);
size_t k7_results_count_of(const k7_results *results, int outcome);
const char *k7_results_name_at(const k7_results *results, size_t i);
int k7_results_outcome_at(const k7_results *results, size_t i);
const k7_error *k7_results_error_at(const k7_results *results, size_t i);
k7_sandbox *k7_results_sandbox_at(const k7_results *results, size_t i);
int k7_loop_new(k7_loop **ret_loop, k7_error **err);
void k7_loop_free(k7_loop *loop);
int k7_loop_get_fd(const k7_loop *loop);
int k7_loop_get_timeout_ms(k7_loop *loop);
int k7_loop_process(k7_loop *loop, k7_error **err);
int k7_loop_wait(k7_loop *loop, int timeout_ms, k7_error **err);
void k7_loop_wake(k7_loop *loop);
size_t k7_loop_op_count(const k7_loop *loop);
int k7_sandbox_create_start(k7_client *client, const k7_spec *spec, const k7_call *call, k7_loop *loop, k7_op **ret_op, k7_error **err);
int k7_sandbox_list_start(k7_client *client, const k7_query *query, const k7_call *call, k7_loop *loop, k7_op **ret_op, k7_error **err);
int k7_sandbox_get_start(k7_client *client, const char *namespace_, const char *name, const k7_call *call, k7_loop *loop, k7_op **ret_op, k7_error **err);
int k7_sandbox_delete_start(k7_client *client, const char *namespace_, const char *name, const k7_delete_options *options, const k7_call *call, k7_loop *loop, k7_op **ret_op, k7_error **err);
int k7_sandbox_delete_all_start(k7_client *client, const char *namespace_, const k7_call *call, k7_loop *loop, k7_op **ret_op, k7_error **err);
#define K7_OP_RUNNING 0
#define K7_OP_DONE 1
#define K7_OP_FAILED 2
int k7_op_get_state(const k7_op *op);
const char *k7_op_get_operation(const k7_op *op);
int k7_op_set_on_done(k7_op *op, void (*fn)(void *user, k7_op *op), void *user, void (*free_user)(void *user), k7_error **err);
void k7_op_cancel(k7_op *op);
int k7_op_wait(k7_op *op, k7_error **err);
int k7_op_take_sandbox(k7_op *op, k7_sandbox **ret_sandbox, k7_error **err);
int k7_op_take_sandboxes(k7_op *op, k7_sandboxes **ret_list, k7_error **err);
int k7_op_take_results(k7_op *op, k7_results **ret_results, k7_error **err);
int k7_op_take_error(k7_op *op, k7_error **err);
const k7_error *k7_op_get_error(const k7_op *op);
void k7_op_free(k7_op *op);
int k7_batch_new(k7_batch **ret_batch, k7_error **err);
void k7_batch_free(k7_batch *batch);
int k7_batch_add_spec(k7_batch *batch, const k7_spec *spec, k7_error **err);
int k7_batch_add_name(k7_batch *batch, const char *namespace_, const char *name, k7_error **err);
size_t k7_batch_count(const k7_batch *batch);
int k7_batch_set_at_once(k7_batch *batch, int32_t count, k7_error **err);
int k7_batch_set_starts_per_second(k7_batch *batch, int32_t count, k7_error **err);
int k7_sandbox_create_many(k7_client *client, const k7_batch *batch, const k7_call *call, k7_results **ret_results, k7_error **err);
int k7_sandbox_get_many(k7_client *client, const k7_batch *batch, const k7_call *call, k7_results **ret_results, k7_error **err);
int k7_sandbox_delete_many(k7_client *client, const k7_batch *batch, const k7_delete_options *options, const k7_call *call, k7_results **ret_results, k7_error **err);
int k7_sandbox_create_many_start(k7_client *client, const k7_batch *batch, const k7_call *call, k7_loop *loop, k7_op **ret_op, k7_error **err);
int k7_sandbox_get_many_start(k7_client *client, const k7_batch *batch, const k7_call *call, k7_loop *loop, k7_op **ret_op, k7_error **err);
int k7_sandbox_delete_many_start(k7_client *client, const k7_batch *batch, const k7_delete_options *options, const k7_call *call, k7_loop *loop, k7_op **ret_op, k7_error **err);
int k7_transport_new(const char *scheme, void *user, void (*free_user)(void *user), k7_transport **ret_transport, k7_error **err);
k7_transport *k7_transport_ref(k7_transport *transport);
k7_transport *k7_transport_unref(k7_transport *transport);
int k7_transport_on(k7_transport *transport, const char *operation, void (*fn)(void *user, const k7_request *request, k7_reply *reply), k7_error **err);
const char *k7_request_get_operation(const k7_request *request);
const char *k7_request_get_endpoint(const k7_request *request);
const char *k7_request_get_namespace(const k7_request *request);
const char *k7_request_get_name(const k7_request *request);
const k7_spec *k7_request_get_spec(const k7_request *request);
const char *k7_request_get_uid(const k7_request *request);
int k7_request_is_missing_error(const k7_request *request);
int k7_request_is_no_wait(const k7_request *request);
int64_t k7_request_get_remaining_ms(const k7_request *request);
int k7_request_is_cancelled(const k7_request *request);
void k7_reply_sandbox_json(k7_reply *reply, const char *text, size_t len);
void k7_reply_list_json(k7_reply *reply, const char *text, size_t len);
void k7_reply_done(k7_reply *reply);
void k7_reply_error(k7_reply *reply, int code, const char *message);
int k7_memory_advance(k7_client *client, int64_t ms, k7_error **err);
"""

CALLBACKS = {
    "k7_config_set_token_provider": ("int", "void *user, k7_token *token"),
    "k7_call_set_progress": ("void", "void *user, const k7_progress *progress"),
    "k7_call_set_trace": ("void", "void *user, const k7_trace *trace"),
    "k7_call_set_dry_run": ("void", "void *user, const k7_dry_request *request"),
    "k7_call_set_on_interrupt": ("int", "void *user"),
    "k7_op_set_on_done": ("void", "void *user, k7_op *op"),
    "k7_transport_on": ("void", "void *user, const k7_request *request, k7_reply *reply"),
}
