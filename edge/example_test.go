package edge_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"os"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/apikey"
	"github.com/edgeward/edgeward/edge"
)

// A program that issues API keys and asks for them.
func Example_issuer() {
	_ = os.Setenv("EXAMPLE_SECRET", "0123456789abcdef0123456789abcdef")
	auth, err := edge.Parse("edgeward.yaml", []byte(`
store: {memory: true}
tokens: {secret: env:EXAMPLE_SECRET}
api_keys: {}
routes: {_middleware: {authenticate: [api_key], permissions: [orders]}}
`), edge.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer auth.Close()
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	go auth.Run(ctx)

	issuer := auth.Issuer("example")
	shown, key, err := issuer.CreateAPIKey(ctx, apikey.Grant{Subject: "robot", Permissions: []string{"orders"}})
	if err != nil {
		log.Fatal(err)
	}
	app := auth.Protect(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id, _ := edgeward.IdentityFrom(r.Context())
		fmt.Fprint(w, "hello ", id.Subject)
	}))
	ask := func() {
		r, w := httptest.NewRequest("GET", "/", nil), httptest.NewRecorder()
		r.Header.Set("X-Api-Key", shown.Reveal())
		app.ServeHTTP(w, r)
		if fmt.Println(w.Code); w.Code == 200 {
			fmt.Println(w.Body)
		}
	}
	ask()
	if err := issuer.RevokeAPIKey(ctx, key.ID, "leaked"); err != nil {
		log.Fatal(err)
	}
	ask()
	// Output:
	// 200
	// hello robot
	// 401
}
