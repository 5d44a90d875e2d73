package k7sandbox

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

func full() *Spec {
	return NewSpec("demo", "alpine:latest").SetNamespace("team").SetEnvFile("/etc/demo.env").SetBeforeScript("true").SetBackend("kfd").
		SetRuntimeClassName("kata").SetRootDiskSize("2Gi").SetSidecar("docker").SetNodeName("node-1").SetDockerDisk("3Gi").
		SetPodNonRoot(true).SetContainerNonRoot(false).SetDocker(true).SetBeforeScriptUnderLock(true).
		SetLimit("cpu", "500m").SetLimit("memory", "1Gi").AddEgress("10.0.0.5/32", "10.0.0.6/32").AddCapDrop("ALL").AddCapAdd("NET_ADMIN").
		AddEntrypoint("/bin/sh", "-c").AddCmd("sleep 1").AddIngressPort(80, 443).AddIngressFrom("namespace:web").AddExposePort(80).
		AddEnv("KEY", "value").AddEnvText([]byte("B=2\n"))
}

func TestEveryFieldComesBack(t *testing.T) {
	s := full()
	defer s.Close()
	check := func(s *Spec) {
		t.Helper()
		texts := []string{s.Name(), s.Image(), s.Namespace(), s.EnvFile(), s.BeforeScript(), s.Backend(), s.RuntimeClassName(), s.RootDiskSize(), s.Sidecar(), s.NodeName(), s.DockerDisk()}
		if want := []string{"demo", "alpine:latest", "team", "/etc/demo.env", "true", "kfd", "kata", "2Gi", "docker", "node-1", "3Gi"}; !reflect.DeepEqual(texts, want) {
			t.Error(texts)
		}
		lists := [][]string{s.Egress(), s.CapDrop(), s.CapAdd(), s.Entrypoint(), s.Cmd(), s.IngressFrom(), s.LimitKeys()}
		if want := [][]string{{"10.0.0.5/32", "10.0.0.6/32"}, {"ALL"}, {"NET_ADMIN"}, {"/bin/sh", "-c"}, {"sleep 1"}, {"namespace:web"}, {"cpu", "memory"}}; !reflect.DeepEqual(lists, want) {
			t.Error(lists)
		}
		if !s.PodNonRoot() || s.ContainerNonRoot() || !s.IsSet("container_non_root") || !s.Docker() || !s.BeforeScriptUnderLock() {
			t.Error("yes and no")
		}
		if s.Limit("cpu") != "500m" || s.Limit("disk") != "" || s.EgressMode() != EgressList || !reflect.DeepEqual(s.IngressPorts(), []int32{80, 443}) ||
			!reflect.DeepEqual(s.ExposePorts(), []int32{80}) || !reflect.DeepEqual(s.Env(), []EnvVar{{"KEY", "value"}, {"B", "2"}}) {
			t.Error(s.Limit("cpu"), s.EgressMode(), s.IngressPorts(), s.ExposePorts(), s.Env())
		}
	}
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	check(s)
	for _, field := range SpecFields() {
		if !s.IsSet(field) {
			t.Errorf("%s: this test does not set it", field)
		}
	}
	body, err := s.JSON()
	if err != nil {
		t.Fatal(err)
	}
	again, err := SpecFromJSON([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	check(again)
	if body, err = s.YAML(); err != nil {
		t.Fatal(err)
	}
	if again, err = SpecFromYAML([]byte(body)); err != nil {
		t.Fatal(err)
	}
	check(again)
	if again, err = s.Dup(); err != nil {
		t.Fatal(err)
	}
	check(again)
	for _, field := range SpecFields() {
		if again.Unset(field); again.IsSet(field) {
			t.Error(field)
		}
	}
}

func TestUnsetEmptyAndGiven(t *testing.T) {
	s := NewSpec("demo", "alpine:latest")
	defer s.Close()
	for mode, want := range map[EgressMode]bool{EgressUnset: false, EgressOpen: true, EgressBlocked: true} {
		if s.SetEgressMode(mode); s.EgressMode() != mode || s.IsSet("egress_whitelist") != want {
			t.Error(mode, s.EgressMode())
		}
	}
	if s.SetCapDropNone(); !s.IsSet("cap_drop") || len(s.CapDrop()) != 0 {
		t.Error(s.CapDrop())
	}
	if s.SetLimit("cpu", "1").SetLimit("cpu", ""); len(s.LimitKeys()) != 0 {
		t.Error(s.LimitKeys())
	}
	if err := s.Validate(); err != nil {
		t.Error(err)
	}
}

func TestTheFirstErrorIsKept(t *testing.T) {
	s := NewSpec("demo", "alpine:latest").AddEnv("1-is-no-name", "x").SetImage("debian:12").AddIngressPort(0)
	defer s.Close()
	first := s.Err()
	if !errors.Is(first, ErrInvalid) {
		t.Fatal(first)
	}
	if _, err := open(t, "memory:").Create(background, s); err != first {
		t.Error(err)
	}
	if _, err := s.JSON(); err != first {
		t.Error(err)
	}
	if err := NewSpec("not a name", "alpine:latest").Validate(); !errors.Is(err, ErrInvalid) {
		t.Error(err)
	}
	if _, err := SpecFromJSON([]byte(`{"name": 1}`)); !errors.Is(err, ErrInvalid) {
		t.Error(err)
	}
	if _, err := SpecFromYAML(nil); err != nil && !errors.Is(err, ErrInvalid) {
		t.Error(err)
	}
	if NewSpec("a", "b").SetEgressMode(EgressList).Err() == nil {
		t.Error("a list of nothing")
	}
	s.Close()
	if err := s.SetName("x").Validate(); err != first {
		t.Error(err)
	}
	closed := NewSpec("demo", "alpine:latest")
	closed.Close()
	for _, gone := range []*Spec{closed, nil} {
		for _, text := range []string{"a", "a\x00b"} {
			if err := gone.SetName(text).SetLimit("cpu", text).AddEnv("A", text).AddIngressPort(1).Err(); err != ErrClosed {
				t.Error(text, err)
			}
		}
	}
	if _, err := open(t, "memory:").Create(background, closed); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
	if _, err := open(t, "memory:").Create(background, nil); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
}

func TestEnvOfAFileHere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "env")
	if err := os.WriteFile(path, []byte("A=1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := spec(t, "demo").AddEnvLocalFile(path)
	if err := s.Err(); err != nil || !reflect.DeepEqual(s.Env(), []EnvVar{{"A", "1"}}) {
		t.Error(s.Env(), err)
	}
	if err := s.AddEnvLocalFile(path + "-absent").Err(); !errors.Is(err, ErrInvalid) {
		t.Error(err)
	}
}
