// Package k7sandbox is libk7sandbox for Go: sandboxes, isolated containers and micro-VMs that run untrusted code, created, listed, got and deleted on a K7 server, on a
// Kubernetes cluster, on a container engine, or in memory for tests.
//
// The context of a call cancels it while it runs: what it had made is taken back, then it returns. The deadline of the context is the call's. Any number of goroutines
// may use one Client; a call that runs holds one thread, and nothing is held between calls.
//
// Errors are *Error: errors.Is tells their class (ErrNotFound, …), errors.As gives all that is known. A call that ended by its context is also context.Canceled or
// context.DeadlineExceeded.
//
// Client and Spec have Close. What is forgotten is freed by a finalizer, some time.
package k7sandbox
