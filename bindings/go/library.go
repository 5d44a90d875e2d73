package k7sandbox

// #include <stdlib.h>
// #include <k7sandbox/k7sandbox.h>
import "C"

import "unsafe"

func freeText(text *C.char) { C.free(unsafe.Pointer(text)) }

// Version is the library's, "MAJOR.MINOR.PATCH".
func Version() string { return C.GoString(C.k7_version()) }

// VersionNumber is MAJOR * 1000000 + MINOR * 1000 + PATCH.
func VersionNumber() int { return int(C.k7_version_number()) }

// HasFeature tells whether an optional part was built in: "yaml", or the name of a transport.
func HasFeature(feature string) bool {
	text := C.CString(feature)
	defer freeText(text)
	return C.k7_has_feature(text) == 1
}

// Operations are the names of all operations.
func Operations() []string {
	names := make([]string, C.k7_operation_count())
	for i := range names {
		names[i] = C.GoString(C.k7_operation_at(C.size_t(i)))
	}
	return names
}

// Transports are the names of the built-in transports.
func Transports() []string {
	names := make([]string, C.k7_transport_count())
	for i := range names {
		names[i] = C.GoString(C.k7_transport_at(C.size_t(i)))
	}
	return names
}

// TransportSupports tells whether a built-in transport has an operation; known is false when there is no such transport or operation.
func TransportSupports(transport, operation string) (supported, known bool) {
	t, o := C.CString(transport), C.CString(operation)
	defer freeText(t)
	defer freeText(o)
	answer := C.k7_transport_supports(t, o)
	return answer == 1, answer >= 0
}

// ConfigKey is one row of the table of configuration keys.
type ConfigKey struct {
	Name       string // "rest.ca_file"
	Type       string // "text", "integer", "boolean", "path", "list"
	Default    string
	HasDefault bool
	Meaning    string
	Transport  string // "": for all
	Secret     bool
}

// ConfigKeys are all keys that Config.Settings takes.
func ConfigKeys() []ConfigKey {
	keys := make([]ConfigKey, C.k7_config_key_count())
	for i := range keys {
		key := C.k7_config_key_at(C.size_t(i))
		keys[i] = ConfigKey{
			Name:       C.GoString(C.k7_config_key_get_name(key)),
			Type:       C.GoString(C.k7_config_key_get_type(key)),
			Default:    C.GoString(C.k7_config_key_get_default(key)),
			HasDefault: C.k7_config_key_get_default(key) != nil,
			Meaning:    C.GoString(C.k7_config_key_get_meaning(key)),
			Transport:  C.GoString(C.k7_config_key_get_transport(key)),
			Secret:     C.k7_config_key_is_secret(key) == 1,
		}
	}
	return keys
}
