package k7sandbox

// The fields of a Spec, one like the other: name, getter, setter.

// #include <k7sandbox/k7sandbox.h>
import "C"

import "runtime"

// Name is the field name. "": not given, or empty; IsSet tells.
func (s *Spec) Name() string {
	defer runtime.KeepAlive(s)
	return C.GoString(C.k7_spec_get_name(s.pointer))
}

// SetName sets the field name.
func (s *Spec) SetName(value string) *Spec {
	return s.text("name", value, func(text *C.char, err **C.k7_error) C.int { return C.k7_spec_set_name(s.pointer, text, err) })
}

// Image is the field image. "": not given, or empty; IsSet tells.
func (s *Spec) Image() string {
	defer runtime.KeepAlive(s)
	return C.GoString(C.k7_spec_get_image(s.pointer))
}

// SetImage sets the field image.
func (s *Spec) SetImage(value string) *Spec {
	return s.text("image", value, func(text *C.char, err **C.k7_error) C.int { return C.k7_spec_set_image(s.pointer, text, err) })
}

// Namespace is the field namespace: not given: the client's. "": not given, or empty; IsSet tells.
func (s *Spec) Namespace() string {
	defer runtime.KeepAlive(s)
	return C.GoString(C.k7_spec_get_namespace(s.pointer))
}

// SetNamespace sets the field namespace.
func (s *Spec) SetNamespace(value string) *Spec {
	return s.text("namespace", value, func(text *C.char, err **C.k7_error) C.int { return C.k7_spec_set_namespace(s.pointer, text, err) })
}

// EnvFile is the field env_file: a path on the API host. "": not given, or empty; IsSet tells.
func (s *Spec) EnvFile() string {
	defer runtime.KeepAlive(s)
	return C.GoString(C.k7_spec_get_env_file(s.pointer))
}

// SetEnvFile sets the field env_file.
func (s *Spec) SetEnvFile(value string) *Spec {
	return s.text("env_file", value, func(text *C.char, err **C.k7_error) C.int { return C.k7_spec_set_env_file(s.pointer, text, err) })
}

// BeforeScript is the field before_script: shell commands run before the sandbox is ready. "": not given, or empty; IsSet tells.
func (s *Spec) BeforeScript() string {
	defer runtime.KeepAlive(s)
	return C.GoString(C.k7_spec_get_before_script(s.pointer))
}

// SetBeforeScript sets the field before_script.
func (s *Spec) SetBeforeScript(value string) *Spec {
	return s.text("before_script", value, func(text *C.char, err **C.k7_error) C.int { return C.k7_spec_set_before_script(s.pointer, text, err) })
}

// Backend is the field backend. "": not given, or empty; IsSet tells.
func (s *Spec) Backend() string {
	defer runtime.KeepAlive(s)
	return C.GoString(C.k7_spec_get_backend(s.pointer))
}

// SetBackend sets the field backend.
func (s *Spec) SetBackend(value string) *Spec {
	return s.text("backend", value, func(text *C.char, err **C.k7_error) C.int { return C.k7_spec_set_backend(s.pointer, text, err) })
}

// RuntimeClassName is the field runtime_class_name. "": not given, or empty; IsSet tells.
func (s *Spec) RuntimeClassName() string {
	defer runtime.KeepAlive(s)
	return C.GoString(C.k7_spec_get_runtime_class_name(s.pointer))
}

// SetRuntimeClassName sets the field runtime_class_name.
func (s *Spec) SetRuntimeClassName(value string) *Spec {
	return s.text("runtime_class_name", value, func(text *C.char, err **C.k7_error) C.int {
		return C.k7_spec_set_runtime_class_name(s.pointer, text, err)
	})
}

// RootDiskSize is the field root_disk_size. "": not given, or empty; IsSet tells.
func (s *Spec) RootDiskSize() string {
	defer runtime.KeepAlive(s)
	return C.GoString(C.k7_spec_get_root_disk_size(s.pointer))
}

// SetRootDiskSize sets the field root_disk_size.
func (s *Spec) SetRootDiskSize(value string) *Spec {
	return s.text("root_disk_size", value, func(text *C.char, err **C.k7_error) C.int { return C.k7_spec_set_root_disk_size(s.pointer, text, err) })
}

// Sidecar is the field sidecar: only "docker"; deprecated by K7. "": not given, or empty; IsSet tells.
func (s *Spec) Sidecar() string {
	defer runtime.KeepAlive(s)
	return C.GoString(C.k7_spec_get_sidecar(s.pointer))
}

// SetSidecar sets the field sidecar.
func (s *Spec) SetSidecar(value string) *Spec {
	return s.text("sidecar", value, func(text *C.char, err **C.k7_error) C.int { return C.k7_spec_set_sidecar(s.pointer, text, err) })
}

// NodeName is the field node_name. "": not given, or empty; IsSet tells.
func (s *Spec) NodeName() string {
	defer runtime.KeepAlive(s)
	return C.GoString(C.k7_spec_get_node_name(s.pointer))
}

// SetNodeName sets the field node_name.
func (s *Spec) SetNodeName(value string) *Spec {
	return s.text("node_name", value, func(text *C.char, err **C.k7_error) C.int { return C.k7_spec_set_node_name(s.pointer, text, err) })
}

// DockerDisk is the field docker_disk. "": not given, or empty; IsSet tells.
func (s *Spec) DockerDisk() string {
	defer runtime.KeepAlive(s)
	return C.GoString(C.k7_spec_get_docker_disk(s.pointer))
}

// SetDockerDisk sets the field docker_disk.
func (s *Spec) SetDockerDisk(value string) *Spec {
	return s.text("docker_disk", value, func(text *C.char, err **C.k7_error) C.int { return C.k7_spec_set_docker_disk(s.pointer, text, err) })
}

// PodNonRoot is the field pod_non_root; false also when it is not given.
func (s *Spec) PodNonRoot() bool {
	defer runtime.KeepAlive(s)
	return C.k7_spec_get_pod_non_root(s.pointer) == 1
}

// SetPodNonRoot sets the field pod_non_root.
func (s *Spec) SetPodNonRoot(yes bool) *Spec {
	return s.try(func(err **C.k7_error) C.int { return C.k7_spec_set_pod_non_root(s.pointer, number(yes), err) })
}

// ContainerNonRoot is the field container_non_root; false also when it is not given.
func (s *Spec) ContainerNonRoot() bool {
	defer runtime.KeepAlive(s)
	return C.k7_spec_get_container_non_root(s.pointer) == 1
}

// SetContainerNonRoot sets the field container_non_root.
func (s *Spec) SetContainerNonRoot(yes bool) *Spec {
	return s.try(func(err **C.k7_error) C.int { return C.k7_spec_set_container_non_root(s.pointer, number(yes), err) })
}

// Docker is the field docker; false also when it is not given.
func (s *Spec) Docker() bool {
	defer runtime.KeepAlive(s)
	return C.k7_spec_get_docker(s.pointer) == 1
}

// SetDocker sets the field docker.
func (s *Spec) SetDocker(yes bool) *Spec {
	return s.try(func(err **C.k7_error) C.int { return C.k7_spec_set_docker(s.pointer, number(yes), err) })
}

// BeforeScriptUnderLock is the field before_script_under_lock; false also when it is not given.
func (s *Spec) BeforeScriptUnderLock() bool {
	defer runtime.KeepAlive(s)
	return C.k7_spec_get_before_script_under_lock(s.pointer) == 1
}

// SetBeforeScriptUnderLock sets the field before_script_under_lock.
func (s *Spec) SetBeforeScriptUnderLock(yes bool) *Spec {
	return s.try(func(err **C.k7_error) C.int {
		return C.k7_spec_set_before_script_under_lock(s.pointer, number(yes), err)
	})
}

// Egress is what was added with AddEgress.
func (s *Spec) Egress() []string {
	defer runtime.KeepAlive(s)
	texts := make([]string, C.k7_spec_egress_count(s.pointer))
	for i := range texts {
		texts[i] = C.GoString(C.k7_spec_egress_at(s.pointer, C.size_t(i)))
	}
	return texts
}

// AddEgress adds to the field egress_whitelist.
func (s *Spec) AddEgress(values ...string) *Spec {
	for _, value := range values {
		s.text("egress", value, func(text *C.char, err **C.k7_error) C.int { return C.k7_spec_add_egress(s.pointer, text, err) })
	}
	return s
}

// CapDrop is what was added with AddCapDrop.
func (s *Spec) CapDrop() []string {
	defer runtime.KeepAlive(s)
	texts := make([]string, C.k7_spec_cap_drop_count(s.pointer))
	for i := range texts {
		texts[i] = C.GoString(C.k7_spec_cap_drop_at(s.pointer, C.size_t(i)))
	}
	return texts
}

// AddCapDrop adds to the field cap_drop.
func (s *Spec) AddCapDrop(values ...string) *Spec {
	for _, value := range values {
		s.text("cap_drop", value, func(text *C.char, err **C.k7_error) C.int { return C.k7_spec_add_cap_drop(s.pointer, text, err) })
	}
	return s
}

// CapAdd is what was added with AddCapAdd.
func (s *Spec) CapAdd() []string {
	defer runtime.KeepAlive(s)
	texts := make([]string, C.k7_spec_cap_add_count(s.pointer))
	for i := range texts {
		texts[i] = C.GoString(C.k7_spec_cap_add_at(s.pointer, C.size_t(i)))
	}
	return texts
}

// AddCapAdd adds to the field cap_add.
func (s *Spec) AddCapAdd(values ...string) *Spec {
	for _, value := range values {
		s.text("cap_add", value, func(text *C.char, err **C.k7_error) C.int { return C.k7_spec_add_cap_add(s.pointer, text, err) })
	}
	return s
}

// Entrypoint is what was added with AddEntrypoint.
func (s *Spec) Entrypoint() []string {
	defer runtime.KeepAlive(s)
	texts := make([]string, C.k7_spec_entrypoint_count(s.pointer))
	for i := range texts {
		texts[i] = C.GoString(C.k7_spec_entrypoint_at(s.pointer, C.size_t(i)))
	}
	return texts
}

// AddEntrypoint adds to the field entrypoint.
func (s *Spec) AddEntrypoint(values ...string) *Spec {
	for _, value := range values {
		s.text("entrypoint", value, func(text *C.char, err **C.k7_error) C.int { return C.k7_spec_add_entrypoint(s.pointer, text, err) })
	}
	return s
}

// Cmd is what was added with AddCmd.
func (s *Spec) Cmd() []string {
	defer runtime.KeepAlive(s)
	texts := make([]string, C.k7_spec_cmd_count(s.pointer))
	for i := range texts {
		texts[i] = C.GoString(C.k7_spec_cmd_at(s.pointer, C.size_t(i)))
	}
	return texts
}

// AddCmd adds to the field cmd.
func (s *Spec) AddCmd(values ...string) *Spec {
	for _, value := range values {
		s.text("cmd", value, func(text *C.char, err **C.k7_error) C.int { return C.k7_spec_add_cmd(s.pointer, text, err) })
	}
	return s
}

// IngressFrom is what was added with AddIngressFrom.
func (s *Spec) IngressFrom() []string {
	defer runtime.KeepAlive(s)
	texts := make([]string, C.k7_spec_ingress_from_count(s.pointer))
	for i := range texts {
		texts[i] = C.GoString(C.k7_spec_ingress_from_at(s.pointer, C.size_t(i)))
	}
	return texts
}

// AddIngressFrom adds to the field ingress_from.
func (s *Spec) AddIngressFrom(values ...string) *Spec {
	for _, value := range values {
		s.text("ingress_from", value, func(text *C.char, err **C.k7_error) C.int { return C.k7_spec_add_ingress_from(s.pointer, text, err) })
	}
	return s
}

// IngressPorts is what was added with AddIngressPort.
func (s *Spec) IngressPorts() []int32 {
	defer runtime.KeepAlive(s)
	ports := make([]int32, C.k7_spec_ingress_port_count(s.pointer))
	for i := range ports {
		ports[i] = int32(C.k7_spec_ingress_port_at(s.pointer, C.size_t(i)))
	}
	return ports
}

// AddIngressPort adds TCP ports, 1 to 65535.
func (s *Spec) AddIngressPort(ports ...int32) *Spec {
	for _, port := range ports {
		s.try(func(err **C.k7_error) C.int { return C.k7_spec_add_ingress_port(s.pointer, C.int32_t(port), err) })
	}
	return s
}

// ExposePorts is what was added with AddExposePort.
func (s *Spec) ExposePorts() []int32 {
	defer runtime.KeepAlive(s)
	ports := make([]int32, C.k7_spec_expose_port_count(s.pointer))
	for i := range ports {
		ports[i] = int32(C.k7_spec_expose_port_at(s.pointer, C.size_t(i)))
	}
	return ports
}

// AddExposePort adds TCP ports, 1 to 65535.
func (s *Spec) AddExposePort(ports ...int32) *Spec {
	for _, port := range ports {
		s.try(func(err **C.k7_error) C.int { return C.k7_spec_add_expose_port(s.pointer, C.int32_t(port), err) })
	}
	return s
}
