// The installed library from Go, through cgo and pkg-config alone: the five operations on memory:.
package main

/*
#cgo pkg-config: k7sandbox
#include <stdlib.h>
#include <k7sandbox/k7sandbox.h>
*/
import "C"

import (
	"errors"
	"fmt"
	"os"
	"unsafe"
)

// failure takes the error over and turns it into Go's.
func failure(status C.int, err *C.k7_error) error {
	if status == 0 {
		return nil
	}
	defer C.k7_error_unref(err)
	return fmt.Errorf("%s: %s", C.GoString(C.k7_error_code_name(status)), C.GoString(C.k7_error_get_message(err)))
}

type client struct{ pointer *C.k7_client }

func open(endpoint string) (*client, error) {
	var err *C.k7_error
	var config *C.k7_config
	if status := C.k7_config_new(&config, &err); status != 0 {
		return nil, failure(status, err)
	}
	defer C.k7_config_free(config)
	key, value := C.CString("endpoint"), C.CString(endpoint)
	defer C.free(unsafe.Pointer(key))
	defer C.free(unsafe.Pointer(value))
	if status := C.k7_config_set(config, key, value, &err); status != 0 {
		return nil, failure(status, err)
	}
	c := &client{}
	if status := C.k7_client_open(config, &c.pointer, &err); status != 0 {
		return nil, failure(status, err)
	}
	return c, nil
}

func (c *client) create(name, image string) error {
	var err *C.k7_error
	var spec *C.k7_spec
	var sandbox *C.k7_sandbox
	cName, cImage := C.CString(name), C.CString(image)
	defer C.free(unsafe.Pointer(cName))
	defer C.free(unsafe.Pointer(cImage))
	if status := C.k7_spec_new(cName, cImage, &spec, &err); status != 0 {
		return failure(status, err)
	}
	defer C.k7_spec_free(spec)
	status := C.k7_sandbox_create(c.pointer, spec, nil, &sandbox, &err)
	C.k7_sandbox_unref(sandbox)
	return failure(status, err)
}

func (c *client) list() ([]string, error) {
	var err *C.k7_error
	var list *C.k7_sandboxes
	if status := C.k7_sandbox_list(c.pointer, nil, nil, &list, &err); status != 0 {
		return nil, failure(status, err)
	}
	defer C.k7_sandboxes_unref(list)
	names := []string{}
	for i := C.size_t(0); i < C.k7_sandboxes_count(list); i++ {
		names = append(names, C.GoString(C.k7_sandbox_get_name(C.k7_sandboxes_at(list, i))))
	}
	return names, nil
}

func (c *client) get(name string) (status string, ready bool, e error) {
	var err *C.k7_error
	var sandbox *C.k7_sandbox
	cName := C.CString(name)
	defer C.free(unsafe.Pointer(cName))
	if status := C.k7_sandbox_get(c.pointer, nil, cName, nil, &sandbox, &err); status != 0 {
		return "", false, failure(status, err)
	}
	defer C.k7_sandbox_unref(sandbox)
	return C.GoString(C.k7_sandbox_get_status(sandbox)), C.k7_sandbox_is_ready(sandbox) == 1, nil
}

func (c *client) delete(name string) error {
	var err *C.k7_error
	cName := C.CString(name)
	defer C.free(unsafe.Pointer(cName))
	status := C.k7_sandbox_delete(c.pointer, nil, cName, nil, nil, &err)
	return failure(status, err)
}

func (c *client) deleteAll() (done int, e error) {
	var err *C.k7_error
	var results *C.k7_results
	if status := C.k7_sandbox_delete_all(c.pointer, nil, nil, &results, &err); status != 0 {
		return 0, failure(status, err)
	}
	defer C.k7_results_unref(results)
	return int(C.k7_results_count_of(results, C.K7_ITEM_DONE)), nil
}

func run() error {
	c, err := open("memory:")
	if err != nil {
		return err
	}
	defer C.k7_client_unref(c.pointer)
	for _, name := range []string{"one", "two", "three"} {
		if err := c.create(name, "alpine:latest"); err != nil {
			return err
		}
	}
	if names, err := c.list(); err != nil || len(names) != 3 {
		return fmt.Errorf("list: %v, %w", names, err)
	}
	if status, ready, err := c.get("one"); err != nil || status != "Running" || !ready {
		return fmt.Errorf("get: %q, %v, %w", status, ready, err)
	}
	if err := c.delete("one"); err != nil {
		return err
	}
	if _, _, err := c.get("one"); err == nil {
		return errors.New("get: still there")
	}
	if done, err := c.deleteAll(); err != nil || done != 2 {
		return fmt.Errorf("delete-all: %d, %w", done, err)
	}
	return nil
}

func main() {
	if err := run(); err != nil {
		fmt.Println("FAILED", err)
		os.Exit(1)
	}
	fmt.Println("1 passed, 0 failed")
}
