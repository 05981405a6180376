package edgeward

import (
	"fmt"
	"slices"
	"time"
	"unicode/utf8"
)

// Bounds of a [Profile]. What a provider says beyond them is refused by
// [NewIdentity], not cut off: a part of somebody's groups is another user.
const (
	MaxGroups       = 1000     // of one user
	MaxProfileValue = 255      // bytes of one value: a name, a group, a claim's value
	MaxProfile      = 16 << 10 // bytes of all values together; 200 groups named by UUIDs are 7,200
	MaxProfileNames = 32       // of Claims
)

// A Profile is what an issuer says of a user beside the subject: for applications,
// and for the rules of routes. The zero Profile says nothing. None of it identifies
// a user: names and addresses are given to others some day.
type Profile struct {
	Username string   // preferred_username, or what the configuration reads it from
	Email    string   // only where the issuer says that it is verified
	Name     string   // for display
	Groups   []string // sorted, unique
	// Claims are those that the configuration keeps, by the names that it gives
	// them; each value list sorted, unique, not empty.
	Claims map[string][]string
	// ACR is the authentication context class that the issuer says was satisfied
	// (OpenID Connect Core §2), "" where it does not say.
	ACR string
	// AuthTime is when the user last authenticated at the issuer, in whole seconds;
	// zero where it does not say.
	AuthTime time.Time
}

// A Standing is what a user may do and is said to be, as the account has it. It is
// shared and not changed.
type Standing struct {
	Permissions []string // as in [Identity]
	Profile     *Profile // as in [Identity]
	AsOf        int64    // as in [Identity]; above 0
}

// IsZero reports whether p, which may be nil, says nothing.
func (p *Profile) IsZero() bool {
	return p == nil || p.Username == "" && p.Email == "" && p.Name == "" && len(p.Groups) == 0 && len(p.Claims) == 0 && p.ACR == "" && p.AuthTime.IsZero()
}

// Size returns about how much memory p takes, in bytes.
func (p *Profile) Size() int {
	const profile, text, list = 160, 26, 64
	if p.IsZero() {
		return 0
	}
	size := profile + len(p.Username) + len(p.Email) + len(p.Name) + len(p.ACR)
	count := func(values []string) {
		for _, v := range values {
			size += text + len(v) + len(v)/8 // what is allocated is rounded up
		}
	}
	count(p.Groups)
	for name, values := range p.Claims {
		size += list + len(name)
		count(values)
	}
	return size
}

// silent is the profile of all users of whom nothing is said.
var silent = &Profile{}

// sealed returns a copy of p in the form in which it is compared: lists sorted and
// unique. It refuses what is beyond the bounds, and what could not stand in one
// line of a log or a header.
func (p *Profile) sealed() (*Profile, error) {
	if p.IsZero() {
		return silent, nil
	}
	s := *p
	size := 0
	check := func(what, value string) error {
		size += len(value)
		switch {
		case len(value) > MaxProfileValue:
			return fmt.Errorf("edgeward: %s of the user is longer than %d bytes: %w", what, MaxProfileValue, TokenClaim)
		case !IsFieldValue(value) || !utf8.ValidString(value):
			return fmt.Errorf("edgeward: %s of the user has control characters or outer spaces: %w", what, TokenClaim)
		}
		return nil
	}
	list := func(what string, values []string) ([]string, error) {
		values = slices.DeleteFunc(slices.Clone(values), func(v string) bool { return v == "" })
		slices.Sort(values)
		values = slices.Compact(values)
		for _, v := range values {
			if err := check(what, v); err != nil {
				return nil, err
			}
		}
		return values, nil
	}
	for what, value := range map[string]string{"username": p.Username, "email": p.Email, "name": p.Name, "acr": p.ACR} {
		if err := check(what, value); err != nil {
			return nil, err
		}
	}
	var err error
	if s.Groups, err = list("a group", p.Groups); err != nil {
		return nil, err
	}
	s.Claims = nil
	for name, values := range p.Claims {
		if values, err = list("claim "+name, values); err != nil {
			return nil, err
		}
		if len(values) == 0 {
			continue
		}
		if s.Claims == nil {
			s.Claims = make(map[string][]string, len(p.Claims))
		}
		s.Claims[name] = values
		size += len(name)
	}
	switch {
	case len(s.Groups) > MaxGroups:
		return nil, fmt.Errorf("edgeward: the user has %d groups, at most %d are possible: %w", len(s.Groups), MaxGroups, TokenClaim)
	case len(s.Claims) > MaxProfileNames:
		return nil, fmt.Errorf("edgeward: %d claims are kept of a user, at most %d are possible: %w", len(s.Claims), MaxProfileNames, TokenClaim)
	case size > MaxProfile:
		return nil, fmt.Errorf("edgeward: groups and claims of the user take %d bytes, at most %d are possible: %w", size, MaxProfile, TokenClaim)
	}
	return &s, nil
}
