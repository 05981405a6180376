// Package door is the door for Cloudflare Workers: the same engine as behind
// every other door, compiled to WebAssembly, over the platform's own parts.
package door

import "github.com/edgeward/edgeward/internal/cloudflare/runtime"

type (
	// A Frame is what passes between Go and the driver.
	Frame = runtime.Frame
	// A Handler makes an answer of a request.
	Handler = runtime.Handler
)
