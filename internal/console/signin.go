package console

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/credential"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/wire/cookie"
	"github.com/edgeward/edgeward/login"
)

// signInData is what the sign-in page shows.
type signInData struct {
	Next    string
	Problem string
	Wrong   bool   // the problem is the key's
	Ended   bool   // an earlier sign-in did
	Here    bool   // signing in is possible over this connection
	Another string // the provider whose account is no operator's, or ""
	Choices []login.Choice
}

// askSignIn is GET /console/sign-in.
func askSignIn(_ context.Context, x *exchange) (answer, error) {
	f, err := x.query()
	if err != nil {
		return answer{}, err
	}
	return x.signInPage(signInData{Next: x.onward(f["next"]), Ended: f["why"] == "ended"}, http.StatusOK), nil
}

func (x *exchange) signInPage(d signInData, status int) answer {
	d.Here = x.cookieName(cookie.Console, &x.visit.Request) != ""
	if !d.Here {
		status = http.StatusForbidden
	}
	if x.Login != nil {
		d.Choices = x.Login.Providers()
	}
	return answer{name: "sign-in", title: "Sign in", data: d, status: status}
}

// signIn is POST /console/sign-in with an API key.
func signIn(ctx context.Context, x *exchange) (answer, error) {
	f, err := x.form()
	if err != nil {
		return answer{}, err
	}
	r := &x.visit.Request
	d := signInData{Next: x.onward(f["next"])}
	if x.cookieName(cookie.Console, r) == "" {
		return x.signInPage(d, http.StatusForbidden), nil
	}
	key := edgeward.NewSecret(f["key"])
	id, err := x.proveKey(ctx, r, key)
	if err != nil {
		return x.notSignedIn(d, err), nil
	}
	return x.signedIn(ctx, id, signedIn{key: key, name: "API key " + id.APIKey}, d.Next), nil
}

// notSignedIn says why, no more exactly than to anybody else who shows a key.
func (x *exchange) notSignedIn(d signInData, err error) answer {
	x.deny(err)
	status := statusOf(err)
	d.Wrong = status != http.StatusServiceUnavailable
	switch status {
	case http.StatusForbidden:
		d.Problem = "This key is valid, and no administrator's: it lacks the permission “admin”."
	case http.StatusTooManyRequests:
		d.Problem = "Too many wrong keys came from your network. Wait " + seconds(err) + ", or use a right one."
	case http.StatusServiceUnavailable:
		d.Problem = "The key could not be checked: the store does not answer. That says nothing about the key."
		x.failed(err)
	default:
		d.Problem = "That key is not valid here. It may be mistyped, expired or revoked, or bound to other networks."
		if status = http.StatusUnauthorized; edgeward.ReasonOf(err) == edgeward.CredentialMissing {
			d.Problem = "Please enter an API key."
		}
	}
	edgeward.SetStatusFields(edgeward.Header(x.w.Header()), status, err)
	return x.signInPage(d, status)
}

// deny tells the audit log of a sign-in that failed.
func (x *exchange) deny(err error) {
	r := &x.visit.Request
	x.Authority.Refused(x.in.Context(), issuance.By{Actor: "client", RequestID: r.ID, Client: r.ClientIP, UserAgent: r.Header.First("User-Agent")},
		issuance.Record{Action: "console.sign_in.failed", Object: "console"}, err)
}

// signedIn gives the browser a new cookie; an older one ends with it.
func (x *exchange) signedIn(ctx context.Context, id *edgeward.Identity, in signedIn, next string) answer {
	r := &x.visit.Request
	name := x.cookieName(cookie.Console, r)
	x.signOutAll(r, name)
	value := x.SignIns.add(in, x.Now())
	x.Authority.OperatorSignedIn(ctx, issuance.By{Actor: actor(id), RequestID: r.ID, Client: r.ClientIP, UserAgent: r.Header.First("User-Agent")})
	return answer{to: x.onward(next), cookies: x.replace(name, cookie.Set(name, value, wholeTime))}
}

// signOutAll ends what every cookie of that name stands for.
func (x *exchange) signOutAll(r *edgeward.Request, name string) {
	brought, _ := credential.Cookies(r, name)
	for _, value := range brought {
		x.SignIns.remove(value)
	}
}

// replace returns the Set-Cookie values that leave the browser one cookie of
// that name, as set says. What it has brought may be kept beside it, if something
// else has planted it, and would come twice from then on.
func (x *exchange) replace(name, set string) []string {
	if brought, _ := credential.Cookies(&x.visit.Request, name); len(brought) == 0 {
		return []string{set}
	}
	return []string{cookie.ClearPlanted(name), set}
}

// signOut is POST /console/sign-out.
func signOut(ctx context.Context, x *exchange) (answer, error) {
	x.SignIns.remove(x.operator.value)
	if name := x.operator.id.Session; x.Login != nil && name != "" {
		_ = x.Login.Forget(ctx, name) // it leads nowhere any more, and expires
	}
	x.Authority.OperatorSignedOut(ctx, x.by())
	return answer{to: signInPath, cookies: []string{cookie.Clear(x.cookieName(cookie.Console, &x.visit.Request))}}, nil
}

// onward returns where to go after signing in: one of our own pages, for no
// link may send an operator who has just signed in to somebody else's.
func (x *exchange) onward(next string) string {
	path, query, _ := strings.Cut(next, "?")
	p, _ := x.find(http.MethodGet, path)
	values, err := url.ParseQuery(query)
	if p == nil || p.open || Polled(path) || err != nil || len(next) > 2048 {
		return rootPath
	}
	if len(values) == 0 {
		return path
	}
	return path + "?" + values.Encode()
}
