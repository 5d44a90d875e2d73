package main

// "cluster run": the outermost process. It starts process 1 of new namespaces, passes signals in and the exit status out, and has a second
// process tidy up behind it, which also does so when this one is killed.

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const (
	usageText = `
usage: cluster run [--profile labelled|bare] [--parts node|control-plane|api] [--second] [--logs DIR] [-- COMMAND...]
       cluster-control COMMAND...     inside; without a command it says which there are
       kubectl ...                    inside`
	cniPlugins   = "/usr/lib/cni"
	exitSkipped  = 77
	exitSignaled = 128
)

type options struct {
	profile, parts, logs string
	second               bool
	command              []string
	state, cgroup        string // from the outermost process to those inside
}

func parseOptions(arguments []string) *options {
	o := &options{}
	flags := flag.NewFlagSet("run", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&o.profile, "profile", "labelled", "")
	flags.StringVar(&o.parts, "parts", "node", "")
	flags.StringVar(&o.logs, "logs", "", "")
	flags.BoolVar(&o.second, "second", false, "")
	flags.StringVar(&o.state, "state", "", "")
	flags.StringVar(&o.cgroup, "cgroup", "", "")
	err := flags.Parse(arguments)
	switch {
	case err != nil:
	case o.profile != "labelled" && o.profile != "bare":
		err = fmt.Errorf("no profile %q: there are labelled and bare", o.profile)
	case o.parts != "node" && o.parts != "control-plane" && o.parts != "api":
		err = fmt.Errorf("no such parts as %q: there are node, control-plane and api", o.parts)
	case flags.NArg() == len(arguments) && flags.NArg() > 0, flags.NArg() > 0 && arguments[len(arguments)-flags.NArg()-1] != "--":
		err = fmt.Errorf("%q: a command comes after --", flags.Arg(0))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "cluster:", err)
		os.Exit(2)
	}
	o.command = flags.Args()
	return o
}

func skip(format string, values ...any) {
	fmt.Fprintf(os.Stderr, "skipped: "+format+"\n", values...)
	os.Exit(exitSkipped)
}

// images is the archive that lies beside this program.
func images() string {
	program, err := os.Executable()
	check("this program", err)
	return filepath.Join(filepath.Dir(program), "images.tar")
}

// lookAround ends the program where this machine cannot run a cluster.
func lookAround(o *options) {
	if os.Geteuid() != 0 {
		skip("a cluster needs root, for namespaces of its own")
	}
	programs := []string{"ip"}
	if o.parts == "node" {
		programs = append(programs, "containerd", "containerd-shim-runc-v2", "ctr", "runc", "nft", cniPlugins+"/ptp", cniPlugins+"/host-local")
		if len(cgroupMounts()) == 0 {
			skip("a cluster's node needs control groups, and none are mounted")
		}
		_, err := os.Stat(images())
		check("images", err)
	}
	for _, program := range programs {
		if _, err := exec.LookPath(program); err != nil {
			skip("a cluster needs %s: tests/support/install-packages cluster", program)
		}
	}
}

// cgroupMounts lists where hierarchies of control groups are mounted.
func cgroupMounts() []string {
	var found []string
	mounts, _ := os.ReadFile("/proc/self/mounts")
	for _, line := range strings.Split(string(mounts), "\n") {
		if fields := strings.Fields(line); len(fields) > 2 && (fields[2] == "cgroup" || fields[2] == "cgroup2") {
			found = append(found, fields[1])
		}
	}
	return found
}

func runOutside(arguments []string) {
	o := parseOptions(arguments)
	lookAround(o)
	state, err := os.MkdirTemp("", "k7-cluster.")
	check("folder for its state", err)
	o.state, o.cgroup = state, "/"+filepath.Base(state)
	program, err := os.Executable()
	check("this program", err)

	// From here on, whatever happens, the other process removes what was made when this one's end of the pipe closes.
	tidy := exec.Command(program, "tidy-up", state, o.cgroup)
	tidy.Stderr = os.Stderr
	tidy.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	pipe, err := tidy.StdinPipe()
	check("pipe", err)
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	check("tidying up", tidy.Start())
	status := runNamespaces(o, program, arguments, pipe, signals)
	pipe.Close()
	if err := tidy.Wait(); err != nil && status == 0 {
		status = 1
	}
	os.Exit(status)
}

// runNamespaces runs process 1 of the new namespaces to its end.
func runNamespaces(o *options, program string, arguments []string, tidy io.Writer, signals <-chan os.Signal) int {
	if o.parts == "node" {
		for _, mount := range cgroupMounts() {
			if err := os.Mkdir(mount+o.cgroup, 0o755); err != nil {
				fmt.Fprintf(os.Stderr, "skipped: a cluster's node cannot make its control groups: %v\n", err)
				return exitSkipped
			}
		}
	}
	runtime.LockOSThread() // the child is to die with this process, and the kernel means the thread
	first := exec.Command(program, append([]string{"inside", "--state", o.state, "--cgroup", o.cgroup}, arguments...)...)
	first.Stdin, first.Stdout, first.Stderr = os.Stdin, os.Stdout, os.Stderr
	first.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Cloneflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWNS |
		syscall.CLONE_NEWPID | syscall.CLONE_NEWIPC | syscall.CLONE_NEWUTS}
	if err := first.Start(); err != nil {
		if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENOSPC) {
			fmt.Fprintf(os.Stderr, "skipped: a cluster cannot make its namespaces: %v\n", err)
			return exitSkipped
		}
		check("namespaces", err)
	}
	fmt.Fprintln(tidy, first.Process.Pid)
	writeFile(filepath.Join(o.state, "pid"), []byte(strconv.Itoa(first.Process.Pid)))
	go func() {
		for s := range signals {
			first.Process.Signal(s)
		}
	}()
	first.Wait()
	if first.ProcessState.Exited() {
		return first.ProcessState.ExitCode()
	}
	return exitSignaled + int(first.ProcessState.Sys().(syscall.WaitStatus).Signal())
}

// tidyUp reads the number of the namespaces' process 1, waits until whoever writes is gone, then until the namespaces are, and removes the
// cluster's control groups and its folder. With process 1 went every process, mount and link.
func tidyUp(arguments []string) {
	signal.Ignore(syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	state, cgroup := arguments[0], arguments[1]
	input := bufio.NewReader(os.Stdin)
	line, _ := input.ReadString('\n')
	first := -1
	if pid, err := strconv.Atoi(strings.TrimSpace(line)); err == nil {
		first, _ = unix.PidfdOpen(pid, 0)
	}
	io.Copy(io.Discard, input)
	if first >= 0 {
		for {
			if _, err := unix.Poll([]unix.PollFd{{Fd: int32(first), Events: unix.POLLIN}}, -1); err != unix.EINTR {
				break
			}
		}
	}
	var err error
	for _, mount := range cgroupMounts() {
		// A group of a process that is gone can be busy for a moment more.
		for end := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
			if err = removeGroups(mount + cgroup); err == nil || time.Now().After(end) {
				break
			}
		}
		check("control groups", err)
	}
	check("state", os.RemoveAll(state))
}

func removeGroups(dir string) error {
	entries, err := os.ReadDir(dir)
	if os.IsNotExist(err) {
		return nil
	}
	for _, entry := range entries {
		if entry.IsDir() {
			if err := removeGroups(filepath.Join(dir, entry.Name())); err != nil {
				return err
			}
		}
	}
	return os.Remove(dir)
}
