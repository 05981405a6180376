package worker

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/apikey"
	"github.com/edgeward/edgeward/credential"
	"github.com/edgeward/edgeward/internal/endpoint"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/wire/problem"
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

// backEnd returns the endpoints of the back end: the part of the control API that
// an application needs. Operators have no other door here.
func (s *System) backEnd() *endpoint.Set {
	set := &endpoint.Set{Programs: true}
	add := func(method, path string, run func(ctx context.Context, by issuance.By, id string, m *mapping) (endpoint.Reply, error)) {
		set.Endpoints = append(set.Endpoints, endpoint.Endpoint{Method: method, Path: backEndPrefix + path, Pages: endpoint.NoOtherPages, Run: s.guarded(run)})
	}
	add("POST", "sessions", s.createSession)
	add("DELETE", "sessions/{id}", func(ctx context.Context, by issuance.By, id string, _ *mapping) (endpoint.Reply, error) {
		return endpoint.Reply{Status: 204}, s.authority.EndSession(ctx, by, id, "revoked")
	})
	add("POST", "tokens", s.mintPair)
	add("POST", "api-keys", s.createAPIKey)
	add("DELETE", "api-keys/{id}", func(ctx context.Context, by issuance.By, id string, _ *mapping) (endpoint.Reply, error) {
		return endpoint.Reply{Status: 204}, s.authority.RevokeAPIKey(ctx, by, id, "revoked")
	})
	add("POST", "revocations", s.revoke)
	return set
}

const maxBody = 64 << 10 // bytes

// guarded proves that the back end is asking, reads the JSON object of the body, ""
// being an empty one, and runs the operation.
func (s *System) guarded(run func(context.Context, issuance.By, string, *mapping) (endpoint.Reply, error)) func(context.Context, *endpoint.Call) (endpoint.Reply, error) {
	return func(ctx context.Context, c *endpoint.Call) (endpoint.Reply, error) {
		if err := s.isAdmin(c.Request); err != nil {
			return endpoint.Reply{}, err
		}
		body, err := c.Read(maxBody)
		if err != nil {
			return endpoint.Reply{}, err
		}
		if len(body) == 0 {
			body = []byte("{}")
		}
		members, err := strictjson.Object(body)
		if err != nil {
			return endpoint.Reply{}, malformed(err)
		}
		m := newMapping(members)
		ok, err := run(ctx, issuance.By{Actor: "admin", RequestID: c.Request.ID}, c.ID, m)
		switch m.done(); {
		case *m.fault != nil:
			return endpoint.Reply{}, malformed(*m.fault)
		case errors.Is(err, issuance.ErrGrant):
			err = malformed(err)
		case errors.Is(err, issuance.ErrUnknown) || errors.Is(err, issuance.ErrUnsupported):
			err = &problem.Failure{Fault: problem.NotFound, Err: err}
		}
		return ok, err
	}
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

func malformed(err error) error { return fmt.Errorf("%v: %w", err, edgeward.MalformedRequest) }

// created is the answer that shows what was made, this once.
func created(pairs ...string) endpoint.Reply {
	b := []byte{'{'}
	for i := 0; i < len(pairs); i += 2 {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(strictjson.AppendString(b, pairs[i]), ':')
		b = strictjson.AppendString(b, pairs[i+1])
	}
	return endpoint.Reply{Status: 201, Body: append(b, '}', '\n'), MediaType: "application/json"}
}

func (s *System) createSession(ctx context.Context, by issuance.By, _ string, m *mapping) (endpoint.Reply, error) {
	g := session.Grant{Issuer: m.text("issuer"), Subject: m.text("subject"), Permissions: m.texts("permissions"), Client: edgeward.Client{UserAgent: m.text("user_agent")}}
	g.Client.IP = m.address("client_ip")
	if m.done(); *m.fault != nil {
		return endpoint.Reply{}, nil
	}
	value, made, err := s.authority.CreateSession(ctx, by, g)
	if err != nil {
		return endpoint.Reply{}, err
	}
	return created("id", made.ID, "cookie", s.jar.Session+"="+value.Reveal(), "set_cookie", session.SetCookie(s.jar.Session, value, made, s.now()),
		"expires", made.Expires.UTC().Format(time.RFC3339)), nil
}

func (s *System) mintPair(ctx context.Context, by issuance.By, _ string, m *mapping) (endpoint.Reply, error) {
	g := issuance.Grant{Subject: m.text("subject"), Permissions: m.texts("permissions"), ClientID: m.text("client_id")}
	if m.done(); *m.fault != nil {
		return endpoint.Reply{}, nil
	}
	p, err := s.authority.MintPair(ctx, by, g, edgeward.Client{})
	if err != nil {
		return endpoint.Reply{}, err
	}
	return created("family", p.Family, "access_token", p.AccessToken.Reveal(), "refresh_token", p.RefreshToken.Reveal(),
		"expires", p.AccessExpires.UTC().Format(time.RFC3339)), nil
}

func (s *System) createAPIKey(ctx context.Context, by issuance.By, _ string, m *mapping) (endpoint.Reply, error) {
	g := apikey.Grant{Subject: m.text("subject"), Name: m.text("name"), Permissions: m.texts("permissions")}
	if _, stated := m.members.Lookup("lifetime_seconds"); stated {
		seconds := m.whole("lifetime_seconds", 0)
		if seconds < 1 || seconds > maxKeyLife {
			m.fail("lifetime_seconds", "out of bounds") // what was to end must not become a key for ever
		}
		g.Expires = s.now().Add(time.Duration(seconds) * time.Second)
	}
	if m.done(); *m.fault != nil {
		return endpoint.Reply{}, nil
	}
	secret, key, err := s.authority.CreateAPIKey(ctx, by, g)
	if err != nil {
		return endpoint.Reply{}, err
	}
	return created("id", key.ID, "secret", secret.Reveal()), nil
}

func (s *System) revoke(ctx context.Context, by issuance.By, _ string, m *mapping) (endpoint.Reply, error) {
	e := revocation.Entry{Scope: revocation.Scope(m.text("scope")), Issuer: m.text("issuer"), Value: m.text("value"), Reason: m.text("reason")}
	if m.done(); *m.fault != nil {
		return endpoint.Reply{}, nil
	}
	stored, err := s.authority.Revoke(ctx, by, e)
	if err != nil {
		return endpoint.Reply{}, err
	}
	return created("scope", string(stored.Scope), "value", stored.Value, "revoked", strconv.FormatInt(stored.Revoked.UnixMilli(), 10)), nil
}
