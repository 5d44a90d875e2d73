package main

// etcd, API server, controller manager and scheduler: how each is started, and when it is ready.

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// The controllers that sandboxes and their neighbours need; the others would only cost memory and time.
const controllers = "deployment-controller,replicaset-controller,job-controller,serviceaccount-controller,serviceaccount-token-controller," +
	"root-ca-certificate-publisher-controller,namespace-controller,garbage-collector-controller,pod-garbage-collector-controller," +
	"resourcequota-controller,endpointslice-controller,clusterrole-aggregation-controller,node-lifecycle-controller,taint-eviction-controller," +
	"disruption-controller,ttl-after-finished-controller"

// cluster is one control plane, and what is known of it.
type cluster struct {
	name, dir string // dir holds its state
	logs      string
	url       string
	port      int // the API server's
	etcdPort  int // and the next one
	ca, users *authority
	token     string
	parts     map[string]*part
	ended     chan *part // those that ended without being told to
}

func newCluster(name, dir, logs string, port, etcdPort int, ended chan *part) *cluster {
	c := &cluster{name: name, dir: dir, logs: logs, port: port, etcdPort: etcdPort, url: fmt.Sprintf("https://127.0.0.1:%d", port),
		parts: map[string]*part{}, ended: ended}
	check("logs", os.MkdirAll(logs, 0o755))
	c.issueAll()
	return c
}

func (c *cluster) path(elements ...string) string {
	return filepath.Join(append([]string{c.dir}, elements...)...)
}

func (c *cluster) etcdArguments() []string {
	clients, peers := fmt.Sprintf("http://127.0.0.1:%d", c.etcdPort), fmt.Sprintf("http://127.0.0.1:%d", c.etcdPort+1)
	return []string{"--data-dir", c.path("etcd"), "--name", "one", "--unsafe-no-fsync", "--log-level", "warn",
		"--listen-client-urls", clients, "--advertise-client-urls", clients,
		"--listen-peer-urls", peers, "--initial-advertise-peer-urls", peers, "--initial-cluster", "one=" + peers}
}

func (c *cluster) apiServerArguments() []string {
	return []string{
		"--etcd-servers", fmt.Sprintf("http://127.0.0.1:%d", c.etcdPort), "--secure-port", strconv.Itoa(c.port),
		"--bind-address", "0.0.0.0", "--advertise-address", nodeAddress, "--endpoint-reconciler-type", "none",
		"--service-cluster-ip-range", serviceNetwork, "--authorization-mode", "Node,RBAC", "--allow-privileged",
		"--cert-dir", c.path("pki"), "--tls-cert-file", c.path("pki", "apiserver.crt"), "--tls-private-key-file", c.path("pki", "apiserver.key"),
		"--client-ca-file", c.path("pki", "client-cas.crt"), "--token-auth-file", c.path("pki", "tokens.csv"),
		"--service-account-issuer", "https://kubernetes.default.svc", "--service-account-key-file", c.path("pki", "service-accounts.key"),
		"--service-account-signing-key-file", c.path("pki", "service-accounts.key"),
		"--kubelet-client-certificate", c.path("pki", "to-kubelet.crt"), "--kubelet-client-key", c.path("pki", "to-kubelet.key"),
		"--kubelet-certificate-authority", c.path("pki", "ca.crt"), "--kubelet-preferred-address-types", "InternalIP",
		"--profiling=false", "--shutdown-delay-duration=0",
	}
}

func (c *cluster) managerArguments() []string {
	return []string{"--kubeconfig", c.path("kubeconfig", "kube-controller-manager"), "--leader-elect=false", "--controllers", controllers,
		"--service-account-private-key-file", c.path("pki", "service-accounts.key"), "--root-ca-file", c.path("pki", "ca.crt"),
		"--bind-address", "127.0.0.1", "--cert-dir", c.path("pki"), "--allocate-node-cidrs=false", "--profiling=false",
		"--kube-api-qps=200", "--kube-api-burst=400", "--namespace-sync-period=1s"}
}

func (c *cluster) schedulerArguments() []string {
	return []string{"--kubeconfig", c.path("kubeconfig", "kube-scheduler"), "--leader-elect=false",
		"--bind-address", "127.0.0.1", "--cert-dir", c.path("pki"), "--profiling=false"}
}

// request sends one request as the administrator; a body is JSON. An answer is decoded into result, unless that is nil.
func (c *cluster) request(method, path, body string, result any) (int, error) {
	request, err := http.NewRequest(method, c.url+path, bytes.NewBufferString(body))
	if err != nil {
		return 0, err
	}
	request.Header.Set("Authorization", "Bearer "+c.token)
	request.Header.Set("Content-Type", "application/json")
	trusted := x509.NewCertPool()
	trusted.AddCert(c.ca.certificate)
	// A connection of its own each time: the server may have been another one a moment ago.
	client := http.Client{Timeout: 10 * time.Second,
		Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: trusted}, DisableKeepAlives: true}}
	answer, err := client.Do(request)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	content, err := io.ReadAll(answer.Body)
	if err == nil && result != nil {
		err = json.Unmarshal(content, result)
	}
	return answer.StatusCode, err
}

func (c *cluster) answers(path string) bool {
	status, err := c.request("GET", path, "", nil)
	return err == nil && status == http.StatusOK
}

// create makes an object, as the administrator.
func (c *cluster) create(path, object string) error {
	var answer struct{ Message string }
	status, err := c.request("POST", path, object, &answer)
	if err == nil && status != http.StatusCreated {
		err = fmt.Errorf("%s: %d %s", path, status, answer.Message)
	}
	return err
}

// awaitAPI waits until the API server answers and what it makes for itself at its first start is there.
func (c *cluster) awaitAPI() error {
	return c.await("the API server", func() bool { return c.answers("/readyz") })
}

func (c *cluster) startAPI() error {
	if err := c.start("etcd", c.etcdArguments()...); err != nil {
		return err
	}
	if err := c.start("kube-apiserver", c.apiServerArguments()...); err != nil {
		return err
	}
	if err := c.awaitAPI(); err != nil {
		return err
	}
	return c.await("the namespace default", func() bool { return c.answers("/api/v1/namespaces/default") })
}

func (c *cluster) startControllers() error {
	if err := c.start("kube-controller-manager", c.managerArguments()...); err != nil {
		return err
	}
	if err := c.start("kube-scheduler", c.schedulerArguments()...); err != nil {
		return err
	}
	// The RuntimeClass of K7's sandboxes; the node runs it with runc.
	return c.create("/apis/node.k8s.io/v1/runtimeclasses",
		`{"apiVersion":"node.k8s.io/v1","kind":"RuntimeClass","metadata":{"name":"kata"},"handler":"kata"}`)
}

// awaitControllers waits for what pods need of them.
func (c *cluster) awaitControllers() error {
	return c.await("the service account default", func() bool {
		return c.answers("/api/v1/namespaces/default/serviceaccounts/default") && c.answers("/api/v1/namespaces/default/configmaps/kube-root-ca.crt")
	})
}

// nodeIsReady says whether pods are scheduled there.
func (c *cluster) nodeIsReady() bool {
	var node struct {
		Spec   struct{ Taints []struct{ Key string } }
		Status struct {
			Conditions []struct{ Type, Status string }
		}
	}
	if status, err := c.request("GET", "/api/v1/nodes/"+nodeName, "", &node); err != nil || status != http.StatusOK || len(node.Spec.Taints) > 0 {
		return false
	}
	for _, condition := range node.Status.Conditions {
		if condition.Type == "Ready" {
			return strings.EqualFold(condition.Status, "True")
		}
	}
	return false
}
