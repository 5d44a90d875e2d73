// growth makes many calls and fails when anything of the process is more after them than after the first: growth CALLS. With MALLOC_ARENA_MAX=1, so that the C library's
// allocator tells of all threads.
package main

// #include <malloc.h>
// static size_t in_use(void) { struct mallinfo2 all = mallinfo2(); return all.uordblks + all.hblkhd; }
import "C"

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"

	"k7sandbox"
)

type figures struct{ native, heap, descriptors, threads, goroutines int }

func entries(folder string) int {
	all, err := os.ReadDir(folder)
	check(err)
	return len(all)
}

func check(err error) {
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

func measure() figures {
	var memory runtime.MemStats
	runtime.GC()
	runtime.GC() // what finalizers let go
	runtime.ReadMemStats(&memory)
	return figures{int(C.in_use()), int(memory.HeapAlloc), entries("/proc/self/fd"), entries("/proc/self/task"), runtime.NumGoroutine()}
}

// calls creates and deletes, with everything that a call can have; and fails, and is cancelled.
func calls(client *k7sandbox.Client, count int) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	for i := 0; i < count; i++ {
		spec := k7sandbox.NewSpec("demo", "alpine:latest")
		_, err := client.Create(ctx, spec, k7sandbox.WithProgress(func(k7sandbox.Progress) {}))
		check(err)
		if _, err = client.Create(ctx, spec); !errors.Is(err, k7sandbox.ErrConflict) {
			check(fmt.Errorf("created twice: %v", err))
		}
		spec.Close()
		check(client.Delete(ctx, "", "demo", k7sandbox.DeleteOptions{}))
		ended, end := context.WithCancel(ctx)
		end()
		if _, err = client.Get(ended, "", "demo"); !errors.Is(err, context.Canceled) {
			check(fmt.Errorf("not cancelled: %v", err))
		}
	}
}

func main() {
	count, err := strconv.Atoi(os.Args[1])
	check(err)
	// The runtime makes its own descriptors when it first needs them: now.
	reader, writer, err := os.Pipe()
	check(err)
	check(reader.Close())
	check(writer.Close())
	client, err := k7sandbox.Open("memory:", nil)
	check(err)
	calls(client, count/10)
	before := measure()
	calls(client, count)
	after := measure()
	fmt.Printf("%+v, after %d creates and deletes %+v\n", before, count, after)
	// Memory: the smallest thing that every round could leave has 32 bytes (C) or 16 (Go); some threads more have a few KiB each. Threads: those that run at the same time, and the
	// runtime's own, however many calls there are.
	if after.native-before.native > 16*count || after.heap-before.heap > 8*count || after.descriptors != before.descriptors ||
		after.goroutines != before.goroutines || after.threads > runtime.GOMAXPROCS(0)+8 {
		check(errors.New("it grew"))
	}
	client.Close()
}
