package k7sandbox

// #include <k7sandbox/k7sandbox.h>
import "C"

import (
	"errors"
	"strings"
	"time"
	"unsafe"
)

// One error for each class: what a program can decide by, with errors.Is.
var (
	ErrInvalid     = errors.New("invalid")     // the program or its input is wrong
	ErrUnsupported = errors.New("unsupported") // this transport or server cannot do it
	ErrNotFound    = errors.New("not found")
	ErrConflict    = errors.New("conflict") // something is in the way
	ErrAuth        = errors.New("auth")     // credential or rights
	ErrQuota       = errors.New("quota")    // quota or rate limit: RetryAfter
	ErrNetwork     = errors.New("network")  // the server could not be reached, or the connection broke: Outcome
	ErrProtocol    = errors.New("protocol") // the peer does not speak as expected
	ErrServer      = errors.New("server")   // the server failed: ServerText
	ErrTimeout     = errors.New("timeout")
	ErrCancelled   = errors.New("cancelled")
	ErrSandbox     = errors.New("sandbox")  // the sandbox itself failed: image, script, start
	ErrResource    = errors.New("resource") // this process lacks memory or another resource
)

var classes = map[C.int]error{
	C.K7_CLASS_INVALID:     ErrInvalid,
	C.K7_CLASS_UNSUPPORTED: ErrUnsupported,
	C.K7_CLASS_NOT_FOUND:   ErrNotFound,
	C.K7_CLASS_CONFLICT:    ErrConflict,
	C.K7_CLASS_AUTH:        ErrAuth,
	C.K7_CLASS_QUOTA:       ErrQuota,
	C.K7_CLASS_NETWORK:     ErrNetwork,
	C.K7_CLASS_PROTOCOL:    ErrProtocol,
	C.K7_CLASS_SERVER:      ErrServer,
	C.K7_CLASS_TIMEOUT:     ErrTimeout,
	C.K7_CLASS_CANCELLED:   ErrCancelled,
	C.K7_CLASS_SANDBOX:     ErrSandbox,
	C.K7_CLASS_RESOURCE:    ErrResource,
}

// ErrClosed is the error of a call on a Client or Spec that was closed.
var ErrClosed = errors.New("k7sandbox: it is closed")

// Outcome is what is known about the effect of a failed call at the server.
type Outcome int

const (
	OutcomeNotSent  Outcome = C.K7_OUTCOME_NOT_SENT // or what was made has been taken back
	OutcomeRejected Outcome = C.K7_OUTCOME_REJECTED // the server answered and refused
	OutcomeUnknown  Outcome = C.K7_OUTCOME_UNKNOWN  // no answer came: it may have taken effect
)

func (o Outcome) String() string {
	switch o {
	case OutcomeNotSent:
		return "not sent"
	case OutcomeRejected:
		return "rejected"
	}
	return "unknown"
}

// Code is an error number, K7_ERR_*. A later version may report a more precise one of the same class.
type Code int

// The name of the number: "K7_ERR_TIMEOUT".
func (c Code) String() string { return C.GoString(C.k7_error_code_name(C.int(c))) }

// Class is the Err… of the number's class, or nil.
func (c Code) Class() error { return classes[C.k7_error_code_class(C.int(c))] }

// Meaning is what docs/ERRORS.md says of it.
func (c Code) Meaning() string { return C.GoString(C.k7_error_code_meaning(C.int(c))) }

// Codes are all that the library knows.
func Codes() []Code {
	codes := make([]Code, C.k7_error_code_count())
	for i := range codes {
		codes[i] = Code(C.k7_error_code_at(C.size_t(i)))
	}
	return codes
}

// Error is every failure of the library.
type Error struct {
	Code       Code
	Class      error  // ErrNotFound, …
	ClassName  string // "not found"
	Message    string // one line for a person, never with a secret
	Outcome    Outcome
	HTTPStatus int           // 0: no HTTP answer belongs to it
	Retryable  bool          // the same call may be made again without doing anything twice
	RetryAfter time.Duration // what the server asks to wait; -1: nothing
	Reason     string        // the server's own code: "QuotaExceeded"
	Operation  string        // "create"
	Step       string        // "pull image"
	ServerText string
	Leftovers  []string // what the call made and could not take back
	cause      error    // the context's
}

func (e *Error) Error() string { return e.Message }

// Is tells the class: errors.Is(err, ErrNotFound).
func (e *Error) Is(target error) bool { return e.Class != nil && target == e.Class }

// Unwrap gives the context's error where that ended the call. Of what a token provider returned there is the text alone, in Message.
func (e *Error) Unwrap() error { return e.cause }

// Timeout tells whether a time limit ended the call; os.IsTimeout asks it. An *Error is no net.Error: what may be tried again is told by Retryable.
func (e *Error) Timeout() bool { return e.Class == ErrTimeout }

// errorOf copies an error, which stays its owner's.
func errorOf(err *C.k7_error) *Error {
	class := C.k7_error_get_class(err)
	e := &Error{
		Code:       Code(C.k7_error_get_code(err)),
		Class:      classes[class],
		ClassName:  C.GoString(C.k7_error_class_name(class)),
		Message:    C.GoString(C.k7_error_get_message(err)),
		Outcome:    Outcome(C.k7_error_get_outcome(err)),
		HTTPStatus: int(C.k7_error_get_http_status(err)),
		Retryable:  C.k7_error_is_retryable(err) == 1,
		RetryAfter: -1,
		Reason:     C.GoString(C.k7_error_get_reason(err)),
		Operation:  C.GoString(C.k7_error_get_operation(err)),
		Step:       C.GoString(C.k7_error_get_step(err)),
		ServerText: C.GoString(C.k7_error_get_server_text(err)),
	}
	if wait := int64(C.k7_error_get_retry_after_ms(err)); wait >= 0 {
		e.RetryAfter = time.Duration(wait) * time.Millisecond
	}
	for i := C.size_t(0); i < C.k7_error_leftover_count(err); i++ {
		e.Leftovers = append(e.Leftovers, C.GoString(C.k7_error_leftover_at(err, i)))
	}
	return e
}

// failure takes an error over; nil for status 0.
func failure(status C.int, err *C.k7_error) error {
	if status == 0 {
		return nil
	}
	if err == nil {
		return newError(Code(status), Code(status).Meaning())
	}
	defer C.k7_error_unref(err)
	return errorOf(err)
}

// newError is a failure that is seen before the library is asked.
func newError(code Code, message string) *Error {
	class := C.k7_error_code_class(C.int(code))
	return &Error{Code: code, Class: classes[class], ClassName: C.GoString(C.k7_error_class_name(class)), Message: message, RetryAfter: -1}
}

// cText is a text for the library, which C.k7_free does not free: freeText does. C would cut it off at a NUL inside, so that is an error.
func cText(text, what string) (*C.char, error) {
	if strings.IndexByte(text, 0) >= 0 {
		return nil, newError(C.K7_ERR_INVALID_ARGUMENT, what+": a text must not contain NUL")
	}
	return C.CString(text), nil
}

// cTextOrNil is NULL for "".
func cTextOrNil(text, what string) (*C.char, error) {
	if text == "" {
		return nil, nil
	}
	return cText(text, what)
}

// taken copies and frees a text that is ours now.
func taken(text *C.char) string {
	defer C.k7_free(unsafe.Pointer(text))
	return C.GoString(text)
}
