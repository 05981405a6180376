package worker

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/wire/cookie"
	"github.com/edgeward/edgeward/internal/wire/csrf"
	"github.com/edgeward/edgeward/internal/wire/form"
	"github.com/edgeward/edgeward/internal/wire/problem"
	"github.com/edgeward/edgeward/internal/wire/strictjson"
)

// The paths of the Worker's own endpoints, as at the other doors.
const (
	tokenPath       = "/oauth/token"
	revocationPath  = "/oauth/revoke"
	refreshPath     = "/auth/refresh"
	keysPath        = "/.well-known/jwks.json"
	loginPath       = "/auth/login"
	callbackPath    = "/auth/callback"
	logoutPath      = "/auth/logout"
	sessionPath     = "/auth/session"
	backchannelPath = "/auth/backchannel-logout"
)

// An endpoint answers one path. Its error refuses the request as a decision
// would, or is an oauthError.
type endpoint struct {
	method string
	run    func(ctx context.Context, r *edgeward.Request, body string) (reply, error)
	home   bool // the cookies that it is about are those of login.origin
}

func (e *endpoint) allows() string {
	if e.method == "GET" {
		return "GET, HEAD"
	}
	return e.method
}

// A reply is what an endpoint answers when all went well. Cookies are set, and a
// sign-in is begun anew, also where it did not.
type reply struct {
	status    int
	body      []byte
	mediaType string
	cache     string // Cache-Control; "" is no-store
	location  string
	cookies   []string
	anew      string // how to begin a sign-in that failed again
}

// endpoint returns the endpoint that r is for, nil for none: then the routes
// decide. Another spelling of such a path is theirs to refuse.
func (s *System) endpoint(r *edgeward.Request) *endpoint {
	if s.authority == nil {
		return nil
	}
	if s.ring != nil && s.authority.Families != nil {
		switch r.Path {
		case tokenPath:
			return &endpoint{method: "POST", run: s.token}
		case revocationPath:
			return &endpoint{method: "POST", run: s.revoke}
		case refreshPath:
			return &endpoint{method: "POST", run: s.renew}
		case keysPath:
			return &endpoint{method: "GET", run: s.keys}
		}
	}
	if s.login != nil {
		switch r.Path {
		case loginPath:
			return &endpoint{method: "GET", run: s.signIn, home: true}
		case callbackPath:
			return &endpoint{method: "GET", run: s.callback, home: true}
		case logoutPath:
			return &endpoint{method: "POST", run: s.logout, home: true}
		case sessionPath:
			return &endpoint{method: "GET", run: s.session, home: true}
		case backchannelPath:
			return &endpoint{method: "POST", run: s.backchannel}
		}
	}
	return s.backEnd(r)
}

func (s *System) serve(ctx context.Context, e *endpoint, r *edgeward.Request, body string) Frame {
	ok, err := s.run(ctx, e, r, body)
	s.share(ctx)
	h := edgeward.Header{requestIDField: {r.ID}, "X-Content-Type-Options": {"nosniff"}, "Cache-Control": {"no-store"}}
	if len(ok.cookies) > 0 {
		h["Set-Cookie"] = ok.cookies
	}
	if refusal, is := errors.AsType[*oauthError](err); is {
		return s.refuseOAuth(r, refusal, h)
	}
	if errors.Is(err, issuance.ErrUnknown) || errors.Is(err, issuance.ErrUnsupported) {
		err = &problem.Failure{Fault: problem.NotFound, Err: err}
	}
	if errors.Is(err, edgeward.MethodNotAllowed) {
		h.Set("Allow", e.allows()) // RFC 9110 §15.5.6
	}
	if err != nil {
		return s.fail(r, err, h, ok.anew)
	}
	if ok.cache != "" {
		h.Set("Cache-Control", ok.cache)
	}
	if ok.mediaType != "" {
		h.Set("Content-Type", ok.mediaType)
	}
	if ok.location != "" {
		h.Set("Location", ok.location)
		h.Set("Referrer-Policy", "no-referrer") // state and return_to are nobody else's
	}
	if ok.status == 0 {
		ok.status = 200
	}
	return respond(ok.status, ok.body, h)
}

func (s *System) run(ctx context.Context, e *endpoint, r *edgeward.Request, body string) (reply, error) {
	if r.Method == "POST" && r.Path == callbackPath {
		return reply{}, &problem.Failure{Fault: problem.FormPost, Err: fmt.Errorf("worker: the provider answered by POST, set response_mode=query there: %w", edgeward.MethodNotAllowed)}
	}
	if r.Method != e.method && !(r.Method == "HEAD" && e.method == "GET") {
		return reply{}, fmt.Errorf("worker: %s: %w", r.Method, edgeward.MethodNotAllowed)
	}
	if here := r.Scheme + "://" + r.Host; e.home && here != s.login.Origin() { // there a sign-in would never end
		return reply{}, fmt.Errorf("worker: %s is not the login's origin, %s: %w", here, s.login.Origin(), edgeward.NoRoute)
	}
	return e.run(ctx, r, body)
}

// refusal is the decision that an endpoint's error stands for.
func refusal(r *edgeward.Request, err error) *edgeward.Decision {
	d := &edgeward.Decision{Reason: edgeward.ReasonOf(err), Err: err, Response: edgeward.Header{}}
	switch d.Reason.Status() {
	case 401:
		d.Response.Set("Www-Authenticate", d.Reason.Challenge())
	case 429, 503:
		d.Response.Set("Retry-After", edgeward.RetryAfter(err))
	}
	cookie.Repair(d.Response, r, err)
	return d
}

// An oauthError is a refusal in the form of RFC 6749 §5.2.
type oauthError struct {
	code, detail string
	err          error // why, for the log
}

func (e *oauthError) Error() string { return e.err.Error() }
func (e *oauthError) Unwrap() error { return e.err }

// reason is the code of what refused, for the log.
func (e *oauthError) reason() string {
	if r := edgeward.ReasonOf(e.err); r != edgeward.Unavailable {
		return r.Error()
	}
	return e.code
}

func refuseAs(code, detail string) error {
	return &oauthError{code, detail, errors.New("worker: " + code + ": " + detail)}
}

const invalidClient = "invalid_client"

// refuseOAuth answers with the fields in h.
func (s *System) refuseOAuth(r *edgeward.Request, e *oauthError, h edgeward.Header) Frame {
	status := 400
	if e.code == invalidClient {
		status = 401
		h.Set("Www-Authenticate", `Basic realm="edgeward"`) // the scheme that it tried
	}
	h.Set("Content-Type", "application/json")
	h.Set("Pragma", "no-cache") // RFC 6749 §5.1
	s.logRefusal(r, &edgeward.Decision{Err: e}, status, e.reason())
	b := strictjson.AppendString([]byte(`{"error":`), e.code)
	b = strictjson.AppendString(append(b, `,"error_description":`...), e.detail)
	return respond(status, append(b, '}', '\n'), h)
}

// maxBody is how much of a body is read, in bytes: of a longer one the driver
// hands over one byte more.
const maxBody = 16 << 10

var errBody = &problem.Failure{Fault: problem.BodyTooLarge, Err: form.ErrSyntax}

// readForm reads a body, as [door.ReadForm] does. Of one of another type the
// driver hands over its first byte: what it says must not pass for nothing.
func readForm(r *edgeward.Request, body string) (form.Form, error) {
	mediaType, _, _ := strings.Cut(r.Header.First("Content-Type"), ";")
	switch {
	case len(body) > maxBody:
		return nil, errBody
	case body != "" && !strings.EqualFold(strings.TrimRight(mediaType, " \t"), "application/x-www-form-urlencoded"):
		return nil, form.ErrSyntax
	}
	return form.Parse(body)
}

// oauthForm reads the form of a token endpoint, whose clients are public: one
// that thinks it has proven who it is must not be left in that belief.
func oauthForm(r *edgeward.Request, body string) (form.Form, error) {
	if r.RawQuery != "" {
		return nil, refuseAs("invalid_request", "a parameter in the URL ends up in logs")
	}
	if err := csrf.Check(r); err != nil {
		return nil, err
	}
	f, err := readForm(r, body)
	if err != nil {
		return nil, refuseAs("invalid_request", "the body is no form")
	}
	for _, name := range [...]string{"client_secret", "client_assertion", "client_assertion_type"} {
		if f[name] != "" {
			return nil, refuseAs(invalidClient, "clients are public and have no secret")
		}
	}
	if len(r.Header["Authorization"]) > 0 {
		return nil, refuseAs(invalidClient, "clients are public and have no secret")
	}
	return f, nil
}

// scope returns the permissions that are asked for, nil for all that were
// granted (RFC 6749 §6). What is no scope-token was never granted.
func scope(f form.Form) []string {
	if f["scope"] == "" {
		return nil
	}
	permissions := strings.Split(f["scope"], " ")
	slices.Sort(permissions)
	return slices.Compact(permissions)
}

func by(r *edgeward.Request) issuance.By {
	return issuance.By{Actor: "client", RequestID: r.ID, Client: r.ClientIP}
}

// token is POST /oauth/token: the refresh_token grant (RFC 6749 §6).
func (s *System) token(ctx context.Context, r *edgeward.Request, body string) (reply, error) {
	f, err := oauthForm(r, body)
	switch {
	case err != nil:
		return reply{}, err
	case f["grant_type"] == "":
		return reply{}, refuseAs("invalid_request", "grant_type is missing")
	case f["grant_type"] != "refresh_token":
		return reply{}, refuseAs("unsupported_grant_type", "the only grant is refresh_token")
	case f["refresh_token"] == "":
		return reply{}, refuseAs("invalid_request", "refresh_token is missing")
	}
	n := issuance.ScopeRequest{ClientID: f["client_id"], Permissions: scope(f)}
	pair, err := s.authority.Refresh(ctx, by(r), edgeward.NewSecret(f["refresh_token"]), n, r.Client())
	if errors.Is(err, edgeward.InsufficientScope) {
		return reply{}, refuseAs("invalid_scope", "the scope exceeds what was granted")
	}
	if err != nil {
		return reply{}, grantError(err)
	}
	return s.pair(&pair, pair.RefreshToken.Reveal()), nil
}

// grantError is the one answer to all invalid grants.
func grantError(err error) error {
	if edgeward.ReasonOf(err).Problem() == "invalid_grant" {
		return &oauthError{"invalid_grant", "the refresh token is not valid, sign in again", err}
	}
	return err
}

// pair is the response of RFC 6749 §5.1. It names the scope, which may be less
// than what was asked for (§3.3).
func (s *System) pair(p *issuance.Pair, refreshToken string) reply {
	b := strictjson.AppendString([]byte(`{"access_token":`), p.AccessToken.Reveal())
	b = append(b, `,"token_type":"Bearer","expires_in":`...)
	b = strconv.AppendInt(b, max(int64(p.AccessExpires.Sub(s.now()).Seconds()), 0), 10)
	if refreshToken != "" {
		b = strictjson.AppendString(append(b, `,"refresh_token":`...), refreshToken)
	}
	if len(p.Permissions) > 0 {
		b = strictjson.AppendString(append(b, `,"scope":`...), strings.Join(p.Permissions, " "))
	}
	return reply{body: append(b, '}', '\n'), mediaType: "application/json"}
}

// revoke is POST /oauth/revoke (RFC 7009).
func (s *System) revoke(ctx context.Context, r *edgeward.Request, body string) (reply, error) {
	f, err := oauthForm(r, body)
	if err != nil {
		return reply{}, err
	}
	if f["token"] == "" {
		return reply{}, refuseAs("invalid_request", "token is missing")
	}
	err = s.authority.RevokeToken(ctx, by(r), edgeward.NewSecret(f["token"]), r.ClientIP)
	if errors.Is(err, issuance.ErrTokenType) {
		return reply{}, refuseAs("unsupported_token_type", "that kind of token is not revoked here")
	}
	return reply{}, err
}

// renew is POST /auth/refresh: the refresh token stays in its cookie.
func (s *System) renew(ctx context.Context, r *edgeward.Request, _ string) (reply, error) {
	if err := csrf.Demand(r); err != nil {
		return reply{}, err
	}
	v, err := brought(r, s.jar.Refresh)
	if err != nil {
		return reply{}, err
	}
	pair, err := s.authority.Refresh(ctx, by(r), v, issuance.ScopeRequest{}, r.Client())
	if err != nil {
		return reply{}, err
	}
	ok := s.pair(&pair, "")
	ok.cookies = []string{cookie.Set(s.jar.Refresh, pair.RefreshToken, pair.RefreshExpires.Sub(s.now()))}
	return ok, nil
}

// keys is GET /.well-known/jwks.json.
func (s *System) keys(context.Context, *edgeward.Request, string) (reply, error) {
	return reply{body: s.ring.AppendPublic(nil, s.now()), mediaType: "application/jwk-set+json", cache: "public, max-age=300"}, nil
}
