// Package recipes shows Edgeward inside of programs on net/http, chi, echo, gin
// and gRPC. Each recipe is a function to copy. The module is its own, so that a
// program with Edgeward inside gets none of these frameworks.
//
// A middleware stands around the whole router, so that what is decided is what
// is routed: auth is [edge.Edge.Protect], or what httpauth.New returned. What a
// single handler asks beyond that is httpauth.RequirePermission.
package recipes

import (
	"fmt"
	"net/http"

	"github.com/edgeward/edgeward"
)

// A Middleware is what protects a handler.
type Middleware = func(http.Handler) http.Handler

// hello is the application.
func hello(w http.ResponseWriter, r *http.Request) {
	if id, known := edgeward.IdentityFrom(r.Context()); known {
		fmt.Fprintf(w, "hello %s", id.Subject)
		return
	}
	fmt.Fprint(w, "hello")
}
