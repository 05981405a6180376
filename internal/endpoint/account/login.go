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
		return x.leaveToLogin(r, h.read(q, x.Origin()))
	}
	if q["return_to"] == "" {
		q["return_to"] = h.Home
	}
	asked := h.read(q, h.Login.Origin())
	transaction, err := x.transaction(r)
	if err != nil {
		return err
	}
	v, err := x.visitor(ctx, r)
	if err != nil {
		return issuance.LoginFailure(err)
	}
	o, err := h.over(q, asked)
	if err != nil {
		return err
	}
	back, err := h.Login.Return(transaction, asked.returnTo)
	if errors.Is(err, login.ErrReturnTo) {
		return issuance.LoginFailure(err)
	}
	x.LoginURL = h.url(query{provider: asked.provider, returnTo: asked.returnTo, stepUp: asked.stepUp})
	goesOn := h.goesOn(&asked, &v)
	if o != nil {
		x.LoginURL = o.again(h, asked.provider)
		asked.returnTo, asked.challenge = o.resume(h), ""
		p, whole := h.parents(&v)
		whole = whole && goesOn
		if whole && err != nil {
			return issuance.LoginFailure(err)
		}
		if whole {
			x.setTransaction(back.Cookie)
			return x.handOver(o, p)
		}
		return x.begin(ctx, asked, &v, transaction)
	}
	if !goesOn {
		return x.begin(ctx, asked, &v, transaction)
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
	return x.begin(ctx, asked, &v, transaction)
}

// begin begins a sign-in, or asks at which provider: who is to authenticate again does so
// where they did before.
func (x *exchange) begin(ctx context.Context, q query, v *browser.Visitor, transaction edgeward.Secret) error {
	h := x.handler
	choices := h.Login.Providers()
	if id := whoIs(v); id != nil && q.provider == "" && q.account == login.AnyAccount && !q.stepUp.IsZero() {
		at, _, _ := h.Authority.PersonOf(id, choices)
		q.provider = at.Name
	}
	if q.provider == "" && len(choices) > 1 {
		x.LoginURL = ""
		return x.show(x.loginPage(choices, q))
	}
	begun, err := h.Login.BeginWith(ctx, cmp.Or(q.provider, choices[0].Name), transaction, q.returnTo, h.ask(&q, v))
	if err != nil {
		if errors.Is(err, login.ErrProvider) {
			x.LoginURL = h.url(query{returnTo: q.returnTo, stepUp: q.stepUp})
		}
		return issuance.LoginFailure(err)
	}
	x.setTransaction(begun.Cookie)
	return x.seeOther(begun.Location)
}

// loginPath is how to begin a sign-in.
func (h *handler) loginPath(provider, returnTo string) string {
	return h.path(query{provider: provider, returnTo: returnTo})
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
	if who.Again {
		return x.beginAgain(ctx, &who)
	}
	x.setTransaction(who.Cookie)
	x.LoginURL = h.url(query{provider: who.Provider, returnTo: who.ReturnTo, stepUp: who.Ask.StepUp, account: other(err)})
	if errors.Is(err, login.ErrState) && who.ReturnTo != "" {
		in, trouble := x.isIn(ctx, r, &who.Ask.StepUp)
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
		x.LoginURL = h.url(query{provider: who.Provider, returnTo: who.ReturnTo, stepUp: who.Ask.StepUp, account: other(err)})
	}
	if err != nil {
		err = issuance.LoginFailure(err)
		code := endpoint.CodeOf(err)
		h.SignedIn(who.Provider, code)
		object := "login"
		if who.Subject != "" {
			object = issuance.UserObject(who.Issuer, who.Subject)
		}
		h.Authority.Refused(ctx, x.By(), issuance.Record{Action: "login.failed", Object: object, Provider: who.Provider, Class: code}, err)
		return err
	}
	h.SignedIn(who.Provider, "ok")
	return x.onward(who.ReturnTo)
}

// beginAgain asks the provider once more for what it has not done, for another
// authentication whatever session the user has there.
func (x *exchange) beginAgain(ctx context.Context, who *login.SignIn) error {
	h, ask := x.handler, who.Ask
	ask.Again = true
	x.LoginURL = h.url(query{provider: who.Provider, returnTo: who.ReturnTo, stepUp: ask.StepUp})
	begun, err := h.Login.BeginWith(ctx, who.Provider, edgeward.NewSecret(who.Cookie), who.ReturnTo, ask)
	if err != nil {
		x.setTransaction(who.Cookie)
		return issuance.LoginFailure(err)
	}
	x.setTransaction(begun.Cookie)
	return x.seeOther(begun.Location)
}

// other is the account for who wants to go on after err: another one where this one
// cannot do what was asked for.
func other(err error) login.Account {
	if errors.Is(err, login.ErrClass) || errors.Is(err, login.ErrAge) || errors.Is(err, login.ErrNotAllowed) || errors.Is(err, edgeward.TooManyFailures) {
		return login.OtherAccount
	}
	return login.AnyAccount
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

// isIn reports whether the browser has what signing in as asked would give it. One that
// has less would be sent to sign in again, and round and round.
func (x *exchange) isIn(ctx context.Context, r *edgeward.Request, asked *edgeward.StepUp) (bool, error) {
	v, err := x.visitor(ctx, r)
	if err != nil || !x.handler.goesOn(&query{stepUp: *asked}, &v) {
		return false, err
	}
	return x.renew(ctx, r, &v)
}

// admit gives the browser what signing in gives. What it had before is ended
// first: an id that was planted there (session fixation) is ended,
// and one person's tokens do not stay beside another one's session. At a step-up it is
// ended last: one that fails leaves the user signed in as before. The record
// by which the provider ends it is kept before the browser hears of it.
func (x *exchange) admit(ctx context.Context, r *edgeward.Request, who *login.SignIn) error {
	a := x.handler.Authority
	if err := x.handler.pace.take(who.Issuer, who.Subject, x.handler.Now()); err != nil {
		return err
	}
	ctx, done := issuance.Detached(ctx)
	defer done()
	stepsUp := !who.Ask.StepUp.IsZero()
	if !stepsUp {
		if _, err := x.leave(ctx, r, "replaced"); err != nil {
			return err
		}
	}
	given, err := a.SignIn(ctx, x.By(), who, x.handler.Outcome, x.Client())
	if errors.Is(err, issuance.ErrGrant) {
		return errors.Join(login.ErrAnswer, err) // a subject that fits no identity
	}
	if err != nil {
		return err
	}
	err = x.keep(ctx, who, &given)
	if err == nil && stepsUp {
		_, err = x.leave(ctx, r, "replaced")
	}
	if err == nil {
		err = x.handler.crowd(ctx, x.By(), who, given.Objects())
	}
	if err != nil {
		return errors.Join(err, a.Discard(ctx, x.By(), &given))
	}
	x.give(&given)
	return nil
}
