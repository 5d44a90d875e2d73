package main

// Keys, certificates and kubeconfigs of a cluster. All keys are P-256 in "EC PRIVATE KEY" form: the API server takes no other for the tokens of
// service accounts.

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"
)

type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
	pem         []byte
}

// subject says for whom a certificate is: a user (name, groups) and, for servers, the addresses and names it is reached by.
type subject struct {
	name      string
	groups    []string
	addresses []string
	hosts     []string
}

func newKey() *ecdsa.PrivateKey {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check("key", err)
	return key
}

func keyPEM(key *ecdsa.PrivateKey) []byte {
	der, err := x509.MarshalECPrivateKey(key)
	check("key", err)
	return pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der})
}

func template(name string) *x509.Certificate {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	check("serial number", err)
	return &x509.Certificate{SerialNumber: serial, Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(48 * time.Hour)}
}

func newAuthority(name string) *authority {
	key, t := newKey(), template(name)
	t.IsCA, t.BasicConstraintsValid, t.KeyUsage = true, true, x509.KeyUsageCertSign|x509.KeyUsageDigitalSignature
	der, err := x509.CreateCertificate(rand.Reader, t, t, &key.PublicKey, key)
	check(name, err)
	certificate, err := x509.ParseCertificate(der)
	check(name, err)
	return &authority{certificate, key, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})}
}

// issue writes FILE.crt and FILE.key.
func (a *authority) issue(file string, s subject) {
	key, t := newKey(), template(s.name)
	t.Subject.Organization, t.DNSNames = s.groups, s.hosts
	t.KeyUsage = x509.KeyUsageDigitalSignature
	t.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth}
	for _, address := range s.addresses {
		t.IPAddresses = append(t.IPAddresses, net.ParseIP(address))
	}
	der, err := x509.CreateCertificate(rand.Reader, t, a.certificate, &key.PublicKey, a.key)
	check(s.name, err)
	writeFile(file+".key", keyPEM(key))
	writeFile(file+".crt", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

// writeFile replaces a file as a whole: whoever reads it meanwhile gets the old one or the new one.
func writeFile(file string, content []byte) {
	check(file, os.MkdirAll(filepath.Dir(file), 0o755))
	check(file, os.WriteFile(file+".new", content, 0o600))
	check(file, os.Rename(file+".new", file))
}

func randomToken() string {
	bytes := make([]byte, 24)
	_, err := rand.Read(bytes)
	check("token", err)
	return base64.RawURLEncoding.EncodeToString(bytes)
}

func inline(file string) string {
	content, err := os.ReadFile(file)
	check(file, err)
	return base64.StdEncoding.EncodeToString(content)
}

// kubeconfig writes one of one cluster, one user and one context, in which user lists the user's fields ("key: value").
func (c *cluster) kubeconfig(name string, user ...string) string {
	file := c.path("kubeconfig", name)
	writeFile(file, []byte(`apiVersion: v1
kind: Config
clusters:
- name: `+c.name+`
  cluster:
    server: `+c.url+`
    certificate-authority-data: `+inline(c.path("pki", "ca.crt"))+`
users:
- name: `+c.name+`-`+name+`
  user:
    `+strings.Join(user, "\n    ")+`
contexts:
- name: `+c.name+`
  context:
    cluster: `+c.name+`
    user: `+c.name+`-`+name+`
current-context: `+c.name+`
`))
	return file
}

// issueAll makes all that the parts need to know each other, and the kubeconfigs of users and parts.
func (c *cluster) issueAll() {
	c.ca, c.users = newAuthority(c.name+"-ca"), newAuthority(c.name+"-users-ca")
	writeFile(c.path("pki", "ca.crt"), c.ca.pem)
	writeFile(c.path("pki", "service-accounts.key"), keyPEM(newKey()))
	c.issueServing()
	c.ca.issue(c.path("pki", "to-kubelet"), subject{name: "kube-apiserver", groups: []string{"system:masters"}})
	c.ca.issue(c.path("pki", "kubelet"), subject{name: "system:node:" + nodeName, groups: []string{"system:nodes"}, addresses: []string{nodeAddress}})
	for _, part := range []string{"kube-controller-manager", "kube-scheduler", "policies"} {
		s := subject{name: "system:" + part}
		if part != "kube-scheduler" { // it deletes on everybody's behalf; no role is made for ours
			s.groups = []string{"system:masters"}
		}
		c.ca.issue(c.path("pki", part), s)
	}
	for _, part := range []string{"kube-controller-manager", "kube-scheduler", "policies", "kubelet"} {
		c.kubeconfig(part, "client-certificate: "+c.path("pki", part+".crt"), "client-key: "+c.path("pki", part+".key"))
	}
	c.issueUsers()
	c.issueTokens()
}

func (c *cluster) issueServing() {
	c.ca.issue(c.path("pki", "apiserver"), subject{name: "kube-apiserver", addresses: []string{"127.0.0.1", "::1", nodeAddress, serviceAddress},
		hosts: []string{"localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc"}})
}

// issueUsers gives the administrator a certificate. Users' certificates have an authority of their own, so that it can be replaced while
// the parts stay known.
func (c *cluster) issueUsers() {
	writeFile(c.path("pki", "client-cas.crt"), append(append([]byte{}, c.ca.pem...), c.users.pem...))
	admin := c.path("pki", "admin")
	c.users.issue(admin, subject{name: "admin", groups: []string{"system:masters"}})
	c.kubeconfig("admin", "client-certificate-data: "+inline(admin+".crt"), "client-key-data: "+inline(admin+".key"))
	c.kubeconfig("admin-files", "client-certificate: "+admin+".crt", "client-key: "+admin+".key")
}

func (c *cluster) issueTokens() {
	c.token = randomToken()
	powerless := randomToken()
	writeFile(c.path("token"), []byte(c.token))
	writeFile(c.path("powerless-token"), []byte(powerless))
	writeFile(c.path("pki", "tokens.csv"), []byte(c.token+",admin,admin,system:masters\n"+powerless+",powerless,powerless\n"))
	c.kubeconfig("admin-token", "token: "+c.token)
	c.kubeconfig("admin-token-file", "tokenFile: "+c.path("token"))
	c.kubeconfig("powerless", "token: "+powerless)
}
