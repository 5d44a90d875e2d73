//go:build k7static

package k7sandbox

// The archive comes before what it needs; -lk7sandbox, which pkg-config says, is not needed any more then, and dropped.

// #cgo pkg-config: k7sandbox libcurl json-c yaml-0.1
// #cgo LDFLAGS: -Wl,--as-needed -l:libk7sandbox.a -lprotobuf-nanopb -pthread
import "C"
