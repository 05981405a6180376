package config

import (
	"time"

	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/revocation"
)

// Retention says how long a revocation has to be kept.
func (c *Config) Retention() map[revocation.Scope]time.Duration {
	lives := issuance.Lifetimes{Family: c.Tokens.RefreshLifetime, APIKeys: c.APIKeys != nil}
	for i := range c.Issuers {
		lives.Issuers = append(lives.Issuers, &c.Issuers[i].Rules)
	}
	if c.Sessions != nil {
		lives.Session = c.Sessions.Lifetime
	}
	return lives.Retention()
}
