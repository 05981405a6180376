package jwt

import (
	"strconv"
	"time"

	"github.com/edgeward/edgeward/internal/wire/strictjson"
)

// An Extra is a claim beside the registered ones, to be minted.
type Extra struct {
	Name string
	JSON string // its value, encoded
}

// StringClaim returns a claim that holds a string.
func StringClaim(name, value string) Extra {
	return Extra{name, string(strictjson.AppendString(nil, value))}
}

// AppendJSON appends the claims to dst as a JSON object: the registered ones
// that are not zero in the order iss, sub, aud, exp, nbf, iat, jti, then extra
// in its order. The same claims give the same bytes. Times are cut to whole
// seconds, one audience is a plain string. Payload is not looked at. An extra
// that repeats a name is found by [Sign].
func (c *Claims) AppendJSON(dst []byte, extra ...Extra) []byte {
	o := object{append(dst, '{'), len(dst) + 1}
	o.string("iss", c.Issuer)
	o.string("sub", c.Subject)
	o.audience(c.Audience)
	o.time("exp", c.Expires)
	o.time("nbf", c.NotBefore)
	o.time("iat", c.IssuedAt)
	o.string("jti", c.TokenID)
	for _, e := range extra {
		o.name(e.Name)
		o.json = append(o.json, e.JSON...)
	}
	return append(o.json, '}')
}

// An object is a JSON object under construction.
type object struct {
	json  []byte
	start int // of the first member
}

func (o *object) name(name string) {
	if len(o.json) > o.start {
		o.json = append(o.json, ',')
	}
	o.json = append(strictjson.AppendString(o.json, name), ':')
}

func (o *object) string(name, value string) {
	if value != "" {
		o.name(name)
		o.json = strictjson.AppendString(o.json, value)
	}
}

func (o *object) time(name string, value time.Time) {
	if !value.IsZero() {
		o.name(name)
		o.json = strconv.AppendInt(o.json, value.Unix(), 10)
	}
}

func (o *object) audience(names []string) {
	if len(names) == 1 {
		o.string("aud", names[0])
		return
	}
	for i, name := range names {
		if i == 0 {
			o.name("aud")
			o.json = append(o.json, '[')
		} else {
			o.json = append(o.json, ',')
		}
		o.json = strictjson.AppendString(o.json, name)
	}
	if len(names) > 1 {
		o.json = append(o.json, ']')
	}
}
