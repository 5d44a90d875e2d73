package k7sandbox

/*
#include <stdint.h>
#include <k7sandbox/k7sandbox.h>

extern void k7goProgress(uintptr_t user, k7_progress *progress);
extern void k7goTrace(uintptr_t user, k7_trace *trace);
extern void k7goDryRun(uintptr_t user, k7_dry_request *request);
extern void k7goRelease(uintptr_t user);

// A user pointer is the number of a cgo.Handle, which is no pointer: Go must not see it as one.

static void tell_progress(void *user, const k7_progress *progress)
{
	k7goProgress((uintptr_t)user, (k7_progress *)progress);
}

static void tell_trace(void *user, const k7_trace *trace)
{
	k7goTrace((uintptr_t)user, (k7_trace *)trace);
}

static void tell_dry_run(void *user, const k7_dry_request *request)
{
	k7goDryRun((uintptr_t)user, (k7_dry_request *)request);
}

static void release(void *user)
{
	k7goRelease((uintptr_t)user);
}

static int set_progress(k7_call *call, uintptr_t user, k7_error **err)
{
	return k7_call_set_progress(call, tell_progress, (void *)user, release, err);
}

static int set_trace(k7_call *call, uintptr_t user, k7_error **err)
{
	return k7_call_set_trace(call, tell_trace, (void *)user, release, err);
}

static int set_dry_run(k7_call *call, uintptr_t user, k7_error **err)
{
	return k7_call_set_dry_run(call, tell_dry_run, (void *)user, release, err);
}
*/
import "C"

import (
	"context"
	"errors"
	"runtime/cgo"
	"time"
)

// Never is, as a time limit, none.
const Never time.Duration = -1

// Progress says that a step of a call began, or went on; while taking back, Step begins with "undo".
type Progress struct {
	Operation, Step, Text string
	Done, Total           int64 // -1: unknown
}

// Trace is one attempt of one request, after it ended. There is no header and no body in it, so no secret.
type Trace struct {
	Operation, Step, Method, URL string
	Attempt                      int  // 1, 2, …
	HTTPStatus                   int  // 0: no answer
	Code                         Code // where there was no answer, else 0
	Duration                     time.Duration
	ConnectionReused             bool
}

// DryRequest is a request that a dry run would send.
type DryRequest struct {
	Operation, Step, Method, URL string
	ContentType                  string // "": no body
	Body                         []byte
}

// CallOption is a setting of one call.
//
// The functions of WithProgress, WithTrace and WithDryRun run one after another while the call waits for them, each on a goroutine of its own. When one panics, the call is
// cancelled, and then panics with the same value; when one ends its goroutine (runtime.Goexit, testing's FailNow), the call ends the caller's. What a create made is taken back
// before; of a call over many, the items that were done remain done, the sandboxes that CreateMany has made exist. WithAftermath is told of them, and nobody without it.
type CallOption func(*settings)

type settings struct {
	timeout, cleanup *time.Duration
	traceparent      string
	progress         func(Progress)
	trace            func(Trace)
	dryRun           func(DryRequest)
	aftermath        func(Results, error)
	abandon          context.Context
}

// WithTimeout limits the whole call, beside the context's deadline; Never: no limit. Another negative one is over already, as time.Until gives it: ErrTimeout, and nothing is sent;
// 0 is an error. Without it and without a deadline the client's limit holds.
func WithTimeout(limit time.Duration) CallOption { return func(s *settings) { s.timeout = &limit } }

// WithCleanupTimeout limits how long a call that failed goes on to take back what it made; 0: not at all.
func WithCleanupTimeout(limit time.Duration) CallOption {
	return func(s *settings) { s.cleanup = &limit }
}

// WithAbandon ends a call at once when ctx is cancelled, also while what it made is being taken back, as a second Ctrl-C does: what is left is in the error's Leftovers.
func WithAbandon(ctx context.Context) CallOption { return func(s *settings) { s.abandon = ctx } }

// WithTraceparent sends a W3C trace context with every request.
func WithTraceparent(parent string) CallOption { return func(s *settings) { s.traceparent = parent } }

// WithProgress is told when a step begins, and how far it is.
func WithProgress(tell func(Progress)) CallOption { return func(s *settings) { s.progress = tell } }

// WithTrace is told of every request after it ended.
func WithTrace(tell func(Trace)) CallOption { return func(s *settings) { s.trace = tell } }

// WithDryRun sends nothing: tell gets each request that would be sent, and the call gives no result.
func WithDryRun(tell func(DryRequest)) CallOption { return func(s *settings) { s.dryRun = tell } }

// WithAftermath is told, after a callback panicked and before that comes out of the call, how the call itself ended: what became of each item of a call over many, and its
// error, whose Leftovers say what could not be taken back.
func WithAftermath(tell func(Results, error)) CallOption {
	return func(s *settings) { s.aftermath = tell }
}

// call is one call under way.
type call struct {
	settings
	ctx        context.Context
	pointer    *C.k7_call
	token      *C.k7_cancel // no other call has it
	byDeadline bool         // its time limit is the deadline of the context
	broken     ending       // how a callback ended that did not return
	value      interface{}  // what it panicked with
}

func newCall(ctx context.Context, options []CallOption) (*call, error) {
	c := &call{ctx: ctx}
	for _, option := range options {
		option(&c.settings)
	}
	// The deadline may have passed before the context's timer has seen it.
	deadline, ok := ctx.Deadline()
	if (ok && time.Until(deadline) <= 0) || errors.Is(ctx.Err(), context.DeadlineExceeded) {
		late := newError(C.K7_ERR_TIMEOUT, "the deadline of the context had passed before the call")
		late.cause = context.DeadlineExceeded
		return nil, late
	}
	if c.timeout != nil && *c.timeout < 0 && *c.timeout != Never {
		return nil, newError(C.K7_ERR_TIMEOUT, "the time limit, "+c.timeout.String()+", had passed before the call")
	}
	var err *C.k7_error
	if status := C.k7_call_new(&c.pointer, &err); status != 0 {
		return nil, failure(status, err)
	}
	if failed := c.set(); failed != nil {
		c.free()
		return nil, failed
	}
	return c, nil
}

func (c *call) set() error {
	var err *C.k7_error
	limit := c.timeout
	if deadline, ok := c.ctx.Deadline(); ok {
		left := time.Until(deadline)
		if left <= 0 {
			left = 1
		}
		if limit == nil || *limit == Never || left < *limit {
			// The clock of the library counts milliseconds, and must not be before the context's.
			left += time.Millisecond
			limit, c.byDeadline = &left, true
		}
	}
	if limit != nil {
		if status := C.k7_call_set_timeout_ms(c.pointer, milliseconds(*limit), &err); status != 0 {
			return failure(status, err)
		}
	}
	if c.cleanup != nil {
		if status := C.k7_call_set_cleanup_timeout_ms(c.pointer, milliseconds(*c.cleanup), &err); status != 0 {
			return failure(status, err)
		}
	}
	if c.traceparent != "" {
		text, failed := cText(c.traceparent, "traceparent")
		if failed != nil {
			return failed
		}
		defer freeText(text)
		if status := C.k7_call_set_traceparent(c.pointer, text, &err); status != 0 {
			return failure(status, err)
		}
	}
	if c.progress != nil {
		if status := C.set_progress(c.pointer, C.uintptr_t(cgo.NewHandle(c)), &err); status != 0 {
			return failure(status, err)
		}
	}
	if c.trace != nil {
		if status := C.set_trace(c.pointer, C.uintptr_t(cgo.NewHandle(c)), &err); status != 0 {
			return failure(status, err)
		}
	}
	if c.dryRun != nil {
		if status := C.set_dry_run(c.pointer, C.uintptr_t(cgo.NewHandle(c)), &err); status != 0 {
			return failure(status, err)
		}
	}
	if c.ctx.Done() == nil && c.abandon == nil && c.progress == nil && c.trace == nil && c.dryRun == nil {
		return nil
	}
	if status := C.k7_cancel_new(&c.token, &err); status != 0 {
		return failure(status, err)
	}
	return failure(C.k7_call_set_cancel(c.pointer, c.token, &err), err)
}

// milliseconds rounds up, so that a limit is never shorter than asked for.
func milliseconds(limit time.Duration) C.int64_t {
	if limit == Never {
		return C.K7_NEVER
	}
	if limit < 0 {
		return -2 // which is refused
	}
	rounded := limit.Milliseconds()
	if time.Duration(rounded)*time.Millisecond < limit {
		rounded++
	}
	return C.int64_t(rounded)
}

func (c *call) free() {
	C.k7_call_free(c.pointer)
	C.k7_cancel_unref(c.token)
}

// watch cancels the call when its context is cancelled, until the answer is called.
func (c *call) watch() (stop func()) {
	stopContext := watch(c.ctx, c.onContext)
	if c.abandon == nil {
		return stopContext
	}
	stopAbandon := watch(c.abandon, c.onAbandon)
	return func() {
		stopContext()
		stopAbandon()
	}
}

func watch(ctx context.Context, onDone func()) (stop func()) {
	if ctx.Done() == nil {
		return func() {}
	}
	if ctx.Err() != nil {
		onDone()
		return func() {}
	}
	ended, watched := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(watched)
		select {
		case <-ctx.Done():
			onDone()
		case <-ended:
		}
	}()
	return func() {
		close(ended)
		<-watched
	}
}

func (c *call) onAbandon() {
	C.k7_cancel_trigger(c.token)
	C.k7_cancel_trigger(c.token)
}

func (c *call) onContext() {
	// The library has the deadline, and is about to see it itself.
	if !c.byDeadline || !errors.Is(c.ctx.Err(), context.DeadlineExceeded) {
		C.k7_cancel_trigger(c.token)
	}
}

// explained adds the context's error to one of the library where that is its reason: an item of many has a time limit of its own, which may end it before the deadline.
func (c *call) explained(err error) error {
	failed, ok := err.(*Error)
	switch {
	case !ok:
	case failed.Class == ErrTimeout && c.byDeadline && c.isOver():
		failed.cause = context.DeadlineExceeded
	case failed.Class == ErrCancelled && c.broken == returned:
		if failed.cause = c.ctx.Err(); failed.cause == nil && c.abandon != nil {
			failed.cause = c.abandon.Err()
		}
	}
	return err
}

// isOver tells whether the deadline of the context has passed.
func (c *call) isOver() bool {
	deadline, _ := c.ctx.Deadline()
	return time.Until(deadline) <= 0
}

// tell runs a callback, unless one has not returned.
func (c *call) tell(run func()) {
	if c.broken != returned {
		return
	}
	if c.broken, c.value = apart(run); c.broken != returned {
		C.k7_cancel_trigger(c.token)
	}
}

// ending is how a function ended.
type ending int

const (
	returned ending = iota
	panicked
	exited // with its goroutine
)

// apart runs what the library asks for on another goroutine, because neither a panic nor runtime.Goexit may cross the C that is below on this one.
func apart(run func()) (how ending, value interface{}) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		how = exited
		func() {
			defer func() {
				if how != returned {
					value = recover()
				}
			}()
			run()
			how = returned
		}()
		if how == exited { // and yet this is reached
			how = panicked
		}
	}()
	<-done
	return how, value
}
