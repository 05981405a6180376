package problem

import (
	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/wire/canonical"
	"github.com/edgeward/edgeward/internal/wire/csrf"
	"github.com/edgeward/edgeward/internal/wire/form"
)

// maxReturnTo bounds, in bytes, what a redirect says of the page that was asked
// for. nginx reads all the fields of an answer into 4 KiB, and makes a 502 of
// more.
const maxReturnTo = 3 << 10

// SignIn returns the URL that a refused request is redirected to, so that its
// user signs in and comes back to the same page. It is "" where no user waits for
// a page: a script that followed the redirect would take the sign-in page for its
// data. A browser that fetches pages ahead would begin a sign-in with each, and
// push the one out that its user is at.
func SignIn(r *edgeward.Request, d *edgeward.Decision) string {
	if d.Login == "" || !Navigation(r) || csrf.IsSpeculative(r) {
		return ""
	}
	return returning(d.Login, pageOf(r))
}

// pageOf is what r asks for.
func pageOf(r *edgeward.Request) string {
	page := canonical.EscapePath(r.Path)
	if r.RawQuery != "" {
		page += "?" + r.RawQuery
	}
	return page
}

// OfferSignIn makes d name the URL where a user signs in, or on a page that refuses one
// who is signed in, where another account is chosen. A form that is sent in
// cannot be repeated by GET, so that its user comes back to the page that it stands
// on, as far as the browser says which.
func (doc *Document) OfferSignIn(r *edgeward.Request, d *edgeward.Decision) {
	doc.LoginURL, doc.Form = d.Login, FormOf(r)
	if doc.text.other && d.OtherAccount != "" && ShowsPage(r) {
		doc.LoginURL = d.OtherAccount
		if Navigation(r) {
			doc.LoginURL = returning(d.OtherAccount, pageOf(r))
		} else if page := csrf.Referrer(r); page != "" {
			doc.LoginURL = returning(d.OtherAccount, page)
		}
		return
	}
	if to := SignIn(r, d); to != "" {
		doc.LoginURL = to
	} else if page := csrf.Referrer(r); page != "" && doc.Form != NoForm && d.Login != "" {
		doc.LoginURL = returning(d.Login, page)
	}
}

// returning leads back to a page of this origin, unless that is too long to say.
func returning(login, page string) string {
	if page = form.Escape(page); len(page) > maxReturnTo {
		return login
	}
	return form.Text("return_to=" + page).Below(login)
}
