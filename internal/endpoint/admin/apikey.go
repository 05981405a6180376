package admin

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"github.com/edgeward/edgeward/apikey"
	"github.com/edgeward/edgeward/internal/issuance"
)

// An APIKey is what may be known of an API key.
type APIKey struct {
	ID          string         `json:"id"` // public
	Subject     string         `json:"subject"`
	Name        string         `json:"name,omitempty"`
	Permissions []string       `json:"permissions"`
	Networks    []netip.Prefix `json:"networks,omitempty"` // none: from anywhere
	Created     time.Time      `json:"created"`
	Expires     time.Time      `json:"expires,omitzero"`   // zero: never
	Used        time.Time      `json:"used,omitzero"`      // to within some minutes
	Revoked     time.Time      `json:"revoked,omitzero"`   // zero: it is not
	OldUntil    time.Time      `json:"old_until,omitzero"` // when the secret before the rotation ends
}

func showAPIKey(k *apikey.Key) APIKey {
	return APIKey{
		ID: k.ID, Subject: k.Subject, Name: k.Name, Permissions: listed(k.Permissions), Networks: k.Networks,
		Created: shown(k.Created), Expires: shown(k.Expires), Used: shown(k.Used), Revoked: shown(k.Revoked), OldUntil: shown(k.OldUntil),
	}
}

// A NewAPIKey asks for an API key.
type NewAPIKey struct {
	Subject     string         `json:"subject"` // the owner
	Name        string         `json:"name,omitempty"`
	Permissions []string       `json:"permissions,omitempty"`
	Networks    []netip.Prefix `json:"networks,omitempty"` // none: from anywhere
	Expires     time.Time      `json:"expires,omitzero"`   // zero: never
}

// A CreatedAPIKey is an API key and its text, which is told this once.
type CreatedAPIKey struct {
	APIKey APIKey `json:"api_key"`
	Secret Handed `json:"secret"`
}

// createAPIKey is POST /v1/api-keys.
func createAPIKey(ctx context.Context, c *call) (result, error) {
	g := apikey.Grant{
		Subject: c.body.need("subject"), Name: c.body.text("name"), Permissions: c.body.permissions("permissions"),
		Networks: c.body.networks("networks"), Expires: c.body.when("expires"),
	}
	if err := c.end(); err != nil {
		return result{}, err
	}
	if err := c.mayHandOut(ctx, &g); err != nil {
		return result{}, err
	}
	secret, k, err := c.Authority.CreateAPIKey(ctx, c.by, g)
	if err != nil {
		return result{}, err
	}
	return result{CreatedAPIKey{showAPIKey(&k), Handed{secret}}, k.ID}, nil
}

func (c *call) mayHandOut(ctx context.Context, g *apikey.Grant) error {
	return MayHandOut(ctx, c.Authority, c.caller, g)
}

// mayEnd refuses to end an API key that the caller could not have made, but for
// an administrator, bound or not.
func (c *call) mayEnd(ctx context.Context, id string) error {
	if c.caller.Has(issuance.ScopeAdmin) {
		return nil
	}
	k, err := c.Authority.APIKey(ctx, id)
	if err != nil {
		return err
	}
	return c.mayHandOut(ctx, &k.Grant)
}

// APIKeys are a page of a list.
type APIKeys struct {
	APIKeys []APIKey `json:"api_keys"`
	Next    string   `json:"next,omitempty"` // where to go on; "" at the end
}

// listAPIKeys is GET /v1/api-keys.
func listAPIKeys(ctx context.Context, c *call) (result, error) {
	after, limit := c.query.page()
	if err := c.end(); err != nil {
		return result{}, err
	}
	page, next, err := c.Authority.ListAPIKeys(ctx, after, limit)
	if err != nil {
		return result{}, err
	}
	list := APIKeys{APIKeys: make([]APIKey, len(page)), Next: next}
	for i := range page {
		list.APIKeys[i] = showAPIKey(&page[i])
	}
	return result{document: list}, nil
}

// maxKeepOld bounds how long a secret outlives its rotation.
const maxKeepOld = 90 * 24 * time.Hour

// A Rotation says how long the old secret lives on.
type Rotation struct {
	KeepOldSeconds int64 `json:"keep_old_seconds"` // 0 ends all old secrets at once, as after a leak
}

// rotateAPIKey is POST /v1/api-keys/{id}/rotate. Whoever gets the new secret
// has the key, so it takes as much as making that key would.
func rotateAPIKey(ctx context.Context, c *call) (result, error) {
	keep := c.body.seconds("keep_old_seconds", maxKeepOld)
	if err := c.end(); err != nil {
		return result{}, err
	}
	old, err := c.Authority.APIKey(ctx, c.id)
	if err != nil {
		return result{}, err
	}
	if err := c.mayHandOut(ctx, &old.Grant); err != nil {
		return result{}, err
	}
	secret, k, err := c.Authority.RotateAPIKey(ctx, c.by, c.id, c.secret, c.Now().Add(keep))
	if errors.Is(err, apikey.ErrReplaced) {
		return result{}, errPower
	}
	if err != nil {
		return result{}, err
	}
	return result{CreatedAPIKey{showAPIKey(&k), Handed{secret}}, k.ID}, nil
}

// revokeAPIKey is DELETE /v1/api-keys/{id}.
func revokeAPIKey(ctx context.Context, c *call) (result, error) {
	if err := c.end(); err != nil {
		return result{}, err
	}
	if err := c.mayEnd(ctx, c.id); err != nil {
		return result{}, err
	}
	return result{}, c.Authority.RevokeAPIKey(ctx, c.by, c.id, "")
}
