// calls lists again and again, for tests/bench/calls.py, which compares languages: calls ENDPOINT [API-KEY]. For each number on standard input, so many calls one after
// another; their wall and processor time in microseconds on standard output.
package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"syscall"
	"time"
	"unsafe"

	"k7sandbox"
)

func need(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// processor is the time of this thread, so that the runtime's own does not count, as the others' does not.
func processor() time.Duration {
	var now syscall.Timespec
	if _, _, failed := syscall.Syscall(syscall.SYS_CLOCK_GETTIME, 3, uintptr(unsafe.Pointer(&now)), 0); failed != 0 { // CLOCK_THREAD_CPUTIME_ID
		need(failed)
	}
	return time.Duration(now.Nano())
}

func main() {
	runtime.LockOSThread()
	config := &k7sandbox.Config{Settings: map[string]string{}}
	if len(os.Args) > 2 {
		config.Settings["rest.api_key"] = os.Args[2]
	}
	client, err := k7sandbox.Open(os.Args[1], config)
	need(err)
	ctx := context.Background()
	if len(os.Args) == 2 {
		_, err = client.Create(ctx, k7sandbox.NewSpec("sandbox", "docker.io/library/alpine:3.20"))
		need(err)
	}
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		count, err := strconv.Atoi(lines.Text())
		need(err)
		wall, cpu := time.Now(), processor()
		for i := 0; i < count; i++ {
			list, err := client.List(ctx, k7sandbox.ListOptions{})
			need(err)
			if len(list) != 1 {
				need(fmt.Errorf("not the list that was expected"))
			}
		}
		fmt.Println(time.Since(wall).Microseconds(), (processor() - cpu).Microseconds())
	}
}
