package admin

import (
	"context"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/apikey"
	"github.com/edgeward/edgeward/internal/wire/strictjson"
)

func showAPIKey(k *apikey.Key) []byte {
	var d document
	d.String("id", k.ID)
	d.Optional("issuer", k.Issuer) // of a personal token
	d.String("subject", k.Subject)
	d.Optional("name", k.Name)
	d.Strings("permissions", k.Permissions)
	if len(k.Networks) > 0 {
		d.Array("networks", len(k.Networks), func(dst []byte, i int) []byte {
			return strictjson.AppendString(dst, k.Networks[i].String())
		})
	}
	d.time("created", k.Created)
	d.optionalTime("expires", k.Expires)
	d.optionalTime("used", k.Used)
	d.optionalTime("revoked", k.Revoked)
	d.optionalTime("old_until", k.OldUntil)
	return d.End()
}

// issued is an API key and its text, which is shown this once.
func issued(secret edgeward.Secret, k *apikey.Key) result {
	var d document
	d.Raw("api_key", showAPIKey(k))
	d.String("secret", secret.Reveal())
	return result{document: d.End(), created: k.ID}
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
	if err := c.Authority.MayGrant(ctx, c.caller, &g); err != nil {
		return result{}, err
	}
	secret, k, err := c.Authority.CreateAPIKey(ctx, c.by, g)
	if err != nil {
		return result{}, err
	}
	return issued(secret, &k), nil
}

// listAPIKeys is GET /v1/api-keys.
func listAPIKeys(ctx context.Context, c *call) (result, error) {
	after, limit := c.query.page()
	if err := c.end(); err != nil {
		return result{}, err
	}
	rows, next, err := c.Authority.ListAPIKeys(ctx, after, limit)
	if err != nil {
		return result{}, err
	}
	return result{document: page("api_keys", rows, next, showAPIKey)}, nil
}

// maxKeepOld bounds how long a secret outlives its rotation.
const maxKeepOld = 90 * 24 * time.Hour

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
	if err := c.Authority.MayGrant(ctx, c.caller, &old.Grant); err != nil {
		return result{}, err
	}
	secret, k, err := c.Authority.RotateAPIKey(ctx, c.by, c.id, c.secret(), c.Now().Add(keep))
	if err != nil {
		return result{}, err
	}
	return issued(secret, &k), nil
}

// endPersonalTokens is POST /v1/personal-tokens/end.
func endPersonalTokens(ctx context.Context, c *call) (result, error) {
	issuer, subject, reason := c.body.text("issuer"), c.body.need("subject"), c.body.text("reason")
	if err := c.end(); err != nil {
		return result{}, err
	}
	n, err := c.Authority.EndPersonalTokens(ctx, c.by, issuer, subject, reason)
	if err != nil {
		return result{}, err
	}
	var d document
	d.String("subject", subject)
	d.Int("ended", int64(n))
	return result{document: d.End()}, nil
}

// revokeAPIKey is DELETE /v1/api-keys/{id}.
func revokeAPIKey(ctx context.Context, c *call) (result, error) {
	if err := c.end(); err != nil {
		return result{}, err
	}
	if err := c.Authority.MayEnd(ctx, c.caller, c.id); err != nil {
		return result{}, err
	}
	return result{}, c.Authority.RevokeAPIKey(ctx, c.by, c.id, "")
}
