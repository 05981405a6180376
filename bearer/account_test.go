package bearer_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/bearer"
	"github.com/edgeward/edgeward/jwt"
)

// owned is a verifier of our own tokens, and the account of their user.
type owned struct {
	*bearer.Verifier
	now     edgeward.Standing
	gone    bool
	err     error
	reads   int
	changed int64
	used    []string
}

func newOwned(t *testing.T, f *fixture) *owned {
	t.Helper()
	o := &owned{now: edgeward.Standing{Permissions: []string{"a", "b"}, AsOf: 2000, Profile: &edgeward.Profile{Username: "alice", Groups: []string{"staff"}}}}
	f.config.Issuers[0].SignedIn, f.config.Issuers[0].SinceClaim = true, "since"
	f.config.Issuers[0].Accounts = &bearer.Accounts{
		Claim: "account", Claims: "claims", Life: time.Minute,
		Standing: func(_ context.Context, issuer, subject, session string) (edgeward.Standing, bool, error) {
			if o.reads++; issuer != issuerA || subject != "alice" || session != "family" {
				return edgeward.Standing{}, false, fmt.Errorf("asked for %s of %s", subject, issuer)
			}
			return o.now, !o.gone, o.err
		},
		Superseded: func(id *edgeward.Identity) bool { return id.AsOf != 0 && id.AsOf < o.changed },
		Used:       func(id *edgeward.Identity) { o.used = append(o.used, id.Subject) },
	}
	v, err := bearer.New(f.config)
	if err != nil {
		t.Fatal(err)
	}
	o.Verifier = v
	return o
}

func (o *owned) verify(token string) (*edgeward.Identity, error) {
	return o.Verifier.Verify(context.Background(), nil, edgeward.Credential{Value: edgeward.NewSecret(token)})
}

func raw(name, json string) jwt.Extra { return jwt.Extra{Name: name, JSON: json} }

// small is what a token of ours says of a user with few groups.
func small(t *testing.T, f *fixture, extra ...jwt.Extra) string {
	return f.mint(t, f.keyA, func(c *jwt.Claims) { c.Subject = "alice" }, append([]jwt.Extra{
		jwt.StringClaim("scope", "a b"), jwt.StringClaim("sid", "family"), jwt.StringClaim("preferred_username", "alice"), jwt.StringClaim("name", "Alice"),
		jwt.StringClaim("email", "alice@example.com"), raw("email_verified", "true"), raw("groups", `["staff","admins"]`),
		raw("claims", `{"team":["red"]}`), jwt.StringClaim("acr", "gold"), raw("auth_time", "1000"), raw("since", "2000"),
	}, extra...)...)
}

// large is that of one with so many that they are with the account.
func large(t *testing.T, f *fixture, with string, extra ...jwt.Extra) string {
	return f.mint(t, f.keyA, func(c *jwt.Claims) { c.Subject = "alice" }, append([]jwt.Extra{
		jwt.StringClaim("sid", "family"), jwt.StringClaim("acr", "gold"), raw("auth_time", "1000"), raw("since", "2000"),
		raw("account", `{"as_of":1000,"with":`+with+`}`),
	}, extra...)...)
}

func TestATokenSaysWhoItsUserIs(t *testing.T) {
	f := newFixture(t, 1<<20)
	o := newOwned(t, f)
	id, err := o.verify(small(t, f, raw("account", `{"as_of":1000}`)))
	if err != nil {
		t.Fatal(err)
	}
	p := id.Profile
	if id.AsOf != 1000 || p.Username != "alice" || p.Name != "Alice" || p.Email != "alice@example.com" || !slices.Equal(p.Groups, []string{"admins", "staff"}) ||
		!slices.Equal(p.Claims["team"], []string{"red"}) || p.ACR != "gold" || p.AuthTime.Unix() != 1000 || o.reads != 0 || len(o.used) != 1 {
		t.Errorf("%+v, %+v, %d reads, used by %q", id, p, o.reads, o.used)
	}
	// A token of a user without an account says nothing by claims of the same names.
	id, err = o.verify(small(t, f))
	if err != nil || id.AsOf != 0 || id.Profile.Username != "" || len(id.Profile.Groups) != 0 || len(o.used) != 1 {
		t.Errorf("%+v, %v", id, err)
	}
}

func TestATokenThatLeavesTheRestToTheAccount(t *testing.T) {
	f := newFixture(t, 1<<20)
	o := newOwned(t, f)
	for range 3 {
		id, err := o.verify(large(t, f, `["profile","scope"]`, jwt.StringClaim("y", "1")))
		if err != nil || id.AsOf != 2000 || !slices.Equal(id.Permissions, []string{"a", "b"}) || id.Profile.Username != "alice" || id.Profile.ACR != "gold" {
			t.Fatalf("%+v, %v", id, err)
		}
	}
	if o.reads != 3 && o.reads != 1 {
		t.Errorf("%d reads", o.reads)
	}
	// What the client asked for is the most that the token permits.
	id, err := o.verify(large(t, f, `["profile"]`, jwt.StringClaim("scope", "b c")))
	if err != nil || !slices.Equal(id.Permissions, []string{"b"}) {
		t.Errorf("%+v, %v", id, err)
	}
	o.err = errors.New("down")
	if _, err := o.verify(large(t, f, `["profile"]`, jwt.StringClaim("x", "1"))); err == nil || edgeward.ReasonOf(err) != edgeward.Unavailable {
		t.Errorf("the accounts do not answer: %v", err)
	}
	o.err, o.gone = nil, true
	if _, err := o.verify(large(t, f, `["profile"]`, jwt.StringClaim("x", "2"))); !errors.Is(err, edgeward.TokenExpired) {
		t.Errorf("the account is gone: %v", err)
	}
}

// A token that says itself what was lost since has expired, remembered or not; one that
// leaves it to the account is read again.
func TestALossSupersedesTokens(t *testing.T) {
	f := newFixture(t, 1<<20)
	o := newOwned(t, f)
	said, left := small(t, f, raw("account", `{"as_of":1000}`)), large(t, f, `["profile","scope"]`)
	for _, token := range []string{said, left} {
		if _, err := o.verify(token); err != nil {
			t.Fatal(err)
		}
	}
	o.changed = 3000
	for range 2 {
		if _, err := o.verify(said); !errors.Is(err, edgeward.TokenExpired) {
			t.Errorf("one that says it itself: %v", err)
		}
		if _, err := o.verify(left); !errors.Is(err, edgeward.TokenExpired) {
			t.Errorf("an account that does not know of the loss: %v", err)
		}
	}
	o.now.AsOf, o.now.Permissions = 3000, []string{"a"}
	if id, err := o.verify(left); err != nil || id.AsOf != 3000 || !slices.Equal(id.Permissions, []string{"a"}) {
		t.Errorf("%+v, %v", id, err)
	}
}

// The verification of a token is believed as long as it says, and its use noticed then.
func TestAUseIsNoticed(t *testing.T) {
	f := newFixture(t, 1<<20)
	o := newOwned(t, f)
	token := small(t, f, raw("account", `{"as_of":1000}`))
	for range 6 {
		if _, err := o.verify(token); err != nil {
			t.Fatal(err)
		}
		f.advance(30 * time.Second)
	}
	if len(o.used) != 3 {
		t.Errorf("noticed %d times in three minutes", len(o.used))
	}
}

func TestAClaimOfTheAccountThatIsNotOurs(t *testing.T) {
	f := newFixture(t, 1<<20)
	o := newOwned(t, f)
	for _, account := range []string{
		`1`, `"x"`, `{}`, `{"as_of":0}`, `{"as_of":-1}`, `{"as_of":1.5}`, `{"as_of":"1"}`, `{"as_of":1e300}`, `{"as_of":1,"with":"profile"}`, `{"as_of":1,"with":[1]}`,
	} {
		if _, err := o.verify(small(t, f, raw("account", account))); !errors.Is(err, edgeward.TokenClaim) {
			t.Errorf("%s: %v", account, err)
		}
	}
	for _, extra := range []jwt.Extra{raw("groups", `"staff"`), raw("claims", `[]`), raw("claims", `{"a":"b"}`), raw("name", "1"), raw("groups", `["`+strings.Repeat("a", 256)+`"]`)} {
		token := f.mint(t, f.keyA, nil, raw("account", `{"as_of":1000}`), extra)
		if _, err := o.verify(token); !errors.Is(err, edgeward.TokenClaim) {
			t.Errorf("%s: %v", extra, err)
		}
	}
}
