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

// Modules are the entries and what they import.
//
//go:embed *.mjs
var Modules embed.FS
