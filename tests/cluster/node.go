package main

// The node: containerd over runc, with pods in a routed network, and the kubelet. The settings are for hosts whose root lacks CAP_SYS_RESOURCE,
// for cgroup v1 and hybrid cgroups, and without systemd; everything they write lies in the cluster's folder.

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"syscall"
)

const (
	nodeName       = "node1"
	nodeAddress    = "10.200.0.1"    // also the pods' gateway
	podNetwork     = "10.200.0.0/16" // of the node and the pods
	serviceNetwork = "10.201.0.0/24"
	serviceAddress = "10.201.0.1" // of the service "kubernetes": the API server itself
	pauseImage     = "localhost/pause:1"
	testImage      = "localhost/k7-busybox:1"
	backendLabel   = "k7.katakate.org/backend-kata-firecracker-devmapper=true"
	overlayMagic   = 0x794c7630 // what statfs says of an overlay
)

func (c *cluster) criSocket() string { return c.path("containerd.sock") }

func (c *cluster) startContainerd() error {
	// Point to point: pods reach each other through the node only, so that its rules see every packet.
	writeFile(c.path("cni", "10-pods.conflist"), []byte(`{"cniVersion": "0.4.0", "name": "pods", "plugins": [{"type": "ptp", "ipam": {
 "type": "host-local", "dataDir": "`+c.path("addresses")+`", "routes": [{"dst": "0.0.0.0/0"}],
 "ranges": [[{"subnet": "`+podNetwork+`", "rangeStart": "10.200.1.10", "rangeEnd": "10.200.9.250", "gateway": "`+nodeAddress+`"}]]}}]}
`))
	snapshotter := "overlayfs"
	var fs syscall.Statfs_t
	if syscall.Statfs(c.dir, &fs) == nil && fs.Type == overlayMagic {
		snapshotter = "native" // an overlay cannot lie on an overlay, which is what the root of a container is
	}
	writeFile(c.path("containerd.toml"), []byte(`version = 2
root = "`+c.path("containerd")+`"
state = "`+c.path("containerd-state")+`"
disabled_plugins = ["io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.devmapper",
  "io.containerd.snapshotter.v1.zfs", "io.containerd.internal.v1.opt", "io.containerd.tracing.processor.v1.otlp"]
[grpc]
  address = "`+c.criSocket()+`"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "`+pauseImage+`"
  restrict_oom_score_adj = true
  disable_apparmor = true
  stream_server_address = "127.0.0.1"
  stream_server_port = "0"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "`+cniPlugins+`"
    conf_dir = "`+c.path("cni")+`"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "`+snapshotter+`"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.kata]
      runtime_type = "io.containerd.runc.v2"
`))
	return c.start("containerd", "--config", c.path("containerd.toml"))
}

func (c *cluster) containerdTool(arguments ...string) error {
	output, err := exec.Command("ctr", append([]string{"--address", c.criSocket(), "--namespace", "k8s.io"}, arguments...)...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("ctr %v: %w: %s", arguments, err, output)
	}
	return nil
}

func (c *cluster) startKubelet(cgroup, labels string) error {
	settings := map[string]any{
		"apiVersion": "kubelet.config.k8s.io/v1beta1", "kind": "KubeletConfiguration",
		"authentication": map[string]any{"x509": map[string]any{"clientCAFile": c.path("pki", "ca.crt")},
			"anonymous": map[string]any{"enabled": false}, "webhook": map[string]any{"enabled": true}},
		"authorization": map[string]any{"mode": "Webhook"},
		"tlsCertFile":   c.path("pki", "kubelet.crt"), "tlsPrivateKeyFile": c.path("pki", "kubelet.key"),
		"address": nodeAddress, "healthzPort": 0,
		"containerRuntimeEndpoint": "unix://" + c.criSocket(), "cgroupDriver": "cgroupfs", "cgroupRoot": cgroup,
		"oomScoreAdj": 0, "maxOpenFiles": 10000, "failSwapOn": false, "makeIPTablesUtilChains": false, "resolvConf": "",
		// However full the machine is: the tests' pods are not to be evicted.
		"evictionHard": map[string]string{"memory.available": "1Mi", "nodefs.available": "0%", "imagefs.available": "0%",
			"nodefs.inodesFree": "0%", "imagefs.inodesFree": "0%"},
		"imageGCHighThresholdPercent": 100,
		"nodeStatusUpdateFrequency":   "2s", "nodeStatusReportFrequency": "10s", "syncFrequency": "10s",
		"kubeAPIQPS": 200, "kubeAPIBurst": 400, "eventRecordQPS": 0, "runtimeRequestTimeout": "30s",
		"podLogsDir": c.path("pod-logs"), "volumePluginDir": c.path("volume-plugins"),
	}
	document, err := json.MarshalIndent(settings, "", "  ")
	if err != nil {
		return err
	}
	writeFile(c.path("kubelet.json"), document)
	return c.start("kubelet", "--config", c.path("kubelet.json"), "--kubeconfig", c.path("kubeconfig", "kubelet"), "--root-dir", c.path("kubelet"),
		"--cert-dir", c.path("pki"), "--hostname-override", nodeName, "--node-ip", nodeAddress, "--node-labels", labels)
}

// startNode starts everything that makes pods run, and waits until they would.
func (c *cluster) startNode(images, cgroup string, labelled bool) error {
	if err := c.await("containerd", func() bool { return c.containerdTool("version") == nil }); err != nil {
		return err
	}
	if err := c.containerdTool("images", "import", images); err != nil {
		return err
	}
	labels := ""
	if labelled {
		labels = backendLabel
	}
	if err := c.start("policies", "--kubeconfig", c.path("kubeconfig", "policies")); err != nil {
		return err
	}
	if err := c.startKubelet(cgroup, labels); err != nil {
		return err
	}
	if err := c.await("the node", c.nodeIsReady); err != nil {
		return err
	}
	// Not before the rules are in force: until then pods would reach everything.
	return c.await("the network policies", func() bool { return exec.Command("nft", "list", "table", "inet", "policies").Run() == nil })
}

// makeSysctlsSeem shows the kubelet the kernel settings that it would otherwise write: they are the whole machine's, and would stay.
func makeSysctlsSeem(dir string) error {
	for name, value := range map[string]string{"vm/overcommit_memory": "1", "vm/panic_on_oom": "0", "kernel/panic": "10",
		"kernel/panic_on_oops": "1", "kernel/keys/root_maxkeys": "1000000", "kernel/keys/root_maxbytes": "25000000"} {
		file := dir + "/" + name
		writeFile(file, []byte(value+"\n"))
		if err := syscall.Mount(file, "/proc/sys/"+name, "", syscall.MS_BIND, ""); err != nil && !os.IsNotExist(err) {
			return err
		}
	}
	return nil
}
