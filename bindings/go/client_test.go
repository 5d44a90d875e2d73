package k7sandbox

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

var background = context.Background()

func open(t *testing.T, endpoint string) *Client {
	t.Helper()
	client, err := Open(endpoint, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	return client
}

func spec(t *testing.T, name string) *Spec {
	t.Helper()
	s := NewSpec(name, "alpine:latest")
	t.Cleanup(func() { s.Close() })
	return s
}

// names is what a client lists.
func names(t *testing.T, client *Client) []string {
	t.Helper()
	all, err := client.List(background, ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	listed := []string{}
	for _, sandbox := range all {
		listed = append(listed, sandbox.Name)
	}
	return listed
}

func TestLifecycle(t *testing.T) {
	client := open(t, "memory:")
	made, err := client.Create(background, spec(t, "demo").SetLimit("memory", "512Mi").AddIngressPort(80))
	if err != nil {
		t.Fatal(err)
	}
	if made.Name != "demo" || made.Namespace != "default" || made.Image != "alpine:latest" || made.Status != "Running" || made.Ready == nil || !*made.Ready {
		t.Errorf("%+v", made)
	}
	if made.UID == "" || made.Created.IsZero() || made.Restarts != 0 || !strings.Contains(made.JSON, `"demo"`) {
		t.Errorf("%+v", made)
	}
	got, err := client.Get(background, "", "demo")
	if err != nil || got.UID != made.UID {
		t.Errorf("%+v, %v", got, err)
	}
	if listed := names(t, client); len(listed) != 1 || listed[0] != "demo" {
		t.Error(listed)
	}
	if all, err := client.List(background, ListOptions{AllNamespaces: true}); err != nil || len(all) != 1 {
		t.Error(all, err)
	}
	if _, err := client.List(background, ListOptions{Namespace: "x", AllNamespaces: true}); !errors.Is(err, ErrInvalid) {
		t.Error(err)
	}
	if err := client.Delete(background, "", "demo", DeleteOptions{UID: "another"}); !errors.Is(err, ErrConflict) {
		t.Error(err)
	}
	if err := client.Delete(background, "default", "demo", DeleteOptions{UID: made.UID, NoWait: true}); err != nil {
		t.Error(err)
	}
	if err := client.Delete(background, "", "demo", DeleteOptions{}); err != nil {
		t.Error(err)
	}
	if err := client.Delete(background, "", "demo", DeleteOptions{MissingIsError: true}); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
	for _, name := range []string{"a", "b"} {
		if _, err := client.Create(background, spec(t, name)); err != nil {
			t.Fatal(err)
		}
	}
	results, err := client.DeleteAll(background, "")
	if err != nil || len(results) != 2 || results.Count(ItemDone) != 2 || results[0].Name == "" {
		t.Error(results, err)
	}
	if listed := names(t, client); len(listed) != 0 {
		t.Error(listed)
	}
}

func TestErrorsTellAll(t *testing.T) {
	client := open(t, "memory:")
	_, err := client.Get(background, "", "absent")
	var failed *Error
	if !errors.As(err, &failed) || !errors.Is(err, ErrNotFound) || errors.Is(err, ErrConflict) {
		t.Fatal(err)
	}
	if failed.Code.String() != "K7_ERR_NOT_FOUND" || failed.ClassName != "not found" || failed.HTTPStatus != 404 || failed.Operation != "get" ||
		failed.Outcome != OutcomeRejected || failed.Retryable || failed.RetryAfter != -1 || !strings.Contains(failed.Message, "absent") || err.Error() != failed.Message {
		t.Errorf("%+v", failed)
	}
	_, err = open(t, "memory:?fail=list:429").List(background, ListOptions{}, WithTimeout(50*time.Millisecond))
	if !errors.As(err, &failed) || (!errors.Is(err, ErrQuota) && !errors.Is(err, ErrTimeout)) {
		t.Errorf("%v", err)
	}
}

func TestEveryClassHasItsError(t *testing.T) {
	seen := map[error]bool{}
	for _, code := range Codes() {
		if code.Class() == nil || code.Meaning() == "" || !strings.HasPrefix(code.String(), "K7_ERR_") {
			t.Errorf("%d: %v %q %q", int(code), code.Class(), code.Meaning(), code.String())
		}
		seen[code.Class()] = true
	}
	if len(seen) != 13 || len(classes) != 13 {
		t.Error(seen)
	}
	for endpoint, class := range map[string]error{
		"memory:?fail=create:400": ErrInvalid, "memory:?fail=create:401": ErrAuth, "memory:?fail=create:403": ErrAuth, "memory:?fail=create:409": ErrConflict,
		"memory:?fail=create:500": ErrServer, "memory:?fail=create:unreachable": ErrNetwork,
	} {
		_, err := open(t, endpoint).Create(background, spec(t, "demo"))
		if !errors.Is(err, class) {
			t.Errorf("%s: %v", endpoint, err)
		}
	}
	_, err := open(t, "memory:").Create(background, spec(t, "demo").SetBeforeScript("exit 3"))
	if !errors.Is(err, ErrSandbox) {
		t.Error(err)
	}
	if _, err := Open("gopher:", nil); !errors.Is(err, ErrInvalid) {
		t.Error(err)
	}
}

func TestTextWithNULIsRefused(t *testing.T) {
	client := open(t, "memory:")
	if _, err := client.Get(background, "", "a\x00b"); !errors.Is(err, ErrInvalid) {
		t.Error(err)
	}
	if err := client.Delete(background, "a\x00b", "a", DeleteOptions{}); !errors.Is(err, ErrInvalid) {
		t.Error(err)
	}
	cut := DeleteOptions{UID: "a\x00b"}
	if err := client.Delete(background, "", "a", cut); !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), "uid") {
		t.Error(err)
	}
	if _, err := client.DeleteMany(background, Names("a"), cut, Pace{}); !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), "uid") {
		t.Error(err)
	}
	if err := spec(t, "demo").SetImage("a\x00b").Err(); !errors.Is(err, ErrInvalid) {
		t.Error(err)
	}
	if _, err := Open("memory:", &Config{Settings: map[string]string{"namespace": "a\x00b"}}); !errors.Is(err, ErrInvalid) {
		t.Error(err)
	}
}

func TestManyWithPartialFailure(t *testing.T) {
	client := open(t, "memory:")
	if _, err := client.Create(background, spec(t, "s3")); err != nil {
		t.Fatal(err)
	}
	specs, items := []*Spec{}, []Item{}
	for i := 0; i < 8; i++ {
		specs = append(specs, spec(t, fmt.Sprintf("s%d", i)))
		items = append(items, Item{Spec: specs[i]})
	}
	results, err := client.CreateMany(background, specs, Pace{AtOnce: 3})
	if err != nil || len(results) != 8 || results.Count(ItemDone) != 7 {
		t.Fatal(results, err)
	}
	for i, result := range results {
		if result.Name != fmt.Sprintf("s%d", i) {
			t.Error(i, result)
		}
		if (i == 3) != errors.Is(result.Err, ErrConflict) || (i == 3) != (result.Sandbox == nil) {
			t.Error(i, result)
		}
	}
	results, err = client.GetMany(background, append(Names("absent"), items...), Pace{StartsPerSecond: 1000})
	if err != nil || results.Count(ItemDone) != 8 || !errors.Is(results[0].Err, ErrNotFound) || results[1].Sandbox.Name != "s0" {
		t.Error(results, err)
	}
	results, err = client.DeleteMany(background, append(Names("absent"), items...), DeleteOptions{MissingIsError: true}, Pace{})
	if err != nil || results.Count(ItemDone) != 8 || results[0].Outcome != ItemFailed {
		t.Error(results, err)
	}
	for _, pace := range []Pace{{AtOnce: 1000}, {AtOnce: 1<<32 + 1}, {AtOnce: -1}, {StartsPerSecond: 1 << 32}, {StartsPerSecond: -1}} {
		if _, err := client.CreateMany(background, specs, pace); !errors.Is(err, ErrInvalid) {
			t.Error(pace, err)
		}
	}
	if _, err := client.DeleteMany(background, items, DeleteOptions{UID: "x"}, Pace{}); !errors.Is(err, ErrInvalid) {
		t.Error(err)
	}
}

// A server that answers a list, and notes what it was asked.
func server(t *testing.T, answer http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(answer)
	t.Cleanup(s.Close)
	return s
}

func TestTokenProviderAndTrace(t *testing.T) {
	var lock sync.Mutex
	seen := []string{}
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		lock.Lock()
		defer lock.Unlock()
		seen = append(seen, r.Header.Get("Authorization")+" "+r.Header.Get("Traceparent"))
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `[]`)
	})
	give := func() (Token, error) { return Token{Text: "secret", Expires: time.Now().Add(time.Hour)}, nil }
	client, err := Open(s.URL, &Config{TokenProvider: func() (Token, error) { return give() }})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	traces := []Trace{}
	parent := "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	_, err = client.List(background, ListOptions{}, WithTrace(func(trace Trace) { traces = append(traces, trace) }), WithTraceparent(parent))
	lock.Lock()
	defer lock.Unlock()
	if len(seen) == 0 || seen[0] != "Bearer secret "+parent {
		t.Error(seen, err)
	}
	if len(traces) == 0 || traces[0].Method != "GET" || traces[0].Operation != "list" || traces[0].HTTPStatus != 200 || traces[0].Attempt != 1 ||
		!strings.HasPrefix(traces[0].URL, s.URL) || strings.Contains(fmt.Sprint(traces), "secret") {
		t.Errorf("%+v", traces)
	}
}

func TestTokenProviderThatFails(t *testing.T) {
	s := server(t, func(w http.ResponseWriter, r *http.Request) { t.Error("asked without a token") })
	for text, provider := range map[string]TokenProvider{
		"no vault":  func() (Token, error) { return Token{}, errors.New("no vault") },
		"oh dear":   func() (Token, error) { panic("oh dear") },
		"not conta": func() (Token, error) { return Token{Text: "a\x00b"}, nil },
	} {
		client, err := Open(s.URL, &Config{TokenProvider: provider})
		if err != nil {
			t.Fatal(err)
		}
		_, err = client.List(background, ListOptions{})
		if !errors.Is(err, ErrAuth) || !strings.Contains(err.Error(), text) {
			t.Error(text, err)
		}
		client.Close()
	}
}

func TestDryRun(t *testing.T) {
	client := open(t, "http://127.0.0.1:1")
	requests := []DryRequest{}
	made, err := client.Create(background, spec(t, "demo"), WithDryRun(func(r DryRequest) { requests = append(requests, r) }))
	if err != nil || made != nil {
		t.Error(made, err)
	}
	posts := 0
	for _, r := range requests {
		if r.Method == "POST" {
			posts++
			if r.ContentType != "application/json" || !strings.Contains(string(r.Body), `"demo"`) || r.Operation != "create" || r.Step == "" || !strings.HasPrefix(r.URL, "http://127.0.0.1:1/") {
				t.Errorf("%+v", r)
			}
		}
	}
	if posts != 1 {
		t.Errorf("%+v", requests)
	}
	if results, err := client.DeleteAll(background, "", WithDryRun(func(DryRequest) {})); err != nil || len(results) != 0 {
		t.Error(results, err)
	}
	if all, err := client.List(background, ListOptions{}, WithDryRun(func(DryRequest) {})); err != nil || len(all) != 0 {
		t.Error(all, err)
	}
}

func TestTheLibraryAndItsTables(t *testing.T) {
	if Version() == "" || VersionNumber() <= 0 || !HasFeature("memory") || HasFeature("nothing") {
		t.Error(Version(), VersionNumber())
	}
	if len(Operations()) != 5 || Operations()[0] != "create" || len(Transports()) < 2 {
		t.Error(Operations(), Transports())
	}
	if supported, known := TransportSupports("memory", "create"); !supported || !known {
		t.Error("memory cannot create")
	}
	if _, known := TransportSupports("memory", "explode"); known {
		t.Error("explode")
	}
	secret := false
	for _, key := range ConfigKeys() {
		if key.Name == "" || key.Type == "" || key.Meaning == "" {
			t.Errorf("%+v", key)
		}
		secret = secret || (key.Name == "rest.api_key" && key.Secret && key.Transport == "rest" && !key.HasDefault)
	}
	if !secret {
		t.Error(ConfigKeys())
	}
	t.Setenv("K7_API_URL", "memory:")
	if settings, err := DefaultSettings(); err != nil || settings["endpoint"] != "memory:" {
		t.Error(settings, err)
	}
	client := open(t, "")
	if client.Endpoint() != "memory:" || client.Transport() != "memory" || client.Namespace() != "default" || client.Warning() != "" {
		t.Error(client.Endpoint(), client.Transport(), client.Namespace(), client.Warning())
	}
	if supports, err := client.Supports("delete_all"); err != nil || !supports {
		t.Error(supports, err)
	}
	if _, err := client.Supports("explode"); !errors.Is(err, ErrInvalid) {
		t.Error(err)
	}
}
