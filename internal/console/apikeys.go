package console

import (
	"context"
	"errors"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/edgeward/edgeward/apikey"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/store"
)

type apiKeysData struct {
	Query string
	Keys  []apikey.Key
	Next  string // link to what follows
}

// scanned bounds how many keys one search looks through.
const scanned = 5 * store.MaxList

// listAPIKeys is GET /console/api-keys: all, the one with a public id, or those
// whose owner or name holds a text.
func listAPIKeys(ctx context.Context, x *exchange) (answer, error) {
	f, err := x.query()
	if err != nil {
		return answer{}, err
	}
	d := apiKeysData{Query: f["q"]}
	next := ""
	if d.Query == "" {
		d.Keys, next, err = x.Authority.ListAPIKeys(ctx, f["after"], pageSize)
	} else {
		d.Keys, next, err = x.findAPIKeys(ctx, d.Query, f["after"])
	}
	if err != nil {
		return answer{}, err
	}
	if next != "" {
		d.Next = link(apiKeysPath, "q", d.Query, "after", next)
	}
	return answer{name: "api-keys", title: "API keys", data: d}, nil
}

// findAPIKeys looks through the store, which knows keys by their ids only.
func (x *exchange) findAPIKeys(ctx context.Context, query, after string) (found []apikey.Key, next string, err error) {
	k, err := x.Authority.APIKey(ctx, query)
	if err == nil {
		return []apikey.Key{k}, "", nil
	}
	if !errors.Is(err, issuance.ErrUnknown) {
		return nil, "", err
	}
	query = strings.ToLower(query)
	for looked := 0; looked < scanned && len(found) < pageSize; looked += store.MaxList {
		page, next, err := x.Authority.ListAPIKeys(ctx, after, store.MaxList)
		if err != nil {
			return nil, "", err
		}
		for _, k := range page {
			if strings.Contains(strings.ToLower(k.Subject), query) || strings.Contains(strings.ToLower(k.Name), query) {
				found = append(found, k)
			}
		}
		if after = next; after == "" {
			break
		}
	}
	return found, after, nil
}

// newKeyData is the form of a new key, as it was filled in.
type newKeyData struct {
	Form    fields
	Problem string
}

// askAPIKey is GET /console/api-keys/new.
func askAPIKey(_ context.Context, _ *exchange) (answer, error) {
	return answer{name: "new-api-key", title: "New API key", data: newKeyData{Form: fields{"days": "90"}}}, nil
}

// shownKey is a key and its text, which is told this once.
type shownKey struct {
	Key    apikey.Key
	Secret string
	Fresh  bool // the key is new, and not only its secret
}

// createAPIKey is POST /console/api-keys/new.
func createAPIKey(ctx context.Context, x *exchange) (answer, error) {
	f, err := x.form()
	if err != nil {
		return answer{}, err
	}
	g, err := x.grant(f)
	if err == nil {
		err = x.Authority.MayGrant(ctx, x.operator.id, &g)
	}
	if m, ok := errors.AsType[mistake](err); ok {
		return answer{name: "new-api-key", title: "New API key", data: newKeyData{f, string(m)}, status: 422}, nil
	}
	if err != nil {
		return answer{}, err
	}
	secret, k, err := x.Authority.CreateAPIKey(ctx, x.by(), g)
	if err != nil {
		return answer{}, err
	}
	return answer{name: "api-key", title: "New API key", data: shownKey{k, secret.Reveal(), true}}, nil
}

// grant reads what a new key is to be.
func (x *exchange) grant(f fields) (g apikey.Grant, err error) {
	if g.Subject, err = f.need("subject", "Owner"); err != nil {
		return g, err
	}
	g.Name, g.Permissions = f["name"], strings.Fields(f["permissions"])
	for _, text := range strings.Fields(f["networks"]) {
		n, err := network(text)
		if err != nil {
			return g, mistaken("“%s” is no address and no network such as 192.0.2.0/24.", text)
		}
		g.Networks = append(g.Networks, n)
	}
	if f["days"] != "" {
		days, err := strconv.Atoi(f["days"])
		if err != nil || days < 1 || days > 3650 {
			return g, mistaken("A key expires after 1 to 3650 days, or never.")
		}
		g.Expires = x.Now().Add(time.Duration(days) * 24 * time.Hour)
	}
	return g, nil
}

// network reads a network, or one address.
func network(text string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(text); err == nil {
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	return netip.ParsePrefix(text)
}

type rotationData struct {
	Key apikey.Key
	Own bool // it is the one that the operator is signed in with
}

// askRotation is GET /console/api-keys/rotate.
func askRotation(ctx context.Context, x *exchange) (answer, error) {
	f, err := x.query()
	if err != nil {
		return answer{}, err
	}
	k, err := x.Authority.APIKey(ctx, f["id"])
	if err != nil {
		return answer{}, err
	}
	return answer{name: "rotate", title: "Rotate API key", data: rotationData{k, k.ID == x.operator.id.APIKey}}, nil
}

// maxKeepOld bounds how many hours a secret outlives its rotation.
const maxKeepOld = 90 * 24

// rotateAPIKey is POST /console/api-keys/rotate. Whoever gets the new secret
// has the key, so it takes as much as making that key would.
func rotateAPIKey(ctx context.Context, x *exchange) (answer, error) {
	f, err := x.form()
	if err != nil {
		return answer{}, err
	}
	hours, err := strconv.Atoi(f["keep"])
	if err != nil || hours < 0 || hours > maxKeepOld {
		return answer{}, mistaken("An old secret is kept for 0 to %d hours.", maxKeepOld)
	}
	old, err := x.Authority.APIKey(ctx, f["id"])
	if err != nil {
		return answer{}, err
	}
	if err := x.Authority.MayGrant(ctx, x.operator.id, &old.Grant); err != nil {
		return answer{}, err
	}
	secret, k, err := x.Authority.RotateAPIKey(ctx, x.by(), old.ID, x.operator.key, x.Now().Add(time.Duration(hours)*time.Hour))
	if err != nil {
		return answer{}, err
	}
	return answer{name: "api-key", title: "Rotated API key", data: shownKey{k, secret.Reveal(), false}}, nil
}

// askEndAPIKey is GET /console/api-keys/revoke.
func askEndAPIKey(ctx context.Context, x *exchange) (answer, error) {
	f, err := x.query()
	if err != nil {
		return answer{}, err
	}
	k, err := x.Authority.APIKey(ctx, f["id"])
	if err != nil {
		return answer{}, err
	}
	owner := k.Subject
	if k.Personal() {
		owner += ", a user at " + k.Issuer
	}
	q := question{
		Head: "Revoke this API key?", Text: "Everything that uses it is refused from now on, on every node. Nothing brings it back.",
		Facts:  []fact{{"Key", k.ID}, {"Owner", owner}, {"Name", k.Name}, {"Permissions", strings.Join(k.Permissions, " ")}, {"Last used", stamp(k.Used)}},
		Fields: []fact{{"id", k.ID}}, Reason: true, Do: "Revoke key", Back: apiKeysPath, Action: apiKeysPath + "/revoke",
	}
	if k.ID == x.operator.id.APIKey {
		q.Text += " It is the key that you are signed in with: the console closes."
	}
	return ask(q), nil
}

// endAPIKey is POST /console/api-keys/revoke.
func endAPIKey(ctx context.Context, x *exchange) (answer, error) {
	f, err := x.form()
	if err != nil {
		return answer{}, err
	}
	if err := x.Authority.RevokeAPIKey(ctx, x.by(), f["id"], f["reason"]); err != nil {
		return answer{}, err
	}
	return done(apiKeysPath, "api-key-revoked"), nil
}
