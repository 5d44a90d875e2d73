// Command cluster is a real Kubernetes in one program, for tests: etcd, API server, controller manager, scheduler, kubelet and kubectl as they
// are published, and what it takes to run them in namespaces of their own. It knows nothing about libk7sandbox.
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	kubectl "k8s.io/kubectl/pkg/cmd"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	manager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
	kubelet "k8s.io/kubernetes/cmd/kubelet/app"
)

// The parts of a cluster: this program, started under another name.
var parts = map[string]func() *cobra.Command{
	"kube-apiserver":          apiserver.NewAPIServerCommand,
	"kube-controller-manager": manager.NewControllerManagerCommand,
	"kube-scheduler":          func() *cobra.Command { return scheduler.NewSchedulerCommand() },
	"kubelet":                 func() *cobra.Command { return kubelet.NewKubeletCommand(context.Background()) },
	"kubectl":                 func() *cobra.Command { return kubectl.NewDefaultKubectlCommand() },
	"policies":                policiesCommand,
}

func main() {
	name := filepath.Base(os.Args[0])
	if name != "kubectl" && name != "cluster-control" { // links to this program, for those inside a cluster
		if len(os.Args) < 2 {
			usage()
		}
		os.Args = os.Args[1:]
		name = os.Args[0]
	}
	switch {
	case name == "run":
		runOutside(os.Args[1:])
	case name == "inside":
		runInside(os.Args[1:])
	case name == "supervise":
		supervise(os.Args[1:])
	case name == "tidy-up":
		tidyUp(os.Args[1:])
	case name == "cluster-control":
		controlClient(os.Args[1:])
	case name == "etcd":
		etcdmain.Main(os.Args)
	case parts[name] != nil:
		os.Exit(cli.Run(parts[name]()))
	default:
		usage()
	}
}

func usage() {
	fmt.Fprintln(os.Stderr, strings.TrimSpace(usageText))
	os.Exit(2)
}

// check ends the program with one line where something that must work does not.
func check(what string, err error) {
	if err != nil {
		fmt.Fprintf(os.Stderr, "cluster: %s: %v\n", what, err)
		os.Exit(1)
	}
}
