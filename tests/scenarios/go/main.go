// The scenarios in Go; what a scenario begins is a goroutine, and to cancel it is to cancel its context. See ../README.md.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	k7 "k7sandbox"
)

// words is a command: its words, and what follows its first and its second.
type words struct {
	word        []string
	rest, value string
}

// cut cuts a line at its spaces; "\n" in it is a line break.
func cut(line string) words {
	line = strings.ReplaceAll(line, `\n`, "\n")
	w := words{}
	for _, word := range strings.Split(line, " ") {
		if word != "" {
			w.word = append(w.word, word)
		}
	}
	_, w.rest, _ = strings.Cut(line, " ")
	_, w.value, _ = strings.Cut(w.rest, " ")
	return w
}

// find gives the value of KEY=VALUE, "" of a mere KEY.
func (w words) find(key string) (string, bool) {
	for _, word := range w.word {
		if name, value, _ := strings.Cut(word, "="); name == key {
			return value, true
		}
	}
	return "", false
}

func (w words) has(key string) bool {
	_, found := w.find(key)
	return found
}

func (w words) number(key string) int {
	value, _ := w.find(key)
	return number(value)
}

func number(text string) int {
	value, _ := strconv.Atoi(text)
	return value
}

// begun is an operation in a goroutine of its own.
type begun struct {
	cancel context.CancelFunc
	ended  chan string
}

// state is what the commands of a scenario leave for those that follow.
type state struct {
	image, slow string
	keys        map[string]string
	client      *k7.Client
	spec        *k7.Spec
	items       []k7.Item
	pace        k7.Pace
	settings    words
	token       context.Context
	trigger     context.CancelFunc
	uid         string
	begun       []begun
	descriptors syscall.Rlimit
}

func show(lines string) { fmt.Print(lines) }

// done shows an error, if there is one.
func done(err error) bool {
	if err != nil {
		show(errorLine(err))
	}
	return err == nil
}

// --- calls -------------------------------------------------------------------------------------------------------------------------

// options are what the last "call" describes; abandon is told when what was made is to be left.
func (s *state) options(tell func(string)) (list []k7.CallOption) {
	w := s.settings
	if w.has("timeout") {
		list = append(list, k7.WithTimeout(time.Duration(w.number("timeout"))*time.Millisecond))
	}
	if w.has("cleanup") {
		list = append(list, k7.WithCleanupTimeout(time.Duration(w.number("cleanup"))*time.Millisecond))
	}
	if parent, given := w.find("traceparent"); given {
		list = append(list, k7.WithTraceparent(parent))
	}
	abandoned, abandon := context.WithCancel(context.Background())
	last := ""
	progress := func(p k7.Progress) {
		if strings.HasPrefix(p.Step, "undo") {
			abandon()
		}
		if w.has("progress") && (p.Total >= 0 || p.Step != last) {
			tell(progressLine(p))
		}
		last = p.Step
	}
	if w.has("abandon") {
		list = append(list, k7.WithAbandon(abandoned))
	}
	if w.has("progress") || w.has("abandon") {
		list = append(list, k7.WithProgress(progress))
	}
	if w.has("trace") {
		list = append(list, k7.WithTrace(func(t k7.Trace) { tell(traceLine(t)) }))
	}
	if w.has("dry") {
		list = append(list, k7.WithDryRun(func(r k7.DryRequest) { tell(dryLine(r)) }))
	}
	return list
}

func (s *state) context() context.Context {
	if s.settings.has("token") {
		return s.token
	}
	return context.Background()
}

// --- operations --------------------------------------------------------------------------------------------------------------------

func (s *state) deleteOptions(w words) k7.DeleteOptions {
	uid, given := w.find("uid")
	if given && uid == "" {
		uid = s.uid
	}
	return k7.DeleteOptions{UID: uid, MissingIsError: w.has("missing"), NoWait: w.has("no_wait")}
}

// run does an operation, and gives what it told and gave as lines.
func (s *state) run(ctx context.Context, w words, spec *k7.Spec) string {
	told := ""
	options := s.options(func(line string) { told += line })
	namespace, _ := w.find("namespace")
	var sandbox *k7.Sandbox
	var list []*k7.Sandbox
	var results k7.Results
	var err error
	made, ordered := w.word[0] == "create", w.word[0] != "delete_all"
	switch w.word[0] {
	case "create":
		sandbox, err = s.client.Create(ctx, spec, options...)
	case "get":
		sandbox, err = s.client.Get(ctx, namespace, w.word[1], options...)
		if sandbox != nil {
			s.uid = sandbox.UID
		}
	case "list":
		list, err = s.client.List(ctx, k7.ListOptions{Namespace: namespace, AllNamespaces: w.has("all")}, options...)
	case "delete":
		err = s.client.Delete(ctx, namespace, w.word[1], s.deleteOptions(w), options...)
	case "delete_all":
		results, err = s.client.DeleteAll(ctx, namespace, options...)
	case "create_many":
		specs := []*k7.Spec{}
		for _, item := range s.items {
			specs = append(specs, item.Spec)
		}
		results, err = s.client.CreateMany(ctx, specs, s.pace, options...)
	case "get_many":
		results, err = s.client.GetMany(ctx, s.items, s.pace, options...)
	case "delete_many":
		results, err = s.client.DeleteMany(ctx, s.items, s.deleteOptions(w), s.pace, options...)
	}
	dry := s.settings.has("dry")
	switch {
	case err != nil:
		return told + errorLine(err)
	case sandbox != nil:
		return told + sandboxLine(sandbox, made)
	case results != nil && !dry:
		return told + resultLines(results, ordered)
	case list != nil && !dry:
		return told + listLines(list)
	}
	return told + "done\n"
}

func (s *state) begin(w words) {
	ctx, cancel := context.WithCancel(context.Background())
	b := begun{cancel, make(chan string, 1)}
	spec, _ := s.spec.Dup()
	started := *s
	go func() { b.ended <- started.run(ctx, w, spec) }()
	s.begun = append(s.begun, b)
}

func (s *state) cancel() {
	for _, b := range s.begun {
		b.cancel()
	}
	if len(s.begun) == 0 {
		s.trigger()
	}
}

// end shows all that was begun, in order, or, with "any", in any order.
func (s *state) end(w words) {
	mark := "- "
	if len(w.word) > 1 {
		mark = "* "
	}
	for _, b := range s.begun {
		show(mark + <-b.ended)
		b.cancel()
	}
	s.begun = nil
}

// await waits until a get finds it, or finds it no more.
func (s *state) await(name string, wanted bool) {
	for {
		_, err := s.client.Get(context.Background(), "", name)
		if (err == nil) == wanted {
			return
		}
		if err != nil && !errors.Is(err, k7.ErrNotFound) {
			panic(err)
		}
	}
}

// --- the other commands ------------------------------------------------------------------------------------------------------------

// open: the endpoint that is tested; open slow: where a sandbox is not ready soon; open KEY=VALUE…: any other.
func (s *state) open(w words) {
	keys := map[string]string{}
	for _, word := range w.word[1:] {
		if key, value, given := strings.Cut(word, "="); given {
			keys[key] = value
		}
	}
	if len(keys) == 0 {
		for key, value := range s.keys {
			keys[key] = value
		}
		if len(w.word) > 1 {
			keys["endpoint"] = s.slow
		}
	}
	client, err := k7.Open("", &k7.Config{Settings: keys})
	if done(err) {
		s.client = client
	}
}

// build changes the spec, unless that fails.
func (s *state) build(change func(spec *k7.Spec)) {
	changed, err := s.spec.Dup()
	if err == nil {
		change(changed)
		err = changed.Err()
	}
	if done(err) {
		s.spec = changed
	}
}

// set: set FIELD VALUE; of a list: one more item.
func set(spec *k7.Spec, field, value string) {
	texts := map[string]func(string) *k7.Spec{
		"name": spec.SetName, "image": spec.SetImage, "namespace": spec.SetNamespace, "env_file": spec.SetEnvFile, "before_script": spec.SetBeforeScript,
		"backend": spec.SetBackend, "runtime_class_name": spec.SetRuntimeClassName, "root_disk_size": spec.SetRootDiskSize, "sidecar": spec.SetSidecar,
		"node_name": spec.SetNodeName, "docker_disk": spec.SetDockerDisk,
	}
	answers := map[string]func(bool) *k7.Spec{
		"pod_non_root": spec.SetPodNonRoot, "container_non_root": spec.SetContainerNonRoot, "docker": spec.SetDocker,
		"before_script_under_lock": spec.SetBeforeScriptUnderLock,
	}
	lists := map[string]func(...string) *k7.Spec{
		"egress_whitelist": spec.AddEgress, "cap_drop": spec.AddCapDrop, "cap_add": spec.AddCapAdd, "entrypoint": spec.AddEntrypoint, "cmd": spec.AddCmd,
		"ingress_from": spec.AddIngressFrom,
	}
	ports := map[string]func(...int32) *k7.Spec{"ingress_ports": spec.AddIngressPort, "expose_ports": spec.AddExposePort}
	switch {
	case texts[field] != nil:
		texts[field](value)
	case answers[field] != nil:
		answers[field](value == "yes")
	case lists[field] != nil:
		lists[field](value)
	default:
		ports[field](int32(number(value)))
	}
}

// writtenAndRead writes the spec, and reads what it wrote.
func (s *state) writtenAndRead(name string, write func(*k7.Spec) (string, error), read func([]byte) (*k7.Spec, error)) {
	written, err := write(s.spec)
	if !done(err) {
		return
	}
	copied, err := read([]byte(written))
	if !done(err) {
		return
	}
	again, err := write(copied)
	if done(err) {
		show("spec:" + text(name, written) + map[bool]string{true: " equal\n", false: " different\n"}[again == written])
	}
}

func (s *state) take(spec *k7.Spec, err error) {
	if done(err) {
		s.spec = spec
	}
}

// setDescriptors: descriptors none: none can be opened; descriptors: they can again.
func (s *state) setDescriptors(none bool) {
	limit := s.descriptors
	if none {
		syscall.Getrlimit(syscall.RLIMIT_NOFILE, &s.descriptors)
		limit = syscall.Rlimit{Cur: 0, Max: s.descriptors.Max}
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		panic(err)
	}
}

func (s *state) obey(line string) {
	show("> " + line + "\n")
	w := cut(line)
	switch w.word[0] {
	case "open":
		s.open(w)
	case "client":
		show(clientLine(s.client))
	case "full":
		full = true
	case "new":
		s.spec = k7.NewSpec(w.word[1], s.image)
	case "set":
		s.build(func(spec *k7.Spec) { set(spec, w.word[1], w.value) })
	case "limit":
		s.build(func(spec *k7.Spec) { spec.SetLimit(w.word[1], w.value) })
	case "env":
		s.build(func(spec *k7.Spec) { spec.AddEnv(w.word[1], w.value) })
	case "env_text":
		s.build(func(spec *k7.Spec) { spec.AddEnvText([]byte(w.rest)) })
	case "egress":
		s.build(func(spec *k7.Spec) {
			spec.SetEgressMode(map[string]k7.EgressMode{"open": k7.EgressOpen, "blocked": k7.EgressBlocked}[w.rest])
		})
	case "keep_capabilities":
		s.build(func(spec *k7.Spec) { spec.SetCapDropNone() })
	case "unset":
		s.build(func(spec *k7.Spec) { spec.Unset(w.word[1]) })
	case "fields":
		show(fieldLines(s.spec))
	case "validate":
		if done(s.spec.Validate()) {
			show("valid\n")
		}
	case "json":
		s.writtenAndRead("json", (*k7.Spec).JSON, k7.SpecFromJSON)
	case "yaml":
		s.writtenAndRead("yaml", (*k7.Spec).YAML, k7.SpecFromYAML)
	case "from_json":
		s.take(k7.SpecFromJSON([]byte(w.rest)))
	case "from_yaml":
		s.take(k7.SpecFromYAML([]byte(w.rest)))
	case "call":
		s.settings = w
		s.token, s.trigger = context.WithCancel(context.Background())
	case "batch":
		s.items, s.pace = nil, k7.Pace{AtOnce: w.number("at_once"), StartsPerSecond: w.number("starts_per_second")}
	case "spec":
		for _, name := range w.word[1:] {
			copied, _ := s.spec.Dup()
			s.items = append(s.items, k7.Item{Spec: copied.SetName(name)})
		}
	case "name":
		s.items = append(s.items, k7.Names(w.word[1:]...)...)
	case "begin":
		s.begin(cut(w.rest))
	case "appear", "vanish":
		s.await(w.word[1], w.word[0] == "appear")
	case "cancel":
		s.cancel()
	case "end":
		s.end(w)
	case "advance":
		done(s.client.Advance(time.Duration(number(w.word[1])) * time.Millisecond))
	case "descriptors":
		s.setDescriptors(len(w.word) > 1)
	default:
		show(s.run(s.context(), w, s.spec))
	}
}

// main: FILE IMAGE SLOW-ENDPOINT KEY=VALUE… [NUMBER…]
func main() {
	s := &state{image: os.Args[2], slow: os.Args[3], keys: map[string]string{}}
	numbers := map[int]bool{}
	for _, word := range os.Args[4:] {
		if key, value, given := strings.Cut(word, "="); given {
			s.keys[key] = value
		} else {
			numbers[number(word)] = true
		}
	}
	list, err := os.ReadFile(os.Args[1])
	if err != nil {
		panic(err)
	}
	wanted := false
	for _, line := range strings.Split(string(list), "\n") {
		switch {
		case strings.HasPrefix(line, "== "):
			full = false
			s = &state{image: s.image, slow: s.slow, keys: s.keys}
			wanted = len(numbers) == 0 || numbers[number(strings.Fields(line)[1])]
			if wanted {
				show(line + "\n")
			}
		case wanted && line != "" && !strings.HasPrefix(line, "#"):
			s.obey(line)
		}
	}
}
