package client

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"

	"github.com/edgeward/edgeward/revocation"
)

// A Page says which part of a list is wanted; the zero Page is the beginning.
type Page struct {
	After string // Next of the page before
	Limit int    // up to 1,000; 0 means 100
}

func (p Page) query() url.Values {
	q := url.Values{}
	if p.After != "" {
		q.Set("after", p.After)
	}
	if p.Limit != 0 {
		q.Set("limit", strconv.Itoa(p.Limit))
	}
	return q
}

// call is [Client.do] for an answer that is a T.
func call[T any](ctx context.Context, c *Client, method, path string, query url.Values, in any) (T, error) {
	var out T
	err := c.do(ctx, method, path, query, in, &out)
	return out, err
}

// CreateSession creates a session.
func (c *Client) CreateSession(ctx context.Context, s NewSession) (CreatedSession, error) {
	return call[CreatedSession](ctx, c, "POST", "/v1/sessions", nil, s)
}

// Sessions lists the sessions of a subject, all if that is "". An issuer that is
// "" stands for every one that the server accepts.
func (c *Client) Sessions(ctx context.Context, issuer, subject string, p Page) (Sessions, error) {
	q := p.query()
	if issuer != "" {
		q.Set("issuer", issuer)
	}
	if subject != "" {
		q.Set("subject", subject)
	}
	return call[Sessions](ctx, c, "GET", "/v1/sessions", q, nil)
}

// EndSession ends a session.
func (c *Client) EndSession(ctx context.Context, id string) error {
	return c.do(ctx, "DELETE", "/v1/sessions/"+url.PathEscape(id), nil, nil, nil)
}

// MintPair mints a token pair.
func (c *Client) MintPair(ctx context.Context, p NewPair) (Pair, error) {
	return call[Pair](ctx, c, "POST", "/v1/tokens", nil, p)
}

// CreateAPIKey creates an API key.
func (c *Client) CreateAPIKey(ctx context.Context, k NewAPIKey) (CreatedAPIKey, error) {
	return call[CreatedAPIKey](ctx, c, "POST", "/v1/api-keys", nil, k)
}

// APIKeys lists API keys.
func (c *Client) APIKeys(ctx context.Context, p Page) (APIKeys, error) {
	return call[APIKeys](ctx, c, "GET", "/v1/api-keys", p.query(), nil)
}

// RotateAPIKey gives an API key a new secret.
func (c *Client) RotateAPIKey(ctx context.Context, id string, r Rotation) (CreatedAPIKey, error) {
	return call[CreatedAPIKey](ctx, c, "POST", "/v1/api-keys/"+url.PathEscape(id)+"/rotate", nil, r)
}

// RevokeAPIKey revokes an API key.
func (c *Client) RevokeAPIKey(ctx context.Context, id string) error {
	return c.do(ctx, "DELETE", "/v1/api-keys/"+url.PathEscape(id), nil, nil, nil)
}

// EndPersonalTokens ends all personal tokens of a user.
func (c *Client) EndPersonalTokens(ctx context.Context, e EndPersonalTokens) (EndedPersonalTokens, error) {
	return call[EndedPersonalTokens](ctx, c, "POST", "/v1/personal-tokens/end", nil, e)
}

// Revoke revokes what r names and returns the entry as it stands.
func (c *Client) Revoke(ctx context.Context, r Revocation) (Revocation, error) {
	return call[Revocation](ctx, c, "POST", "/v1/revocations", nil, r)
}

// Revocations lists revocations of a scope, all if that is "".
func (c *Client) Revocations(ctx context.Context, scope revocation.Scope, p Page) (Revocations, error) {
	q := p.query()
	if scope != "" {
		q.Set("scope", string(scope))
	}
	return call[Revocations](ctx, c, "GET", "/v1/revocations", q, nil)
}

// LogoutEverywhere revokes whatever a subject was issued until now.
func (c *Client) LogoutEverywhere(ctx context.Context, l Logout) (LoggedOut, error) {
	return call[LoggedOut](ctx, c, "POST", "/v1/subjects/logout", nil, l)
}

// Bans lists sources that guessed too often.
func (c *Client) Bans(ctx context.Context, p Page) (Bans, error) {
	return call[Bans](ctx, c, "GET", "/v1/bans", p.query(), nil)
}

// ClearBan lets the source of an address try again.
func (c *Client) ClearBan(ctx context.Context, address string) error {
	return c.do(ctx, "DELETE", "/v1/bans/"+url.PathEscape(address), nil, nil, nil)
}

// Backup writes a copy of the store to w. What was written is worth nothing
// unless it returns nil.
func (c *Client) Backup(ctx context.Context, w io.Writer) error {
	answer, err := c.send(ctx, "GET", "/v1/backup", nil, "", nil)
	if err != nil {
		return err
	}
	if answer.StatusCode != http.StatusOK {
		_, err := read(answer, nil)
		return err
	}
	defer answer.Body.Close()
	if answer.ContentLength < 0 {
		return fmt.Errorf("client: the backup does not say how long it is")
	}
	if _, err := io.Copy(w, answer.Body); err != nil { // net/http compares the length
		return fmt.Errorf("client: the backup broke off: %w", err)
	}
	return nil
}
