package remote

import (
	"fmt"
	"slices"
	"strings"

	"github.com/edgeward/edgeward/jwt"
)

// note says why no token can match: the keys of a set, or what the metadata says
// that ID tokens are signed with, have no algorithm in common with those that
// are allowed. That is the operator's to correct, and no error of the fetch. It
// is "" when some token can match, or nothing is known.
func note(allowed []jwt.Algorithm, keys []*jwt.Key, announced []string) string {
	var served []string
	for _, k := range keys {
		if slices.Contains(allowed, k.Algorithm) {
			served = nil
			break
		}
		if name := string(k.Algorithm); !slices.Contains(served, name) {
			served = append(served, name)
		}
	}
	if len(served) > 0 {
		return fmt.Sprintf("no token can match: algorithms allows %s, and the issuer's keys are for %s; correct algorithms", join(allowed), strings.Join(served, ", "))
	}
	common := func(name string) bool { return slices.Contains(allowed, jwt.AlgorithmOf(name)) }
	if len(announced) == 0 || slices.ContainsFunc(announced, common) {
		return ""
	}
	said := fmt.Sprintf("ID tokens cannot match: algorithms allows %s, and the metadata says that they are signed with %s", join(allowed), strings.Join(announced, ", "))
	if slices.ContainsFunc(announced, func(name string) bool { return !jwt.AlgorithmOf(name).Symmetric() }) {
		return said + "; correct algorithms"
	}
	return said + "; have the issuer sign with public keys, HMAC is never accepted with them"
}

func join(all []jwt.Algorithm) string {
	names := make([]string, len(all))
	for i, a := range all {
		names[i] = string(a)
	}
	return strings.Join(names, ", ")
}
