package main

// "cluster supervise": makes the cluster, runs the command with the cluster's variables, and answers the control socket meanwhile. Its state is
// thrown away with it, so nothing is ended in an orderly way: process 1 takes everything along.

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

const goodbyeLimit = 10 * time.Second // for a command that was told to end

func (c *cluster) startAll(o *options) error {
	withNode := o.parts == "node"
	if withNode {
		if err := c.startContainerd(); err != nil {
			return err
		}
	}
	if err := c.startAPI(); err != nil {
		return err
	}
	if o.parts == "api" {
		return nil
	}
	if err := c.startControllers(); err != nil {
		return err
	}
	if withNode {
		if err := c.startNode(images(), o.cgroup, o.profile == "labelled"); err != nil {
			return err
		}
	}
	return c.awaitControllers()
}

// variables are what those inside are told.
func (c *cluster) variables(o *options) []string {
	v := []string{"KUBECONFIG=" + c.path("kubeconfig", "admin")}
	for _, pair := range [][2]string{{"DIR", c.dir}, {"URL", c.url}, {"CA", c.path("pki", "ca.crt")}, {"TOKEN", c.token},
		{"TOKEN_FILE", c.path("token")}, {"POWERLESS_TOKEN_FILE", c.path("powerless-token")}, {"CONTROL", c.path("control")},
		{"PROFILE", o.profile}, {"PARTS", o.parts}, {"LOGS", c.logs}, {"NODE_ADDRESS", nodeAddress}} {
		v = append(v, "K7_TEST_CLUSTER_"+pair[0]+"="+pair[1])
	}
	if o.parts == "node" {
		v = append(v, "K7_TEST_CLUSTER_CONTAINERD="+c.criSocket(), "K7_TEST_IMAGE="+testImage)
	}
	if o.second {
		v = append(v, "K7_TEST_CLUSTER_SECOND="+c.path("second", "kubeconfig", "admin"))
	}
	return v
}

// makeTools puts kubectl and cluster-control into a folder for PATH.
func (c *cluster) makeTools() error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(c.path("bin"), 0o755); err != nil {
		return err
	}
	for _, name := range []string{"kubectl", "cluster-control"} {
		if err := os.Symlink(program, c.path("bin", name)); err != nil {
			return err
		}
	}
	return nil
}

func supervise(arguments []string) {
	o := parseOptions(arguments)
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	ended := make(chan *part, 16)
	logs := o.logs
	if logs == "" {
		logs = filepath.Join(o.state, "log")
	}
	logs, err := filepath.Abs(logs)
	check("logs", err)

	c := newCluster("k7-test", o.state, logs, 443, 2379, ended)
	started := make(chan error, 1)
	go func() {
		err := c.makeTools()
		if err == nil {
			err = c.startAll(o)
		}
		if err == nil && o.second {
			err = newCluster("second", c.path("second"), filepath.Join(logs, "second"), 1443, 12379, ended).startAPI()
		}
		if err == nil {
			err = c.serveControl()
		}
		started <- err
	}()
	select {
	case err := <-started:
		check("start", err)
	case s := <-signals:
		os.Exit(exitSignaled + int(s.(syscall.Signal)))
	}

	over := make(chan int, 1)
	var command *exec.Cmd
	if len(o.command) > 0 {
		command = exec.Command(o.command[0], o.command[1:]...)
		command.Stdin, command.Stdout, command.Stderr = os.Stdin, os.Stdout, os.Stderr
		command.Env = append(os.Environ(), c.variables(o)...)
		command.Env = append(command.Env, "PATH="+c.path("bin")+":"+os.Getenv("PATH"), "KUBECACHEDIR="+c.path("kubectl-cache"))
		check("command", command.Start())
		go func() {
			command.Wait()
			if status := command.ProcessState.Sys().(syscall.WaitStatus); status.Signaled() {
				over <- exitSignaled + int(status.Signal())
			} else {
				over <- status.ExitStatus()
			}
		}()
	} else {
		pid, err := os.ReadFile(c.path("pid"))
		check("number of process 1", err)
		fmt.Printf("%s\nK7_TEST_CLUSTER_PID=%s\n", strings.Join(c.variables(o), "\n"), pid)
	}
	for {
		select {
		case status := <-over:
			os.Exit(status)
		case p := <-ended:
			check("run", p.lament())
		case s := <-signals:
			if command == nil {
				os.Exit(0)
			}
			command.Process.Signal(s)
			time.AfterFunc(goodbyeLimit, func() { os.Exit(exitSignaled + int(s.(syscall.Signal))) })
		}
	}
}
