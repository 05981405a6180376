package door

import (
	"net/http"

	"github.com/edgeward/edgeward/internal/wire/canonical"
	"github.com/edgeward/edgeward/internal/wire/csrf"
	"github.com/edgeward/edgeward/internal/wire/form"
	"github.com/edgeward/edgeward/internal/wire/problem"
)

// maxReturnTo bounds, in bytes, what a redirect says of the page that was asked
// for. nginx reads all the fields of an answer into 4 KiB, and makes a 502 of
// more.
const maxReturnTo = 3 << 10

// SignIn returns the URL that a refused visit is redirected to, so that its
// person signs in and comes back to the same page. It is "" where no person
// waits for a page: a script that followed the redirect would take the sign-in
// page for its data. A browser that fetches pages ahead would begin a sign-in with
// each, and push the one out that its user is at.
func SignIn(v *Visit) string {
	r := &v.Request
	if v.Decision.Login == "" || !problem.Navigation(r) || csrf.IsSpeculative(r) {
		return ""
	}
	page := canonical.EscapePath(r.Path)
	if r.RawQuery != "" {
		page += "?" + r.RawQuery
	}
	page = form.Escape(page)
	if len(page) > maxReturnTo {
		return v.Decision.Login
	}
	return v.Decision.Login + "?return_to=" + page
}

// formSignIn returns the URL of the sign-in that a page for r names, "" for none.
// A form that is sent in cannot be repeated by GET, so that its user comes back to
// the page that it stands on, as far as the browser says which.
func formSignIn(v *Visit) string {
	r := &v.Request
	if v.Decision.Login == "" || problem.FormOf(r) == problem.NoForm {
		return ""
	}
	page := csrf.Referrer(r)
	if page == "" {
		return ""
	}
	return v.Decision.Login + "?return_to=" + form.Escape(page)
}

// Redirect answers a refused visit with the way to where SignIn leads. Nobody
// may keep that answer: after the sign-in there is another one.
func Redirect(w http.ResponseWriter, hr *http.Request, v *Visit, to string) {
	LimitUnreadBody(w, hr)
	h := w.Header()
	SetResponseHeader(h, v)
	delete(h, "Www-Authenticate") // belongs to a 401
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Length", "0")
	h.Set("Location", to)
	w.WriteHeader(http.StatusFound)
}
