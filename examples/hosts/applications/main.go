// Command applications stands in for nine applications, each on a port of its own.
package main

import (
	"fmt"
	"log"
	"net/http"
)

func main() {
	failed := make(chan error)
	for i, name := range []string{"grafana", "wiki", "git", "photos", "recipes", "status", "admin", "api", "preview"} {
		go func() {
			failed <- http.ListenAndServe(fmt.Sprintf("127.0.0.1:%d", 3001+i), application(name))
		}()
	}
	log.Fatal(<-failed)
}

// application believes its header fields, as one does that no client can reach.
func application(name string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%s: Hello %s\n", name, r.Header.Get("X-Auth-Subject"))
	})
}
