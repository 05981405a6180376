package worker

import (
	"context"
	"errors"
	"strconv"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/authority"
	"github.com/edgeward/edgeward/internal/cookie"
	"github.com/edgeward/edgeward/internal/form"
	"github.com/edgeward/edgeward/internal/origin"
	"github.com/edgeward/edgeward/internal/problem"
	"github.com/edgeward/edgeward/internal/strictjson"
	"github.com/edgeward/edgeward/refresh"
)

// The paths of the Worker's own endpoints, as at the other doors.
const (
	tokenPath      = "/oauth/token"
	revocationPath = "/oauth/revoke"
	refreshPath    = "/auth/refresh"
	keysPath       = "/.well-known/jwks.json"
	loginPath      = "/auth/login"
	callbackPath   = "/auth/callback"
	logoutPath     = "/auth/logout"
	sessionPath    = "/auth/session"
)

// An endpoint answers one path. Its error refuses the request as a decision
// would, or is an oauthError.
type endpoint struct {
	method string
	run    func(ctx context.Context, r *edgeward.Request, body string) (reply, error)
}

// A reply is what an endpoint answers when all went well.
type reply struct {
	status    int
	body      []byte
	mediaType string
	cache     string // Cache-Control; "" is no-store
	location  string
	cookies   []string
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
			return &endpoint{"POST", s.token}
		case revocationPath:
			return &endpoint{"POST", s.revoke}
		case refreshPath:
			return &endpoint{"POST", s.renew}
		case keysPath:
			return &endpoint{"GET", s.keys}
		}
	}
	if s.login != nil {
		switch r.Path {
		case loginPath:
			return &endpoint{"GET", s.signIn}
		case callbackPath:
			return &endpoint{"GET", s.callback}
		case logoutPath:
			return &endpoint{"POST", s.logout}
		case sessionPath:
			return &endpoint{"GET", s.session}
		}
	}
	return s.backEnd(r)
}

func (s *System) serve(ctx context.Context, e *endpoint, r *edgeward.Request, body string) Frame {
	var ok reply
	err := error(edgeward.MethodNotAllowed)
	if r.Method == e.method || r.Method == "HEAD" && e.method == "GET" {
		ok, err = e.run(ctx, r, body)
	}
	s.share(ctx)
	if refusal, is := errors.AsType[*oauthError](err); is {
		return refusal.frame(r)
	}
	if errors.Is(err, authority.ErrUnknown) || errors.Is(err, authority.ErrUnsupported) {
		doc := problem.NotFound.Document(r.ID)
		h := edgeward.Header{requestIDField: {r.ID}}
		doc.SetHeader(h, false)
		return respond(doc.Status, doc.JSON(), h)
	}
	if err != nil {
		return s.refuse(r, refusal(err))
	}
	h := edgeward.Header{requestIDField: {r.ID}, "X-Content-Type-Options": {"nosniff"}, "Cache-Control": {"no-store"}}
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
	if len(ok.cookies) > 0 {
		h["Set-Cookie"] = ok.cookies
	}
	if ok.status == 0 {
		ok.status = 200
	}
	return respond(ok.status, ok.body, h)
}

// refusal is the decision that an endpoint's error stands for.
func refusal(err error) *edgeward.Decision {
	d := &edgeward.Decision{Reason: edgeward.ReasonOf(err), Err: err, Response: edgeward.Header{}}
	switch d.Reason.Status() {
	case 401:
		d.Response.Set("Www-Authenticate", d.Reason.Challenge())
	case 429, 503:
		d.Response.Set("Retry-After", edgeward.RetryAfter(err))
	}
	return d
}

// An oauthError is a refusal in the form of RFC 6749 §5.2.
type oauthError struct{ code, detail string }

func (e *oauthError) Error() string { return "worker: " + e.code + ": " + e.detail }

func (e *oauthError) frame(r *edgeward.Request) Frame {
	b := strictjson.AppendString([]byte(`{"error":`), e.code)
	b = strictjson.AppendString(append(b, `,"error_description":`...), e.detail)
	return respond(400, append(b, '}', '\n'), edgeward.Header{
		requestIDField: {r.ID}, "Content-Type": {"application/json"}, "Cache-Control": {"no-store"}, "X-Content-Type-Options": {"nosniff"},
	})
}

// oauthForm reads the form of a token endpoint, whose clients are public.
func oauthForm(r *edgeward.Request, body string) (form.Form, error) {
	if err := origin.Check(r); err != nil {
		return nil, err
	}
	if r.RawQuery != "" {
		return nil, &oauthError{"invalid_request", "a parameter in the URL ends up in logs"}
	}
	f, err := form.Parse(body)
	if err != nil {
		return nil, &oauthError{"invalid_request", "the body is no form"}
	}
	if f["client_secret"] != "" || f["client_assertion"] != "" || len(r.Header["Authorization"]) > 0 {
		return nil, &oauthError{"invalid_client", "clients are public and have no secret"}
	}
	return f, nil
}

func by(r *edgeward.Request) authority.By { return authority.By{Actor: "client", RequestID: r.ID} }

func meta(r *edgeward.Request) refresh.Meta {
	return refresh.Meta{ClientIP: r.ClientIP, UserAgent: r.Header.First("User-Agent")}
}

// token is POST /oauth/token: the refresh_token grant (RFC 6749 §6).
func (s *System) token(ctx context.Context, r *edgeward.Request, body string) (reply, error) {
	f, err := oauthForm(r, body)
	switch {
	case err != nil:
		return reply{}, err
	case f["grant_type"] != "refresh_token":
		return reply{}, &oauthError{"unsupported_grant_type", "the only grant is refresh_token"}
	case f["refresh_token"] == "":
		return reply{}, &oauthError{"invalid_request", "refresh_token is missing"}
	}
	pair, err := s.authority.Refresh(ctx, by(r), edgeward.NewSecret(f["refresh_token"]), authority.Narrowing{ClientID: f["client_id"]}, meta(r))
	if err != nil {
		return reply{}, grantError(err)
	}
	return s.pair(&pair, pair.RefreshToken.Reveal()), nil
}

// grantError is the one answer to all invalid grants.
func grantError(err error) error {
	if edgeward.ReasonOf(err).Problem() == "invalid_grant" {
		return &oauthError{"invalid_grant", "the refresh token is not valid, sign in again"}
	}
	return err
}

// pair is the response of RFC 6749 §5.1.
func (s *System) pair(p *authority.Pair, refreshToken string) reply {
	b := strictjson.AppendString([]byte(`{"access_token":`), p.AccessToken.Reveal())
	b = append(b, `,"token_type":"Bearer","expires_in":`...)
	b = strconv.AppendInt(b, max(int64(p.AccessExpires.Sub(s.now()).Seconds()), 0), 10)
	if refreshToken != "" {
		b = strictjson.AppendString(append(b, `,"refresh_token":`...), refreshToken)
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
		return reply{}, &oauthError{"invalid_request", "token is missing"}
	}
	err = s.authority.RevokeToken(ctx, by(r), edgeward.NewSecret(f["token"]), r.ClientIP)
	if errors.Is(err, authority.ErrTokenType) {
		return reply{}, &oauthError{"unsupported_token_type", "that kind of token is not revoked here"}
	}
	return reply{}, err
}

// renew is POST /auth/refresh: the refresh token stays in its cookie.
func (s *System) renew(ctx context.Context, r *edgeward.Request, _ string) (reply, error) {
	if err := origin.Demand(r); err != nil {
		return reply{}, err
	}
	v, err := brought(r, s.jar.Refresh)
	if err != nil {
		return reply{}, err
	}
	pair, err := s.authority.Refresh(ctx, by(r), v, authority.Narrowing{}, meta(r))
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
