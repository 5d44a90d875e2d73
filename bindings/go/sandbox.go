package k7sandbox

// #include <k7sandbox/k7sandbox.h>
import "C"

import "time"

// Endpoint is where an exposed port is reached.
type Endpoint struct {
	Port, NodePort int32
	URL            string
}

// Sandbox describes one sandbox as of when it was read. "", nil, -1 and the zero time: the server did not say.
type Sandbox struct {
	Name, Namespace, Image string
	Status                 string // K7's: "Pending", "Running", …
	ErrorMessage           string
	Reason                 string // what is wrong, in one word: "CrashLoopBackOff"
	Node, Backend, UID     string
	AgeText                string // as the server wrote it
	Ready                  *bool
	Restarts               int64
	Created                time.Time
	NodePorts              []int32
	Endpoints              []Endpoint
	JSON                   string // the K7 API's own object
}

// sandboxOf copies a sandbox, which stays its owner's; nil for nil (a dry run).
func sandboxOf(p *C.k7_sandbox) (*Sandbox, error) {
	if p == nil {
		return nil, nil
	}
	s := &Sandbox{
		Name:         C.GoString(C.k7_sandbox_get_name(p)),
		Namespace:    C.GoString(C.k7_sandbox_get_namespace(p)),
		Image:        C.GoString(C.k7_sandbox_get_image(p)),
		Status:       C.GoString(C.k7_sandbox_get_status(p)),
		ErrorMessage: C.GoString(C.k7_sandbox_get_error_message(p)),
		Reason:       C.GoString(C.k7_sandbox_get_reason(p)),
		Node:         C.GoString(C.k7_sandbox_get_node(p)),
		Backend:      C.GoString(C.k7_sandbox_get_backend(p)),
		UID:          C.GoString(C.k7_sandbox_get_uid(p)),
		AgeText:      C.GoString(C.k7_sandbox_get_age_text(p)),
		Restarts:     int64(C.k7_sandbox_get_restarts(p)),
	}
	if ready := C.k7_sandbox_is_ready(p); ready >= 0 {
		is := ready == 1
		s.Ready = &is
	}
	if created := int64(C.k7_sandbox_get_created_unix(p)); created >= 0 {
		s.Created = time.Unix(created, 0).UTC()
	}
	for i := C.size_t(0); i < C.k7_sandbox_node_port_count(p); i++ {
		s.NodePorts = append(s.NodePorts, int32(C.k7_sandbox_node_port_at(p, i)))
	}
	for i := C.size_t(0); i < C.k7_sandbox_endpoint_count(p); i++ {
		s.Endpoints = append(s.Endpoints, Endpoint{int32(C.k7_sandbox_endpoint_port_at(p, i)), int32(C.k7_sandbox_endpoint_node_port_at(p, i)),
			C.GoString(C.k7_sandbox_endpoint_url_at(p, i))})
	}
	var text *C.char
	var err *C.k7_error
	if status := C.k7_sandbox_to_json(p, &text, &err); status != 0 {
		return nil, failure(status, err)
	}
	s.JSON = taken(text)
	return s, nil
}

func sandboxesOf(list *C.k7_sandboxes) ([]*Sandbox, error) {
	all := make([]*Sandbox, 0, C.k7_sandboxes_count(list))
	for i := C.size_t(0); i < C.k7_sandboxes_count(list); i++ {
		s, err := sandboxOf(C.k7_sandboxes_at(list, i))
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}

// ItemOutcome is what became of one of many.
type ItemOutcome int

const (
	ItemDone       ItemOutcome = C.K7_ITEM_DONE
	ItemFailed     ItemOutcome = C.K7_ITEM_FAILED      // refused or failed, and nothing changed
	ItemNotStarted ItemOutcome = C.K7_ITEM_NOT_STARTED // the call ended before its turn came
	ItemUnknown    ItemOutcome = C.K7_ITEM_UNKNOWN     // begun, and no answer came
)

func (o ItemOutcome) String() string {
	switch o {
	case ItemDone:
		return "done"
	case ItemFailed:
		return "failed"
	case ItemNotStarted:
		return "not started"
	}
	return "unknown"
}

// Result is what became of one sandbox.
type Result struct {
	Name    string
	Outcome ItemOutcome
	Err     error    // *Error, or nil
	Sandbox *Sandbox // of CreateMany and GetMany
}

// Results are in the order of the items.
type Results []Result

// Count tells how many have this outcome.
func (r Results) Count(outcome ItemOutcome) int {
	count := 0
	for _, result := range r {
		if result.Outcome == outcome {
			count++
		}
	}
	return count
}

func resultsOf(list *C.k7_results) (Results, error) {
	all := make(Results, 0, C.k7_results_count(list))
	for i := C.size_t(0); i < C.k7_results_count(list); i++ {
		sandbox, failed := sandboxOf(C.k7_results_sandbox_at(list, i))
		if failed != nil {
			return nil, failed
		}
		result := Result{Name: C.GoString(C.k7_results_name_at(list, i)), Outcome: ItemOutcome(C.k7_results_outcome_at(list, i)), Sandbox: sandbox}
		if err := C.k7_results_error_at(list, i); err != nil {
			result.Err = errorOf(err)
		}
		all = append(all, result)
	}
	return all, nil
}
