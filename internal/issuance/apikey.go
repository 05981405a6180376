package issuance

import (
	"context"
	"strings"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/apikey"
	"github.com/edgeward/edgeward/revocation"
)

// CreateAPIKey makes an API key and returns it, once: see [apikey.Keys.Create].
func (a *Authority) CreateAPIKey(ctx context.Context, by By, g apikey.Grant) (edgeward.Secret, apikey.Key, error) {
	if a.APIKeys == nil {
		return edgeward.Secret{}, apikey.Key{}, unsupported("API keys (key api_keys of the configuration)")
	}
	secret, key, err := a.APIKeys.Create(ctx, g)
	if err != nil {
		return edgeward.Secret{}, apikey.Key{}, translate(err)
	}
	a.record(ctx, by, Record{
		Action: "api_key.create", Object: "api_key/" + key.ID, Subject: key.Subject, Scopes: strings.Join(key.Permissions, " "),
	})
	return secret, key, nil
}

// RotateAPIKey gives an API key a new secret: see [apikey.Keys.Rotate]. The
// error wraps ErrUnknown or ErrState too, and [edgeward.InsufficientScope] for a
// caller that shows a secret which a rotation has replaced.
func (a *Authority) RotateAPIKey(ctx context.Context, by By, id string, shown edgeward.Secret, oldUntil time.Time) (edgeward.Secret, apikey.Key, error) {
	if a.APIKeys == nil {
		return edgeward.Secret{}, apikey.Key{}, unsupported("API keys (key api_keys of the configuration)")
	}
	secret, key, err := a.APIKeys.Rotate(ctx, id, shown, oldUntil)
	if err != nil {
		return edgeward.Secret{}, apikey.Key{}, translate(err)
	}
	a.record(ctx, by, Record{Action: "api_key.rotate", Object: "api_key/" + id})
	return secret, key, nil
}

// RevokeAPIKey ends an API key on every node, for good. The error wraps
// ErrUnknown, or means that it may live on.
func (a *Authority) RevokeAPIKey(ctx context.Context, by By, id, reason string) error {
	if a.APIKeys == nil {
		return unsupported("API keys (key api_keys of the configuration)")
	}
	ctx, done := Detached(ctx)
	defer done()
	key, err := a.APIKeys.Find(ctx, id)
	if err != nil {
		return translate(err)
	}
	if _, err := a.Revocations.Revoke(ctx, revocation.Entry{Scope: revocation.APIKey, Value: id, Reason: reason}); err != nil {
		return translate(err)
	}
	if err := a.APIKeys.Revoke(ctx, id); err != nil {
		return translate(err)
	}
	if key.Personal() {
		a.record(ctx, by, Record{Action: "personal_token.end", Object: personalObject + id, Subject: key.Subject, Reason: reason})
		return nil
	}
	a.record(ctx, by, Record{Action: "api_key.revoke", Object: "api_key/" + id, Reason: reason})
	return nil
}

// APIKey returns an API key, also one that has ended: see [apikey.Keys.Find].
func (a *Authority) APIKey(ctx context.Context, id string) (apikey.Key, error) {
	if a.APIKeys == nil {
		return apikey.Key{}, unsupported("API keys (key api_keys of the configuration)")
	}
	key, err := a.APIKeys.Find(ctx, id)
	return key, translate(err)
}

// ListAPIKeys lists API keys: see [apikey.Keys.List].
func (a *Authority) ListAPIKeys(ctx context.Context, after string, limit int) ([]apikey.Key, string, error) {
	if a.APIKeys == nil {
		return nil, "", unsupported("API keys (key api_keys of the configuration)")
	}
	page, next, err := a.APIKeys.List(ctx, after, limit)
	return page, next, translate(err)
}
