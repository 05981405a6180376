package worker

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/credential"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/wire/cookie"
	"github.com/edgeward/edgeward/internal/wire/csrf"
	"github.com/edgeward/edgeward/internal/wire/form"
	"github.com/edgeward/edgeward/internal/wire/problem"
	"github.com/edgeward/edgeward/internal/wire/strictjson"
	"github.com/edgeward/edgeward/login"
)

// brought returns the value of a cookie. An error wraps
// [edgeward.CredentialMissing] where there is none.
func brought(r *edgeward.Request, name string) (edgeward.Secret, error) {
	c, err := credential.Cookie(name)(r)
	return c.Value, err
}

// transaction returns the cookie of the sign-ins that the browser has begun. Of
// several none is taken: the sign-in begins anew.
func transaction(r *edgeward.Request) (edgeward.Secret, error) {
	values, err := credential.Cookies(r, cookie.Login)
	if err != nil || len(values) != 1 {
		return edgeward.Secret{}, err
	}
	return values[0], nil
}

// replacing is set behind what removes, of each of those names, a cookie that
// something else has planted beside ours, where the browser has brought any.
func replacing(r *edgeward.Request, names []string, set ...string) []string {
	var all []string
	for _, name := range names {
		if brought, _ := credential.Cookies(r, name); len(brought) > 0 {
			all = append(all, cookie.Discard(name)...)
		}
	}
	return append(all, set...)
}

// errNotPerson is the refusal of a request that no user waits for.
var errNotPerson = fmt.Errorf("worker: Sec-Fetch-Mode, or a purpose such as prefetch, says that no user navigates: %w", edgeward.CredentialMissing)

// signIn is GET /auth/login: the way to the provider. Without ?provider= it is
// the first one.
func (s *System) signIn(ctx context.Context, r *edgeward.Request, _ string) (reply, error) {
	if !csrf.IsNavigation(r) {
		return reply{}, errNotPerson
	}
	q, err := form.Parse(r.RawQuery)
	if err != nil {
		return reply{}, err
	}
	begun, err := transaction(r)
	if err != nil {
		return reply{}, err
	}
	b, err := s.login.Begin(ctx, cmp.Or(q["provider"], s.login.Providers()[0].Name), begun, q["return_to"])
	if err != nil {
		return reply{anew: s.again("", q["return_to"], err)}, issuance.LoginFailure(err)
	}
	return reply{status: 303, location: b.Location, cookies: replacing(r, []string{cookie.Login}, s.begun(b.Cookie))}, nil
}

func (s *System) begun(value string) string {
	return cookie.Set(cookie.Login, edgeward.NewSecret(value), login.TransactionLife)
}

// callback is GET /auth/callback: somebody comes back from a provider.
func (s *System) callback(ctx context.Context, r *edgeward.Request, _ string) (reply, error) {
	if !csrf.IsNavigation(r) {
		return reply{}, errNotPerson
	}
	q, err := form.Parse(r.RawQuery)
	if err != nil {
		return reply{}, err
	}
	begun, err := transaction(r)
	if err != nil {
		return reply{}, err
	}
	if err := s.authority.CheckLimit(r.ClientIP); err != nil {
		return reply{}, err
	}
	who, err := s.login.Finish(ctx, begun, login.Callback{
		State: q["state"], Code: q["code"], Error: q["error"], ErrorDescription: q["error_description"], Issuer: q["iss"], HasIssuer: q.Has("iss"),
	})
	failed := reply{anew: s.again(who.Provider, who.ReturnTo, err)}
	if begun.IsZero() { // or there were several, of which none was taken
		failed.cookies = replacing(r, []string{cookie.Login})
	}
	if who.Cookie != "" {
		failed.cookies = replacing(r, []string{cookie.Login}, s.begun(who.Cookie))
	}
	if err != nil {
		return failed, issuance.LoginFailure(s.authority.RecordAttempt(r.ClientIP, err)) // who makes up codes has to wait
	}
	// An id that somebody planted in the browser (session fixation) becomes
	// nobody's, and one person's tokens do not stay beside another's session.
	had, err := s.authority.AuthenticateBrowser(ctx, r, s.jar)
	if err == nil {
		err = s.end(ctx, by(r), "replaced", had.Objects()...)
	}
	if err != nil {
		return failed, issuance.LoginFailure(err)
	}
	given, err := s.admit(ctx, r, &who)
	if err != nil {
		return failed, issuance.LoginFailure(err)
	}
	ok := reply{status: 303, location: who.ReturnTo, cookies: replacing(r, []string{s.jar.Session, s.jar.Access, s.jar.Refresh})}
	if who.Cookie != "" {
		ok.cookies = append(ok.cookies, replacing(r, []string{cookie.Login}, s.begun(who.Cookie))...)
	}
	if given.Session.ID != "" {
		ok.cookies = append(ok.cookies, cookie.Set(s.jar.Session, given.Cookie, given.Session.Expires.Sub(s.now())))
	}
	if given.Pair.Family != "" {
		ok.cookies = append(ok.cookies, s.authority.SetPair(s.jar, &given.Pair)...)
	}
	return ok, nil
}

// logout is POST /auth/logout: this browser, or with scope=everywhere all of
// them. The cookies go once what they prove is known to have ended.
func (s *System) logout(ctx context.Context, r *edgeward.Request, body string) (reply, error) {
	if err := csrf.Demand(r); err != nil {
		return reply{}, err
	}
	f, err := readForm(r, body)
	if err != nil {
		return reply{}, err
	}
	v, err := s.authority.AuthenticateBrowser(ctx, r, s.jar)
	if err != nil {
		return reply{}, err
	}
	reason := "logout"
	if f["scope"] == "everywhere" {
		reason = "logout_everywhere"
		err = s.endEverywhere(ctx, r, &v, reason)
	}
	if err == nil {
		err = s.end(ctx, by(r), reason, v.Objects()...)
	}
	if err != nil {
		return reply{}, problem.Undecided(err, problem.LogoutUnknown)
	}
	return reply{status: 204, cookies: slices.Concat(
		cookie.Discard(s.jar.Session), cookie.Discard(s.jar.Access), cookie.Discard(s.jar.Refresh),
	)}, nil
}

// admit gives what signing in gives. The record by which the provider ends it is
// kept before the browser hears of it.
func (s *System) admit(ctx context.Context, r *edgeward.Request, who *login.SignIn) (issuance.SignedIn, error) {
	given, err := s.authority.SignIn(ctx, by(r), who, s.config.Login.Outcome, r.Client())
	if errors.Is(err, issuance.ErrGrant) {
		return given, errors.Join(login.ErrAnswer, err) // a subject that fits no identity
	}
	if err != nil {
		return given, err
	}
	if err := s.keep(ctx, who, &given); err != nil {
		return issuance.SignedIn{}, errors.Join(err, s.authority.Discard(ctx, by(r), &given))
	}
	return given, nil
}

// again is where a sign-in that failed by err is begun anew.
func (s *System) again(provider, returnTo string, err error) string {
	to := s.login.Origin() + loginPath
	if errors.Is(err, login.ErrReturnTo) {
		return to
	}
	sign := "?"
	for _, pair := range [...][2]string{{"provider", provider}, {"return_to", returnTo}} {
		if pair[1] != "" {
			to += sign + pair[0] + "=" + form.Escape(pair[1])
			sign = "&"
		}
	}
	return to
}

// endEverywhere takes back all that the people at a browser got by signing in,
// also what this browser has not: its two cookies can be two persons', or one
// of them gone.
func (s *System) endEverywhere(ctx context.Context, r *edgeward.Request, v *issuance.Visitor, reason string) error {
	for _, id := range v.People() {
		at, issuer, subject := s.authority.PersonOf(id, s.login.Providers())
		if err := s.authority.SignOutEverywhere(ctx, by(r), at.Name, issuer, subject, reason); err != nil {
			return err
		}
	}
	return nil
}

// session is GET /auth/session: who is signed in, for scripts.
func (s *System) session(ctx context.Context, r *edgeward.Request, _ string) (reply, error) {
	v, err := s.authority.AuthenticateBrowser(ctx, r, s.jar)
	if err != nil {
		return reply{}, err
	}
	id := v.Session
	if id == nil {
		id = v.Tokens
	}
	if id == nil {
		return reply{}, edgeward.CredentialMissing
	}
	b := append([]byte(identityJSON(id)), '\n')
	b = append(b[:len(b)-2], `,"expires":`...)
	b = strictjson.AppendString(b, id.Expires.UTC().Format(time.RFC3339))
	return reply{body: append(b, '}', '\n'), mediaType: "application/json"}, nil
}
