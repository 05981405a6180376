package devidp

import (
	"bytes"
	_ "embed"
	"html/template"
	"net/http"
	"net/url"

	look "github.com/edgeward/edgeward/internal/wire/page"
)

//go:embed page.html
var pageText string

//go:embed page.css
var ownStyle string

// pageStyle is the look of every page of Edgeward, and what is our own.
var pageStyle = look.Style + ownStyle

var pageTemplate = template.Must(template.New("page").Parse(pageText))

// A page is what a person sees of the provider.
type page struct {
	Style      template.CSS
	Head, Text string
	Action     string   // where the form goes; "" for no form
	People     []Person // to choose from
	Leave      *Person  // who is asked whether to sign out
}

// signInPage shows whom a visitor can be. The form goes back to the page's own
// address, from there to the client, and from there onward.
func signInPage(w http.ResponseWriter, hr *http.Request, people []Person, redirectURI string) {
	show(w, http.StatusOK, []string{redirectURI}, page{
		Head: "Who are you today?", Text: "This provider belongs to edgeward dev. It asks for no password.",
		Action: hr.URL.RequestURI(), People: people,
	})
}

func signOutPage(w http.ResponseWriter, hr *http.Request, person Person, next string) {
	show(w, http.StatusOK, []string{next}, page{
		Head: "Sign out?", Text: "You are signed in at the provider of edgeward dev as " + person.Name + ". Applications that you signed in to from here hear of it.",
		Action: hr.URL.RequestURI(), Leave: &person,
	})
}

func messagePage(w http.ResponseWriter, status int, head, text string) {
	show(w, status, nil, page{Head: head, Text: text})
}

// show writes the page. Browsers hold the policy of a form also against where
// its answer redirects to, so next, addresses, have to be in it.
func show(w http.ResponseWriter, status int, next []string, p page) {
	p.Style = template.CSS(pageStyle)
	var body bytes.Buffer
	if err := pageTemplate.Execute(&body, p); err != nil {
		http.Error(w, "the page could not be made", http.StatusInternalServerError)
		return
	}
	to := "'self'"
	for _, address := range next {
		to += origin(address)
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", look.Policy(to, pageStyle))
	h.Set("Referrer-Policy", "same-origin") // the address holds state and nonce
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes())
}

// origin returns the origin of a registered address as a further source of a
// policy.
func origin(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return ""
	}
	return " " + u.Scheme + "://" + u.Host
}
