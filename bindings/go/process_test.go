package k7sandbox

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/pprof"
	"sync"
	"testing"
)

func TestManyGoroutinesShareAClient(t *testing.T) {
	client := open(t, "memory:")
	var all sync.WaitGroup
	for i := 0; i < 16; i++ {
		all.Add(1)
		go func(i int) {
			defer all.Done()
			ctx, cancel := context.WithCancel(background)
			defer cancel()
			for round := 0; round < 10; round++ {
				s := NewSpec(fmt.Sprintf("s%d-%d", i, round), "alpine:latest")
				if _, err := client.Create(ctx, s, WithProgress(func(Progress) {})); err != nil {
					t.Error(err)
				}
				if err := client.Delete(ctx, "", s.Name(), DeleteOptions{}); err != nil {
					t.Error(err)
				}
				s.Close()
			}
		}(i)
	}
	all.Wait()
	if listed := names(t, client); len(listed) != 0 {
		t.Error(listed)
	}
}

func TestCloseWhileACallRuns(t *testing.T) {
	client := open(t, "memory:?fail=get:hang")
	ctx, cancel := context.WithCancel(background)
	ended := make(chan error)
	begun := make(chan struct{})
	go func() {
		close(begun)
		_, err := client.Get(ctx, "", "demo")
		ended <- err
	}()
	<-begun
	client.Close()
	cancel()
	if err := <-ended; !errors.Is(err, ErrClosed) && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if _, err := client.Get(background, "", "demo"); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
	if client.Close() != nil || client.Endpoint() != "" {
		t.Error("closed twice")
	}
}

func descriptors(t *testing.T) int {
	t.Helper()
	all, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(all)
}

func TestNothingGrows(t *testing.T) {
	client := open(t, "memory:")
	ctx, cancel := context.WithCancel(background)
	defer cancel()
	round := func() {
		for i := 0; i < 500; i++ {
			s := NewSpec("demo", "alpine:latest")
			if _, err := client.Create(ctx, s, WithProgress(func(Progress) {})); err != nil {
				t.Fatal(err)
			}
			if err := client.Delete(ctx, "", "demo", DeleteOptions{}); err != nil {
				t.Fatal(err)
			}
			s.Close()
		}
	}
	round()
	files, threads, goroutines := descriptors(t), pprof.Lookup("threadcreate").Count(), runtime.NumGoroutine()
	round()
	if now := descriptors(t); now > files {
		t.Errorf("descriptors: %d, then %d", files, now)
	}
	// A second call at the same time may need another thread, 500 do not need many.
	if now := pprof.Lookup("threadcreate").Count(); now > threads+8 {
		t.Errorf("threads: %d, then %d", threads, now)
	}
	if now := runtime.NumGoroutine(); now > goroutines {
		t.Errorf("goroutines: %d, then %d", goroutines, now)
	}
}

func TestWhatIsForgottenIsFreed(t *testing.T) {
	provided := &struct{ name string }{"kept by the client"}
	freed := make(chan struct{})
	runtime.SetFinalizer(provided, func(*struct{ name string }) { close(freed) })
	func() {
		_, err := Open("http://127.0.0.1:1", &Config{TokenProvider: func() (Token, error) { return Token{Text: provided.name}, nil }})
		if err != nil {
			t.Fatal(err)
		}
	}()
	provided = nil
	for {
		runtime.GC() // each collection lets the finalizers of the one before run
		select {
		case <-freed:
			return
		default:
			runtime.Gosched()
		}
	}
}
