package main

// "cluster inside": process 1 of the cluster's own network, mount, process, IPC and host name namespaces. It prepares them, runs the
// supervisor and collects orphans; its end is the end of everything inside.

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"
)

// shadow lets what is made in dir from now on be seen inside only. What is there stays, but for the entries named, which start empty.
func shadow(dir, scratch string, empty ...string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(scratch, 0o755); err != nil {
		return err
	}
	if err := syscall.Mount("tmpfs", scratch, "tmpfs", 0, "mode=755"); err != nil {
		return err
	}
	for _, entry := range entries {
		from, to := filepath.Join(dir, entry.Name()), filepath.Join(scratch, entry.Name())
		switch {
		case slices.Contains(empty, entry.Name()):
			continue
		case entry.Type()&os.ModeSymlink != 0:
			target, err := os.Readlink(from)
			if err == nil {
				err = os.Symlink(target, to)
			}
			if err != nil {
				return err
			}
			continue
		case entry.IsDir():
			err = os.Mkdir(to, 0o755)
		default:
			err = os.WriteFile(to, nil, 0o600)
		}
		if err == nil {
			err = syscall.Mount(from, to, "", syscall.MS_BIND|syscall.MS_REC, "")
		}
		if err != nil && !os.IsNotExist(err) { // gone meanwhile: its business
			return fmt.Errorf("%s: %w", from, err)
		}
	}
	return syscall.Mount(scratch, dir, "", syscall.MS_MOVE, "")
}

func mountAll(o *options) {
	check("private mounts", syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""))
	check("/proc", syscall.Mount("proc", "/proc", "proc", syscall.MS_NOSUID|syscall.MS_NODEV|syscall.MS_NOEXEC, ""))
	if o.parts == "node" {
		// Where containerd and the kubelet write whatever one tells them.
		check("/run", shadow("/run", o.state+"/run", "netns", "containerd"))
		check("/var/lib", shadow("/var/lib", o.state+"/var-lib", "cni", "containerd", "kubelet"))
		check("/var/log", shadow("/var/log", o.state+"/var-log", "containers", "pods"))
		check("kernel settings", makeSysctlsSeem(o.state+"/sysctl"))
	}
	check("shared mounts", syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_SHARED, "")) // with the containers' namespaces only
}

// makeNetwork gives the namespace loopback with the node's and the API's addresses. Nothing leads out.
func makeNetwork() {
	check("host name", syscall.Sethostname([]byte(nodeName)))
	for _, arguments := range [][]string{{"link", "set", "lo", "up"}, {"address", "add", nodeAddress + "/32", "dev", "lo"},
		{"address", "add", serviceAddress + "/32", "dev", "lo"}} {
		output, err := exec.Command("ip", arguments...).CombinedOutput()
		if err != nil {
			err = fmt.Errorf("%w: %s", err, output)
		}
		check("network", err)
	}
	check("forwarding", os.WriteFile("/proc/sys/net/ipv4/ip_forward", []byte("1"), 0o644))
	// Pods are not to reach the node by an address that the policies do not know.
	if err := os.WriteFile("/proc/sys/net/ipv6/conf/default/disable_ipv6", []byte("1"), 0o644); !os.IsNotExist(err) {
		check("IPv6", err)
	}
}

func runInside(arguments []string) {
	mountAll(parseOptions(arguments))
	makeNetwork()
	program, err := os.Executable()
	check("this program", err)
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	supervisor, err := os.StartProcess(program, append([]string{program, "supervise"}, arguments...),
		&os.ProcAttr{Files: []*os.File{os.Stdin, os.Stdout, os.Stderr}})
	check("supervisor", err)
	go func() {
		for s := range signals {
			supervisor.Signal(s)
		}
	}()
	for {
		var status syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &status, 0, nil)
		switch {
		case err == syscall.EINTR:
		case err != nil:
			check("children", err)
		case pid == supervisor.Pid && status.Signaled():
			os.Exit(exitSignaled + int(status.Signal()))
		case pid == supervisor.Pid:
			os.Exit(status.ExitStatus())
		}
	}
}
