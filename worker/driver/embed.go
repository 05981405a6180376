// Package driver holds the JavaScript around the WebAssembly module of a
// Worker, as it is deployed: "edgeward worker build" copies it.
package driver

import "embed"

// The entries of a deployment: each imports ./app.wasm and ./edgeward.json.
const (
	Worker  = "worker.mjs"  // of a Worker; it exports the Durable Object's class too
	Pages   = "pages.mjs"   // of a Pages project; its onRequest is a middleware
	Objects = "objects.mjs" // the Durable Object's class alone
)

// BuildFlags are those that "go build" makes ./app.wasm with, of worker/app, for
// GOOS=wasip1 and GOARCH=wasm. Inlining in our own packages would make the
// module 50 kB larger, gzipped, and a decision faster by about a twentieth. Without
// inlining anywhere it would be smaller still, and decisions take half as long
// again.
var BuildFlags = []string{"-buildmode=c-shared", "-trimpath", "-ldflags=-s -w", "-gcflags=github.com/edgeward/edgeward/...=-l"}

// Modules are the entries and what they import.
//
//go:embed *.mjs
var Modules embed.FS
