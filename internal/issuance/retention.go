package issuance

import (
	"cmp"
	"time"

	"github.com/edgeward/edgeward/jwt"
	"github.com/edgeward/edgeward/keyring"
	"github.com/edgeward/edgeward/revocation"
)

// Lifetimes says how long what is accepted can be presented.
type Lifetimes struct {
	Issuers []*jwt.Rules  // whose tokens are accepted beside our own
	Session time.Duration // from a sign-in to the absolute end; 0 where there are none
	Family  time.Duration // of refresh tokens; 0 where there are none
	APIKeys bool          // there are some, which name subjects and may never end
}

// Retention says how long a revocation has to be kept, by what it names: as long
// as such a credential can live. Keys and issuers are not here, for they go on
// making tokens; nor are API keys, which may never end, nor what they name.
func (l Lifetimes) Retention() map[revocation.Scope]time.Duration {
	token := keyring.MaxLifetime + jwt.DefaultLeeway
	for _, r := range l.Issuers {
		token = max(token, cmp.Or(r.MaxLifetime, jwt.DefaultLifetime)+cmp.Or(max(r.Leeway, 0), jwt.DefaultLeeway))
	}
	session, family := max(token, l.Session), max(token, l.Family+keyring.MaxLifetime)
	all := map[revocation.Scope]time.Duration{revocation.Token: token, revocation.Session: session, revocation.Family: family}
	if !l.APIKeys {
		all[revocation.Subject], all[revocation.Logout] = max(session, family), max(session, family)
	}
	return all
}
