package console

import (
	"errors"
	"net/http"
	"strconv"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/apikey"
	"github.com/edgeward/edgeward/credential"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/wire/canonical"
	"github.com/edgeward/edgeward/internal/wire/cookie"
	"github.com/edgeward/edgeward/internal/wire/problem"
)

// A fault is what a page says when there is nothing else to say.
type fault struct {
	Status    int
	Head      string
	Text      string
	Retry     bool // asking again can help
	RequestID string
}

// turnAway answers a request that may not be made.
func (x *exchange) turnAway() {
	d := &x.visit.Decision
	status := d.Reason.Status()
	cookie.Repair(edgeward.Header(x.w.Header()), &x.visit.Request, d.Err)
	switch {
	case errors.Is(d.Err, canonical.ErrHeaderSize):
		status = problem.FieldsTooLarge.Status()
	case d.Reason == edgeward.NoRoute:
		status = http.StatusNotFound
	case status == http.StatusUnauthorized, isRepeated(d.Err):
		x.askWho(d.Reason)
		return
	}
	x.fault(faultOfStatus(status, false), d.Err)
}

// isRepeated reports whether a cookie came twice: then it is nobody's, and is
// taken away.
func isRepeated(err error) bool {
	_, is := errors.AsType[*credential.RepeatedCookieError](err)
	return is
}

// askWho sends a person to the sign-in page, and tells the script of a page
// that nobody is signed in any more.
func (x *exchange) askWho(reason edgeward.Reason) {
	r := &x.visit.Request
	why := ""
	if reason != edgeward.CredentialMissing {
		why = "ended"
		if name := x.cookieName(cookie.Console, r); name != "" && reason != edgeward.AmbiguousCredential {
			x.w.Header().Add("Set-Cookie", cookie.Clear(name))
		}
	}
	if Polled(x.page.path) {
		x.fault(faultOfStatus(http.StatusUnauthorized, false), reason)
		return
	}
	next := ""
	if x.page.method == http.MethodGet {
		next = link(r.Path) + "?" + r.RawQuery
	}
	x.answer(answer{to: link(signInPath, "next", x.onward(next), "why", why)})
}

// refuse answers for a page that could not do what was asked.
func (x *exchange) refuse(err error) {
	x.fault(faultOf(err, x.page.method == http.MethodPost), err)
}

func (x *exchange) fault(f fault, err error) {
	f.RequestID = x.visit.Request.ID
	edgeward.SetStatusFields(edgeward.Header(x.w.Header()), f.Status, err)
	if f.Status >= 500 && x.visit.Decision.Allow {
		x.failed(err)
	}
	x.answer(answer{name: "fault", title: f.Head, data: f, status: f.Status})
}

// faultOf finds out what to say about err. operation tells that something was to be
// done.
func faultOf(err error, operation bool) fault {
	if m, ok := errors.AsType[mistake](err); ok {
		return fault{Status: http.StatusUnprocessableEntity, Head: "That is not complete", Text: string(m)}
	}
	for _, row := range [...]struct {
		err        error
		status     int
		head, text string
	}{
		{issuance.ErrGrant, 422, "Nothing can say that", "A name is empty, too long or not printable, a field does not belong to the scope, or a time has passed already. Nothing was done."},
		{issuance.ErrUnknown, 404, "There is no such thing", "It never was, or it has ended already."},
		{apikey.ErrReplaced, 403, "Your key was replaced", "You signed in with a secret that a rotation has replaced, which must not replace the new one."},
		{issuance.ErrState, 409, "Its state does not allow that", "It was revoked, another rotation came first, or the old secret of an earlier one still lives. Nothing was done."},
		{errVerifying, 409, "Somebody is verifying the log already", "Try again in a moment."},
		{errLong, 422, "The log is too long to verify here", "Use edgeward audit verify, which takes the time that it needs."},
		{issuance.ErrUnsupported, 501, "Not configured here", "This edge is not configured to do that."},
	} {
		if errors.Is(err, row.err) {
			return fault{Status: row.status, Head: row.head, Text: row.text}
		}
	}
	return faultOfStatus(edgeward.ReasonOf(err).Status(), operation)
}

// faultOfStatus is what a status means by itself.
func faultOfStatus(status int, operation bool) fault {
	f := fault{Status: status, Head: http.StatusText(status), Text: "The console does not answer that."}
	switch status {
	case http.StatusUnauthorized:
		f.Head, f.Text = "Please sign in again", "Your sign-in has ended."
	case http.StatusForbidden:
		f.Head, f.Text = "That is not allowed", "The request came from another site's page, or asks for more than your sign-in may do. Nothing was done."
	case http.StatusNotFound:
		f.Head, f.Text = "There is nothing here", "Check the address, or begin at the overview."
	case http.StatusTooManyRequests:
		f.Head, f.Text = "Please wait", "Too many wrong keys came from your network."
	case http.StatusServiceUnavailable:
		f.Head, f.Text, f.Retry = "The store does not answer", "Nothing was done, and nothing is shown: what is not known is not claimed. Decisions at the edge go by what this node knows.", true
		if operation {
			f.Head, f.Text, f.Retry = "It is not known whether that was done", "The store did not answer in time. Look at the list whether it holds before you do it again.", false
		}
	}
	return f
}

// statusOf is the status of a refusal, for a page that says more about it.
func statusOf(err error) int { return edgeward.ReasonOf(err).Status() }

// seconds is Retry-After for people.
func seconds(err error) string {
	n, _ := strconv.Atoi(edgeward.RetryAfter(err))
	if n < 120 {
		return strconv.Itoa(n) + " seconds"
	}
	return strconv.Itoa((n+59)/60) + " minutes"
}
