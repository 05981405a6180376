package explain

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/engine"
	"github.com/edgeward/edgeward/internal/setup/config"
	"github.com/edgeward/edgeward/policy"
)

// A User is one that is imagined: what an issuer would say of it.
type User struct {
	Issuer, Subject string // "" for one that the route accepts, and for "somebody"
	Permissions     []string
	Profile         edgeward.Profile
}

// who says who asks.
func (a *Asked) who() string {
	who := "without a credential"
	if len(a.Fields) > 0 {
		who = "with these headers"
	}
	if a.User != nil {
		who = "as an imagined user, " + a.User.String()
	}
	if a.From.IsValid() {
		who += ", from " + a.From.String()
	}
	return who
}

// String says what is known of the user.
func (u *User) String() string {
	var all []string
	add := func(name string, values ...string) {
		if text := strings.Join(values, ", "); text != "" {
			all = append(all, name+" "+text)
		}
	}
	add("subject", cmp.Or(u.Subject, "somebody"))
	add("username", u.Profile.Username)
	add("email", u.Profile.Email)
	add("groups", u.Profile.Groups...)
	add("permissions", u.Permissions...)
	return strings.Join(all, ", ")
}

// decider decides as if the first strategy of each route had proven the user. It holds
// no keys and no store, so that what they know is not asked.
func (u *User) decider(c *config.Config, route *policy.Route) (edgeward.Decider, error) {
	id, err := u.identity(c, route)
	if err != nil {
		return nil, err
	}
	imagined := engine.Config{Hosts: c.Hosts, Asserter: unsigned{}}
	seen := map[string]bool{}
	for r := range c.Hosts.All() {
		for _, name := range r.Authenticate {
			if !seen[name] {
				seen[name] = true
				imagined.Strategies = append(imagined.Strategies, engine.Strategy{Name: name, Source: present, Verifier: proven{id}})
			}
		}
	}
	return engine.New(imagined)
}

func (u *User) identity(c *config.Config, route *policy.Route) (*edgeward.Identity, error) {
	id := edgeward.Identity{
		Issuer: u.Issuer, Subject: cmp.Or(u.Subject, "somebody"), Method: "imagined", Permissions: u.Permissions, Profile: &u.Profile,
		IssuedAt: time.Now(), Expires: time.Now().Add(time.Hour),
	}
	if route != nil {
		id.Audience = route.Audiences
		if len(route.Issuers) > 0 {
			id.Issuer = cmp.Or(id.Issuer, route.Issuers[0])
		}
	}
	if len(c.Issuers) > 0 {
		id.Issuer = cmp.Or(id.Issuer, c.Issuers[0].Rules.Issuer)
	}
	id.Issuer = cmp.Or(id.Issuer, c.Tokens.Issuer, "imagined")
	made, err := edgeward.NewIdentity(id)
	if err != nil {
		return nil, fmt.Errorf("no issuer can say this of a user: %w", err)
	}
	return made, nil
}

// present is a credential that every request has.
func present(*edgeward.Request) (edgeward.Credential, error) {
	return edgeward.Credential{Value: edgeward.NewSecret("imagined")}, nil
}

type proven struct{ id *edgeward.Identity }

func (p proven) Verify(context.Context, *edgeward.Request, edgeward.Credential) (*edgeward.Identity, error) {
	return p.id, nil
}

type unsigned struct{}

func (unsigned) Assert(context.Context, *edgeward.Request, *edgeward.Identity) (string, error) {
	return "", nil
}
