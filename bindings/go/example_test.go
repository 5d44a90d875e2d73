package k7sandbox_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"k7sandbox"
)

func Example() {
	client, err := k7sandbox.Open("memory:", nil) // "": K7_API_URL, K7_API_KEY, or ~/.config/k7/config.toml
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()

	spec := k7sandbox.NewSpec("demo", "alpine:latest").SetLimit("memory", "512Mi").SetEgressMode(k7sandbox.EgressBlocked)
	defer spec.Close()
	sandbox, err := client.Create(ctx, spec)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(sandbox.Name, sandbox.Status)
	if err := client.Delete(ctx, "", "demo", k7sandbox.DeleteOptions{}); err != nil {
		fmt.Println(err)
	}
	_, err = client.Get(ctx, "", "demo")
	var failed *k7sandbox.Error
	if errors.Is(err, k7sandbox.ErrNotFound) && errors.As(err, &failed) {
		fmt.Println(failed.Code, failed.HTTPStatus)
	}
	// Output:
	// demo Running
	// K7_ERR_NOT_FOUND 404
}
