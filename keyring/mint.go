package keyring

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/jwt"
)

// AccessToken is the typ of what a [Minter] mints (RFC 9068 §2.1). A verifier
// of our own tokens accepts no other: that keeps refresh tokens, ID tokens and
// assertions from standing in for them.
const AccessToken = "at+jwt"

// HostClaim is the claim of a token that is good at one host alone: its name, without
// a port.
const HostClaim = "host"

// SinceClaim is the claim that says when the subject signed in here, in seconds and
// milliseconds, where auth_time says when the user authenticated. In a token without
// it auth_time says the former, and nothing says the latter.
const SinceClaim = "signed_in"

// jitter is the part of a lifetime, one in so many, by which it may be shorter,
// so that clients who came together do not return together.
const jitter = 20

// MaxLifetime bounds an access token's life: it is what jwt.Rules accept.
const MaxLifetime = jwt.DefaultLifetime

// ErrGrant says that no token can say what was granted: a verifier would
// refuse it.
var ErrGrant = errors.New("keyring: a grant that no identity can be made of")

// A Grant is what an access token says.
type Grant struct {
	Subject     string
	Permissions []string  // RFC 6749 §3.3 scope-tokens
	Session     string    // sid: public id of the session or refresh family, or ""
	ClientID    string    // the OAuth client; "" means the audience itself, which logged its own user in
	Host        string    // the only host where the token is good, as in HostClaim; "" means every one
	Since       time.Time // when the subject signed in here; zero when that is not known
	ACR         string    // how the user authenticated (RFC 9068 §2.2.1), "" when that is not known
	AuthTime    time.Time // when, in whole seconds; zero when that is not known
	Until       time.Time // the token ends then at the latest: the end of the session; zero means no bound
	// Profile is what else the token says of the user, and AsOf the state of the account
	// that it and Permissions are of; nil and 0 say nothing.
	Profile *edgeward.Profile
	AsOf    int64
	// Narrowed says that the client asked for fewer permissions than the user has, which
	// the token has to name whatever they take.
	Narrowed bool
}

// A Minter mints access tokens by RFC 9068. The zero value mints nothing. It is
// read-only once in use, and then safe for concurrent use.
type Minter struct {
	Ring     *Ring
	Issuer   string           // iss, exactly as verifiers know it
	Audience string           // aud
	Lifetime time.Duration    // 0 means DefaultLifetime; each token's is up to 5 % shorter
	Now      func() time.Time // nil means time.Now
	Random   io.Reader        // nil means crypto/rand
	// Revoked says of a kid whether this node knows that all it signed is revoked.
	// Such a key signs nothing: its tokens would be dead when they arrive. It is
	// quick and safe for concurrent use; nil means that none is.
	Revoked func(kid string) bool
}

// Ready returns nil when a token can be minted now, and else why not; the error
// wraps no Reason.
func (m *Minter) Ready(now time.Time) error {
	_, err := m.Ring.signing(now, m.Revoked)
	return err
}

// Mint returns an access token and when it expires, in whole seconds. Errors
// wrap [ErrGrant], or mean that no token can be minted now; none wraps a
// Reason.
func (m *Minter) Mint(ctx context.Context, g Grant) (edgeward.Secret, time.Time, error) {
	if m.Ring == nil || m.Issuer == "" || m.Audience == "" || m.Lifetime < 0 || m.Lifetime > MaxLifetime {
		return edgeward.Secret{}, time.Time{}, fmt.Errorf("keyring: a minter needs a ring, an issuer, an audience and a lifetime of up to %v", MaxLifetime)
	}
	permissions, err := m.check(g)
	if err != nil {
		return edgeward.Secret{}, time.Time{}, err
	}
	now := time.Now
	if m.Now != nil {
		now = m.Now
	}
	issued := now()
	key, err := m.Ring.signing(issued, m.Revoked)
	if err != nil {
		return edgeward.Secret{}, time.Time{}, err
	}
	id, lifetime, err := m.draw()
	if err != nil {
		return edgeward.Secret{}, time.Time{}, err
	}
	expires := earliest(issued.Add(lifetime), key.Retires, g.Until).Truncate(time.Second)
	if !expires.After(issued) {
		return edgeward.Secret{}, time.Time{}, errors.New("keyring: mint: the session or the key ends within the second")
	}
	claims := jwt.Claims{Issuer: m.Issuer, Subject: g.Subject, Audience: []string{m.Audience}, Expires: expires, IssuedAt: issued, TokenID: id}
	token, err := jwt.Sign(ctx, key.signer, AccessToken, claims.AppendJSON(nil, m.extra(g, permissions)...))
	if err != nil {
		return edgeward.Secret{}, time.Time{}, fmt.Errorf("keyring: mint: %v", err) // not wrapped: a signer's Reason would speak of somebody's token
	}
	return edgeward.NewSecret(token), expires, nil
}

// check refuses what [edgeward.NewIdentity] would refuse, or change, when the
// token comes back. It returns the permissions sorted.
func (m *Minter) check(g Grant) ([]string, error) {
	for _, s := range []string{m.Issuer, m.Audience, g.Subject, g.Session, g.ClientID, g.Host, g.ACR} {
		if !utf8.ValidString(s) { // JSON would repair it: another subject
			return nil, fmt.Errorf("%w: not UTF-8", ErrGrant)
		}
	}
	for _, p := range g.Permissions {
		if !edgeward.IsScopeToken(p) {
			return nil, fmt.Errorf("%w: a permission is no scope-token", ErrGrant)
		}
	}
	profile := edgeward.Profile{}
	if g.Profile != nil {
		profile = *g.Profile
	}
	profile.ACR = g.ACR
	id, err := edgeward.NewIdentity(edgeward.Identity{Issuer: m.Issuer, Subject: g.Subject, Permissions: g.Permissions, Session: g.Session, Profile: &profile})
	if err != nil {
		return nil, fmt.Errorf("%w: %v", ErrGrant, err) // its Reason speaks of tokens: not wrapped
	}
	return id.Permissions, nil
}

// draw returns a random jti and a jittered lifetime.
func (m *Minter) draw() (id string, lifetime time.Duration, err error) {
	random := m.Random
	if random == nil {
		random = rand.Reader
	}
	var b [24]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return "", 0, fmt.Errorf("keyring: random numbers: %w", err)
	}
	lifetime = orDefault(m.Lifetime, DefaultLifetime).Truncate(time.Second)
	seconds := uint64(lifetime / time.Second)
	shorter := binary.BigEndian.Uint64(b[16:]) % (seconds/jitter + 1)
	return base64.RawURLEncoding.EncodeToString(b[:16]), lifetime - time.Duration(shorter)*time.Second, nil
}

// extra returns the claims of RFC 9068 §2.2 beside the registered ones, and sid
// (OpenID Connect Front-Channel Logout §3).
func (m *Minter) extra(g Grant, permissions []string) []jwt.Extra {
	client := g.ClientID
	if client == "" {
		client = m.Audience
	}
	said, permissions := g.account(permissions)
	extra := []jwt.Extra{jwt.StringClaim("client_id", client)}
	if len(permissions) > 0 {
		extra = append(extra, jwt.StringClaim("scope", strings.Join(permissions, " ")))
	}
	if g.Session != "" {
		extra = append(extra, jwt.StringClaim("sid", g.Session))
	}
	if g.Host != "" {
		extra = append(extra, jwt.StringClaim(HostClaim, g.Host))
	}
	if g.ACR != "" {
		extra = append(extra, jwt.StringClaim("acr", g.ACR))
	}
	since := "auth_time"
	if !g.AuthTime.IsZero() {
		extra = append(extra, jwt.Extra{Name: since, JSON: strconv.FormatInt(g.AuthTime.Unix(), 10)})
		since = SinceClaim
		if g.Since.IsZero() {
			g.Since = g.AuthTime
		}
	}
	if !g.Since.IsZero() {
		extra = append(extra, jwt.Extra{Name: since, JSON: seconds(g.Since)})
	}
	return append(extra, said...)
}

// seconds returns t in seconds and milliseconds, as RFC 7519 §2 allows: a login
// right after "log out everywhere" must not fall into the second before it.
func seconds(t time.Time) string {
	return strconv.FormatFloat(float64(t.UnixMilli())/1000, 'f', 3, 64)
}

// earliest returns the earliest of times that are not zero.
func earliest(t time.Time, others ...time.Time) time.Time {
	for _, o := range others {
		if !o.IsZero() && o.Before(t) {
			t = o
		}
	}
	return t
}
