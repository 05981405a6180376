package bearer

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/claim"
	"github.com/edgeward/edgeward/jwt"
)

// permissionClaims are the names under which providers say what a token
// permits: RFC 9068 §2.2.3 and RFC 8693 (scope), Microsoft and Okta (scp),
// Auth0 (permissions).
var permissionClaims = [...]string{"scope", "scp", "permissions"}

// PermissionClaims returns the claims whose values are permissions as they are, which
// [Issuer.PermissionClaims] chooses among.
func PermissionClaims() []string { return permissionClaims[:] }

// counted are the claims whose values are permissions as they are, unless
// PermissionClaims says else: not the one whose values the configuration gives another
// meaning.
func (i *Issuer) counted() []string {
	if i.PermissionClaims != nil {
		return i.PermissionClaims
	}
	return slices.DeleteFunc(slices.Clone(permissionClaims[:]), func(name string) bool { return name == i.Claims.Permissions.Source.Name })
}

// identify turns verified claims into an identity. signedBy is the kid of the
// key that proved them, "" for one without a name.
func (i *Issuer) identify(claims *jwt.Claims, signedBy string) (id edgeward.Identity, notes []claim.Note, err error) {
	user, err := i.Claims.Read(claims)
	if err != nil {
		return id, nil, fmt.Errorf("bearer: %w", err)
	}
	subject := claims.Subject
	if source := &i.Claims.Subject; !source.IsZero() {
		if subject = user.Subject; subject == "" {
			return id, user.Notes, fmt.Errorf("bearer: claim %s, which is configured to be the subject, is absent or no text: %w", source.Name, edgeward.TokenClaim)
		}
	}
	permissions := user.Permissions
	for _, name := range i.PermissionClaims {
		more, err := permissionsOf(claims, name)
		if err != nil {
			return id, nil, err
		}
		permissions = append(permissions, more...)
	}
	session, err := sessionOf(claims)
	if err != nil {
		return id, nil, err
	}
	issued := claims.IssuedAt
	if i.SignedIn {
		name := "auth_time"
		if _, said := claims.Lookup(i.SinceClaim); said && i.SinceClaim != "" {
			name = i.SinceClaim
		} else if user.Profile != nil {
			user.Profile.AuthTime = time.Time{} // auth_time is of the sign-in here: at the provider that may be long ago
		}
		since, err := timeOf(claims, name)
		if err != nil {
			return id, nil, err
		}
		if !since.IsZero() {
			issued = since
		}
	}
	return edgeward.Identity{
		Issuer:      claims.Issuer,
		Subject:     subject,
		Method:      cmp.Or(i.Method, Method),
		Permissions: permissions,
		Session:     session,
		TokenID:     claims.TokenID,
		SigningKey:  signedBy,
		Audience:    claims.Audience,
		IssuedAt:    issued,
		Expires:     claims.Expires,
		Claims:      claims.Payload,
		Profile:     user.Profile,
	}, user.Notes, nil
}

// timeOf reads a NumericDate, the zero Time where it is absent.
func timeOf(claims *jwt.Claims, name string) (time.Time, error) {
	value, present := claims.Lookup(name)
	if !present {
		return time.Time{}, nil
	}
	seconds, ok := value.Number()
	if !ok || seconds < 0 || seconds > 1<<40 {
		return time.Time{}, fmt.Errorf("bearer: claim %s is no time: %w", name, edgeward.TokenClaim)
	}
	return time.UnixMilli(int64(math.Round(seconds * 1000))), nil
}

// sessionOf reads sid (OpenID Connect Front-Channel Logout §3): the session, or
// the refresh family, that a token belongs to and is taken back with.
func sessionOf(claims *jwt.Claims) (string, error) { return textOf(claims, "sid") }

// hostOf reads the claim that binds a token to a host, "" where none does.
func (i *Issuer) hostOf(claims *jwt.Claims) (string, error) {
	if i.HostClaim == "" {
		return "", nil
	}
	host, err := textOf(claims, i.HostClaim)
	if _, present := claims.Lookup(i.HostClaim); present && host == "" && err == nil {
		err = fmt.Errorf("bearer: claim %s is empty: %w", i.HostClaim, edgeward.TokenClaim)
	}
	return host, err
}

// textOf reads a claim that is a string, "" where it is absent.
func textOf(claims *jwt.Claims, name string) (string, error) {
	value, present := claims.Lookup(name)
	if !present {
		return "", nil
	}
	if s, ok := value.Text(); ok {
		return s, nil
	}
	return "", fmt.Errorf("bearer: claim %s is not a string: %w", name, edgeward.TokenClaim)
}

// permissionsOf reads one claim, a space-separated string or an array of
// strings. Anything else is refused rather than read as "no permissions": the
// issuer and we do not speak the same language.
func permissionsOf(claims *jwt.Claims, name string) ([]string, error) {
	value, present := claims.Lookup(name)
	if !present {
		return nil, nil
	}
	if s, ok := value.Text(); ok {
		return strings.Split(s, " "), nil // U+0020 alone separates; other white space is no scope-token
	}
	if list, ok := value.Texts(); ok {
		return list, nil
	}
	return nil, fmt.Errorf("bearer: claim %s is neither a string nor an array of strings: %w", name, edgeward.TokenClaim)
}
