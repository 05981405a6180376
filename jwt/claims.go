package jwt

import (
	"fmt"
	"math"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/wire/strictjson"
)

// Claims are the registered claims of RFC 7519 §4.1 and, through Lookup, all
// others. A claim that is absent is "" or the zero Time; a claim that is
// present has the type that the RFC gives it. A claim that is null is absent.
type Claims struct {
	Issuer    string
	Subject   string
	Audience  []string
	Expires   time.Time // exp; with a fraction of a second if it was sent
	NotBefore time.Time // nbf
	IssuedAt  time.Time // iat
	TokenID   string    // jti

	Payload string // the JSON object as it was sent; "" in claims to be minted

	members strictjson.Members
}

// maxNumericDate is the last integer that every JSON implementation can tell
// from its neighbours (RFC 7493 §2.2), 285 million years from now.
const maxNumericDate = 1 << 53

var (
	errClaimString   = fmt.Errorf("jwt: claims: iss, sub or jti is no string: %w", edgeward.TokenClaim)
	errClaimAudience = fmt.Errorf("jwt: claims: aud is no string and no array of strings: %w", edgeward.TokenClaim)
	errClaimTime     = fmt.Errorf("jwt: claims: exp, nbf or iat is no number of seconds in 0..2^53: %w", edgeward.TokenClaim)
)

// Lookup returns the claim called name, which is compared exactly. A claim that
// is null is absent.
func (c *Claims) Lookup(name string) (Value, bool) {
	v, found := c.members.Stated(name)
	return Value{v}, found
}

// parse reads the JSON of a payload and keeps its members in room.
func (c *Claims) parse(text string, room strictjson.Members) error {
	members, err := strictjson.Append(room, text)
	if err != nil {
		return fmt.Errorf("jwt: claims: %w: %w", edgeward.TokenMalformed, err)
	}
	c.Payload, c.members = text, members
	for i := range members {
		if err := c.set(members[i].Name, members[i].Value); err != nil {
			return err
		}
	}
	return nil
}

// set takes over one claim, if it is a registered one and not null: that says
// no more than leaving it out, and what is required is missing then.
func (c *Claims) set(name string, value strictjson.Value) error {
	if value.Kind() == strictjson.KindNull {
		return nil
	}
	switch name {
	case "iss":
		return setString(&c.Issuer, value)
	case "sub":
		return setString(&c.Subject, value)
	case "jti":
		return setString(&c.TokenID, value)
	case "aud":
		return setAudience(&c.Audience, value)
	case "exp":
		return setTime(&c.Expires, value)
	case "nbf":
		return setTime(&c.NotBefore, value)
	case "iat":
		return setTime(&c.IssuedAt, value)
	}
	return nil
}

func setString(field *string, value strictjson.Value) error {
	text, ok := value.String()
	if !ok {
		return errClaimString
	}
	*field = text
	return nil
}

// setAudience takes one string or an array of strings (RFC 7519 §4.1.3).
func setAudience(field *[]string, value strictjson.Value) error {
	if text, ok := value.String(); ok {
		*field = []string{text}
		return nil
	}
	texts, ok := value.Strings()
	if !ok {
		return errClaimAudience
	}
	*field = texts
	return nil
}

// setTime takes a NumericDate (RFC 7519 §2): seconds, perhaps with a fraction.
// Bounds come first: a float64 beyond int64 converts to anything.
func setTime(field *time.Time, value strictjson.Value) error {
	seconds, ok := value.Float()
	if !ok || !(0 <= seconds && seconds <= maxNumericDate) {
		return errClaimTime
	}
	whole, fraction := math.Modf(seconds)
	*field = time.Unix(int64(whole), int64(fraction*1e9))
	return nil
}
