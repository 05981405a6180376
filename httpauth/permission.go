package httpauth

import (
	"cmp"
	"net/http"
	"slices"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/door"
)

// RequirePermission returns a middleware for handlers behind that of [New], which
// lets an identity through that holds all of permissions: for a rule that depends
// on more than the path, or that belongs beside its handler. Others are refused
// with 403 and insufficient_scope (RFC 6750 §3.1). A request without an identity,
// on a public route or outside of the middleware, is refused with 401.
func RequirePermission(permissions ...string) func(http.Handler) http.Handler {
	permissions = slices.Clone(permissions)
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			reason := missing(r, permissions)
			if reason == edgeward.Authenticated {
				next.ServeHTTP(w, r)
				return
			}
			v := door.NewVisit()
			v.Request.ID = cmp.Or(w.Header().Get(door.HeaderRequestID), v.Request.ID) // of the middleware around it
			v.Request.Method, v.Request.Header = r.Method, edgeward.Header(r.Header)
			v.Decision = edgeward.Decision{Reason: reason, Response: edgeward.Header{}}
			edgeward.SetStatusFields(v.Decision.Response, reason.Status(), reason, permissions...)
			door.Refuse(w, r, v)
		})
	}
}

func missing(r *http.Request, permissions []string) edgeward.Reason {
	id, known := edgeward.IdentityFrom(r.Context())
	switch {
	case !known:
		return edgeward.CredentialMissing
	case slices.ContainsFunc(permissions, func(p string) bool { return !id.Has(p) }):
		return edgeward.InsufficientScope
	}
	return edgeward.Authenticated
}
