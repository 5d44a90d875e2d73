package main

// The processes of a cluster: started, watched, killed and started again.

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

const readyLimit = 3 * time.Minute // cold, on two loaded cores; else a few seconds

type part struct {
	name      string
	arguments []string
	log       string
	process   *os.Process
	gone      chan struct{} // closed at its end
	wanted    bool          // nobody told it to end
}

// partsLock guards the table of parts of every cluster and what its entries hold.
var partsLock sync.Mutex

// start runs a part of this program, or containerd. Its log begins with its first start and goes on with the others.
func (c *cluster) start(name string, arguments ...string) error {
	p := &part{name: name, arguments: arguments, log: filepath.Join(c.logs, name+".log"), gone: make(chan struct{}), wanted: true}
	mode := os.O_CREATE | os.O_APPEND | os.O_WRONLY
	if _, err := c.find(name); err != nil {
		mode |= os.O_TRUNC
	}
	log, err := os.OpenFile(p.log, mode, 0o644)
	if err != nil {
		return err
	}
	defer log.Close()
	program, err := os.Executable()
	if err != nil {
		return err
	}
	command := exec.Command(program, append([]string{name}, arguments...)...)
	if name == "containerd" {
		command = exec.Command(name, arguments...)
	}
	command.Stdout, command.Stderr = log, log
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // an interrupt from the terminal is for the command inside
	if err := command.Start(); err != nil {
		return err
	}
	p.process = command.Process
	partsLock.Lock()
	c.parts[name] = p
	partsLock.Unlock()
	go func() {
		command.Wait()
		partsLock.Lock()
		defer partsLock.Unlock()
		close(p.gone)
		if p.wanted {
			c.ended <- p
		}
	}()
	return nil
}

// find gives a part that was started, running or not.
func (c *cluster) find(name string) (*part, error) {
	partsLock.Lock()
	defer partsLock.Unlock()
	if p := c.parts[name]; p != nil {
		return p, nil
	}
	return nil, fmt.Errorf("no part %q was started", name)
}

func (p *part) running() bool {
	select {
	case <-p.gone:
		return false
	default:
		return true
	}
}

// kill ends a part as a crash would, and returns when it is gone.
func (p *part) kill() {
	partsLock.Lock()
	p.wanted = false
	partsLock.Unlock()
	p.process.Kill()
	<-p.gone
}

// lament says what is known of a part that ended by itself.
func (p *part) lament() error {
	content, _ := os.ReadFile(p.log)
	lines := strings.Split(strings.TrimSpace(string(content)), "\n")
	return fmt.Errorf("%s ended; its last words:\n%s", p.name, strings.Join(lines[max(0, len(lines)-20):], "\n"))
}

func (c *cluster) await(what string, there func() bool) error {
	for end := time.Now().Add(readyLimit); !there(); time.Sleep(50 * time.Millisecond) {
		partsLock.Lock()
		for _, p := range c.parts {
			if p.wanted && !p.running() {
				partsLock.Unlock()
				return p.lament()
			}
		}
		partsLock.Unlock()
		if time.Now().After(end) {
			return fmt.Errorf("%s: not ready within %v", what, readyLimit)
		}
	}
	return nil
}
