//go:build !k7static

package k7sandbox

// #cgo pkg-config: k7sandbox
import "C"
