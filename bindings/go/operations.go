package k7sandbox

// #include <k7sandbox/k7sandbox.h>
import "C"

import (
	"context"
	"runtime"
)

// run makes one call: its error is the library's, with the context's where that is the reason. A callback's panic goes on from here, after undo, which tells what became of all.
func (c *Client) run(ctx context.Context, options []CallOption, undo func(*C.k7_client) (Results, error),
	function func(client *C.k7_client, call *C.k7_call, err **C.k7_error) C.int) (*call, error) {
	pointer, failed := c.use()
	if failed != nil {
		return nil, failed
	}
	defer C.k7_client_unref(pointer)
	state, failed := newCall(ctx, options)
	if failed != nil {
		return nil, failed
	}
	defer state.free()
	var err *C.k7_error
	stop := state.watch()
	status := function(pointer, state.pointer, &err)
	stop()
	failed = state.explained(failure(status, err))
	if state.broken == returned {
		return state, failed
	}
	results, left := undo(pointer)
	if failed == nil {
		failed = left
	}
	if state.aftermath != nil {
		state.aftermath(results, failed)
	}
	if state.broken == exited {
		runtime.Goexit()
	}
	panic(state.value)
}

// Create creates a sandbox. Whatever fails, what was made is taken back, or is in the error's Leftovers. nil after a dry run.
func (c *Client) Create(ctx context.Context, spec *Spec, options ...CallOption) (*Sandbox, error) {
	if err := spec.Err(); err != nil {
		return nil, err
	}
	defer runtime.KeepAlive(spec)
	var made *C.k7_sandbox
	defer func() { C.k7_sandbox_unref(made) }()
	_, failed := c.run(ctx, options, func(client *C.k7_client) (Results, error) { return nil, deleteMade(client, made) },
		func(client *C.k7_client, call *C.k7_call, err **C.k7_error) C.int {
			return C.k7_sandbox_create(client, spec.pointer, call, &made, err)
		})
	if failed != nil {
		return nil, failed
	}
	return sandboxOf(made)
}

// deleteMade deletes a sandbox of a create that ended well although it was to be cancelled.
func deleteMade(client *C.k7_client, made *C.k7_sandbox) error {
	if made == nil {
		return nil
	}
	var options *C.k7_delete_options
	var err *C.k7_error
	status := C.k7_delete_options_new(&options, &err)
	defer func() { C.k7_delete_options_free(options) }()
	if status == 0 {
		status = C.k7_delete_options_set_uid(options, C.k7_sandbox_get_uid(made), &err)
	}
	if status == 0 {
		status = C.k7_sandbox_delete(client, C.k7_sandbox_get_namespace(made), C.k7_sandbox_get_name(made), options, nil, &err)
	}
	return failure(status, err)
}

func nothing(*C.k7_client) (Results, error) { return nil, nil }

// ListOptions say what to list.
type ListOptions struct {
	Namespace     string // "": the client's
	AllNamespaces bool
}

// List lists. A failure is never an empty list; a dry run's is.
func (c *Client) List(ctx context.Context, which ListOptions, options ...CallOption) ([]*Sandbox, error) {
	namespace, failed := cTextOrNil(which.Namespace, "namespace")
	if failed != nil {
		return nil, failed
	}
	defer freeText(namespace)
	var list *C.k7_sandboxes
	defer func() { C.k7_sandboxes_unref(list) }()
	_, failed = c.run(ctx, options, nothing, func(client *C.k7_client, call *C.k7_call, err **C.k7_error) C.int {
		var query *C.k7_query
		status := C.k7_query_new(&query, err)
		defer func() { C.k7_query_free(query) }()
		if status == 0 {
			status = C.k7_query_set_namespace(query, namespace, err)
		}
		if status == 0 {
			status = C.k7_query_set_all_namespaces(query, number(which.AllNamespaces), err)
		}
		if status != 0 {
			return status
		}
		return C.k7_sandbox_list(client, query, call, &list, err)
	})
	if failed != nil {
		return nil, failed
	}
	return sandboxesOf(list)
}

// Get reads one sandbox: ErrNotFound. namespace "": the client's.
func (c *Client) Get(ctx context.Context, namespace, name string, options ...CallOption) (*Sandbox, error) {
	where, failed := cTextOrNil(namespace, "namespace")
	if failed != nil {
		return nil, failed
	}
	defer freeText(where)
	text, failed := cText(name, "name")
	if failed != nil {
		return nil, failed
	}
	defer freeText(text)
	var got *C.k7_sandbox
	defer func() { C.k7_sandbox_unref(got) }()
	_, failed = c.run(ctx, options, nothing, func(client *C.k7_client, call *C.k7_call, err **C.k7_error) C.int {
		return C.k7_sandbox_get(client, where, text, call, &got, err)
	})
	if failed != nil {
		return nil, failed
	}
	return sandboxOf(got)
}

// DeleteOptions say how to delete. The zero value: one that is not there counts as deleted, and the call waits until it is gone.
type DeleteOptions struct {
	UID            string // only the sandbox that has it: ErrConflict
	MissingIsError bool   // ErrNotFound
	NoWait         bool   // return once it is accepted
}

// native is for the library; the caller frees it.
func (o DeleteOptions) native() (*C.k7_delete_options, error) {
	uid, failed := cTextOrNil(o.UID, "uid")
	if failed != nil {
		return nil, failed
	}
	defer freeText(uid)
	var options *C.k7_delete_options
	var err *C.k7_error
	status := C.k7_delete_options_new(&options, &err)
	if status == 0 {
		status = C.k7_delete_options_set_uid(options, uid, &err)
	}
	if status == 0 {
		status = C.k7_delete_options_set_missing_is_error(options, number(o.MissingIsError), &err)
	}
	if status == 0 {
		status = C.k7_delete_options_set_no_wait(options, number(o.NoWait), &err)
	}
	if status != 0 {
		C.k7_delete_options_free(options)
		return nil, failure(status, err)
	}
	return options, nil
}

// Delete deletes one sandbox. namespace "": the client's.
func (c *Client) Delete(ctx context.Context, namespace, name string, how DeleteOptions, options ...CallOption) error {
	where, failed := cTextOrNil(namespace, "namespace")
	if failed != nil {
		return failed
	}
	defer freeText(where)
	text, failed := cText(name, "name")
	if failed != nil {
		return failed
	}
	defer freeText(text)
	native, failed := how.native()
	if failed != nil {
		return failed
	}
	defer C.k7_delete_options_free(native)
	_, failed = c.run(ctx, options, nothing, func(client *C.k7_client, call *C.k7_call, err **C.k7_error) C.int {
		return C.k7_sandbox_delete(client, where, text, native, call, err)
	})
	return failed
}

// many is a call that gives results; it tells what became of each item, also after a failure, a cancel or the deadline, once the items are known.
func (c *Client) many(ctx context.Context, options []CallOption,
	function func(client *C.k7_client, call *C.k7_call, ret **C.k7_results, err **C.k7_error) C.int) (Results, error) {
	var list *C.k7_results
	defer func() { C.k7_results_unref(list) }()
	state, failed := c.run(ctx, options, func(*C.k7_client) (Results, error) { return resultsOf(list) },
		func(client *C.k7_client, call *C.k7_call, err **C.k7_error) C.int {
			return function(client, call, &list, err)
		})
	if failed != nil {
		return nil, failed
	}
	results, failed := resultsOf(list)
	for _, result := range results {
		if result.Err != nil {
			state.explained(result.Err)
		}
	}
	return results, failed
}

// DeleteAll deletes every sandbox of one namespace; "": the client's.
func (c *Client) DeleteAll(ctx context.Context, namespace string, options ...CallOption) (Results, error) {
	where, failed := cTextOrNil(namespace, "namespace")
	if failed != nil {
		return nil, failed
	}
	defer freeText(where)
	return c.many(ctx, options, func(client *C.k7_client, call *C.k7_call, ret **C.k7_results, err **C.k7_error) C.int {
		return C.k7_sandbox_delete_all(client, where, call, ret, err)
	})
}

// Pace says how fast a call over many may go.
type Pace struct {
	AtOnce          int // under way at the same time, each with a connection of its own: 1 to 256; 0: 8
	StartsPerSecond int // 1 to 1000; 0: as many as there is room for
}

// Item is one of many, to be got or deleted: by its Spec, or by its name.
type Item struct {
	Spec            *Spec
	Namespace, Name string
}

// Names are items of the client's namespace.
func Names(names ...string) []Item {
	items := make([]Item, len(names))
	for i, name := range names {
		items[i].Name = name
	}
	return items
}

// batch makes a batch of items; the caller frees it.
func batch(items []Item, pace Pace) (*C.k7_batch, error) {
	var native *C.k7_batch
	var err *C.k7_error
	if status := C.k7_batch_new(&native, &err); status != 0 {
		return nil, failure(status, err)
	}
	failed := fillBatch(native, items, pace)
	if failed != nil {
		C.k7_batch_free(native)
		return nil, failed
	}
	return native, nil
}

func fillBatch(native *C.k7_batch, items []Item, pace Pace) error {
	var err *C.k7_error
	for _, item := range items {
		if failed := addItem(native, item); failed != nil {
			return failed
		}
	}
	if pace.AtOnce != 0 {
		if status := C.k7_batch_set_at_once(native, count(pace.AtOnce), &err); status != 0 {
			return failure(status, err)
		}
	}
	return failure(C.k7_batch_set_starts_per_second(native, count(pace.StartsPerSecond), &err), err)
}

// count is a number for the library, -1, which it refuses, for one that it has no room for.
func count(number int) C.int32_t {
	if int(int32(number)) != number {
		return -1
	}
	return C.int32_t(number)
}

func addItem(native *C.k7_batch, item Item) error {
	var err *C.k7_error
	if item.Spec != nil {
		if failed := item.Spec.Err(); failed != nil {
			return failed
		}
		defer runtime.KeepAlive(item.Spec)
		return failure(C.k7_batch_add_spec(native, item.Spec.pointer, &err), err)
	}
	namespace, failed := cTextOrNil(item.Namespace, "namespace")
	if failed != nil {
		return failed
	}
	defer freeText(namespace)
	name, failed := cText(item.Name, "name")
	if failed != nil {
		return failed
	}
	defer freeText(name)
	return failure(C.k7_batch_add_name(native, namespace, name, &err), err)
}

// CreateMany creates many; the context and WithTimeout are for all. Sandboxes that are made stay, whatever becomes of the others, also when the call is cancelled or a callback panics.
func (c *Client) CreateMany(ctx context.Context, specs []*Spec, pace Pace, options ...CallOption) (Results, error) {
	items := make([]Item, len(specs))
	for i, spec := range specs {
		if spec == nil {
			return nil, ErrClosed
		}
		items[i].Spec = spec
	}
	native, failed := batch(items, pace)
	if failed != nil {
		return nil, failed
	}
	defer C.k7_batch_free(native)
	return c.many(ctx, options, func(client *C.k7_client, call *C.k7_call, ret **C.k7_results, err **C.k7_error) C.int {
		return C.k7_sandbox_create_many(client, native, call, ret, err)
	})
}

// GetMany reads many.
func (c *Client) GetMany(ctx context.Context, items []Item, pace Pace, options ...CallOption) (Results, error) {
	native, failed := batch(items, pace)
	if failed != nil {
		return nil, failed
	}
	defer C.k7_batch_free(native)
	return c.many(ctx, options, func(client *C.k7_client, call *C.k7_call, ret **C.k7_results, err **C.k7_error) C.int {
		return C.k7_sandbox_get_many(client, native, call, ret, err)
	})
}

// DeleteMany deletes many; how is for every item, without a UID.
func (c *Client) DeleteMany(ctx context.Context, items []Item, how DeleteOptions, pace Pace, options ...CallOption) (Results, error) {
	native, failed := batch(items, pace)
	if failed != nil {
		return nil, failed
	}
	defer C.k7_batch_free(native)
	given, failed := how.native()
	if failed != nil {
		return nil, failed
	}
	defer C.k7_delete_options_free(given)
	return c.many(ctx, options, func(client *C.k7_client, call *C.k7_call, ret **C.k7_results, err **C.k7_error) C.int {
		return C.k7_sandbox_delete_many(client, native, given, call, ret, err)
	})
}
