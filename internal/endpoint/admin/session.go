package admin

import (
	"context"
	"net/netip"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/wire/strictjson"
	"github.com/edgeward/edgeward/session"
)

// A Handed secret is one that JSON spells out, in the one answer that hands a
// credential over. Nothing else prints it.
type Handed struct{ edgeward.Secret }

// MarshalJSON implements [json.Marshaler].
func (h Handed) MarshalJSON() ([]byte, error) { return strictjson.AppendString(nil, h.Reveal()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (h *Handed) UnmarshalText(text []byte) error {
	h.Secret = edgeward.NewSecret(string(text))
	return nil
}

// A Session is what may be known of a session.
type Session struct {
	ID          string     `json:"id"` // public
	Issuer      string     `json:"issuer"`
	Subject     string     `json:"subject"`
	Permissions []string   `json:"permissions"`
	ClientIP    netip.Addr `json:"client_ip,omitzero"`
	UserAgent   string     `json:"user_agent,omitempty"`
	Created     time.Time  `json:"created"`
	Seen        time.Time  `json:"seen"`
	Expires     time.Time  `json:"expires"`
}

func showSession(s *session.Session) Session {
	return Session{
		ID: s.ID, Issuer: s.Issuer, Subject: s.Subject, Permissions: listed(s.Permissions),
		ClientIP: s.ClientIP, UserAgent: s.UserAgent,
		Created: shown(s.Created), Seen: shown(s.Seen), Expires: shown(s.Expires),
	}
}

// A NewSession asks for a session, once somebody has checked who it is for.
type NewSession struct {
	Issuer      string     `json:"issuer,omitempty"` // "" means the issuer of our tokens
	Subject     string     `json:"subject"`
	Permissions []string   `json:"permissions,omitempty"`
	ClientIP    netip.Addr `json:"client_ip,omitzero"`
	UserAgent   string     `json:"user_agent,omitempty"`
	Replaces    Handed     `json:"replaces,omitzero"` // the cookie value that dies, at step-up
}

// A CreatedSession is a session and the cookie that is it.
type CreatedSession struct {
	Session   Session `json:"session"`
	Cookie    Handed  `json:"cookie"`     // name=value
	SetCookie Handed  `json:"set_cookie"` // the whole field for the browser
}

// createSession is POST /v1/sessions.
func createSession(ctx context.Context, c *call) (result, error) {
	g := session.Grant{
		Issuer: c.body.text("issuer"), Subject: c.body.need("subject"), Permissions: c.body.permissions("permissions"),
		ClientIP: c.body.address("client_ip"), UserAgent: c.body.text("user_agent"),
	}
	old := edgeward.NewSecret(c.body.text("replaces"))
	if err := c.end(); err != nil {
		return result{}, err
	}
	value, s, err := c.makeSession(ctx, old, g)
	if err != nil {
		return result{}, err
	}
	return result{CreatedSession{
		Session: showSession(&s), Cookie: Handed{edgeward.NewSecret(c.Cookie + "=" + value.Reveal())},
		SetCookie: Handed{edgeward.NewSecret(session.SetCookie(c.Cookie, value, s, c.Now()))},
	}, s.ID}, nil
}

func (c *call) makeSession(ctx context.Context, old edgeward.Secret, g session.Grant) (edgeward.Secret, session.Session, error) {
	if old.IsZero() {
		return c.Authority.CreateSession(ctx, c.by, g)
	}
	value, s, err := c.Authority.RenewSession(ctx, c.by, old, g)
	if err != nil && edgeward.ReasonOf(err) != edgeward.Unavailable {
		err = errReplaces // the caller's own credential is fine: no 401
	}
	return value, s, err
}

// Sessions are a page of a list.
type Sessions struct {
	Sessions []Session `json:"sessions"`
	Next     string    `json:"next,omitempty"` // where to go on; "" at the end
}

// listSessions is GET /v1/sessions.
func listSessions(ctx context.Context, c *call) (result, error) {
	issuer, subject := c.query.text("issuer"), c.query.text("subject")
	after, limit := c.query.page()
	if issuer != "" && subject == "" {
		return result{}, malformed("The parameter \"issuer\" goes with \"subject\".")
	}
	if err := c.end(); err != nil {
		return result{}, err
	}
	page, next, err := c.Authority.ListSessions(ctx, issuer, subject, after, limit)
	if err != nil {
		return result{}, err
	}
	list := Sessions{Sessions: make([]Session, len(page)), Next: next}
	for i := range page {
		list.Sessions[i] = showSession(&page[i])
	}
	return result{document: list}, nil
}

// endSession is DELETE /v1/sessions/{id}.
func endSession(ctx context.Context, c *call) (result, error) {
	if err := c.end(); err != nil {
		return result{}, err
	}
	return result{}, c.Authority.EndSession(ctx, c.by, c.id, "")
}
