package k7sandbox

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
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

// TestMain is also what other processes of these tests run.
func TestMain(m *testing.M) {
	switch os.Getenv("K7_TEST_CHILD") {
	case "exit":
		exitWhileACallRuns()
	case "return":
		leaveRunning()
	default:
		os.Exit(m.Run())
	}
}

// leaveRunning leaves a client, a spec, and a call in the library.
func leaveRunning() {
	client, err := Open("memory:?clock=manual&start_ms=1000", nil)
	if err != nil {
		panic(err)
	}
	begun := make(chan struct{})
	go client.Create(background, NewSpec("demo", "alpine:latest"), WithProgress(func(p Progress) {
		if p.Step == "ready" {
			close(begun)
		}
	}))
	<-begun
}

func exitWhileACallRuns() {
	leaveRunning()
	os.Exit(5)
}

func TestAProgramMayEndWithLiveHandles(t *testing.T) {
	for how, code := range map[string]int{"exit": 5, "return": 0} {
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), "K7_TEST_CHILD="+how)
		output, err := child.CombinedOutput()
		if len(output) != 0 || child.ProcessState.ExitCode() != code {
			t.Errorf("%s: %v %s", how, err, output)
		}
	}
}

// inherited is how many connections a child process has: sockets of it that /proc/net/tcp knows.
func inherited(t *testing.T) int {
	t.Helper()
	listed, err := exec.Command("sh", "-c", "ls -l /proc/self/fd; cat /proc/net/tcp /proc/net/tcp6").Output()
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for _, socket := range regexp.MustCompile(`socket:\[(\d+)\]`).FindAllStringSubmatch(string(listed), -1) {
		if strings.Contains(string(listed), " "+socket[1]+" ") {
			count++
		}
	}
	return count
}

func TestAChildGetsNoConnection(t *testing.T) {
	before := inherited(t) // what this process was given itself
	asked, ended := make(chan struct{}), make(chan struct{})
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		close(asked)
		<-ended
	})
	defer close(ended)
	ctx, cancel := context.WithCancel(background)
	running := make(chan error)
	client := open(t, s.URL)
	go func() {
		_, err := client.List(ctx, ListOptions{})
		running <- err
	}()
	<-asked // it has a connection, and waits
	if now := inherited(t); now != before {
		t.Errorf("%d connections, then %d", before, now)
	}
	cancel()
	if err := <-running; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// The runtime preempts by SIGURG, which interrupts whatever waits.
func TestSignalsOfTheRuntimeEndNoCall(t *testing.T) {
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		for i := 0; i < 20; i++ { // while the call waits for the answer
			signalThreads(t)
		}
		fmt.Fprint(w, "[]")
	})
	client, simulated := open(t, s.URL), open(t, "memory:?latency_ms=1")
	over, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-over:
				return
			default:
				signalThreads(t)
			}
		}
	}()
	ctx, cancel := context.WithCancel(background)
	defer cancel()
	for i := 0; i < 20; i++ {
		if _, err := client.List(ctx, ListOptions{}); err != nil {
			t.Error(err)
		}
		if _, err := simulated.Create(ctx, spec(t, "demo")); err != nil {
			t.Error(err)
		}
		if err := simulated.Delete(ctx, "", "demo", DeleteOptions{MissingIsError: true}); err != nil {
			t.Error(err)
		}
	}
	close(over)
	<-stopped
}

func signalThreads(t *testing.T) {
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil {
		t.Error(err)
	}
	for _, thread := range threads {
		id, _ := strconv.Atoi(thread.Name())
		// One that has ended since is no failure.
		syscall.RawSyscall(syscall.SYS_TGKILL, uintptr(os.Getpid()), uintptr(id), uintptr(syscall.SIGURG))
	}
}

func TestAnInterruptEndsTheCallByItsContext(t *testing.T) {
	ctx, stop := signal.NotifyContext(background, os.Interrupt)
	defer stop()
	client := open(t, "memory:?start_ms=500000")
	_, err := client.Create(ctx, spec(t, "demo"), WithProgress(func(p Progress) {
		if p.Step == "ready" {
			syscall.Kill(os.Getpid(), syscall.SIGINT)
		}
	}))
	if !errors.Is(err, ErrCancelled) || !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if listed := names(t, client); len(listed) != 0 {
		t.Error("left behind:", listed)
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
