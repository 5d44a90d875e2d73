// What client-go takes for what k7_sandbox_list and k7_sandbox_delete_all do; and the filling of a cluster with sandboxes as API objects.
//
//	bench fill FROM TO
//	bench fill-pending FROM TO        with policies; the cluster makes pods, which no node has: they are gone as soon as they are deleted
//	bench list paged|whole ROUNDS     milliseconds of each round, one a line
//	bench delete-all WORKERS 1        milliseconds, and how many
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"sort"
	"strconv"
	"sync"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	nodev1 "k8s.io/api/node/v1"
	"k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
)

const (
	namespace = "bench"
	pending   = "bench-delete"
	backend   = "kata-firecracker-devmapper"
	image     = "docker.io/library/alpine:3.20"
	label     = "katakate.org/sandbox"
)

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func number(text string) int {
	n, err := strconv.Atoi(text)
	must(err)
	return n
}

func connect() *kubernetes.Clientset {
	config, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	must(err)
	config.ContentType = "application/vnd.kubernetes.protobuf"
	config.AcceptContentTypes = "application/vnd.kubernetes.protobuf,application/json"
	config.QPS = -1
	client, err := kubernetes.NewForConfig(config)
	must(err)
	return client
}

func pointer[T any](value T) *T { return &value }

// The pod of K7's 0.4 with its default backend.
func podSpec() corev1.PodSpec {
	limits := corev1.ResourceList{"cpu": resource.MustParse("500m"), "memory": resource.MustParse("512Mi")}
	return corev1.PodSpec{
		RuntimeClassName: pointer("kata"),
		NodeSelector:     map[string]string{"k7.katakate.org/backend-" + backend: "true"},
		Containers: []corev1.Container{{
			Name: "sandbox", Image: image, Command: []string{"/bin/sh", "-c", "sleep 365d"},
			Resources: corev1.ResourceRequirements{Limits: limits, Requests: limits},
			SecurityContext: &corev1.SecurityContext{
				AllowPrivilegeEscalation: pointer(false),
				SeccompProfile:           &corev1.SeccompProfile{Type: "RuntimeDefault"},
				Capabilities:             &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
			},
			ReadinessProbe: &corev1.Probe{
				ProbeHandler:  corev1.ProbeHandler{Exec: &corev1.ExecAction{Command: []string{"true"}}},
				PeriodSeconds: 10, TimeoutSeconds: 5, FailureThreshold: 6,
			},
		}},
	}
}

func podStatus() corev1.PodStatus {
	now := metav1.Now()
	condition := func(kind corev1.PodConditionType) corev1.PodCondition {
		return corev1.PodCondition{Type: kind, Status: "True", LastTransitionTime: now}
	}
	return corev1.PodStatus{
		Phase: "Running", HostIP: "10.0.0.7", PodIP: "10.42.0.17", StartTime: &now, QOSClass: "Guaranteed",
		HostIPs: []corev1.HostIP{{IP: "10.0.0.7"}}, PodIPs: []corev1.PodIP{{IP: "10.42.0.17"}},
		Conditions: []corev1.PodCondition{condition("PodReadyToStartContainers"), condition("Initialized"), condition("Ready"),
			condition("ContainersReady"), condition("PodScheduled")},
		ContainerStatuses: []corev1.ContainerStatus{{
			Name: "sandbox", Ready: true, Started: pointer(true), Image: image,
			ImageID:     "docker.io/library/alpine@sha256:0000000000000000000000000000000000000000000000000000000000000000",
			ContainerID: "containerd://0000000000000000000000000000000000000000000000000000000000000000",
			State:       corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: now}},
		}},
	}
}

func makePolicies(client *kubernetes.Clientset, name string) {
	for suffix, direction := range map[string]networkingv1.PolicyType{"-deny-ingress": "Ingress", "-netpol": "Egress"} {
		_, err := client.NetworkingV1().NetworkPolicies(pending).Create(context.Background(), &networkingv1.NetworkPolicy{
			ObjectMeta: metav1.ObjectMeta{Name: name + suffix},
			Spec: networkingv1.NetworkPolicySpec{PodSelector: metav1.LabelSelector{MatchLabels: map[string]string{label: name}},
				PolicyTypes: []networkingv1.PolicyType{direction}}}, metav1.CreateOptions{FieldManager: "k7"})
		must(err)
	}
}

// Made by three managers, as the controllers and the kubelet would: what they note of it in the objects is half of a list.
func make1(client *kubernetes.Clientset, namespace string, i int) {
	ctx := context.Background()
	name := fmt.Sprintf("sandbox-%05d", i)
	hash := fmt.Sprintf("%08x", i*2654435761&0xffffffff)
	labels := map[string]string{"app": name, label: name}
	annotations := map[string]string{"k7.katakate.org/backend": backend}
	deployment := &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"app": name, "runtime": "kata", label: name}, Annotations: annotations},
		Spec: appsv1.DeploymentSpec{Replicas: pointer(int32(1)), Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": name}},
			Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: labels, Annotations: annotations}, Spec: podSpec()}},
	}
	deployments := client.AppsV1().Deployments(namespace)
	made, err := deployments.Create(ctx, deployment, metav1.CreateOptions{FieldManager: "k7"})
	must(err)
	if namespace == pending { // pods are made by the cluster
		makePolicies(client, name)
		return
	}
	status, err := json.Marshal(map[string]any{"status": appsv1.DeploymentStatus{ObservedGeneration: 1, Replicas: 1, UpdatedReplicas: 1, ReadyReplicas: 1,
		AvailableReplicas: 1, Conditions: []appsv1.DeploymentCondition{
			{Type: "Available", Status: "True", Reason: "MinimumReplicasAvailable", Message: "Deployment has minimum availability.",
				LastUpdateTime: metav1.Now(), LastTransitionTime: metav1.Now()},
			{Type: "Progressing", Status: "True", Reason: "NewReplicaSetAvailable", LastUpdateTime: metav1.Now(), LastTransitionTime: metav1.Now(),
				Message: "ReplicaSet \"" + name + "-" + hash + "\" has successfully progressed."}}}})
	must(err)
	_, err = deployments.Patch(ctx, name, types.MergePatchType, status, metav1.PatchOptions{FieldManager: "kube-controller-manager"}, "status")
	must(err)

	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: name + "-" + hash + "-abcde", Annotations: annotations,
			Labels: map[string]string{"app": name, label: name, "pod-template-hash": hash},
			OwnerReferences: []metav1.OwnerReference{{APIVersion: "apps/v1", Kind: "ReplicaSet", Name: name + "-" + hash, UID: made.UID,
				Controller: pointer(true), BlockOwnerDeletion: pointer(true)}}},
		Spec: podSpec(),
	}
	pod.Spec.NodeName = fmt.Sprintf("node-%02d", i%20)
	pods := client.CoreV1().Pods(namespace)
	_, err = pods.Create(ctx, pod, metav1.CreateOptions{FieldManager: "kube-controller-manager"})
	must(err)
	status, err = json.Marshal(map[string]any{"status": podStatus()})
	must(err)
	_, err = pods.Patch(ctx, pod.Name, types.MergePatchType, status, metav1.PatchOptions{FieldManager: "kubelet"}, "status")
	must(err)
}

func fill(namespace string, from, to int) {
	client := connect()
	ctx := context.Background()
	ignore := func(err error) {
		if !errors.IsAlreadyExists(err) {
			must(err)
		}
	}
	_, err := client.CoreV1().Namespaces().Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}, metav1.CreateOptions{})
	ignore(err)
	_, err = client.CoreV1().ServiceAccounts(namespace).Create(ctx, &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "default"}}, metav1.CreateOptions{})
	ignore(err)
	_, err = client.NodeV1().RuntimeClasses().Create(ctx, &nodev1.RuntimeClass{ObjectMeta: metav1.ObjectMeta{Name: "kata"}, Handler: "kata"}, metav1.CreateOptions{})
	ignore(err)
	var workers sync.WaitGroup
	numbers := make(chan int)
	for range 16 {
		workers.Add(1)
		go func() {
			defer workers.Done()
			for i := range numbers {
				make1(client, namespace, i)
			}
		}()
	}
	for i := from; i < to; i++ {
		numbers <- i
	}
	close(numbers)
	workers.Wait()
	for namespace == pending {
		pods, err := client.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{LabelSelector: label})
		must(err)
		if len(pods.Items) == to-from {
			return
		}
		time.Sleep(time.Second)
	}
}

// A sandbox as K7 shows it.
type sandbox struct {
	name, namespace, status, image, backend, node string
	ready                                         bool
	restarts                                      int32
	created                                       time.Time
}

func list(client *kubernetes.Clientset, limit int64) []sandbox {
	ctx := context.Background()
	var both sync.WaitGroup
	found := map[string]*sandbox{}
	keep := map[string]sandbox{}
	both.Add(2)
	go func() {
		defer both.Done()
		options := metav1.ListOptions{LabelSelector: label, Limit: limit}
		for {
			page, err := client.AppsV1().Deployments("").List(ctx, options)
			must(err)
			for i := range page.Items {
				item := &page.Items[i]
				found[item.Namespace+"/"+item.Name] = &sandbox{name: item.Name, namespace: item.Namespace, status: "No Pods",
					backend: item.Annotations["k7.katakate.org/backend"]}
			}
			if options.Continue = page.Continue; options.Continue == "" {
				return
			}
		}
	}()
	go func() {
		defer both.Done()
		options := metav1.ListOptions{LabelSelector: label, Limit: limit}
		for {
			page, err := client.CoreV1().Pods("").List(ctx, options)
			must(err)
			for i := range page.Items {
				item := &page.Items[i]
				one := sandbox{status: string(item.Status.Phase), image: item.Spec.Containers[0].Image, node: item.Spec.NodeName,
					created: item.CreationTimestamp.Time}
				for _, condition := range item.Status.Conditions {
					one.ready = one.ready || condition.Type == "Ready" && condition.Status == "True"
				}
				for _, status := range item.Status.ContainerStatuses {
					one.restarts += status.RestartCount
				}
				keep[item.Namespace+"/"+item.Labels[label]] = one
			}
			if options.Continue = page.Continue; options.Continue == "" {
				return
			}
		}
	}()
	both.Wait()
	result := make([]sandbox, 0, len(found))
	for key, item := range found {
		if pod, there := keep[key]; there {
			pod.name, pod.namespace, pod.backend = item.name, item.namespace, item.backend
			result = append(result, pod)
		} else {
			result = append(result, *item)
		}
	}
	sort.Slice(result, func(i, j int) bool { return result[i].name < result[j].name })
	return result
}

// The Deployment by uid, its pods with a short grace; when these are gone, the policies, without looking whose they are.
func deleteOne(client *kubernetes.Clientset, item *appsv1.Deployment) {
	ctx := context.Background()
	pods, err := client.CoreV1().Pods(pending).List(ctx, metav1.ListOptions{LabelSelector: label + "=" + item.Name})
	must(err)
	for i := range pods.Items {
		must(client.CoreV1().Pods(pending).Delete(ctx, pods.Items[i].Name, metav1.DeleteOptions{
			Preconditions: &metav1.Preconditions{UID: &pods.Items[i].UID}, GracePeriodSeconds: pointer(int64(1))}))
	}
	watch, err := client.AppsV1().Deployments(pending).Watch(ctx, metav1.ListOptions{FieldSelector: "metadata.name=" + item.Name,
		ResourceVersion: item.ResourceVersion})
	must(err)
	must(client.AppsV1().Deployments(pending).Delete(ctx, item.Name, metav1.DeleteOptions{
		Preconditions: &metav1.Preconditions{UID: &item.UID}, PropagationPolicy: pointer(metav1.DeletePropagationForeground)}))
	for event := range watch.ResultChan() {
		if event.Type == "DELETED" {
			break
		}
	}
	watch.Stop()
	for _, suffix := range []string{"-deny-ingress", "-netpol"} {
		must(client.NetworkingV1().NetworkPolicies(pending).Delete(ctx, item.Name+suffix, metav1.DeleteOptions{}))
	}
}

func deleteAll(client *kubernetes.Clientset, workers int) int {
	list, err := client.AppsV1().Deployments(pending).List(context.Background(), metav1.ListOptions{LabelSelector: label})
	must(err)
	var all sync.WaitGroup
	items := make(chan *appsv1.Deployment)
	for range workers {
		all.Add(1)
		go func() {
			defer all.Done()
			for item := range items {
				deleteOne(client, item)
			}
		}()
	}
	for i := range list.Items {
		items <- &list.Items[i]
	}
	close(items)
	all.Wait()
	return len(list.Items)
}

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "bench fill|fill-pending FROM TO | bench list paged|whole ROUNDS | bench delete-all WORKERS 1")
		os.Exit(2)
	}
	switch os.Args[1] {
	case "fill":
		fill(namespace, number(os.Args[2]), number(os.Args[3]))
		return
	case "fill-pending":
		fill(pending, number(os.Args[2]), number(os.Args[3]))
		return
	case "delete-all":
		begin := time.Now()
		count := deleteAll(connect(), number(os.Args[2]))
		fmt.Printf("%.1f %d\n", float64(time.Since(begin).Microseconds())/1000, count)
		return
	}
	limit := int64(0)
	if os.Args[2] == "paged" {
		limit = 500
	}
	client := connect()
	for range number(os.Args[3]) {
		begin := time.Now()
		found := list(client, limit)
		fmt.Printf("%.1f %d\n", float64(time.Since(begin).Microseconds())/1000, len(found))
	}
}
