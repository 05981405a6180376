package recipes

import (
	"net/http"

	"github.com/edgeward/edgeward/httpauth"
	"github.com/go-chi/chi/v5"
)

// Chi returns an application on chi.
func Chi(auth Middleware) http.Handler {
	r := chi.NewRouter()
	r.Get("/orders", hello)
	r.With(httpauth.RequirePermission("orders:write")).Post("/orders", hello)
	return auth(r)
}
