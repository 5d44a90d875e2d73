package main

// "cluster policies" enforces networking.k8s.io/v1 NetworkPolicy for the pods of the one node, as a network plugin would: one nftables table,
// replaced as a whole whenever a pod, a namespace or a policy changes. Every packet of a pod is routed by the node, so it passes here.
//
// It fails closed: an address of a pod that is not known (yet, or any more) is cut off, so a policy that is there before its pod holds from
// the pod's first packet to its last. Answers pass by connection tracking; the node itself (the kubelet's probes) reaches every pod.
// Not known: SCTP, IPv6, named ports in egress rules.

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
)

func policiesCommand() *cobra.Command {
	var kubeconfig string
	command := &cobra.Command{Use: "policies", RunE: func(*cobra.Command, []string) error { return enforcePolicies(kubeconfig) }}
	command.Flags().StringVar(&kubeconfig, "kubeconfig", "", "")
	return command
}

// objects is all that decides about packets.
type objects struct {
	pods       []*core.Pod // those with an address of their own
	namespaces map[string]*core.Namespace
	policies   []*networking.NetworkPolicy
}

func matches(selector *meta.LabelSelector, set map[string]string) bool {
	s, err := meta.LabelSelectorAsSelector(selector)
	return err == nil && s.Matches(labels.Set(set))
}

func addressSet(addresses []string) string { return "{ " + strings.Join(addresses, ", ") + " }" }

// peerMatches gives the conditions under which a packet's other side (nft's saddr or daddr) is that peer; none: it never is.
func (o *objects) peerMatches(namespace string, peer networking.NetworkPolicyPeer, side string) []string {
	if peer.IPBlock != nil {
		if strings.Contains(peer.IPBlock.CIDR, ":") {
			return nil // no pod has such an address
		}
		match := "ip " + side + " " + peer.IPBlock.CIDR
		if len(peer.IPBlock.Except) > 0 {
			match += " ip " + side + " != " + addressSet(peer.IPBlock.Except)
		}
		return []string{match}
	}
	var addresses []string
	for _, pod := range o.pods {
		there := pod.Namespace == namespace
		if peer.NamespaceSelector != nil {
			n := o.namespaces[pod.Namespace]
			there = n != nil && matches(peer.NamespaceSelector, n.Labels)
		}
		if there && (peer.PodSelector == nil || matches(peer.PodSelector, pod.Labels)) {
			addresses = append(addresses, pod.Status.PodIP)
		}
	}
	if len(addresses) == 0 {
		return nil
	}
	return []string{"ip " + side + " " + addressSet(addresses)}
}

// portMatches gives the conditions on protocol and port; target is the pod whose port names count.
func portMatches(ports []networking.NetworkPolicyPort, target *core.Pod) []string {
	if len(ports) == 0 {
		return []string{""}
	}
	var found []string
	for _, port := range ports {
		protocol := "tcp"
		if port.Protocol != nil {
			protocol = strings.ToLower(string(*port.Protocol))
		}
		switch {
		case port.Port == nil:
			found = append(found, "meta l4proto "+protocol)
		case port.Port.Type == intstr.String:
			if target == nil {
				continue
			}
			for _, container := range target.Spec.Containers {
				for _, named := range container.Ports {
					if named.Name == port.Port.StrVal {
						found = append(found, fmt.Sprintf("%s dport %d", protocol, named.ContainerPort))
					}
				}
			}
		case port.EndPort != nil:
			found = append(found, fmt.Sprintf("%s dport %d-%d", protocol, port.Port.IntVal, *port.EndPort))
		default:
			found = append(found, fmt.Sprintf("%s dport %d", protocol, port.Port.IntVal))
		}
	}
	return found
}

// podChain gives the rules for one pod in one direction, and whether any policy isolates it there at all.
func (o *objects) podChain(pod *core.Pod, direction networking.PolicyType) (string, bool) {
	var body strings.Builder
	isolated := false
	allow := func(namespace string, peers []networking.NetworkPolicyPeer, ports []string, side string) {
		who := []string{""}
		if len(peers) > 0 {
			who = nil
			for _, peer := range peers {
				who = append(who, o.peerMatches(namespace, peer, side)...)
			}
		}
		for _, peer := range who {
			for _, port := range ports {
				fmt.Fprintf(&body, "  %s %s accept\n", peer, port)
			}
		}
	}
	for _, policy := range o.policies {
		if policy.Namespace != pod.Namespace || !slices.Contains(policy.Spec.PolicyTypes, direction) ||
			!matches(&policy.Spec.PodSelector, pod.Labels) {
			continue
		}
		isolated = true
		if direction == networking.PolicyTypeIngress {
			for _, rule := range policy.Spec.Ingress {
				allow(policy.Namespace, rule.From, portMatches(rule.Ports, pod), "saddr")
			}
		} else {
			for _, rule := range policy.Spec.Egress {
				allow(policy.Namespace, rule.To, portMatches(rule.Ports, nil), "daddr")
			}
		}
	}
	return body.String() + "  drop\n", isolated
}

// table writes everything as input for nft.
func (o *objects) table() string {
	var chains, egress, ingress strings.Builder
	known := []string{nodeAddress}
	for _, pod := range o.pods {
		id := fmt.Sprintf("%x", sha256.Sum256([]byte(pod.UID)))[:16]
		known = append(known, pod.Status.PodIP)
		if rules, isolated := o.podChain(pod, networking.PolicyTypeEgress); isolated {
			fmt.Fprintf(&chains, " chain from_%s {\n%s }\n", id, rules)
			fmt.Fprintf(&egress, "  ip saddr %s jump from_%s\n", pod.Status.PodIP, id)
		}
		if rules, isolated := o.podChain(pod, networking.PolicyTypeIngress); isolated {
			fmt.Fprintf(&chains, " chain to_%s {\n%s }\n", id, rules)
			fmt.Fprintf(&ingress, "  ip daddr %s jump to_%s\n", pod.Status.PodIP, id)
		}
	}
	// A verdict "accept" ends one base chain only, so each direction has its own, and a packet must pass both.
	base := func(name, hook string, priority int, rules string) string {
		return fmt.Sprintf(" chain %s {\n  type filter hook %s priority %d\n  ct state established,related accept\n%s }\n", name, hook, priority, rules)
	}
	unknown := fmt.Sprintf("  ip %%s %s ip %%s != %s drop\n", podNetwork, addressSet(known))
	egressRules := fmt.Sprintf(unknown, "saddr", "saddr") + egress.String()
	ingressRules := fmt.Sprintf(unknown, "daddr", "daddr") + ingress.String()
	return "table inet policies {}\ndelete table inet policies\ntable inet policies {\n" + chains.String() +
		base("leaving", "forward", 0, egressRules) + base("to_node", "input", 0, egressRules) + base("arriving", "forward", 10, ingressRules) + "}\n"
}

func enforcePolicies(kubeconfig string) error {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return err
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	changed := make(chan struct{}, 1)
	note := func() {
		select {
		case changed <- struct{}{}:
		default:
		}
	}
	informed := informers.NewSharedInformerFactory(client, 0)
	pods, namespaces, policies := informed.Core().V1().Pods(), informed.Core().V1().Namespaces(), informed.Networking().V1().NetworkPolicies()
	for _, informer := range []cache.SharedIndexInformer{pods.Informer(), namespaces.Informer(), policies.Informer()} {
		informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
			AddFunc: func(any) { note() }, UpdateFunc: func(_, _ any) { note() }, DeleteFunc: func(any) { note() }})
	}
	informed.Start(context.Background().Done())
	informed.WaitForCacheSync(context.Background().Done())
	note() // also without any object: what is not known is cut off
	last := ""
	for range changed {
		o := &objects{namespaces: map[string]*core.Namespace{}}
		allPods, _ := pods.Lister().List(labels.Everything())
		for _, pod := range allPods {
			if pod.Status.PodIP != "" && !pod.Spec.HostNetwork && pod.Status.Phase != core.PodSucceeded && pod.Status.Phase != core.PodFailed {
				o.pods = append(o.pods, pod)
			}
		}
		allNamespaces, _ := namespaces.Lister().List(labels.Everything())
		for _, namespace := range allNamespaces {
			o.namespaces[namespace.Name] = namespace
		}
		o.policies, _ = policies.Lister().List(labels.Everything())
		slices.SortFunc(o.pods, func(a, b *core.Pod) int { return strings.Compare(string(a.UID), string(b.UID)) })
		slices.SortFunc(o.policies, func(a, b *networking.NetworkPolicy) int { return strings.Compare(string(a.UID), string(b.UID)) })
		table := o.table()
		if table == last {
			continue
		}
		nft := exec.Command("nft", "-f", "-")
		nft.Stdin, nft.Stderr = bytes.NewBufferString(table), os.Stderr
		if err := nft.Run(); err != nil {
			return fmt.Errorf("nft: %w, given:\n%s", err, table)
		}
		last = table
		fmt.Fprintf(os.Stderr, "%s in force: %d pods, %d policies\n", time.Now().Format(time.RFC3339Nano), len(o.pods), len(o.policies))
	}
	return nil
}
