package k7sandbox

/*
#include <stdint.h>
#include <k7sandbox/k7sandbox.h>

extern int k7goToken(uintptr_t user, k7_token *token);
extern void k7goRelease(uintptr_t user);

static int give_token(void *user, k7_token *token)
{
	return k7goToken((uintptr_t)user, token);
}

static void release_provider(void *user)
{
	k7goRelease((uintptr_t)user);
}

static int set_token_provider(k7_config *config, uintptr_t user, k7_error **err)
{
	return k7_config_set_token_provider(config, give_token, (void *)user, release_provider, err);
}
*/
import "C"

import (
	"runtime"
	"runtime/cgo"
	"sync"
	"time"
)

// Token is what a token provider gives.
type Token struct {
	Text    string    // without "Bearer"
	Expires time.Time // zero: unknown, so that it is asked for again for each request
}

// TokenProvider gives a bearer token for requests of the rest transport, while the call waits for it, on a goroutine of its own. Its error, and its panic, is the text of the
// call's error (K7_ERR_CREDENTIAL). One that refers to its Client keeps that until Close.
type TokenProvider func() (Token, error)

// Config is how a client is opened.
type Config struct {
	Settings      map[string]string // keys of docs/CONFIGURATION.md
	LoadDefaults  bool              // also what K7's environment variables and client file say, for keys that are not set
	TokenProvider TokenProvider
}

// Client is one endpoint with its settings. Any goroutine may use it at any time.
type Client struct {
	lock    sync.Mutex
	pointer *C.k7_client
}

// Open opens a client; nothing is sent. endpoint "": where K7's own tools find it, as with LoadDefaults; an endpoint that is given is not sent the credentials found there,
// unless LoadDefaults asks for it. config may be nil.
func Open(endpoint string, config *Config) (*Client, error) {
	if config == nil {
		config = &Config{}
	}
	native, failed := config.native(endpoint)
	if failed != nil {
		return nil, failed
	}
	defer C.k7_config_free(native)
	c := &Client{}
	var pointer *C.k7_client
	var err *C.k7_error
	if status := C.k7_client_open(native, &pointer, &err); status != 0 {
		return nil, failure(status, err)
	}
	c.pointer = pointer
	runtime.SetFinalizer(c, func(c *Client) { C.k7_client_unref(c.pointer) })
	return c, nil
}

func (c *Config) native(endpoint string) (*C.k7_config, error) {
	var native *C.k7_config
	var err *C.k7_error
	if status := C.k7_config_new(&native, &err); status != 0 {
		return nil, failure(status, err)
	}
	failed := c.fill(native, endpoint)
	if failed != nil {
		C.k7_config_free(native)
		return nil, failed
	}
	return native, nil
}

func (c *Config) fill(native *C.k7_config, endpoint string) error {
	if endpoint != "" {
		if failed := setKey(native, "endpoint", endpoint); failed != nil {
			return failed
		}
	}
	for key, value := range c.Settings {
		if failed := setKey(native, key, value); failed != nil {
			return failed
		}
	}
	var err *C.k7_error
	if c.TokenProvider != nil {
		if status := C.set_token_provider(native, C.uintptr_t(cgo.NewHandle(c.TokenProvider)), &err); status != 0 {
			return failure(status, err)
		}
	}
	if c.LoadDefaults || (endpoint == "" && c.Settings["endpoint"] == "") {
		return failure(C.k7_config_load_default(native, &err), err)
	}
	return nil
}

func setKey(native *C.k7_config, key, value string) error {
	name, failed := cText(key, "key")
	if failed != nil {
		return failed
	}
	defer freeText(name)
	text, failed := cText(value, key)
	if failed != nil {
		return failed
	}
	defer freeText(text)
	var err *C.k7_error
	return failure(C.k7_config_set(native, name, text, &err), err)
}

// DefaultSettings are the settings in force when a client is opened with Open("", nil); without secrets.
func DefaultSettings() (map[string]string, error) {
	native, failed := (&Config{}).native("")
	if failed != nil {
		return nil, failed
	}
	defer C.k7_config_free(native)
	all := make(map[string]string)
	for _, key := range ConfigKeys() {
		name := C.CString(key.Name)
		if value := C.k7_config_get(native, name); value != nil {
			all[key.Name] = C.GoString(value)
		}
		freeText(name)
	}
	return all, nil
}

// Close refuses new calls; those that run go on. It may be called again.
func (c *Client) Close() error {
	c.lock.Lock()
	defer c.lock.Unlock()
	if c.pointer != nil {
		runtime.SetFinalizer(c, nil)
		c.pointer = C.k7_client_unref(c.pointer)
	}
	return nil
}

// use gives a reference of its own, for the time of a call.
func (c *Client) use() (*C.k7_client, error) {
	c.lock.Lock()
	defer c.lock.Unlock()
	if c.pointer == nil {
		return nil, ErrClosed
	}
	return C.k7_client_ref(c.pointer), nil
}

func (c *Client) text(get func(*C.k7_client) *C.char) string {
	pointer, err := c.use()
	if err != nil {
		return ""
	}
	defer C.k7_client_unref(pointer)
	return C.GoString(get(pointer))
}

// Endpoint is without user names and passwords; "" once the client is closed.
func (c *Client) Endpoint() string {
	return c.text(func(p *C.k7_client) *C.char { return C.k7_client_get_endpoint(p) })
}

// Transport is "rest", "docker", "kubernetes", "memory".
func (c *Client) Transport() string {
	return c.text(func(p *C.k7_client) *C.char { return C.k7_client_get_transport(p) })
}

// Namespace is the default namespace.
func (c *Client) Namespace() string {
	return c.text(func(p *C.k7_client) *C.char { return C.k7_client_get_namespace(p) })
}

// Warning is what a program should tell its user about how the server is reached; "": nothing.
func (c *Client) Warning() string {
	return c.text(func(p *C.k7_client) *C.char { return C.k7_client_get_warning(p) })
}

// Supports tells whether the client's transport has an operation; an unknown name is an error.
func (c *Client) Supports(operation string) (bool, error) {
	pointer, failed := c.use()
	if failed != nil {
		return false, failed
	}
	defer C.k7_client_unref(pointer)
	text, failed := cText(operation, "operation")
	if failed != nil {
		return false, failed
	}
	defer freeText(text)
	var supported C.int
	var err *C.k7_error
	status := C.k7_client_supports(pointer, text, &supported, &err)
	return supported == 1, failure(status, err)
}

// Advance moves the clock of a "memory:?clock=manual" client, for tests.
func (c *Client) Advance(by time.Duration) error {
	pointer, failed := c.use()
	if failed != nil {
		return failed
	}
	defer C.k7_client_unref(pointer)
	var err *C.k7_error
	return failure(C.k7_memory_advance(pointer, C.int64_t(by.Milliseconds()), &err), err)
}
