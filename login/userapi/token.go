package userapi

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/wire/form"
	"github.com/edgeward/edgeward/internal/wire/strictjson"
	"github.com/edgeward/edgeward/login/openid"
)

// Tokens are what a provider gave.
type Tokens struct {
	Access   edgeward.Secret
	Refresh  edgeward.Secret // zero where it gave none
	Lifetime time.Duration   // of Access; 0 where it does not say: it may live until it is withdrawn
}

// maxToken bounds a token, in bytes.
const maxToken = 8 << 10

// ErrEnded says that a refresh token is good no more: the provider has ended what the
// user permitted (invalid_grant of RFC 6749 §5.2, or what the provider calls it). It
// wraps [openid.ErrAnswer].
var ErrEnded = fmt.Errorf("userapi: the provider has ended the grant: %w", openid.ErrAnswer)

// Exchange redeems a code (RFC 6749 §4.1.3). The verifier proves that the sign-in began
// here. Errors wrap [openid.ErrCode] or [openid.ErrAnswer], or mean: could not tell.
func (c *Client) Exchange(ctx context.Context, code openid.Code) (Tokens, error) {
	body := form.Text(nil).
		Add("grant_type", "authorization_code").
		Add("code", code.Code).
		Add("redirect_uri", code.RedirectURI).
		Add("code_verifier", code.Verifier)
	return c.tokens(ctx, body, openid.ErrCode, code.Code, code.Verifier)
}

// Refresh redeems a refresh token (RFC 6749 §6). Without a new one, the one that was
// redeemed is still good. Errors wrap [ErrEnded] or [openid.ErrAnswer], or mean: could
// not tell.
func (c *Client) Refresh(ctx context.Context, refresh edgeward.Secret) (Tokens, error) {
	body := form.Text(nil).Add("grant_type", "refresh_token").Add("refresh_token", refresh.Reveal())
	got, err := c.tokens(ctx, body, ErrEnded, refresh.Reveal())
	if err == nil && got.Refresh.IsZero() {
		got.Refresh = refresh
	}
	return got, err
}

// tokens asks the token endpoint. ended is the refusal where the provider says that what
// was to be redeemed is good no more; no message holds the secrets.
func (c *Client) tokens(ctx context.Context, body form.Text, ended error, secrets ...string) (Tokens, error) {
	h := edgeward.Header{}
	h.Set("Accept", "application/json") // GitHub answers a form without it
	h.Set("Content-Type", "application/x-www-form-urlencoded")
	secrets = append(secrets, c.ClientSecret.Reveal())
	if c.kind.basic {
		pair := base64.StdEncoding.EncodeToString([]byte(form.Escape(c.ClientID) + ":" + form.Escape(c.ClientSecret.Reveal())))
		h.Set("Authorization", "Basic "+pair)
		secrets = append(secrets, pair)
	} else {
		body = body.Add("client_id", c.ClientID).Add("client_secret", c.ClientSecret.Reveal())
	}
	answer, err := c.fetch(ctx, openid.Request{Method: "POST", URL: c.site + c.kind.token, Header: h, Body: body})
	if err != nil {
		return Tokens{}, err
	}
	v, err := c.read("the request for tokens", answer)
	if err != nil {
		return Tokens{}, err
	}
	members, _ := v.Object()
	// GitHub answers errors with status 200.
	if code := text(members, "error"); code != "" || answer.Status != 200 {
		refusal := openid.ErrAnswer
		if code == "invalid_grant" || slices.Contains(c.kind.dead, code) {
			refusal = ended
		}
		return Tokens{}, refuse(refusal, "%s answered the request for tokens with status %d, %s", c.Name, answer.Status, openid.Quote(code, text(members, "error_description"), secrets...))
	}
	return c.readTokens(members)
}

var errNoToken = errors.New("userapi: no access_token, one that is too long, or a token_type other than bearer (RFC 6749 §5.1)")

func (c *Client) readTokens(members strictjson.Members) (Tokens, error) {
	access, refresh := text(members, "access_token"), text(members, "refresh_token")
	if access == "" || len(access) > maxToken || !edgeward.IsFieldValue(access) || !strings.EqualFold(text(members, "token_type"), "Bearer") {
		return Tokens{}, refuse(openid.ErrAnswer, "%s: %v", c.Name, errNoToken)
	}
	got := Tokens{Access: edgeward.NewSecret(strings.Clone(access))}
	if len(refresh) <= maxToken {
		got.Refresh = edgeward.NewSecret(strings.Clone(refresh))
	}
	v, _ := members.Lookup("expires_in")
	if seconds, ok := v.Float(); ok && 0 < seconds && seconds < 1<<31 {
		got.Lifetime = time.Duration(seconds) * time.Second
	}
	return got, nil
}

// text returns the string called name, "" when there is none.
func text(members strictjson.Members, name string) string {
	v, _ := members.Lookup(name)
	s, _ := v.String()
	return s
}
