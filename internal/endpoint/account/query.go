package account

import (
	"slices"
	"strings"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/issuance/browser"
	"github.com/edgeward/edgeward/internal/wire/canonical"
	"github.com/edgeward/edgeward/internal/wire/form"
	"github.com/edgeward/edgeward/login"
	"github.com/edgeward/edgeward/login/openid"
)

// A query is what a URL of [userpath.Prefix.Login] asks for.
type query struct {
	provider, returnTo string
	challenge          string // of a host that sign-ins are handed over to, or ""
	stepUp             edgeward.StepUp
	account            login.Account
	loginHint          string // who is expected to sign in, or ""
}

// read reads what q asks for at an origin. What acr_values and max_age say counts as far as a route
// may have asked for it: a page of others cannot have its visitors authenticate as it
// likes, and what is left out here the route asks for again.
func (h *handler) read(q form.Form, origin string) query {
	asked := query{provider: q["provider"], returnTo: q["return_to"], challenge: q["challenge"], stepUp: h.asked(q)}
	if asked.stepUp.IsZero() && h.Asks != nil {
		asked.stepUp = h.asksOf(origin, asked.returnTo)
	}
	switch as := login.Account(q["prompt"]); as {
	case login.OtherAccount, login.ChooseAccount:
		asked.account = login.OtherAccount // by the word that the provider has for it
	}
	if hint := q["login_hint"]; openid.IsLoginHint(hint) {
		asked.loginHint = hint
	}
	return asked
}

// asksOf is what the route of the page asks that a user wants to return to. The endpoints
// themselves say it in their URLs.
func (h *handler) asksOf(origin, returnTo string) (asked edgeward.StepUp) {
	if at, page, ok := h.Login.HostPage(returnTo); ok {
		origin, returnTo = at, page
	}
	page, err := login.ReturnTo(returnTo, origin, nil)
	if err != nil {
		return asked
	}
	target, err := canonical.RequestTarget(page)
	if err != nil || target.Path == h.Prefix.Login() {
		return asked
	}
	_, host, _ := strings.Cut(origin, "://")
	return h.Asks(host, target.Path)
}

func (h *handler) asked(q form.Form) (asked edgeward.StepUp) {
	for class := range strings.SplitSeq(q["acr_values"], " ") {
		if !slices.Contains(asked.ACR, class) && h.knows(func(s *edgeward.StepUp) bool { return slices.Contains(s.ACR, class) }) {
			asked.ACR = append(asked.ACR, class)
		}
	}
	if age := q["max_age"]; age != "" {
		h.knows(func(s *edgeward.StepUp) bool {
			if s.Seconds() != age {
				return false
			}
			asked.MaxAge = s.MaxAge
			return true
		})
	}
	return asked
}

func (h *handler) knows(is func(*edgeward.StepUp) bool) bool {
	for i := range h.StepUps {
		if is(&h.StepUps[i]) {
			return true
		}
	}
	return false
}

// path is where a sign-in begins by q. What is not asked for is left out.
func (h *handler) path(q query) string {
	var text form.Text
	for _, p := range [...][2]string{
		{"provider", q.provider}, {"return_to", q.returnTo}, {"challenge", q.challenge},
		{"acr_values", q.stepUp.ACRValues()}, {"max_age", q.stepUp.Seconds()}, {"prompt", string(q.account)}, {"login_hint", q.loginHint},
	} {
		if p[1] != "" {
			text = text.Add(p[0], p[1])
		}
	}
	if len(text) == 0 {
		return h.Prefix.Login()
	}
	return text.Below(h.Prefix.Login())
}

// url is path at the login's own origin.
func (h *handler) url(q query) string { return h.Login.Origin() + h.path(q) }

// goesOn reports whether q asks for nothing that another sign-in is needed for: all
// that v has came of an authentication as it asks for.
func (h *handler) goesOn(q *query, v *browser.Visitor) bool {
	if q.account != login.AnyAccount {
		return false
	}
	now := h.Now()
	for _, part := range [...]struct {
		given bool
		id    *edgeward.Identity
	}{{h.Outcome.Session(), v.Session}, {h.Outcome.Tokens(), v.Tokens}} {
		if part.given && part.id != nil && !q.stepUp.Met(part.id, now) {
			return false
		}
	}
	return true
}

// ask is what the provider is asked for, for the user of v. One who is signed in with a
// class is asked for that again where another one would do: a step-up weakens no
// sign-in.
func (h *handler) ask(q *query, v *browser.Visitor) login.Ask {
	a := login.Ask{Account: q.account, StepUp: q.stepUp, LoginHint: q.loginHint}
	if id := whoIs(v); id != nil && q.stepUp.MaxAge > 0 && len(q.stepUp.ACR) == 0 && edgeward.IsScopeToken(id.Profile.ACR) {
		a.Prefer = id.Profile.ACR
	}
	return a
}
