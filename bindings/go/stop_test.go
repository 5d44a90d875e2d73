package k7sandbox

import (
	"context"
	"errors"
	"net/http"
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
	if !errors.Is(err, ErrTimeout) || !errors.Is(err, context.DeadlineExceeded) || !errors.As(err, &failed) || !failed.Timeout() {
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
	told := 0
	value := panics(func() {
		client.Create(background, spec(t, "demo"), WithProgress(func(Progress) {
			if told++; told == last {
				panic("at the end")
			}
		}))
	})
	if value != "at the end" {
		t.Error(value)
	}
	if listed := names(t, client); len(listed) != 1 {
		t.Error("left behind:", listed)
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
