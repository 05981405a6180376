package devidp

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

const (
	codeLife = time.Minute

	promptNone   = "none"
	promptLogin  = "login"
	promptSelect = "select_account"
)

// identityScopes ask for an ID token and what is in it.
var identityScopes = []string{"openid", "profile", "email"}

// A code is a sign-in on its way to the token endpoint.
type code struct {
	redirectURI, challenge, nonce string
	scopes                        []string
	visit                         visit
}

// A question is an authentication request (OpenID Connect Core §3.1.2.1).
type question struct{ url.Values }

// problem returns why the person cannot even be sent back, or "": an address
// that is not registered would be an open redirector (RFC 9700 §4.11).
func (q question) problem(c Client) string {
	switch {
	case q.Get("client_id") != c.ID:
		return "The request names a client that is not registered here."
	case len(q.Values["redirect_uri"]) != 1 || !slices.Contains(c.RedirectURIs, q.Get("redirect_uri")):
		return "The request names an address to come back to (redirect_uri) that is not registered."
	}
	return ""
}

// refusal returns what is wrong with the rest, to be told to the client.
func (q question) refusal() (r refusal, bad bool) {
	for name, values := range q.Values {
		if len(values) > 1 {
			return refusal{"invalid_request", name + " is there twice"}, true // RFC 6749 §3.1
		}
	}
	switch {
	case q.Get("response_type") != "code":
		return refusal{"unsupported_response_type", "only code is supported"}, true
	case !slices.Contains(q.scopes(), "openid"):
		return refusal{"invalid_scope", "scope lacks openid"}, true
	case q.Get("code_challenge_method") != "S256" || len(q.Get("code_challenge")) != len(challengeOf("")):
		return refusal{"invalid_request", "a code_challenge with the method S256 is needed"}, true // RFC 9700 §2.1.1
	}
	return refusal{}, false
}

func (q question) scopes() []string { return strings.Fields(q.Get("scope")) }

// asks reports whether one of the prompts is asked for.
func (q question) asks(prompts ...string) bool {
	return slices.ContainsFunc(strings.Fields(q.Get("prompt")), func(p string) bool { return slices.Contains(prompts, p) })
}

// serveAuthorize answers a browser that a client sent: with a code where the
// person is known already, else with the sign-in page.
func (p *Provider) serveAuthorize(w http.ResponseWriter, hr *http.Request) {
	q, ok := p.question(w, hr)
	if !ok {
		return
	}
	_, v, known := p.visit(hr)
	switch {
	case known && !q.asks(promptLogin, promptSelect):
		p.sendCode(w, hr, q, v)
	case q.asks(promptNone):
		p.sendBack(w, hr, q, url.Values{"error": {"login_required"}})
	default:
		signInPage(w, hr, p.config.People, q.Get("redirect_uri"))
	}
}

// serveSignIn answers a button of the sign-in page. The request stands in the
// page's own address, and is read again.
func (p *Provider) serveSignIn(w http.ResponseWriter, hr *http.Request) {
	hr.Body = http.MaxBytesReader(w, hr.Body, maxForm)
	q, ok := p.question(w, hr)
	if !ok {
		return
	}
	who := slices.IndexFunc(p.config.People, func(one Person) bool { return one.Subject == hr.PostFormValue("person") })
	if who < 0 {
		p.sendBack(w, hr, q, url.Values{"error": {"access_denied"}})
		return
	}
	p.sendCode(w, hr, q, p.begin(w, hr, p.config.People[who]))
}

// question reads the request. Where it cannot be answered with a page or a
// code, it is answered otherwise and not ok.
func (p *Provider) question(w http.ResponseWriter, hr *http.Request) (q question, ok bool) {
	w.Header().Set("Cache-Control", "no-store")
	query, err := url.ParseQuery(hr.URL.RawQuery)
	if err != nil {
		messagePage(w, http.StatusBadRequest, "That link cannot be read", "Its query is not well-formed.")
		return question{}, false
	}
	q = question{query}
	if problem := q.problem(p.config.Client); problem != "" {
		messagePage(w, http.StatusBadRequest, "This sign-in cannot begin", problem)
		return question{}, false
	}
	if r, bad := q.refusal(); bad {
		p.sendBack(w, hr, q, url.Values{"error": {r.Code}, "error_description": {r.Description}})
		return question{}, false
	}
	return q, true
}

func (p *Provider) sendCode(w http.ResponseWriter, hr *http.Request, q question, v visit) {
	name := p.codes.put(code{q.Get("redirect_uri"), q.Get("code_challenge"), q.Get("nonce"), q.scopes(), v}, p.config.Now())
	p.sendBack(w, hr, q, url.Values{"code": {name}})
}

// sendBack redirects to the client with the answer, state and iss (RFC 9207
// §2).
func (p *Provider) sendBack(w http.ResponseWriter, hr *http.Request, q question, answer url.Values) {
	answer.Set("iss", p.config.Issuer)
	if state := q.Get("state"); state != "" {
		answer.Set("state", state)
	}
	http.Redirect(w, hr, withQuery(q.Get("redirect_uri"), answer), http.StatusSeeOther)
}

// withQuery appends parameters to a registered address, which may have some.
func withQuery(address string, more url.Values) string {
	separator := "?"
	if strings.Contains(address, "?") {
		separator = "&"
	}
	return address + separator + more.Encode()
}
