// Command middleware is an application that authenticates its own requests,
// with Edgeward as a library and no gateway in front.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"net/http"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/edge"
	"github.com/edgeward/edgeward/store/sqlitestore"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:8090", "address to listen on")
	config := flag.String("config", "edgeward.yaml", "the same file as the gateway's")
	flag.Parse()

	auth, err := edge.Open(*config, edge.Config{OpenStore: sqlitestore.OpenFile})
	if err != nil {
		log.Fatal(err)
	}
	go auth.Run(context.Background()) // keeps keys fresh and takes changed files over
	log.Fatal(http.ListenAndServe(*listen, auth.Protect(http.HandlerFunc(hello))))
}

// hello is the application. It runs for allowed requests only.
func hello(w http.ResponseWriter, r *http.Request) {
	if id, known := edgeward.IdentityFrom(r.Context()); known {
		fmt.Fprintf(w, "Hello %s of %s\n", id.Subject, id.Issuer)
		return
	}
	fmt.Fprintln(w, "Hello whoever you are")
}
