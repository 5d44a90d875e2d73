package k7sandbox

// What the library calls. There is nothing but declarations in this file's C, because cgo copies it.

// #include <stdint.h>
// #include <k7sandbox/k7sandbox.h>
import "C"

import (
	"fmt"
	"runtime/cgo"
	"strings"
	"time"
	"unsafe"
)

//export k7goRelease
func k7goRelease(user C.uintptr_t) { cgo.Handle(user).Delete() }

//export k7goProgress
func k7goProgress(user C.uintptr_t, p *C.k7_progress) {
	c := cgo.Handle(user).Value().(*call)
	c.tell(func() {
		c.progress(Progress{
			Operation: C.GoString(C.k7_progress_get_operation(p)),
			Step:      C.GoString(C.k7_progress_get_step(p)),
			Text:      C.GoString(C.k7_progress_get_text(p)),
			Done:      int64(C.k7_progress_get_done(p)),
			Total:     int64(C.k7_progress_get_total(p)),
		})
	})
}

//export k7goTrace
func k7goTrace(user C.uintptr_t, t *C.k7_trace) {
	c := cgo.Handle(user).Value().(*call)
	c.tell(func() {
		c.trace(Trace{
			Operation:        C.GoString(C.k7_trace_get_operation(t)),
			Step:             C.GoString(C.k7_trace_get_step(t)),
			Method:           C.GoString(C.k7_trace_get_method(t)),
			URL:              C.GoString(C.k7_trace_get_url(t)),
			Attempt:          int(C.k7_trace_get_attempt(t)),
			HTTPStatus:       int(C.k7_trace_get_http_status(t)),
			Code:             Code(C.k7_trace_get_error_code(t)),
			Duration:         time.Duration(C.k7_trace_get_duration_us(t)) * time.Microsecond,
			ConnectionReused: C.k7_trace_is_connection_reused(t) == 1,
		})
	})
}

//export k7goDryRun
func k7goDryRun(user C.uintptr_t, r *C.k7_dry_request) {
	c := cgo.Handle(user).Value().(*call)
	c.tell(func() {
		request := DryRequest{
			Operation:   C.GoString(C.k7_dry_request_get_operation(r)),
			Step:        C.GoString(C.k7_dry_request_get_step(r)),
			Method:      C.GoString(C.k7_dry_request_get_method(r)),
			URL:         C.GoString(C.k7_dry_request_get_url(r)),
			ContentType: C.GoString(C.k7_dry_request_get_content_type(r)),
		}
		if body := C.k7_dry_request_get_body(r); body != nil {
			request.Body = C.GoBytes(unsafe.Pointer(body), C.int(C.k7_dry_request_get_body_len(r)))
		}
		c.dryRun(request)
	})
}

//export k7goToken
func k7goToken(user C.uintptr_t, token *C.k7_token) (status C.int) {
	status = -1
	fail := func(why string) {
		text := C.CString(strings.ReplaceAll(why, "\x00", "?"))
		defer freeText(text)
		C.k7_token_set_error(token, text)
	}
	var given Token
	var err error
	provider := cgo.Handle(user).Value().(TokenProvider)
	switch how, value := apart(func() { given, err = provider() }); how {
	case panicked:
		fail(fmt.Sprintf("the token provider panicked: %v", value))
		return
	case exited:
		fail("the token provider ended its goroutine")
		return
	}
	if err != nil {
		fail(err.Error())
		return
	}
	text, err := cText(given.Text, "token")
	if err != nil {
		fail(err.Error())
		return
	}
	defer freeText(text)
	expires := C.int64_t(-1)
	if !given.Expires.IsZero() {
		expires = C.int64_t(given.Expires.Unix())
	}
	return C.k7_token_set(token, text, expires)
}
