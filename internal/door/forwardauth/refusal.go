package forwardauth

import (
	"cmp"
	"net/http"
	"net/url"
	"strings"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/door"
	"github.com/edgeward/edgeward/internal/wire/canonical"
)

// RefusalPath is where nginx asks for the answer that a client gets to a
// refusal. auth_request keeps a 401 or 403 and nothing else of what it was told,
// so a location for errors has to ask once more. That question decides, counts
// and logs nothing: it says in [HeaderRefusal] what the first one was answered,
// and gets it as the client should see it, with its own status, the CORS fields,
// the redirect of a person to the sign-in, or the answer to a preflight.
//
// The path makes the difference, and not a field: a client can send any field,
// and the path is the front's. An attacker who could have guesses go uncounted
// would have as many as he likes. Nothing here lets a request through: no answer
// is 2xx but the 204 of a preflight, which carries no credential and is an
// OPTIONS.
const RefusalPath = "/refusal"

// HeaderRefusal is the field in which a refusal travels from the first answer to
// the second question, as parameters of a form. It holds what the client is
// shown in any case, and no reason that only the log has.
const HeaderRefusal = "X-Edgeward-Refusal"

// maxRefusal bounds, in bytes, what is read of a refusal.
const maxRefusal = 8 << 10

// The parameters beside the fields of the answer.
const (
	problemParameter = "problem"
	requestParameter = "request"
	loginParameter   = "login"
)

// preflightProblem stands for a preflight, which is no problem of any client.
const preflightProblem = "preflight"

// remember puts what v is refused with into h, for the second question.
func remember(h http.Header, v *door.Visit) {
	said := url.Values{problemParameter: {problemOf(v.Decision.Reason)}, requestParameter: {v.Request.ID}}
	if to := cmp.Or(v.Decision.Login, v.Decision.OtherAccount); to != "" {
		said.Set(loginParameter, to)
	}
	for name, values := range v.Decision.Response {
		if travels(name) {
			said[name] = values
		}
	}
	h.Set(HeaderRefusal, said.Encode())
}

// travels reports whether a field of the answer is repeated by the second one.
// nginx itself passes the challenge of a 401 on; the example's configuration does
// that for Set-Cookie.
func travels(name string) bool {
	switch name {
	case "Clear-Site-Data", "Retry-After", "Vary", "Www-Authenticate":
		return true
	}
	return strings.HasPrefix(name, "Access-Control-")
}

func problemOf(reason edgeward.Reason) string {
	if reason == edgeward.Preflight {
		return preflightProblem
	}
	return reason.Problem()
}

// show answers the second question.
func (f *handler) show(w http.ResponseWriter, hr *http.Request) {
	v := door.NewVisit()
	v.Request.Header = edgeward.Header(hr.Header)
	if !f.trusted.Contains(door.PeerOf(hr)) {
		v.Decision = edgeward.Decision{Reason: edgeward.UntrustedPeer}
		door.Refuse(w, hr, v)
		return
	}
	_ = describe(hr, &v.Request) // of one that cannot be read, the refusal says so
	v.Decision = recall(v, hr.Header[HeaderRefusal])
	door.Refuse(w, hr, v)
}

// recall reads what remember wrote, and gives v the id by which the log knows the
// request. What cannot be read, or was never said because the first question had
// no answer, is a "could not tell".
func recall(v *door.Visit, fields []string) edgeward.Decision {
	if len(fields) != 1 || len(fields[0]) > maxRefusal {
		return couldNotTell()
	}
	said, err := url.ParseQuery(fields[0])
	if err != nil {
		return couldNotTell()
	}
	d := edgeward.Decision{Reason: reasonOf(said.Get(problemParameter)), Login: said.Get(loginParameter), Response: edgeward.Header{}}
	if d.Reason == edgeward.Undecided || d.Reason == edgeward.Preflight && v.Request.Method != http.MethodOptions {
		return couldNotTell()
	}
	if d.Reason.Status() == http.StatusForbidden {
		d.Login, d.OtherAccount = "", d.Login
	}
	if id := said.Get(requestParameter); door.IsID(id) {
		v.Request.ID = id
	}
	for name, values := range said {
		if travels(name) && !(name == "Www-Authenticate" && d.Reason.Status() == http.StatusUnauthorized) {
			d.Response[name] = values
		}
	}
	if canonical.Headers(d.Response) != nil {
		return couldNotTell()
	}
	return d
}

func couldNotTell() edgeward.Decision {
	return edgeward.Decision{Reason: edgeward.Unavailable, Response: edgeward.Header{"Retry-After": {"1"}}}
}

// reasonOf returns a reason that refuses with problem. Those that share one are
// answered alike.
func reasonOf(problem string) edgeward.Reason {
	if problem == preflightProblem {
		return edgeward.Preflight
	}
	for _, reason := range edgeward.Reasons() {
		if problem != "" && reason.Problem() == problem && reason != edgeward.Undecided {
			return reason
		}
	}
	return edgeward.Undecided
}
