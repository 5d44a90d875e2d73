package k7sandbox

// #include <stdlib.h>
// #include <k7sandbox/k7sandbox.h>
import "C"

import (
	"runtime"
	"sync"
)

// Spec is the sandbox to create. It belongs to one goroutine while it is built. Setters can be chained: the first error is kept, Err tells it, and so does every call that is
// given the Spec.
type Spec struct {
	_       [0]sync.Mutex // go vet tells of copies, which would outlive what they point to
	pointer *C.k7_spec
	err     error
}

// NewSpec makes a Spec with what create needs.
func NewSpec(name, image string) *Spec {
	s := newSpec(func(ret **C.k7_spec, err **C.k7_error) C.int { return C.k7_spec_new(nil, nil, ret, err) })
	return s.SetName(name).SetImage(image)
}

// SpecFromJSON reads the API's create body.
func SpecFromJSON(body []byte) (*Spec, error) {
	text := C.CBytes(body)
	defer C.free(text)
	s := newSpec(func(ret **C.k7_spec, err **C.k7_error) C.int {
		return C.k7_spec_from_json((*C.char)(text), C.size_t(len(body)), ret, err)
	})
	return s.made()
}

// SpecFromYAML reads a k7.yaml.
func SpecFromYAML(body []byte) (*Spec, error) {
	text := C.CBytes(body)
	defer C.free(text)
	s := newSpec(func(ret **C.k7_spec, err **C.k7_error) C.int {
		return C.k7_spec_from_yaml((*C.char)(text), C.size_t(len(body)), ret, err)
	})
	return s.made()
}

// Dup is a copy.
func (s *Spec) Dup() (*Spec, error) {
	if err := s.Err(); err != nil {
		return nil, err
	}
	defer runtime.KeepAlive(s)
	return newSpec(func(ret **C.k7_spec, err **C.k7_error) C.int { return C.k7_spec_dup(s.pointer, ret, err) }).made()
}

func newSpec(make func(**C.k7_spec, **C.k7_error) C.int) *Spec {
	s := &Spec{}
	var pointer *C.k7_spec
	var err *C.k7_error
	s.err = failure(make(&pointer, &err), err)
	s.pointer = pointer
	if pointer != nil {
		runtime.SetFinalizer(s, (*Spec).free)
	}
	return s
}

func (s *Spec) made() (*Spec, error) {
	if s.err != nil {
		return nil, s.err
	}
	return s, nil
}

func (s *Spec) free() { C.k7_spec_free(s.pointer) }

// Close frees it; it may be called again.
func (s *Spec) Close() error {
	if s.pointer != nil {
		runtime.SetFinalizer(s, nil)
		s.free()
		s.pointer = nil
	}
	return nil
}

// Err is the first error of a setter.
func (s *Spec) Err() error {
	if s == nil || (s.err == nil && s.pointer == nil) {
		return ErrClosed
	}
	return s.err
}

// try calls a setter, unless one has failed.
func (s *Spec) try(set func(**C.k7_error) C.int) *Spec {
	if s.Err() == nil {
		var err *C.k7_error
		s.err = failure(set(&err), err)
	}
	return s
}

func (s *Spec) text(what, value string, set func(*C.char, **C.k7_error) C.int) *Spec {
	text, failed := cText(value, what)
	if failed != nil {
		if s.Err() == nil {
			s.err = failed
		}
		return s
	}
	defer freeText(text)
	return s.try(func(err **C.k7_error) C.int { return set(text, err) })
}

func number(yes bool) C.int {
	if yes {
		return 1
	}
	return 0
}

// Validate checks everything that can be known without a server.
func (s *Spec) Validate() error {
	if err := s.Err(); err != nil {
		return err
	}
	defer runtime.KeepAlive(s)
	var err *C.k7_error
	return failure(C.k7_spec_validate(s.pointer, &err), err)
}

// JSON is the API's create body.
func (s *Spec) JSON() (string, error) {
	return s.written(func(ret **C.char, err **C.k7_error) C.int { return C.k7_spec_to_json(s.pointer, ret, err) })
}

// YAML is a k7.yaml.
func (s *Spec) YAML() (string, error) {
	return s.written(func(ret **C.char, err **C.k7_error) C.int { return C.k7_spec_to_yaml(s.pointer, ret, err) })
}

func (s *Spec) written(write func(**C.char, **C.k7_error) C.int) (string, error) {
	if err := s.Err(); err != nil {
		return "", err
	}
	defer runtime.KeepAlive(s)
	var text *C.char
	var err *C.k7_error
	if status := write(&text, &err); status != 0 {
		return "", failure(status, err)
	}
	return taken(text), nil
}

// SpecFields are the names of all fields in the API.
func SpecFields() []string {
	names := make([]string, C.k7_spec_field_count())
	for i := range names {
		names[i] = C.GoString(C.k7_spec_field_at(C.size_t(i)))
	}
	return names
}

// IsSet tells whether a field was given, also as empty. field is its name in the API: "egress_whitelist".
func (s *Spec) IsSet(field string) bool {
	defer runtime.KeepAlive(s)
	text := C.CString(field)
	defer freeText(text)
	return C.k7_spec_is_set(s.pointer, text) == 1
}

// Unset makes a field one that was never given.
func (s *Spec) Unset(field string) *Spec {
	return s.text("field", field, func(text *C.char, err **C.k7_error) C.int { return C.k7_spec_unset(s.pointer, text, err) })
}

// EgressMode tells what a sandbox may reach.
type EgressMode int

const (
	EgressUnset   EgressMode = C.K7_EGRESS_UNSET // everything
	EgressOpen    EgressMode = C.K7_EGRESS_OPEN  // everything, explicitly
	EgressBlocked EgressMode = C.K7_EGRESS_BLOCKED
	EgressList    EgressMode = C.K7_EGRESS_LIST // what Egress lists
)

// EgressMode is what egress_whitelist says.
func (s *Spec) EgressMode() EgressMode {
	defer runtime.KeepAlive(s)
	return EgressMode(C.k7_spec_get_egress_mode(s.pointer))
}

// SetEgressMode sets egress_whitelist; for EgressList use AddEgress.
func (s *Spec) SetEgressMode(mode EgressMode) *Spec {
	return s.try(func(err **C.k7_error) C.int {
		switch mode {
		case EgressUnset:
			return C.k7_spec_unset_egress(s.pointer, err)
		case EgressOpen:
			return C.k7_spec_set_egress_open(s.pointer, err)
		case EgressBlocked:
			return C.k7_spec_set_egress_blocked(s.pointer, err)
		}
		return C.K7_ERR_INVALID_ARGUMENT
	})
}

// SetCapDropNone drops no capability; not given, all are.
func (s *Spec) SetCapDropNone() *Spec {
	return s.try(func(err **C.k7_error) C.int { return C.k7_spec_set_cap_drop_none(s.pointer, err) })
}

// Limit is a resource limit: "cpu", "memory", "ephemeral-storage"; "": none.
func (s *Spec) Limit(key string) string {
	defer runtime.KeepAlive(s)
	text := C.CString(key)
	defer freeText(text)
	return C.GoString(C.k7_spec_get_limit(s.pointer, text))
}

// LimitKeys are the limits that are set, in that order.
func (s *Spec) LimitKeys() []string {
	defer runtime.KeepAlive(s)
	keys := make([]string, C.k7_spec_limit_count(s.pointer))
	for i := range keys {
		keys[i] = C.GoString(C.k7_spec_limit_key_at(s.pointer, C.size_t(i)))
	}
	return keys
}

// SetLimit sets a resource limit, a Kubernetes quantity; "" removes it.
func (s *Spec) SetLimit(key, quantity string) *Spec {
	value, failed := cTextOrNil(quantity, "limit")
	if failed != nil {
		if s.Err() == nil {
			s.err = failed
		}
		return s
	}
	defer freeText(value)
	return s.text("limit", key, func(text *C.char, err **C.k7_error) C.int { return C.k7_spec_set_limit(s.pointer, text, value, err) })
}

// EnvVar is one environment variable.
type EnvVar struct{ Key, Value string }

// Env is what was added.
func (s *Spec) Env() []EnvVar {
	defer runtime.KeepAlive(s)
	pairs := make([]EnvVar, C.k7_spec_env_count(s.pointer))
	for i := range pairs {
		pairs[i] = EnvVar{C.GoString(C.k7_spec_env_key_at(s.pointer, C.size_t(i))), C.GoString(C.k7_spec_env_value_at(s.pointer, C.size_t(i)))}
	}
	return pairs
}

// AddEnv adds an environment variable; a later value wins.
func (s *Spec) AddEnv(key, value string) *Spec {
	text, failed := cText(value, "env")
	if failed != nil {
		if s.Err() == nil {
			s.err = failed
		}
		return s
	}
	defer freeText(text)
	return s.text("env", key, func(name *C.char, err **C.k7_error) C.int { return C.k7_spec_add_env(s.pointer, name, text, err) })
}

// AddEnvText adds what the lines of an .env file say.
func (s *Spec) AddEnvText(lines []byte) *Spec {
	text := C.CBytes(lines)
	defer C.free(text)
	return s.try(func(err **C.k7_error) C.int {
		return C.k7_spec_add_env_text(s.pointer, (*C.char)(text), C.size_t(len(lines)), err)
	})
}

// AddEnvLocalFile reads an .env file of this machine, now.
func (s *Spec) AddEnvLocalFile(path string) *Spec {
	return s.text("path", path, func(text *C.char, err **C.k7_error) C.int { return C.k7_spec_add_env_local_file(s.pointer, text, err) })
}
