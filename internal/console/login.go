package console

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/credential"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/issuance/adminscope"
	"github.com/edgeward/edgeward/internal/wire/cookie"
	"github.com/edgeward/edgeward/internal/wire/csrf"
	"github.com/edgeward/edgeward/login"
)

// A Login lets operators sign in at a provider, with [login.ConsoleCallbackPath]: a
// [login.Login].
type Login interface {
	Providers() []login.Choice
	BeginAs(ctx context.Context, provider string, cookie edgeward.Secret, returnTo string, as login.Account) (login.Begun, error)
	Finish(ctx context.Context, cookie edgeward.Secret, c login.Callback) (login.SignIn, error)
	Keep(ctx context.Context, id string, s login.SignIn, expires time.Time, with ...string) error
	Forget(ctx context.Context, id string) error
}

const (
	// transactionLife is how long a sign-in may take at the provider.
	transactionLife = 10 * time.Minute
)

// vouches reports whether issuer is a provider at which operators sign in.
func (x *exchange) vouches(issuer string) bool {
	return x.Login != nil && slices.ContainsFunc(x.Login.Providers(), func(c login.Choice) bool { return c.Issuer == issuer })
}

// accounts are the values of account in the address of [beginLogin]: who is no
// operator by one account may be one by another, and the provider's own session
// would sign the same one in for ever.
var accounts = map[string]login.Account{"other": login.OtherAccount, "choose": login.ChooseAccount}

// beginLogin is GET /console/login: it sends the browser to a provider.
func beginLogin(ctx context.Context, x *exchange) (answer, error) {
	f, err := x.query()
	if err != nil {
		return answer{}, err
	}
	name := x.cookieName(cookie.ConsoleLogin, &x.visit.Request)
	if x.Login == nil || name == "" {
		return x.signInPage(signInData{Next: x.onward(f["next"])}, http.StatusNotFound), nil
	}
	if !csrf.IsNavigation(&x.visit.Request) {
		return x.fetchedAhead(f["next"]), nil
	}
	begun, err := x.Login.BeginAs(ctx, f["provider"], x.transaction(name), x.onward(f["next"]), accounts[f["account"]])
	a := answer{to: begun.Location}
	if err != nil {
		a = x.notVouched(err)
	}
	a.cookies = x.transacted(name, begun.Cookie)
	return a, nil
}

// fetchedAhead answers a step of a sign-in that no operator waits for: it begins
// nothing, and uses up no code.
func (x *exchange) fetchedAhead(next string) answer {
	return x.signInPage(signInData{Next: x.onward(next), Problem: "Open this page yourself: what a browser fetches ahead begins no sign-in."}, http.StatusUnauthorized)
}

// transaction returns what the browser's transaction cookie holds, nothing when
// there is none, or more than one.
func (x *exchange) transaction(name string) edgeward.Secret {
	c, _ := credential.Cookie(name)(&x.visit.Request)
	return c.Value
}

// transacted sets the transaction cookie, unless it stays as it is. See replace.
func (x *exchange) transacted(name, value string) []string {
	if value == "" {
		if brought, _ := credential.Cookies(&x.visit.Request, name); len(brought) > 1 {
			return cookie.Discard(name)
		}
		return nil
	}
	return x.replace(name, cookie.Set(name, edgeward.NewSecret(value), transactionLife))
}

// finishLogin is GET /console/callback, where a provider sends a browser back
// to. Whoever the provider's mapping does not permit to be an administrator is
// nobody here.
func finishLogin(ctx context.Context, x *exchange) (answer, error) {
	f, err := x.query()
	if err != nil {
		return answer{}, err
	}
	name := x.cookieName(cookie.ConsoleLogin, &x.visit.Request)
	if x.Login == nil || name == "" {
		return x.signInPage(signInData{Next: rootPath}, http.StatusNotFound), nil
	}
	if !csrf.IsNavigation(&x.visit.Request) {
		return x.fetchedAhead(""), nil
	}
	iss, hasIss := f["iss"]
	s, err := x.finish(ctx, x.transaction(name), login.Callback{
		State: f["state"], Code: f["code"], Error: f["error"], ErrorDescription: f["error_description"], Issuer: iss, HasIssuer: hasIss,
	})
	var a answer
	if err != nil {
		a = x.notVouched(err)
	} else if a, err = x.vouched(ctx, s); err != nil {
		return answer{}, err
	}
	a.cookies = append(a.cookies, x.transacted(name, s.Cookie)...)
	return a, nil
}

// finish takes a callback, unless too many wrong codes or keys came from where it
// comes from: each code costs the provider a request. A right key gets in all the
// same.
func (x *exchange) finish(ctx context.Context, transaction edgeward.Secret, c login.Callback) (login.SignIn, error) {
	client := x.visit.Request.ClientIP
	if err := x.Authority.CheckLimit(client); err != nil {
		return login.SignIn{}, err
	}
	s, err := x.Login.Finish(ctx, transaction, c)
	if err != nil {
		err = x.Authority.RecordAttempt(client, err)
	}
	return s, err
}

// vouched signs in a person whom a provider has vouched for. What the sign-in
// leaves behind comes first: by it the provider's word that they have left there
// closes the console, too.
func (x *exchange) vouched(ctx context.Context, s login.SignIn) (answer, error) {
	if !slices.Contains(s.Permissions, adminscope.Admin) {
		x.deny(edgeward.InsufficientScope)
		return x.signInPage(signInData{
			Next: x.onward(s.ReturnTo), Another: s.Provider,
			Problem: "You are known, and no operator: your provider's account does not give the permission “admin” here.",
		}, http.StatusForbidden), nil
	}
	now := x.Now()
	id, err := edgeward.NewIdentity(edgeward.Identity{
		Issuer: s.Issuer, Subject: s.Subject, Method: issuance.MethodConsole, Permissions: s.Permissions, IssuedAt: now, Expires: now.Add(wholeTime),
		Session: issuance.ConsoleObject + rand.Text(),
	})
	if err == nil {
		err = x.Authority.Revocations.Check(id)
	}
	if err == nil {
		err = x.Login.Keep(ctx, id.Session, s, id.Expires)
	}
	if err != nil {
		return x.notVouched(err), nil
	}
	name := s.Name
	if name == "" {
		name = s.Subject
	}
	return x.signedIn(ctx, id, signedIn{person: id, name: name}, s.ReturnTo), nil
}

// notVouched says what became of a sign-in at a provider. What the provider
// said is for the log.
func (x *exchange) notVouched(err error) answer {
	x.deny(err)
	d, status := signInData{Next: rootPath}, http.StatusBadRequest
	switch {
	case errors.Is(err, edgeward.TooManyFailures):
		d.Problem, status = "Too many wrong codes or keys came from your network. Wait "+seconds(err)+", or use an API key.", http.StatusTooManyRequests
	case errors.Is(err, login.ErrLoop):
		d.Problem = "The provider sent you back several times in a row. Wait half a minute, or use an API key."
	case errors.Is(err, login.ErrState):
		d.Problem = "That sign-in was used already, took too long, or began in another browser. Please begin again."
	case errors.Is(err, login.ErrProvider):
		d.Problem = "There is no such provider."
	case errors.Is(err, login.ErrDenied):
		d.Problem, status = "The provider did not let you in.", http.StatusForbidden
	case edgeward.ReasonOf(err) == edgeward.Unavailable:
		d.Problem, status = "The provider, or the store, does not answer. Try again in a moment, or use an API key.", http.StatusServiceUnavailable
		x.failed(err)
	default:
		d.Problem, status = "The provider's answer cannot be trusted, so the sign-in was refused. The log has why.", http.StatusBadGateway
		x.failed(err)
	}
	edgeward.SetStatusFields(edgeward.Header(x.w.Header()), status, err)
	return x.signInPage(d, status)
}
