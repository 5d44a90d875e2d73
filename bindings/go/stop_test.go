package k7sandbox

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

func TestCancelEndsARunningCallAndTakesBack(t *testing.T) {
	client := open(t, "memory:?clock=manual&start_ms=1000")
	ctx, cancel := context.WithCancel(background)
	defer cancel()
	steps := []string{}
	_, err := client.Create(ctx, spec(t, "demo"), WithProgress(func(p Progress) {
		steps = append(steps, p.Step)
		cancel()
	}))
	var failed *Error
	if !errors.Is(err, ErrCancelled) || !errors.Is(err, context.Canceled) || !errors.As(err, &failed) || failed.Operation != "create" || failed.Leftovers != nil {
		t.Fatalf("%v %+v", err, failed)
	}
	if len(steps) == 0 {
		t.Error("no step was told")
	}
	if listed := names(t, client); len(listed) != 0 {
		t.Error("left behind:", listed)
	}
}

func TestAbandonEndsTheTakingBack(t *testing.T) {
	client := open(t, "memory:?clock=manual&start_ms=1000&fail=delete:hang*1")
	ctx, cancel := context.WithCancel(background)
	defer cancel()
	second, abandon := context.WithCancel(background)
	defer abandon()
	_, err := client.Create(ctx, spec(t, "demo"), WithAbandon(second), WithCleanupTimeout(time.Hour), WithProgress(func(p Progress) {
		if strings.HasPrefix(p.Step, "undo") {
			abandon()
		} else {
			cancel()
		}
	}))
	var failed *Error
	if !errors.Is(err, ErrCancelled) || !errors.Is(err, context.Canceled) || !errors.As(err, &failed) || len(failed.Leftovers) != 1 {
		t.Fatalf("%v %+v", err, failed)
	}
	if listed := names(t, client); len(listed) != 1 {
		t.Error("taken back all the same:", listed)
	}
	// By itself it ends a call, too.
	_, err = client.Create(background, spec(t, "other"), WithAbandon(second))
	if !errors.Is(err, ErrCancelled) || !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestCancelOfACallThatWaitsForAServer(t *testing.T) {
	asked, ended := make(chan struct{}), make(chan struct{})
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		close(asked)
		<-ended
	})
	defer close(ended)
	ctx, cancel := context.WithCancel(background)
	go func() {
		<-asked
		cancel()
	}()
	_, err := open(t, s.URL).List(ctx, ListOptions{})
	if !errors.Is(err, ErrCancelled) || !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestDeadlineOfTheContextIsTheCalls(t *testing.T) {
	client := open(t, "memory:?fail=get:hang")
	ctx, cancel := context.WithTimeout(background, 20*time.Millisecond)
	defer cancel()
	_, err := client.Get(ctx, "", "demo")
	var failed *Error
	if !errors.Is(err, ErrTimeout) || !errors.Is(err, context.DeadlineExceeded) || !errors.As(err, &failed) || !os.IsTimeout(err) {
		t.Error(err)
	}
	// It has passed now: nothing is sent.
	if _, err = client.Create(ctx, spec(t, "demo")); !errors.Is(err, ErrTimeout) || !errors.Is(err, context.DeadlineExceeded) || !errors.As(err, &failed) || failed.Outcome != OutcomeNotSent {
		t.Error(err)
	}
	if listed := names(t, client); len(listed) != 0 {
		t.Error(listed)
	}
	// A limit of the call's own is no deadline of a context.
	if _, err = client.Get(background, "", "demo", WithTimeout(20*time.Millisecond)); !errors.Is(err, ErrTimeout) || errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	if _, err = client.Get(background, "", "demo", WithTimeout(0)); !errors.Is(err, ErrInvalid) {
		t.Error(err)
	}
}

func TestALimitThatIsOver(t *testing.T) {
	client := open(t, "memory:?fail=get:hang")
	ctx, cancel := context.WithTimeout(background, time.Hour)
	defer cancel()
	for _, in := range []context.Context{background, ctx} {
		for _, over := range []time.Duration{-2, -time.Second, math.MinInt64, time.Until(time.Now().Add(-time.Hour))} {
			var failed *Error
			_, err := client.Get(in, "", "demo", WithTimeout(over))
			if !errors.As(err, &failed) || failed.Class != ErrTimeout || failed.Outcome != OutcomeNotSent || errors.Is(err, context.DeadlineExceeded) {
				t.Error(over, err)
			}
			if _, err = client.Create(in, spec(t, "demo"), WithTimeout(over)); !errors.Is(err, ErrTimeout) {
				t.Error(over, err)
			}
		}
	}
	if listed := names(t, client); len(listed) != 0 {
		t.Error(listed)
	}
	// No limit beside a deadline is the deadline.
	ctx, cancel = context.WithTimeout(background, 20*time.Millisecond)
	defer cancel()
	if _, err := client.Get(ctx, "", "demo", WithTimeout(Never)); !errors.Is(err, ErrTimeout) || !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}

func TestTheDeadlineOfTheContextIsNotToldBeforeItHasPassed(t *testing.T) {
	client := open(t, "memory:?fail=get:hang")
	for i := 0; i < 100; i++ {
		ctx, cancel := context.WithTimeout(background, 2*time.Millisecond+time.Duration(i)*10*time.Microsecond)
		_, err := client.Get(ctx, "", "demo")
		deadline, _ := ctx.Deadline()
		if early := time.Until(deadline); early > 0 || !errors.Is(err, ErrTimeout) || !errors.Is(err, context.DeadlineExceeded) {
			t.Fatal(i, early, err)
		}
		cancel()
		// The library ended something at a time limit of its own, just before.
		ctx, cancel = context.WithTimeout(background, 900*time.Microsecond)
		deadline, _ = ctx.Deadline()
		c := &call{ctx: ctx, byDeadline: true}
		err = c.explained(&Error{Class: ErrTimeout})
		if early := time.Until(deadline); early > 0 && errors.Is(err, context.DeadlineExceeded) {
			t.Fatal(i, early)
		}
		cancel()
	}
}

func TestTheLimitOfAnItemIsNoDeadlineOfTheContext(t *testing.T) {
	client, err := Open("memory:?fail=get:hang", &Config{Settings: map[string]string{"timeout_ms": "20"}})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(background, time.Hour)
	defer cancel()
	results, err := client.GetMany(ctx, Names("a"), Pace{})
	if err != nil || !errors.Is(results[0].Err, ErrTimeout) || errors.Is(results[0].Err, context.DeadlineExceeded) {
		t.Error(results, err)
	}
	ctx, cancel = context.WithTimeout(background, 20*time.Millisecond)
	defer cancel()
	results, err = open(t, "memory:?fail=get:hang").GetMany(ctx, Names("a"), Pace{})
	if err != nil || !errors.Is(results[0].Err, ErrTimeout) || !errors.Is(results[0].Err, context.DeadlineExceeded) {
		t.Error(results, err)
	}
}

func TestAContextThatHasEnded(t *testing.T) {
	client := open(t, "memory:")
	ctx, cancel := context.WithCancel(background)
	cancel()
	if _, err := client.Create(ctx, spec(t, "demo")); !errors.Is(err, ErrCancelled) || !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if listed := names(t, client); len(listed) != 0 {
		t.Error(listed)
	}
}

func TestWhatIsNotTakenBackIsNamed(t *testing.T) {
	client := open(t, "memory:?clock=manual&start_ms=1000")
	ctx, cancel := context.WithCancel(background)
	defer cancel()
	_, err := client.Create(ctx, spec(t, "demo"), WithCleanupTimeout(0), WithProgress(func(Progress) { cancel() }))
	var failed *Error
	if !errors.As(err, &failed) || failed.Class != ErrCancelled {
		t.Fatal(err)
	}
	if (len(failed.Leftovers) != 0) != (len(names(t, client)) != 0) {
		t.Error(failed.Leftovers, names(t, client))
	}
}

func TestCancelOfManyAccountsForEach(t *testing.T) {
	client := open(t, "memory:?fail=get:404*1,get:hang")
	ctx, cancel := context.WithCancel(background)
	defer cancel()
	// The first is not there; when that is told, the others hang or are yet to come.
	results, err := client.GetMany(ctx, Names("a", "b", "c", "d"), Pace{AtOnce: 2}, WithProgress(func(p Progress) {
		if p.Done == 1 && p.Total == 4 {
			cancel()
		}
	}))
	if err != nil || len(results) != 4 || results.Count(ItemDone) != 0 || !errors.Is(results[0].Err, ErrNotFound) {
		t.Fatal(results, err)
	}
	for _, result := range results[1:] {
		if result.Outcome != ItemNotStarted && (!errors.Is(result.Err, ErrCancelled) || !errors.Is(result.Err, context.Canceled)) {
			t.Error(result)
		}
	}
}

// panics calls and gives what it panicked with.
func panics(call func()) (value interface{}) {
	defer func() { value = recover() }()
	call()
	return nil
}

func TestAPanicOfACallbackComesOutOfTheCall(t *testing.T) {
	client := open(t, "memory:?start_ms=500000")
	told := 0
	value := panics(func() {
		client.Create(background, spec(t, "demo"), WithProgress(func(Progress) {
			told++
			panic("oh dear")
		}))
	})
	if value != "oh dear" || told != 1 {
		t.Error(value, told)
	}
	if listed := names(t, client); len(listed) != 0 {
		t.Error("left behind:", listed)
	}
	value = panics(func() {
		open(t, "http://127.0.0.1:1").Create(background, spec(t, "demo"), WithDryRun(func(DryRequest) { panic("dry") }))
	})
	if value != "dry" {
		t.Error(value)
	}
	s := server(t, func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusNotFound) })
	value = panics(func() { open(t, s.URL).Get(background, "", "demo", WithTrace(func(Trace) { panic("trace") })) })
	if value != "trace" {
		t.Error(value)
	}
	// The client is as good as before.
	if _, err := client.List(background, ListOptions{}); err != nil {
		t.Error(err)
	}
}

func TestAPanicAtTheEndTakesBackWhatWasMade(t *testing.T) {
	client := open(t, "memory:")
	last := 0
	if _, err := client.Create(background, spec(t, "counted"), WithProgress(func(Progress) { last++ })); err != nil {
		t.Fatal(err)
	}
	told, ended := 0, 0
	value := panics(func() {
		client.Create(background, spec(t, "demo"), WithProgress(func(Progress) {
			if told++; told == last {
				panic("at the end")
			}
		}), WithAftermath(func(_ Results, err error) {
			if ended++; err != nil {
				t.Error(err)
			}
		}))
	})
	if value != "at the end" || ended != 1 {
		t.Error(value, ended)
	}
	if listed := names(t, client); len(listed) != 1 {
		t.Error("left behind:", listed)
	}
}

func TestTheErrorOfTheCallSurvivesAPanic(t *testing.T) {
	client := open(t, "memory:?clock=manual&start_ms=1000")
	var told error
	value := panics(func() {
		client.Create(background, spec(t, "demo"), WithCleanupTimeout(0), WithProgress(func(p Progress) {
			if p.Step == "ready" {
				panic(p.Step)
			}
		}), WithAftermath(func(_ Results, err error) { told = err }))
	})
	var failed *Error
	if value != "ready" || !errors.As(told, &failed) || !errors.Is(told, ErrCancelled) || errors.Is(told, context.Canceled) || len(failed.Leftovers) != 1 || len(names(t, client)) != 1 {
		t.Errorf("%v %v %+v", value, told, failed)
	}
}

func TestTheItemsSurviveAPanic(t *testing.T) {
	client := open(t, "memory:")
	var told Results
	value := panics(func() {
		client.CreateMany(background, []*Spec{spec(t, "a"), spec(t, "b"), spec(t, "c")}, Pace{AtOnce: 1}, WithProgress(func(p Progress) {
			if p.Done == 1 && p.Total == 3 {
				panic(errors.New("enough"))
			}
		}), WithAftermath(func(results Results, err error) {
			if told = results; err != nil {
				t.Error(err)
			}
		}))
	})
	if fmt.Sprint(value) != "enough" || len(told) != 3 || told[0].Outcome != ItemDone || told[2].Outcome == ItemDone || len(names(t, client)) != told.Count(ItemDone) {
		t.Error(value, told, names(t, client))
	}
}

func TestACallbackMayEndItsGoroutine(t *testing.T) {
	client := open(t, "memory:?start_ms=500000")
	outcome := make(chan interface{}, 1)
	var told error
	go func() {
		outcome <- "ended"
		defer close(outcome)
		client.Create(background, spec(t, "demo"), WithProgress(func(Progress) { runtime.Goexit() }), WithAftermath(func(_ Results, err error) { told = err }))
		outcome <- "returned"
	}()
	if first, second := <-outcome, <-outcome; first != "ended" || second != nil || !errors.Is(told, ErrCancelled) {
		t.Error(first, second, told)
	}
	if listed := names(t, client); len(listed) != 0 {
		t.Error("left behind:", listed)
	}
	provider := func() (Token, error) { runtime.Goexit(); return Token{}, nil }
	other, err := Open("http://127.0.0.1:1", &Config{TokenProvider: provider})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if _, err = other.List(background, ListOptions{}); !errors.Is(err, ErrAuth) || !strings.Contains(err.Error(), "ended its goroutine") {
		t.Error(err)
	}
}

func TestTheManualClock(t *testing.T) {
	client := open(t, "memory:?clock=manual&latency_ms=1000")
	begun, ended := make(chan struct{}), make(chan error)
	go func() {
		first := true
		_, err := client.Create(background, NewSpec("demo", "alpine:latest"), WithProgress(func(Progress) {
			if first {
				first = false
				close(begun)
			}
		}))
		ended <- err
	}()
	<-begun
	for done := false; !done; {
		if err := client.Advance(time.Second); err != nil {
			t.Fatal(err)
		}
		select {
		case err := <-ended:
			if err != nil {
				t.Error(err)
			}
			done = true
		default:
		}
	}
	if err := open(t, "memory:").Advance(time.Second); !errors.Is(err, ErrInvalid) {
		t.Error(err)
	}
}
