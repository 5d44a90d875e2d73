package main

// What tests can do to a running cluster: one line to the control socket, one line back, "ok" or "error: ...", when it is done and its effect
// can be seen. "cluster-control" does the same from a command line.

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"syscall"
)

const controlUsage = `kill PART | start PART | restart PART | freeze PART | thaw PART | rotate serving-certificate | rotate users-ca | rotate tokens
(PART: etcd, kube-apiserver, kube-controller-manager, kube-scheduler, containerd, kubelet, policies)`

func (c *cluster) control(line string) error {
	words := strings.Fields(line)
	if len(words) != 2 {
		return errors.New("usage: " + strings.ReplaceAll(controlUsage, "\n", " "))
	}
	if words[0] == "rotate" {
		return c.rotate(words[1])
	}
	p, err := c.find(words[1])
	if err != nil {
		return err
	}
	switch words[0] {
	case "kill":
		p.kill()
		return nil
	case "start":
		return c.startAgain(p)
	case "restart":
		p.kill()
		return c.startAgain(p)
	case "freeze":
		return p.process.Signal(syscall.SIGSTOP)
	case "thaw":
		return p.process.Signal(syscall.SIGCONT)
	}
	return fmt.Errorf("no command %q", words[0])
}

// startAgain starts a part that was killed, as it was. Where the API server can answer, it does when this returns.
func (c *cluster) startAgain(p *part) error {
	if p.running() {
		return fmt.Errorf("%s is running", p.name)
	}
	if err := c.start(p.name, p.arguments...); err != nil {
		return err
	}
	for _, name := range []string{"etcd", "kube-apiserver"} {
		if needed, err := c.find(name); err != nil || !needed.running() {
			return err
		}
	}
	return c.awaitAPI()
}

func (c *cluster) rotate(what string) error {
	switch what {
	case "serving-certificate": // the API server reads it again
		c.issueServing()
		return c.await("the new serving certificate", c.servesCertificate)
	case "users-ca": // and the users' authorities
		c.users = newAuthority(c.name + "-users-ca")
		c.issueUsers()
		return c.await("the new authority", c.knowsAdministrator)
	case "tokens": // but not its tokens
		c.issueTokens()
		return c.control("restart kube-apiserver")
	}
	return fmt.Errorf("nothing to rotate is called %q", what)
}

func (c *cluster) servesCertificate() bool {
	connection, err := tls.Dial("tcp", strings.TrimPrefix(c.url, "https://"), &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		return false
	}
	defer connection.Close()
	content, err := os.ReadFile(c.path("pki", "apiserver.crt"))
	block, _ := pem.Decode(content)
	return err == nil && block != nil && bytes.Equal(connection.ConnectionState().PeerCertificates[0].Raw, block.Bytes)
}

func (c *cluster) knowsAdministrator() bool {
	pair, err := tls.LoadX509KeyPair(c.path("pki", "admin.crt"), c.path("pki", "admin.key"))
	if err != nil {
		return false
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true,
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true, Certificates: []tls.Certificate{pair}}}}
	answer, err := client.Get(c.url + "/api/v1/namespaces/default")
	if err != nil {
		return false
	}
	answer.Body.Close()
	return answer.StatusCode == http.StatusOK
}

func (c *cluster) serveControl() error {
	listener, err := net.Listen("unix", c.path("control"))
	if err != nil {
		return err
	}
	var oneAtATime sync.Mutex
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer connection.Close()
				line, err := bufio.NewReader(io.LimitReader(connection, 1000)).ReadString('\n')
				if err != nil {
					return
				}
				oneAtATime.Lock()
				defer oneAtATime.Unlock()
				if err := c.control(line); err != nil {
					fmt.Fprintf(connection, "error: %s\n", strings.ReplaceAll(err.Error(), "\n", " | "))
				} else {
					fmt.Fprintln(connection, "ok")
				}
			}()
		}
	}()
	return nil
}

func controlClient(words []string) {
	if len(words) == 0 {
		fmt.Fprintln(os.Stderr, controlUsage)
		os.Exit(2)
	}
	connection, err := net.Dial("unix", os.Getenv("K7_TEST_CLUSTER_CONTROL"))
	check("control", err)
	fmt.Fprintln(connection, strings.Join(words, " "))
	answer, err := io.ReadAll(connection)
	check("control", err)
	if string(answer) != "ok\n" {
		fmt.Fprint(os.Stderr, "cluster: ", string(answer))
		os.Exit(1)
	}
}
