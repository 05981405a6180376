package rule

import (
	"slices"
	"strings"

	"github.com/edgeward/edgeward/internal/setup/document"
	"github.com/edgeward/edgeward/jwt"
)

// AlgorithmNames are the names that a configuration may say, both of EdDSA's
// included.
func AlgorithmNames() []string {
	var all []string
	for _, a := range jwt.Algorithms() {
		if all = append(all, string(a)); a == jwt.EdDSA {
			all = append(all, jwt.Ed25519)
		}
	}
	return all
}

// AlgorithmsCalled returns each once: EdDSA has two names.
func AlgorithmsCalled(names []string) []jwt.Algorithm {
	all := make([]jwt.Algorithm, 0, len(names))
	for _, name := range names {
		if alg := jwt.AlgorithmOf(name); !slices.Contains(all, alg) {
			all = append(all, alg)
		}
	}
	return all
}

// AlgorithmsOf returns what keys are for. An RSA key that does not say could
// serve six algorithms; the one that everybody means is RS256.
func AlgorithmsOf(keys []*jwt.Key) []jwt.Algorithm {
	byID := map[string][]jwt.Algorithm{}
	for _, k := range keys {
		byID[k.ID] = append(byID[k.ID], k.Algorithm)
	}
	var all []jwt.Algorithm
	for _, k := range keys {
		narrowed := k.Algorithm != jwt.RS256 && slices.Contains(byID[k.ID], jwt.RS256) && isRSA(k.Algorithm)
		if !narrowed && !slices.Contains(all, k.Algorithm) {
			all = append(all, k.Algorithm)
		}
	}
	return all
}

func isRSA(alg jwt.Algorithm) bool {
	return strings.HasPrefix(string(alg), "RS") || strings.HasPrefix(string(alg), "PS")
}

// FitsKeys wants an algorithm to fit the kind of keys: an HMAC issuer whose public
// key set is fetched would be forged with what everybody can read (CVE-2023-48223).
func FitsKeys(alg jwt.Algorithm, shared bool) *document.Fault {
	switch {
	case !alg.Known():
	case shared && !alg.Symmetric():
		return document.Faultf("HS256, HS384 or HS512", "%s does not use a secret", alg)
	case !shared && alg.Symmetric():
		return document.Faultf("an HMAC issuer has a secret: env:NAME", "%s with public keys would let every holder of a public key sign", alg)
	}
	return nil
}
