package console

import (
	"context"
	"errors"
	"strconv"

	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/revocation"
	"github.com/edgeward/edgeward/session"
)

type sessionsData struct {
	Query, Issuer string
	Sessions      []session.Session
	Next          string // link to what follows
	Everywhere    string // link that logs out the subject that was searched for; "" for none
}

// listSessions is GET /console/sessions: all, those of a subject, or the one
// with a public id.
func listSessions(ctx context.Context, x *exchange) (answer, error) {
	f, err := x.query()
	if err != nil {
		return answer{}, err
	}
	d := sessionsData{Query: f["q"], Issuer: f["issuer"]}
	if d.Query != "" {
		s, err := x.Authority.Session(ctx, d.Query)
		if err == nil {
			d.Sessions = []session.Session{s}
			return answer{name: "sessions", title: "Sessions", data: d}, nil
		}
		if !errors.Is(err, issuance.ErrUnknown) {
			return answer{}, err
		}
		d.Everywhere = link(sessionsPath+"/everywhere", "subject", d.Query, "issuer", d.Issuer)
	} else {
		d.Issuer = "" // it says which subject is meant
	}
	var next string
	if d.Sessions, next, err = x.Authority.ListSessions(ctx, d.Issuer, d.Query, f["after"], pageSize); err != nil {
		return answer{}, err
	}
	if next != "" {
		d.Next = link(sessionsPath, "q", d.Query, "issuer", d.Issuer, "after", next)
	}
	return answer{name: "sessions", title: "Sessions", data: d}, nil
}

// askEndSession is GET /console/sessions/end.
func askEndSession(ctx context.Context, x *exchange) (answer, error) {
	f, err := x.query()
	if err != nil {
		return answer{}, err
	}
	s, err := x.Authority.Session(ctx, f["id"])
	if err != nil {
		return answer{}, err
	}
	return ask(question{
		Head: "End this session?", Text: "Its browser is signed out with the next request, on every node. It cannot be brought back.",
		Facts: []fact{
			{"Subject", s.Subject}, {"Issuer", s.Issuer}, {"Session", s.ID}, {"Device", s.Client.UserAgent},
			{"Signed in from", address(s.Client.IP)}, {"Last seen", stamp(s.Seen)},
		},
		Fields: []fact{{"id", s.ID}}, Reason: true, Do: "End session", Back: sessionsPath, Action: sessionsPath + "/end",
	}), nil
}

// endSession is POST /console/sessions/end.
func endSession(ctx context.Context, x *exchange) (answer, error) {
	f, err := x.form()
	if err != nil {
		return answer{}, err
	}
	if err := x.Authority.EndSession(ctx, x.by(), f["id"], f["reason"]); err != nil {
		return answer{}, err
	}
	return done(sessionsPath, "session-ended"), nil
}

// askLogout is GET /console/sessions/everywhere.
func askLogout(_ context.Context, x *exchange) (answer, error) {
	f, err := x.query()
	if err != nil {
		return answer{}, err
	}
	subject, err := f.need("subject", "Subject")
	if err != nil {
		return answer{}, err
	}
	issuer := f["issuer"]
	if issuer == "" {
		issuer = everyIssuer
	}
	return ask(question{
		Head:   "Log this subject out everywhere?",
		Text:   "Every session, refresh token, access token and API key that the subject was issued until now dies, on every node. What is issued later is not touched.",
		Facts:  []fact{{"Subject", subject}, {"Issuer", issuer}},
		Fields: []fact{{"subject", subject}, {"issuer", f["issuer"]}}, Reason: true,
		Do: "Log out everywhere", Back: link(sessionsPath, "q", subject, "issuer", f["issuer"]), Action: sessionsPath + "/everywhere",
	}), nil
}

// logout is POST /console/sessions/everywhere.
func logout(ctx context.Context, x *exchange) (answer, error) {
	f, err := x.form()
	if err != nil {
		return answer{}, err
	}
	subject, err := f.need("subject", "Subject")
	if err != nil {
		return answer{}, err
	}
	return x.revokeSubject(ctx, sessionsPath, issuance.Target{
		Issuer: f["issuer"], Subject: subject, Scope: revocation.Subject, Reason: f["reason"],
	})
}

const everyIssuer = "every issuer that is accepted here"

// revokeSubject goes on to a list that says how much has ended.
func (x *exchange) revokeSubject(ctx context.Context, list string, t issuance.Target) (answer, error) {
	out, err := x.Authority.RevokeSubject(ctx, x.by(), t)
	if err != nil {
		return answer{}, unknown(err)
	}
	return answer{to: link(list, "done", "logged-out", "sessions", strconv.Itoa(out.Sessions), "families", strconv.Itoa(out.Families),
		"api_keys", strconv.Itoa(out.APIKeys), "consoles", strconv.Itoa(out.Consoles))}, nil
}
