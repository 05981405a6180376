package login_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/jwt"
	"github.com/edgeward/edgeward/login"
	"github.com/edgeward/edgeward/login/openid"
)

// Whose the error of a callback is: what the person decided is theirs, and all
// else is for an operator to look at.
func TestWhoseAnErrorIs(t *testing.T) {
	for code, refusal := range map[string]error{
		"access_denied": login.ErrDenied, "login_required": login.ErrDenied, "interaction_required": login.ErrDenied,
		"consent_required": login.ErrDenied, "account_selection_required": login.ErrDenied,
		"unmet_authentication_requirements": login.ErrDenied,

		"invalid_request": login.ErrAnswer, "unauthorized_client": login.ErrAnswer, "invalid_scope": login.ErrAnswer,
		"unsupported_response_type": login.ErrAnswer, "server_error": login.ErrAnswer, "temporarily_unavailable": login.ErrAnswer,
		"invalid_request_uri": login.ErrAnswer, "request_not_supported": login.ErrAnswer, "registration_not_supported": login.ErrAnswer,
		"access_denied ": login.ErrAnswer, "ACCESS_DENIED": login.ErrAnswer, "made up": login.ErrAnswer,
	} {
		b := &browser{world: newWorld(t)}
		c := b.one.authorize(t, b.begin(t, "one", "/"))
		c.Code, c.Error, c.ErrorDescription = "", code, "code_challenge_method\n\x1b[2J"+strings.Repeat("x", 9999)
		_, err := b.finish(t, c)
		want(t, code, err, refusal)
		if errors.Is(err, login.ErrDenied) && errors.Is(err, login.ErrAnswer) {
			t.Errorf("%s: two refusals in one", code)
		}
		if s := err.Error(); !strings.Contains(s, `"`+code+`"`) || !strings.Contains(s, `"code_challenge_method\n\x1b[2Jxxx`) || len(s) > 500 {
			t.Errorf("%s: %d bytes, %s", code, len(s), s)
		}
	}
}

// The token endpoint's error_description is for the log, without what we sent.
func TestTheTokenEndpointsErrorIsTold(t *testing.T) {
	b := &browser{world: newWorld(t)}
	var verifier string
	b.one.answer = func(r openid.Request) (openid.Response, error) {
		if r.Method != "POST" {
			return openid.Response{}, nil
		}
		_, rest, _ := strings.Cut(string(r.Body), "code_verifier=")
		verifier, _, _ = strings.Cut(rest, "&")
		_, rest, _ = strings.Cut(string(r.Body), "&code=")
		code, _, _ := strings.Cut(rest, "&")
		said := "client_id is missing\r\n" + code + " " + verifier + " " + secret + strings.Repeat("y", 999)
		return document(400, "application/json", encode(object{"error": "invalid_request", "error_description": said})), nil
	}
	_, err := b.signIn(t, b.one, "one")
	want(t, "it", err, login.ErrAnswer)
	if s := err.Error(); !strings.Contains(s, `"client_id is missing\r\n[secret] [secret] [secret]yyy`) || strings.Contains(s, verifier) || len(s) > 500 {
		t.Errorf("%d bytes: %s", len(s), s)
	}
}

// A provider that repeats what it was sent puts no secret into the log, in whatever
// spelling it was sent, nor by the error's code.
func TestAnErrorThatRepeatsTheRequest(t *testing.T) {
	for _, auth := range []string{"client_secret_basic", "client_secret_post"} {
		for _, member := range []string{"error", "error_description"} {
			b := &browser{world: newWorld(t, func(c *login.Config) { c.Providers[0].ClientAuth = auth })}
			var hidden []string
			b.one.answer = func(r openid.Request) (openid.Response, error) {
				if r.Method != "POST" {
					return openid.Response{}, nil
				}
				hidden = []string{strings.TrimPrefix(r.Header.First("Authorization"), "Basic ")}
				for pair := range strings.SplitSeq(string(r.Body), "&") {
					if name, value, _ := strings.Cut(pair, "="); name == "code" || name == "code_verifier" || name == "client_secret" {
						hidden = append(hidden, value)
					}
				}
				said := object{"error": "invalid_client"}
				said[member] = r.Header.First("Authorization") + " " + string(r.Body)
				return document(401, "application/json", encode(said)), nil
			}
			_, err := b.signIn(t, b.one, "one")
			want(t, auth, err, login.ErrAnswer)
			for _, value := range hidden {
				if len(value) >= 8 && strings.Contains(err.Error(), value[:8]) {
					t.Errorf("%s, %s: %v tells %s", auth, member, err, value)
				}
			}
		}
	}
}

// Which answer to a code is a failed attempt: with invalid_grant, by whatever
// status a provider sends it, and with Glewlwyd's own name for it.
func TestACodeThatTheProviderDoesNotTake(t *testing.T) {
	for _, row := range []struct {
		status int
		code   string
		want   error
	}{
		{400, "invalid_grant", login.ErrCode}, {401, "invalid_grant", login.ErrCode}, {403, "invalid_grant", login.ErrCode},
		{400, "invalid_code", login.ErrCode}, {401, "invalid_code", login.ErrCode}, {403, "invalid_code", login.ErrCode},
		{404, "invalid_grant", login.ErrAnswer}, {302, "invalid_grant", login.ErrAnswer}, {204, "invalid_grant", login.ErrAnswer},
		{401, "invalid_client", login.ErrAnswer}, {403, "unauthorized_client", login.ErrAnswer}, {400, "", login.ErrAnswer},
	} {
		b := &browser{world: newWorld(t)}
		b.one.answer = func(r openid.Request) (openid.Response, error) {
			if r.Method == "POST" {
				return document(row.status, "application/json", encode(object{"error": row.code})), nil
			}
			return openid.Response{}, nil
		}
		_, err := b.signIn(t, b.one, "one")
		want(t, row.code, err, row.want)
		if failed := edgeward.ReasonOf(err) == edgeward.CodeInvalid; failed != (row.want == login.ErrCode) {
			t.Errorf("%d %s: a failed attempt: %v", row.status, row.code, failed)
		}
	}
}

// What an operator may have to change is in the error, and only where it helps.
func TestHints(t *testing.T) {
	const post, pkce = "client_secret_post", "PKCE may be switched off"
	for _, row := range []struct {
		rule, auth, secret, code string
		noPKCE, atCallback       bool
		hint                     string
	}{
		{rule: "a secret that Basic changes", secret: "a+b/c=", code: "invalid_client", hint: post},
		{rule: "the same, by another name", secret: "a+b/c=", code: "unauthorized_client", hint: post},
		{rule: "a secret that Basic leaves", secret: "abc", code: "invalid_client"},
		{rule: "another error", secret: "a+b", code: "invalid_scope"},
		{rule: "it is sent by post already", auth: post, secret: "a+b", code: "invalid_client"},
		{rule: "no PKCE in the metadata", secret: "abc", code: "invalid_request", noPKCE: true, hint: pkce},
		{rule: "the same at the callback", secret: "abc", code: "invalid_request", noPKCE: true, atCallback: true, hint: pkce},
		{rule: "PKCE in the metadata", secret: "abc", code: "invalid_request", atCallback: true},
		{rule: "another error at the callback", secret: "abc", code: "server_error", noPKCE: true, atCallback: true},
	} {
		b := &browser{world: newWorld(t, func(c *login.Config) {
			c.Providers[0].ClientSecret, c.Providers[0].ClientAuth = edgeward.NewSecret(row.secret), row.auth
		})}
		if row.noPKCE {
			b.one.about = put("code_challenge_methods_supported", nil)
		}
		b.one.answer = func(r openid.Request) (openid.Response, error) {
			if r.Method == "POST" {
				return document(401, "application/json", encode(object{"error": row.code})), nil
			}
			return openid.Response{}, nil
		}
		c := b.one.authorize(t, b.begin(t, "one", "/"))
		if row.atCallback {
			c.Code, c.Error = "", row.code
		}
		_, err := b.finish(t, c)
		want(t, row.rule, err, login.ErrAnswer)
		for _, hint := range []string{post, pkce} {
			if strings.Contains(err.Error(), hint) != (hint == row.hint) {
				t.Errorf("%s: %v", row.rule, err)
			}
		}
	}
}

// A refusal names the algorithm that was used, and those that are allowed.
func TestARefusedAlgorithmIsNamed(t *testing.T) {
	curve := newSigner("ec", jwt.ES256)
	for rule, row := range map[string]struct {
		change func(*idp)
		parts  []string
	}{
		"another algorithm": {func(p *idp) { p.signer = curve }, []string{"ES256", "RS256, PS256"}},
		"HMAC":              {func(p *idp) { p.sign = hmacSigned }, []string{"HS256", "RS256, PS256", "HMAC is never accepted"}},
	} {
		b := &browser{world: newWorld(t, func(c *login.Config) { c.Providers[0].Algorithms = []jwt.Algorithm{jwt.RS256, jwt.PS256} })}
		row.change(b.one)
		_, err := b.signIn(t, b.one, "one")
		want(t, rule, err, login.ErrAnswer)
		for _, part := range row.parts {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%s: %v does not say %s", rule, err, part)
			}
		}
	}
}
