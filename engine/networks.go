package engine

import (
	"fmt"
	"maps"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/wire/csrf"
	"github.com/edgeward/edgeward/policy"
)

// outside refuses clients that are in none of the networks which the route is for, before
// they are asked for a credential: those who guess one are better off elsewhere.
func outside(r *edgeward.Request, route *policy.Route) error {
	switch {
	case route.Networks.Empty() || route.Networks.Has(r.ClientIP):
		return nil
	case !r.ClientIP.IsValid():
		return fmt.Errorf("engine: the client's address is unknown, so it is in none of the route's networks: %w", edgeward.NetworkDenied)
	}
	return fmt.Errorf("engine: %s is in none of the route's networks: %w", r.ClientIP, edgeward.NetworkDenied)
}

// pass lets a request through from a network whose clients need no credential. refused
// is what was decided about the credential that came, or about there being none: the
// client could as well have sent nothing. The credential does not travel on, since it
// proves nothing here, and the application could think that it does.
//
// What can be read in two ways stays refused, and so does a page of others, for which
// the network is a credential as a cookie is.
func (e *Engine) pass(r *edgeward.Request, route *policy.Route, refused edgeward.Decision) edgeward.Decision {
	if refused.Reason.Status() == 400 {
		return refused
	}
	if err := visiting(r, route); err != nil {
		return e.refuse(r, route, err)
	}
	d := e.allow(r, route, edgeward.Decision{Reason: edgeward.Public})
	d.KeepCredential = false
	if cookies := refused.Response["Set-Cookie"]; len(cookies) > 0 { // what was renewed on the way
		response := maps.Clone(d.Response)
		if response == nil {
			response = edgeward.Header{}
		}
		response["Set-Cookie"] = cookies
		d.Response = response
	}
	return d
}

// visiting guards what is open to a network against pages of others that a browser in
// it shows: they can have it send what changes something, and open a WebSocket, which
// no same-origin policy guards. No cookie is needed for that, so SameSite helps
// nothing. What no browser sent says no origin, and passes.
func visiting(r *edgeward.Request, route *policy.Route) error {
	from := r.Header["Origin"]
	switch {
	case csrf.IsWebSocket(r) && len(from)+len(r.Header["Sec-Fetch-Site"]) > 0:
		return csrf.CheckHandshake(r, route.CORS.Allows)
	case csrf.Changes(r) && !(len(from) == 1 && route.CORS.Allows(from[0])):
		return csrf.Check(r)
	}
	return nil
}
