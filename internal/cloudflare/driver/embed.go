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

// BuildFlags are those that "go build" makes ./app.wasm with, of internal/cloudflare/app, for
// GOOS=wasip1 and GOARCH=wasm. Inlining is where a warm decision spends its time:
// everywhere it would make the module 50 kB larger, gzipped, and without any a
// decision would take half as long again.
var BuildFlags = []string{
	"-buildmode=c-shared", "-trimpath", "-ldflags=-s -w",
	"-gcflags=fmt=-l", "-gcflags=reflect=-l", "-gcflags=time=-l", "-gcflags=net/netip=-l", "-gcflags=strconv=-l", "-gcflags=" + own + "...=-l", // of flags for one package the last one holds
	"-gcflags=" + own + "jwt=", "-gcflags=" + own + "bearer=", "-gcflags=" + own + "credential=", "-gcflags=" + own + "engine=",
	"-gcflags=" + own + "internal/wire/strictjson=", "-gcflags=" + own + "internal/wire/canonical=",
	"-gcflags=" + own + "internal/keep/mac=", "-gcflags=" + own + "internal/keep/cache=",
}

const own = "github.com/edgeward/edgeward/"

// Modules are the entries and what they import.
//
//go:embed *.mjs
var Modules embed.FS
