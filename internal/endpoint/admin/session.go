package admin

import (
	"context"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/session"
)

func showSession(s *session.Session) []byte {
	var d document
	d.String("id", s.ID)
	d.String("issuer", s.Issuer)
	d.String("subject", s.Subject)
	d.Strings("permissions", s.Permissions)
	if s.Client.IP.IsValid() {
		d.String("client_ip", s.Client.IP.String())
	}
	d.Optional("user_agent", s.Client.UserAgent)
	d.time("created", s.Created)
	d.time("seen", s.Seen)
	d.time("expires", s.Expires)
	return d.End()
}

// createSession is POST /v1/sessions.
func createSession(ctx context.Context, c *call) (result, error) {
	g := session.Grant{
		Issuer: c.body.text("issuer"), Subject: c.body.need("subject"), Permissions: c.body.permissions("permissions"),
		Client: edgeward.Client{IP: c.body.address("client_ip"), UserAgent: c.body.text("user_agent")},
	}
	old := edgeward.NewSecret(c.body.text("replaces"))
	if err := c.end(); err != nil {
		return result{}, err
	}
	value, s, err := c.makeSession(ctx, old, g)
	if err != nil {
		return result{}, err
	}
	var d document
	d.Raw("session", showSession(&s))
	d.String("cookie", c.Cookie+"="+value.Reveal())
	d.String("set_cookie", session.SetCookie(c.Cookie, value, s, c.Now()))
	return result{document: d.End(), created: s.ID}, nil
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
	rows, next, err := c.Authority.ListSessions(ctx, issuer, subject, after, limit)
	if err != nil {
		return result{}, err
	}
	return result{document: page("sessions", rows, next, showSession)}, nil
}

// endSession is DELETE /v1/sessions/{id}.
func endSession(ctx context.Context, c *call) (result, error) {
	if err := c.end(); err != nil {
		return result{}, err
	}
	return result{}, c.Authority.EndSession(ctx, c.by, c.id, "")
}
