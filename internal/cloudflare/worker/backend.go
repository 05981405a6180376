package worker

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/apikey"
	"github.com/edgeward/edgeward/credential"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/wire/strictjson"
	"github.com/edgeward/edgeward/revocation"
	"github.com/edgeward/edgeward/session"
)

// AdminSecret is the Worker's secret that opens the endpoints for the
// application's back end, which has checked a password itself. Without it there
// are none. It is at least 32 bytes long.
const AdminSecret = "EDGEWARD_ADMIN"

const (
	backEndPrefix = "/v1/"
	minAdmin      = 32
	maxKeyLife    = 100 * 365 * 24 * 60 * 60 // seconds
)

// backEnd returns the endpoint of the back end that r is for: the part of the
// control API that an application needs. Operators have no other door here.
func (s *System) backEnd(r *edgeward.Request) *endpoint {
	path, ours := strings.CutPrefix(r.Path, backEndPrefix)
	if s.admin.IsZero() || !ours || strings.Count(path, "/") > 1 {
		return nil
	}
	what, id, _ := strings.Cut(path, "/")
	guarded := func(method string, run func(ctx context.Context, m *mapping) (reply, error)) *endpoint {
		return &endpoint{method: method, run: func(ctx context.Context, r *edgeward.Request, body string) (reply, error) {
			if err := s.isAdmin(r); err != nil {
				return reply{}, err
			}
			return s.deed(ctx, body, run)
		}}
	}
	actor := issuance.By{Actor: "admin", RequestID: r.ID}
	switch {
	case what == "sessions" && id == "":
		return guarded("POST", func(ctx context.Context, m *mapping) (reply, error) { return s.createSession(ctx, actor, m) })
	case what == "sessions":
		return guarded("DELETE", func(ctx context.Context, _ *mapping) (reply, error) {
			return reply{status: 204}, s.authority.EndSession(ctx, actor, id, "revoked")
		})
	case what == "tokens" && id == "":
		return guarded("POST", func(ctx context.Context, m *mapping) (reply, error) { return s.mintPair(ctx, actor, m) })
	case what == "api-keys" && id == "":
		return guarded("POST", func(ctx context.Context, m *mapping) (reply, error) { return s.createAPIKey(ctx, actor, m) })
	case what == "api-keys":
		return guarded("DELETE", func(ctx context.Context, _ *mapping) (reply, error) {
			return reply{status: 204}, s.authority.RevokeAPIKey(ctx, actor, id, "revoked")
		})
	case what == "revocations" && id == "":
		return guarded("POST", func(ctx context.Context, m *mapping) (reply, error) { return s.takeBack(ctx, actor, m) })
	}
	return nil
}

// isAdmin proves that the back end is asking. A wrong secret counts as a guess.
func (s *System) isAdmin(r *edgeward.Request) error {
	c, err := credential.Bearer(r)
	if err != nil {
		return err
	}
	if s.limits != nil {
		if err := s.limits.Check(r.ClientIP); err != nil {
			return err
		}
	}
	if subtle.ConstantTimeCompare([]byte(c.Value.Reveal()), []byte(s.admin.Reveal())) != 1 {
		err = edgeward.APIKeySecret
	}
	if s.limits != nil {
		err = s.limits.Record(r.ClientIP, err)
	}
	return err
}

// deed reads the JSON object of a body, "" being an empty one, and does it.
func (s *System) deed(ctx context.Context, body string, run func(context.Context, *mapping) (reply, error)) (reply, error) {
	if body == "" {
		body = "{}"
	}
	if len(body) > maxBody {
		return reply{}, errBody
	}
	members, err := strictjson.Object([]byte(body))
	if err != nil {
		return reply{}, malformed(err)
	}
	m := newMapping(members)
	ok, err := run(ctx, m)
	if m.done(); *m.fault != nil {
		return reply{}, malformed(*m.fault)
	}
	if errors.Is(err, issuance.ErrGrant) {
		err = malformed(err)
	}
	return ok, err
}

func malformed(err error) error { return fmt.Errorf("%v: %w", err, edgeward.MalformedRequest) }

// created is the answer that shows what was made, this once.
func created(pairs ...string) reply {
	b := []byte{'{'}
	for i := 0; i < len(pairs); i += 2 {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(strictjson.AppendString(b, pairs[i]), ':')
		b = strictjson.AppendString(b, pairs[i+1])
	}
	return reply{status: 201, body: append(b, '}', '\n'), mediaType: "application/json"}
}

func (s *System) createSession(ctx context.Context, by issuance.By, m *mapping) (reply, error) {
	g := session.Grant{Issuer: m.text("issuer"), Subject: m.text("subject"), Permissions: m.texts("permissions"), Client: edgeward.Client{UserAgent: m.text("user_agent")}}
	g.Client.IP = m.address("client_ip")
	if m.done(); *m.fault != nil {
		return reply{}, nil
	}
	value, made, err := s.authority.CreateSession(ctx, by, g)
	if err != nil {
		return reply{}, err
	}
	return created("id", made.ID, "cookie", s.jar.Session+"="+value.Reveal(), "set_cookie", session.SetCookie(s.jar.Session, value, made, s.now()),
		"expires", made.Expires.UTC().Format(time.RFC3339)), nil
}

func (s *System) mintPair(ctx context.Context, by issuance.By, m *mapping) (reply, error) {
	g := issuance.Grant{Subject: m.text("subject"), Permissions: m.texts("permissions"), ClientID: m.text("client_id")}
	if m.done(); *m.fault != nil {
		return reply{}, nil
	}
	p, err := s.authority.MintPair(ctx, by, g, edgeward.Client{})
	if err != nil {
		return reply{}, err
	}
	return created("family", p.Family, "access_token", p.AccessToken.Reveal(), "refresh_token", p.RefreshToken.Reveal(),
		"expires", p.AccessExpires.UTC().Format(time.RFC3339)), nil
}

func (s *System) createAPIKey(ctx context.Context, by issuance.By, m *mapping) (reply, error) {
	g := apikey.Grant{Subject: m.text("subject"), Name: m.text("name"), Permissions: m.texts("permissions")}
	if _, stated := m.members.Lookup("lifetime_seconds"); stated {
		seconds := m.whole("lifetime_seconds", 0)
		if seconds < 1 || seconds > maxKeyLife {
			m.fail("lifetime_seconds", "out of bounds") // what was to end must not become a key for ever
		}
		g.Expires = s.now().Add(time.Duration(seconds) * time.Second)
	}
	if m.done(); *m.fault != nil {
		return reply{}, nil
	}
	secret, key, err := s.authority.CreateAPIKey(ctx, by, g)
	if err != nil {
		return reply{}, err
	}
	return created("id", key.ID, "secret", secret.Reveal()), nil
}

func (s *System) takeBack(ctx context.Context, by issuance.By, m *mapping) (reply, error) {
	e := revocation.Entry{Scope: revocation.Scope(m.text("scope")), Issuer: m.text("issuer"), Value: m.text("value"), Reason: m.text("reason")}
	if m.done(); *m.fault != nil {
		return reply{}, nil
	}
	stored, err := s.authority.Revoke(ctx, by, e)
	if err != nil {
		return reply{}, err
	}
	return created("scope", string(stored.Scope), "value", stored.Value, "revoked", strconv.FormatInt(stored.Revoked.UnixMilli(), 10)), nil
}
