package jwt

import (
	"fmt"
	"strings"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/wire/strictjson"
)

// A Header is what Edgeward understands of a JOSE header (RFC 7515 §4). Keys
// and addresses of keys in it are ignored: a token does not choose its key.
type Header struct {
	Algorithm Algorithm // a known one
	KeyID     string    // kid, at most 256 bytes of anything
	HasKeyID  bool      // an empty kid names no key, so it counts as none
	Type      string    // typ in lower case without "application/"; "" when absent
}

var (
	errHeaderAlgorithm = fmt.Errorf("jwt: header: alg is missing or unsupported: %w", edgeward.TokenAlgorithm)
	errHeaderNone      = fmt.Errorf("jwt: header: alg is none, the token is unsigned: %w", edgeward.TokenAlgorithm)
	errHeaderKeyID     = fmt.Errorf("jwt: header: kid is no string or longer than %d bytes: %w", maxKeyID, edgeward.TokenMalformed)
	errHeaderType      = fmt.Errorf("jwt: header: typ is no string: %w", edgeward.TokenMalformed)
	errHeaderExtension = fmt.Errorf("jwt: header: crit, b64, zip or enc: %w", edgeward.TokenMalformed)
)

// parse reads the JSON of a header. It uses room and leaves it free again.
func (h *Header) parse(text string, room strictjson.Members) error {
	members, err := strictjson.Append(room, text)
	if err != nil {
		return fmt.Errorf("jwt: header: %w: %w", edgeward.TokenMalformed, err)
	}
	for i := range members {
		if err := h.set(members[i].Name, members[i].Value); err != nil {
			return err
		}
	}
	if h.Algorithm == "" {
		return errHeaderAlgorithm
	}
	return nil
}

// set takes over one parameter. Names are exact: "ALG" is unknown, and an
// unknown parameter is ignored (RFC 7515 §4).
func (h *Header) set(name string, value strictjson.Value) error {
	text, isString := value.String()
	switch name {
	case "alg":
		if h.Algorithm = AlgorithmOf(text); !h.Algorithm.Known() {
			if strings.EqualFold(text, "none") {
				return errHeaderNone
			}
			return errHeaderAlgorithm
		}
	case "kid":
		if !isString || len(text) > maxKeyID {
			return errHeaderKeyID
		}
		h.KeyID, h.HasKeyID = text, text != ""
	case "typ":
		if !isString {
			return errHeaderType
		}
		h.Type = normalType(text)
	case "crit", "b64", "zip", "enc":
		// We understand no extension, so whatever crit holds, RFC 7515 §4.1.11
		// says no (CVE-2025-59420). b64 changes what is signed (RFC 7797), zip
		// and enc belong to encryption.
		return errHeaderExtension
	}
	return nil
}

// normalType returns a media type as RFC 7515 §4.1.9 compares them. Only ASCII
// has a case there: the Kelvin sign is no K.
func normalType(typ string) string {
	return strings.TrimPrefix(strings.Map(lowerASCII, typ), "application/")
}

func lowerASCII(c rune) rune {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
