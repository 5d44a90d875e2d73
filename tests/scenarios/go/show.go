package main

// Values, errors, sandboxes, lists and results as lines.

import (
	"errors"
	"fmt"
	"strings"

	k7 "k7sandbox"
)

var full bool // everything is shown, not only what is the same over every transport

// text is one value: its line breaks as "\n"; "-" for nothing.
func text(name string, value interface{}) string {
	shown := fmt.Sprint(value)
	if shown == "" {
		shown = "-"
	}
	return " " + name + "=" + strings.ReplaceAll(shown, "\n", `\n`)
}

// known is a number, or "" where it is nothing.
func known(value, nothing int64) string {
	if value == nothing {
		return ""
	}
	return fmt.Sprint(value)
}

func answer(yes bool) string {
	if yes {
		return "yes"
	}
	return "no"
}

func errorLine(err error) string {
	var e *k7.Error
	if !errors.As(err, &e) {
		return fmt.Sprintf("not an error of the library: %v\n", err)
	}
	line := e.Code.String() + ":" + text("class", e.ClassName) + text("outcome", e.Outcome) + text("retryable", answer(e.Retryable))
	line += text("operation", e.Operation) + fmt.Sprintf(" leftovers=%d", len(e.Leftovers))
	if full {
		line += text("http", known(int64(e.HTTPStatus), 0))
		wait := int64(-1)
		if e.RetryAfter >= 0 {
			wait = e.RetryAfter.Milliseconds()
		}
		line += text("retry_after_ms", known(wait, -1)) + text("reason", e.Reason) + text("step", e.Step) + text("message", e.Message)
		line += text("server_text", e.ServerText)
		for _, leftover := range e.Leftovers {
			line += text("leftover", leftover)
		}
	}
	return line + "\n"
}

func everything(s *k7.Sandbox) string {
	line := text("node", s.Node) + text("backend", s.Backend) + text("uid", s.UID) + text("age", s.AgeText)
	created := ""
	if !s.Created.IsZero() {
		created = fmt.Sprint(s.Created.Unix())
	}
	line += text("created", created)
	for _, port := range s.NodePorts {
		line += text("node_port", port)
	}
	for _, e := range s.Endpoints {
		line += text("port", e.Port) + text("at", e.NodePort) + text("url", e.URL)
	}
	return line + text("json", s.JSON)
}

// sandboxLine: made: create's answer, of which some servers tell only the name, the namespace and the image.
func sandboxLine(s *k7.Sandbox, made bool) string {
	line := s.Name + ":" + text("namespace", s.Namespace) + text("image", s.Image)
	if !made || full {
		ready := ""
		if s.Ready != nil {
			ready = answer(*s.Ready)
		}
		line += text("status", s.Status) + text("ready", ready) + text("restarts", known(s.Restarts, -1)) + text("reason", s.Reason)
		line += text("error_message", s.ErrorMessage)
	}
	if full {
		line += everything(s)
	}
	return line + "\n"
}

func listLines(list []*k7.Sandbox) string {
	lines := fmt.Sprintf("%d sandboxes\n", len(list))
	for _, s := range list {
		lines += "* " + sandboxLine(s, false)
	}
	return lines
}

func resultLines(results k7.Results, ordered bool) string {
	lines := fmt.Sprintf("%d results, %d done\n", len(results), results.Count(k7.ItemDone))
	mark := "*"
	if ordered {
		mark = "-"
	}
	for _, r := range results {
		lines += fmt.Sprintf("%s %s %s\n", mark, r.Name, r.Outcome)
		if r.Sandbox != nil {
			lines += "  " + sandboxLine(r.Sandbox, true)
		}
		if r.Err != nil {
			lines += "  " + errorLine(r.Err)
		}
	}
	return lines
}

func clientLine(c *k7.Client) string {
	line := "client:" + text("endpoint", c.Endpoint()) + text("transport", c.Transport()) + text("namespace", c.Namespace()) + text("warning", c.Warning())
	for _, name := range k7.Operations() {
		supported, err := c.Supports(name)
		if err != nil {
			panic(err)
		}
		line += text(name, answer(supported))
	}
	return line + "\n"
}

func progressLine(p k7.Progress) string {
	if p.Total >= 0 {
		return fmt.Sprintf("progress: %s: %s: %s: %d of %d\n", p.Operation, p.Step, p.Text, p.Done, p.Total)
	}
	return fmt.Sprintf("progress: %s: %s\n", p.Operation, p.Step)
}

func traceLine(t k7.Trace) string {
	return fmt.Sprintf("trace: %s: %s: %s %s attempt=%d http=%d error=%d\n", t.Operation, t.Step, t.Method, t.URL, t.Attempt, t.HTTPStatus, int(t.Code))
}

func dryLine(r k7.DryRequest) string {
	return fmt.Sprintf("would: %s: %s: %s %s", r.Operation, r.Step, r.Method, r.URL) + text("type", r.ContentType) + text("body", string(r.Body)) + "\n"
}

func items[T any](field string, values []T) string {
	line := fmt.Sprintf(" %s: %d", field, len(values))
	for _, value := range values {
		line += text("item", value)
	}
	return line
}

func fieldText(s *k7.Spec, field string) string {
	texts := map[string]func() string{
		"name": s.Name, "image": s.Image, "namespace": s.Namespace, "env_file": s.EnvFile, "before_script": s.BeforeScript, "backend": s.Backend,
		"runtime_class_name": s.RuntimeClassName, "root_disk_size": s.RootDiskSize, "sidecar": s.Sidecar, "node_name": s.NodeName, "docker_disk": s.DockerDisk,
	}
	answers := map[string]func() bool{
		"pod_non_root": s.PodNonRoot, "container_non_root": s.ContainerNonRoot, "docker": s.Docker, "before_script_under_lock": s.BeforeScriptUnderLock,
	}
	lists := map[string]func() []string{
		"cap_drop": s.CapDrop, "cap_add": s.CapAdd, "entrypoint": s.Entrypoint, "cmd": s.Cmd, "ingress_from": s.IngressFrom,
	}
	ports := map[string]func() []int32{"ingress_ports": s.IngressPorts, "expose_ports": s.ExposePorts}
	switch {
	case texts[field] != nil:
		return text(field, texts[field]())
	case answers[field] != nil:
		return text(field, answer(answers[field]()))
	case lists[field] != nil:
		return items(field, lists[field]())
	case ports[field] != nil:
		return items(field, ports[field]())
	case field == "egress_whitelist":
		mode := map[k7.EgressMode]string{k7.EgressUnset: "unset", k7.EgressOpen: "open", k7.EgressBlocked: "blocked", k7.EgressList: "list"}[s.EgressMode()]
		return items(field, s.Egress()) + text("mode", mode)
	}
	line := ""
	if field == "limits" {
		for _, key := range s.LimitKeys() {
			line += text(key, s.Limit(key))
		}
	} else {
		for _, pair := range s.Env() {
			line += text(pair.Key, pair.Value)
		}
	}
	return line
}

// fieldLines are each field that is set, as its getter tells it.
func fieldLines(s *k7.Spec) string {
	lines := ""
	for _, field := range k7.SpecFields() {
		if s.IsSet(field) {
			lines += "field" + fieldText(s, field) + "\n"
		}
	}
	return lines
}
