package recipes

import (
	"net/http"

	"github.com/edgeward/edgeward/httpauth"
)

// NetHTTP returns an application on [http.ServeMux].
func NetHTTP(auth Middleware) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /orders", hello)
	mux.Handle("POST /orders", httpauth.RequirePermission("orders:write")(http.HandlerFunc(hello)))
	return auth(mux)
}
