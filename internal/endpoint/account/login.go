package account

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/endpoint"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/issuance/browser"
	"github.com/edgeward/edgeward/internal/wire/csrf"
	"github.com/edgeward/edgeward/internal/wire/form"
	"github.com/edgeward/edgeward/internal/wire/problem"
	"github.com/edgeward/edgeward/login"
)

// errNotPerson is the refusal of a request that no user waits for. Any page could
// have its visitor's browser make as many as fill the transaction cookie.
var errNotPerson = fmt.Errorf("account: Sec-Fetch-Mode, or a purpose such as prefetch, says that no user navigates: %w", edgeward.CredentialMissing)

// login is GET /auth/login. Who is signed in goes straight back; of several
// providers a page lets users choose.
func (h *handler) login(ctx context.Context, x *exchange, r *edgeward.Request) error {
	q, err := form.Parse(r.RawQuery)
	if err != nil {
		return err
	}
	if !csrf.IsNavigation(r) {
		return errNotPerson
	}
	if x.away() {
		return x.leaveToLogin(r, q)
	}
	if q["return_to"] == "" {
		q["return_to"] = h.Home
	}
	transaction, err := x.transaction(r)
	if err != nil {
		return err
	}
	v, err := x.visitor(ctx, r)
	if err != nil {
		return issuance.LoginFailure(err)
	}
	o, err := h.over(q)
	if err != nil {
		return err
	}
	back, err := h.Login.Return(transaction, q["return_to"])
	if errors.Is(err, login.ErrReturnTo) {
		return issuance.LoginFailure(err)
	}
	x.LoginURL = h.again(q["provider"], q["return_to"])
	if o != nil {
		x.LoginURL, q["return_to"] = o.again(h, q["provider"]), o.resume(h)
		p, whole := h.parents(&v)
		if whole && err != nil {
			return issuance.LoginFailure(err)
		}
		if whole {
			x.setTransaction(back.Cookie)
			return x.handOver(o, p)
		}
		return x.begin(ctx, q, transaction)
	}
	renewed, refusal := x.renew(ctx, r, &v)
	switch {
	case refusal != nil:
		return issuance.LoginFailure(refusal)
	case renewed && err != nil:
		return issuance.LoginFailure(err)
	case renewed:
		x.setTransaction(back.Cookie)
		return x.seeOther(back.Location)
	}
	return x.begin(ctx, q, transaction)
}

// begin begins a sign-in, or asks at which provider.
func (x *exchange) begin(ctx context.Context, q form.Form, transaction edgeward.Secret) error {
	h := x.handler
	choices := h.Login.Providers()
	if q["provider"] == "" && len(choices) > 1 {
		x.LoginURL = ""
		return x.show(x.loginPage(choices, q["return_to"]))
	}
	begun, err := h.Login.Begin(ctx, cmp.Or(q["provider"], choices[0].Name), transaction, q["return_to"])
	if err != nil {
		if errors.Is(err, login.ErrProvider) {
			x.LoginURL = h.again("", q["return_to"])
		}
		return issuance.LoginFailure(err)
	}
	x.setTransaction(begun.Cookie)
	return x.seeOther(begun.Location)
}

// loginPath is how to begin a sign-in.
func (h *handler) loginPath(provider, returnTo string) string {
	return h.loginFor(provider, returnTo, "")
}

// loginFor is loginPath for a host that has a challenge. What is "" is left out.
func (h *handler) loginFor(provider, returnTo, challenge string) string {
	var q form.Text
	for _, p := range [...][2]string{{"provider", provider}, {"return_to", returnTo}, {"challenge", challenge}} {
		if p[1] != "" {
			q = q.Add(p[0], p[1])
		}
	}
	if len(q) == 0 {
		return h.Prefix.Login()
	}
	return q.Below(h.Prefix.Login())
}

// again is where a sign-in is begun anew.
func (h *handler) again(provider, returnTo string) string {
	return h.Login.Origin() + h.loginPath(provider, returnTo)
}

// renew reports whether the browser has all that a sign-in would give it, or
// has it now: where the refresh family lives it gives another access token. The
// refresh token stays as it is. Any page can have its visitor's browser navigate
// here and stop before the answer is there, and a successor that did not arrive makes
// the one that the browser keeps look stolen.
func (x *exchange) renew(ctx context.Context, r *edgeward.Request, v *browser.Visitor) (bool, error) {
	h := x.handler
	if h.Outcome != issuance.GivesTokens && v.Session == nil {
		return false, nil
	}
	if h.Outcome == issuance.GivesSession {
		return true, nil
	}
	if v.Refresh.IsZero() {
		return false, nil
	}
	pair, err := h.Authority.MintAccess(ctx, x.By(), r, v.Refresh)
	if err != nil {
		if edgeward.ReasonOf(err) == edgeward.Unavailable || errors.Is(err, edgeward.TooManyFailures) {
			return false, err
		}
		return false, nil // it ended this moment
	}
	x.Cookies = append(x.supersede(x.jar.Access), browser.SetAccess(h.Authority, x.jar.Cookies, &pair))
	return true, nil
}

// callback is GET /auth/callback, or wherever providers send browsers back to.
func (h *handler) callback(ctx context.Context, x *exchange, r *edgeward.Request) error {
	q, err := form.Parse(r.RawQuery)
	if err != nil {
		return err
	}
	if !csrf.IsNavigation(r) {
		return errNotPerson
	}
	transaction, err := x.transaction(r)
	if err != nil {
		return err
	}
	who, err := h.finish(ctx, r, transaction, login.Callback{
		State: q["state"], Code: q["code"], Error: q["error"], ErrorDescription: q["error_description"], Issuer: q["iss"], HasIssuer: q.Has("iss"),
	})
	x.setTransaction(who.Cookie)
	x.LoginURL = h.again(who.Provider, who.ReturnTo)
	if errors.Is(err, login.ErrState) && who.ReturnTo != "" {
		in, trouble := x.isIn(ctx, r)
		if in {
			h.SignedIn(who.Provider, string(problem.LoginMismatch)) // another tab was faster, most often
			return x.onward(who.ReturnTo)
		}
		if trouble != nil {
			err = trouble
		}
	}
	if err == nil {
		err = x.admit(ctx, r, &who)
	}
	if err != nil {
		err = issuance.LoginFailure(err)
		code := endpoint.CodeOf(err)
		h.SignedIn(who.Provider, code)
		h.Authority.Refused(ctx, x.By(), issuance.Record{Action: "login.failed", Object: "login", Provider: who.Provider, Class: code}, err)
		return err
	}
	h.SignedIn(who.Provider, "ok")
	return x.onward(who.ReturnTo)
}

// finish takes a callback. Who tries out codes waits as who tries out any other
// credential: anybody can begin sign-ins without end, and make up a code for each.
func (h *handler) finish(ctx context.Context, r *edgeward.Request, transaction edgeward.Secret, c login.Callback) (login.SignIn, error) {
	if err := h.Authority.CheckLimit(r.ClientIP); err != nil {
		return login.SignIn{}, err
	}
	who, err := h.Login.Finish(ctx, transaction, c)
	if err != nil {
		err = h.Authority.RecordAttempt(r.ClientIP, err)
	}
	return who, err
}

// isIn reports whether the browser has what signing in would give it.
func (x *exchange) isIn(ctx context.Context, r *edgeward.Request) (bool, error) {
	v, err := x.visitor(ctx, r)
	if err != nil {
		return false, err
	}
	return x.renew(ctx, r, &v)
}

// admit gives the browser what signing in gives. What it had before is ended
// first: an id that was planted there (session fixation) is ended,
// and one person's tokens do not stay beside another one's session. The record
// by which the provider ends it is kept before the browser hears of it.
func (x *exchange) admit(ctx context.Context, r *edgeward.Request, who *login.SignIn) error {
	a := x.handler.Authority
	if err := x.handler.pace.take(who.Issuer, who.Subject, x.handler.Now()); err != nil {
		return err
	}
	ctx, done := issuance.Detached(ctx)
	defer done()
	if _, err := x.leave(ctx, r, "replaced"); err != nil {
		return err
	}
	given, err := a.SignIn(ctx, x.By(), who, x.handler.Outcome, x.Client())
	if errors.Is(err, issuance.ErrGrant) {
		return errors.Join(login.ErrAnswer, err) // a subject that fits no identity
	}
	if err != nil {
		return err
	}
	err = x.keep(ctx, who, &given)
	if err == nil {
		err = x.handler.crowd(ctx, x.By(), who, given.Objects())
	}
	if err != nil {
		return errors.Join(err, a.Discard(ctx, x.By(), &given))
	}
	x.give(&given)
	return nil
}
