package engine

import (
	"strings"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/wire/cookie"
	"github.com/edgeward/edgeward/internal/wire/form"
	"github.com/edgeward/edgeward/internal/wire/problem"
	"github.com/edgeward/edgeward/policy"
)

// allow completes a decision that lets the request pass.
func (e *Engine) allow(r *edgeward.Request, route *policy.Route, d edgeward.Decision) edgeward.Decision {
	d.Allow = true
	d.Host, d.Route = route.Host, route.Pattern
	d.Target, d.Forwarding = route.Upstream, &route.Forwarding
	d.KeepCredential, d.OwnFields = route.ForwardCredential, e.fields
	if route.CORS != nil {
		d.Response = route.CORS.Actual(r.Header.First("Origin"))
	}
	return d
}

// refuse answers err on a route, of which only the host is known where none covers
// the path. Its CORS fields are those of an answer that succeeds: without them a
// script could not read the refusal.
func (e *Engine) refuse(r *edgeward.Request, route *policy.Route, err error) edgeward.Decision {
	d := edgeward.Decision{Reason: edgeward.ReasonOf(err), Err: err, Host: route.Host, Route: route.Pattern, Forwarding: &route.Forwarding, Response: edgeward.Header{}}
	if route.CORS != nil {
		for name, values := range route.CORS.Actual(r.Header.First("Origin")) {
			d.Response[name] = values
		}
	}
	status := d.Reason.Status()
	if status == 401 {
		d.Login = e.signIn(r, route, err)
	}
	if d.Reason == edgeward.InsufficientScope || d.Reason == edgeward.NotAllowed {
		d.OtherAccount = e.otherAccount(r, route)
	}
	edgeward.SetStatusFields(d.Response, status, err, route.Permissions...)
	if status == 401 && e.challengesBasic(r, route, d.Login != "") {
		d.Response.Add("Www-Authenticate", basicChallenge)
	}
	cookie.Repair(d.Response, r, err)
	return d
}

// basicChallenge asks for HTTP Basic (RFC 7617 §2 and §2.1).
const basicChallenge = `Basic realm="edgeward", charset="UTF-8"`

// challengesBasic reports whether a 401 on route asks for HTTP Basic beside a bearer
// token. A browser would show a dialog: so it is never asked for a request of a page's
// own, nor where its user is led to the sign-in.
func (e *Engine) challengesBasic(r *edgeward.Request, route *policy.Route, signsIn bool) bool {
	asks := false
	for _, name := range route.Authenticate {
		asks = asks || e.strategy(name).Basic
	}
	mode, isBrowser := r.Header["Sec-Fetch-Mode"]
	switch {
	case !asks || signsIn && problem.ShowsPage(r):
		return false
	case isBrowser:
		return len(mode) == 1 && mode[0] == "navigate"
	}
	return r.Header.First("Origin") == "" && r.Header.First("X-Requested-With") == ""
}

// signIn returns where a person gets a credential for route, or "". Any refused
// credential counts, also one that was revoked: whoever may sign in again finds
// out there.
func (e *Engine) signIn(r *edgeward.Request, route *policy.Route, err error) string {
	for _, name := range route.Authenticate {
		if e.strategy(name).Interactive {
			return asking(e.login.at(r), route, err)
		}
	}
	return ""
}

// otherAccount returns where a user who may not use route signs in as somebody else, or
// "". The provider is asked to let the user choose: signing in again would else end with
// the same account, and the same refusal.
func (e *Engine) otherAccount(r *edgeward.Request, route *policy.Route) string {
	for _, name := range route.Authenticate {
		if url := e.login.at(r); url != "" && e.strategy(name).Interactive {
			return form.Text("prompt=select_account").Below(url)
		}
	}
	return ""
}

// preflight answers a CORS-preflight request, as the Fetch standard defines it,
// for the application: browsers send no credentials with it. The rules are
// those of the method that the browser asks about. Any other OPTIONS, also on a
// route without CORS, is a request like all others.
func preflight(tree *policy.Tree, r *edgeward.Request) (edgeward.Decision, bool) {
	origin, method := r.Header.First("Origin"), r.Header.First("Access-Control-Request-Method")
	if r.Method != "OPTIONS" || origin == "" || method == "" {
		return edgeward.Decision{}, false
	}
	route, covered := tree.Lookup(method, r.Path)
	if !covered || route.CORS == nil {
		return edgeward.Decision{}, false
	}
	headers := strings.Join(r.Header["Access-Control-Request-Headers"], ",")
	own, covered := tree.Lookup(r.Method, r.Path)
	return edgeward.Decision{
		Reason: edgeward.Preflight, Host: route.Host, Route: route.Pattern,
		Response:    route.CORS.Preflight(origin, method, headers),
		Forwardable: covered && own.Public() && outside(r, own) == nil,
	}, true
}
