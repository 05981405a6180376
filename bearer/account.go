package bearer

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/jwt"
)

// Accounts are where tokens of our own say that more is known of their users. The
// functions are safe for concurrent use.
type Accounts struct {
	// Claim is the claim with the state of the account, and what is to be read there: see
	// keyring.AccountClaim, whose other claims say the rest. Claims is the one with the
	// claims that the configuration keeps.
	Claim, Claims string
	// Standing returns what a user may do and is said to be now, for the token of that
	// session; known is false where there is no account any more: the token is no good. An
	// error means: could not tell.
	Standing func(ctx context.Context, issuer, subject, session string) (s edgeward.Standing, known bool, err error)
	// Superseded reports whether what was read of an account is older than a loss that is
	// known. It answers from memory. Such a token has expired: its holder gets another one.
	Superseded func(*edgeward.Identity) bool
	// Used, unless it is nil, is called with every identity of a user with an account whose
	// token was verified anew: at least once in Life while the token is in use.
	Used func(*edgeward.Identity)
	// Life bounds how long one verification is believed; 0 means as for all tokens.
	Life time.Duration
}

// What is known of the account of a token's user may be of its own claims, or with the
// account.
const (
	withProfile = "profile"
	withScope   = "scope"
)

var (
	errAccount    = fmt.Errorf("bearer: the claim of the account, or of the profile, is not as we write it: %w", edgeward.TokenClaim)
	errNoAccount  = fmt.Errorf("bearer: there is no account of the token's user any more: %w", edgeward.TokenExpired)
	errSuperseded = fmt.Errorf("bearer: the account of the token's user has lost something since: %w", edgeward.TokenExpired)
)

// seal makes the identity of a token of what its claims say, and of the account where
// they say so: read reports that.
func (i *Issuer) seal(ctx context.Context, claims *jwt.Claims, id edgeward.Identity) (_ *edgeward.Identity, read bool, err error) {
	if read, err = i.Accounts.complete(ctx, claims, &id); err != nil {
		return nil, false, err
	}
	sealed, err := edgeward.NewIdentity(id)
	if a := i.Accounts; err == nil && a != nil && a.Used != nil && sealed.AsOf != 0 {
		a.Used(sealed)
	}
	return sealed, read, err
}

// complete adds to id what is known of its user. It reports whether that was read from
// the account.
func (a *Accounts) complete(ctx context.Context, c *jwt.Claims, id *edgeward.Identity) (read bool, err error) {
	if a == nil {
		return false, nil
	}
	value, present := c.Lookup(a.Claim)
	if !present {
		return false, nil
	}
	stated, _ := value.Member("as_of")
	asOf, ok := stated.Number()
	if !ok || asOf < 1 || asOf != math.Trunc(asOf) || asOf >= 1<<53 {
		return false, errAccount
	}
	id.AsOf = int64(asOf)
	var with []string
	if list, found := value.Member("with"); found {
		if with, ok = list.Texts(); !ok {
			return false, errAccount
		}
	}
	profile := id.Profile
	if profile == nil {
		profile = &edgeward.Profile{}
		id.Profile = profile
	}
	if !slices.Contains(with, withProfile) {
		if err := a.stated(c, profile); err != nil {
			return false, err
		}
	}
	if len(with) == 0 {
		return false, nil
	}
	standing, known, err := a.Standing(ctx, id.Issuer, id.Subject, id.Session)
	switch {
	case err != nil:
		return false, edgeward.NewUnavailable("accounts", time.Second, err)
	case !known:
		return false, errNoAccount
	}
	own := *standing.Profile
	own.ACR, own.AuthTime = profile.ACR, profile.AuthTime
	// All of it is of one moment, also what the token says itself.
	id.Profile, id.AsOf = &own, standing.AsOf
	if slices.Contains(with, withScope) {
		id.Permissions = standing.Permissions
	} else {
		id.Permissions = slices.DeleteFunc(id.Permissions, func(p string) bool { return !slices.Contains(standing.Permissions, p) })
	}
	return true, nil
}

// stated reads the profile that a token says itself.
func (a *Accounts) stated(c *jwt.Claims, p *edgeward.Profile) error {
	for _, field := range [...]struct {
		name string
		to   *string
	}{{"preferred_username", &p.Username}, {"email", &p.Email}, {"name", &p.Name}} {
		text, err := textOf(c, field.name)
		if err != nil {
			return err
		}
		*field.to = text // of the payload, which the identity keeps anyway
	}
	ok := true
	list := func(v jwt.Value) []string {
		all, isList := v.Texts()
		ok = ok && isList
		return all
	}
	if groups, found := c.Lookup("groups"); found {
		p.Groups = list(groups)
	}
	if kept, found := c.Lookup(a.Claims); found {
		members, isObject := kept.Members()
		ok = ok && isObject
		p.Claims = make(map[string][]string, len(members))
		for _, m := range members {
			p.Claims[m.Name] = list(m.Value)
		}
	}
	if !ok {
		return errAccount
	}
	return nil
}

// superseded reports whether what a verification read of an account is older than a loss.
func (v *verification) superseded() bool {
	a := v.issuer.Accounts
	return a != nil && a.Superseded != nil && a.Superseded(v.identity)
}
