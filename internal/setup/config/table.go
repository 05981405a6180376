package config

import (
	"slices"

	"github.com/edgeward/edgeward/internal/setup/config/schema"
	"github.com/edgeward/edgeward/policy"
	"github.com/edgeward/edgeward/policy/allow"
	"github.com/edgeward/edgeward/policy/cors"
)

type (
	table[P any] = schema.Table[*decoder, P]
	key[P any]   = schema.Key[*decoder, P]
	row          = schema.Row
)

// Names returns the names of all keys, those whose values are secret and the
// others.
func Names() (secret, plain []string) {
	for _, k := range rows() {
		if k.Secret {
			secret = append(secret, k.Name)
		} else {
			plain = append(plain, k.Name)
		}
	}
	for _, k := range slices.Concat(policy.Keys(), cors.Keys(), allow.Keys()) {
		plain = append(plain, k.Name)
	}
	return secret, plain
}

// Keys returns the paths of the keys that a place other than a gateway has to know
// of: those of the file, and of the sections that it may take in part.
func Keys() []string {
	all := schema.Names(rootTable.Rows())
	for section, rows := range map[string][]row{
		"proxy": proxyTable.Rows(), "tokens": tokensTable.Rows(), "store": storeTable.Rows(), "sessions": sessionsTable.Rows(),
	} {
		for _, name := range schema.Names(rows) {
			all = append(all, section+"."+name)
		}
	}
	slices.Sort(all)
	return all
}
