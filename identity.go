package edgeward

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// The header fields that name an identity to the upstream. A door removes
// whatever the client sent under these names, in any spelling, before it sets
// them: see internal/wire/identity.
const (
	HeaderSubject     = "X-Auth-Subject"
	HeaderIssuer      = "X-Auth-Issuer"
	HeaderMethod      = "X-Auth-Method"
	HeaderPermissions = "X-Auth-Permissions"
	HeaderSession     = "X-Auth-Session"
	HeaderAssertion   = "X-Auth-Assertion"
)

// maxSubject bounds a subject in bytes. OpenID Connect Core §2 stops at 255;
// real providers keep to it, and a header must stay small.
const maxSubject = 255

// An Identity is who is making a request, as a credential proved it. Two
// identities are the same person only when both Issuer and Subject are equal.
//
// Make one with [NewIdentity]; it is immutable and shared from then on.
type Identity struct {
	Issuer      string    // who vouches for the subject, exactly as configured
	Subject     string    // unique and never reassigned within the issuer
	Method      string    // the strategy that proved it: "bearer"
	Permissions []string  // sorted, unique, each an RFC 6749 §3.3 scope-token
	Session     string    // public id of the session or token family, or ""
	TokenID     string    // jti of the token, or ""
	SigningKey  string    // kid of the key that signed the token, or ""
	APIKey      string    // public id of the API key, or ""
	Audience    []string  // whom the credential was issued for; empty when it does not say
	IssuedAt    time.Time // zero when the credential does not say
	Expires     time.Time // when the credential stops proving it
	Profile     *Profile  // what the issuer says of the user beside the subject; never nil once sealed
	// AsOf is the state of the user's account that Permissions and Profile are of:
	// when it last changed, in milliseconds since 1970; 0 where there is no account.
	AsOf int64
	// Claims is the verified JSON payload of a token, for an application that
	// wants more than the fields above. "" when there is none.
	Claims string

	made    *madeHeaders
	handles Handles
	asked   *asked    // nil: nothing of it
	sealed  *Identity // itself, so that a copy is not sealed
}

// NewIdentity checks and seals id: permissions are sorted, made unique and
// stripped of members that no scope can spell (a space in one would become two
// permissions in a header). It refuses, wrapping [TokenClaim], a subject or issuer that is
// empty, too long or carries control characters, which would split a header, and a
// profile beyond its bounds.
func NewIdentity(id Identity) (*Identity, error) {
	if id.Subject == "" || len(id.Subject) > maxSubject || !IsFieldValue(id.Subject) {
		return nil, fmt.Errorf("edgeward: subject is empty, longer than %d bytes or changes in a header: %w", maxSubject, TokenClaim)
	}
	if id.Issuer == "" || !IsFieldValue(id.Issuer) {
		return nil, fmt.Errorf("edgeward: issuer is empty or changes in a header: %w", TokenClaim)
	}
	if !IsFieldValue(id.Session) || !IsFieldValue(id.TokenID) {
		return nil, fmt.Errorf("edgeward: session or token id changes in a header: %w", TokenClaim)
	}
	id.Permissions = slices.DeleteFunc(slices.Clone(id.Permissions), func(p string) bool { return !IsScopeToken(p) })
	slices.Sort(id.Permissions)
	id.Permissions = slices.Compact(id.Permissions)
	profile, err := id.Profile.sealed()
	if err != nil {
		return nil, err
	}
	id.Profile = profile
	id.asked = askedOf(profile)
	s := &struct { // one allocation
		Identity
		made madeHeaders
	}{Identity: id}
	s.handles = s.makeHandles()
	s.Identity.made, s.sealed = &s.made, &s.Identity
	return &s.Identity, nil
}

// Sealed reports whether id is what [NewIdentity] returned. A literal and a
// copy are not: their fields need not be what the header and the handles say,
// by which the upstream knows the user and a revocation finds the credential.
// Whoever decides refuses them. nil is not sealed.
func (id *Identity) Sealed() bool { return id != nil && id.sealed == id }

// Has reports whether the identity holds permission.
func (id *Identity) Has(permission string) bool {
	_, found := slices.BinarySearch(id.Permissions, permission)
	return found
}

// Header returns the fields that name the identity to the upstream. It is
// shared and read-only.
//
// It is made when it is first asked for: many identities in a cache never get to an
// application, and the map is the half of what one costs.
func (id *Identity) Header() Header {
	if !id.Sealed() { // a copy that was edited would be remembered as the original
		return nil
	}
	h := id.made.own.Load()
	if h == nil {
		made := id.buildHeader()
		id.made.own.CompareAndSwap(nil, &made) // of several at once one stays
		h = id.made.own.Load()
	}
	return *h
}

// madeHeaders is what is made of an identity that is asked for.
type madeHeaders struct {
	own atomic.Pointer[Header] // of [Identity.Header]; nil until it is asked for
}

func (id *Identity) buildHeader() Header {
	h := Header{}
	h.Set(HeaderSubject, id.Subject)
	h.Set(HeaderIssuer, id.Issuer)
	h.Set(HeaderMethod, id.Method)
	if len(id.Permissions) > 0 {
		h.Set(HeaderPermissions, strings.Join(id.Permissions, " "))
	}
	if id.Session != "" {
		h.Set(HeaderSession, id.Session)
	}
	return h
}

// IsScopeToken reports whether s is a scope-token of RFC 6749 §3.3: printable
// ASCII without space, quote and backslash.
func IsScopeToken(s string) bool {
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c == '"' || c == '\\' || c >= 0x7f {
			return false
		}
	}
	return s != ""
}

// IsFieldValue reports whether s arrives in a header as it is: without control
// characters, which would split it, and without outer spaces, which are not
// part of a field's value (RFC 9110 §5.5), so that " alice" would be alice. Nor
// does it hold a noncharacter, which a log replaces, so that two subjects would
// read as one.
func IsFieldValue(s string) bool {
	return !strings.ContainsFunc(s, unprintable) && s == strings.Trim(s, " ")
}

func unprintable(r rune) bool { return r < ' ' || r == 0x7f || noncharacter(r) }

// noncharacter reports whether r is one of the 66 code points that Unicode keeps
// for internal use.
func noncharacter(r rune) bool { return r&0xfffe == 0xfffe || 0xfdd0 <= r && r <= 0xfdef }

type identityKey struct{}

// WithIdentity returns a context that carries id. Doors call it once a request
// is allowed.
func WithIdentity(ctx context.Context, id *Identity) context.Context {
	return context.WithValue(ctx, identityKey{}, id)
}

// IdentityFrom returns the identity of the request that ctx belongs to. On a
// public route, where nobody was asked, it returns nil and false.
func IdentityFrom(ctx context.Context) (*Identity, bool) {
	id, ok := ctx.Value(identityKey{}).(*Identity)
	return id, ok && id != nil
}
