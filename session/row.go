package session

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/keep/record"
	"github.com/edgeward/edgeward/internal/keep/table"
)

// ErrGrant says that no session can be made of a grant: its subject is empty,
// say, or it is too large.
var ErrGrant = errors.New("session: a grant that no session can be made of")

// A Grant says whose a session is and what it permits.
type Grant struct {
	Issuer, Subject string
	Permissions     []string        // RFC 6749 §3.3 scope-tokens
	Client          edgeward.Client // that signed in
	// Account says that the user has an account: what holds at any moment are the
	// permissions and the profile of that, and Permissions those of the sign-in.
	Account bool
	// Fixed says that Permissions are what holds all the same, and the account has the
	// profile alone: a back end has stated them at a step-up.
	Fixed bool
	// ACR and AuthTime are how the user authenticated, and when, in whole seconds: see
	// [edgeward.Profile]. They are the sign-in's, and nothing but another one changes them.
	ACR      string
	AuthTime time.Time
}

// A Session is what the store keeps. Times are whole milliseconds.
type Session struct {
	ID string // public
	Grant
	Created time.Time // the sign-in; a renewal keeps it
	Seen    time.Time // the last use, to within a tenth of the idle time
	Expires time.Time // absolute: no use extends it
	// Hosts are those where it was used by a handle, in the order of their first
	// use; of many the first 32.
	Hosts []string
}

const (
	rowVersion = 1
	// accountVersion is that of a session whose user has an account: a program that
	// does not know of those must not believe the row alone.
	accountVersion = 2
	maxRow         = 16 << 10 // bytes: a session is read into the memory of every node
)

// keptUntil is when the row may go.
func (s *Session) keptUntil(idle time.Duration) time.Time {
	if end := s.Seen.Add(idle); end.Before(s.Expires) {
		return end
	}
	return s.Expires
}

// row returns the session as it is kept. The id is in the key.
func (s *Session) row() []byte {
	version := int64(rowVersion)
	if s.Account {
		version = accountVersion
	}
	w := record.New(version)
	w.String("issuer", s.Issuer)
	w.String("subject", s.Subject)
	w.Strings("permissions", s.Permissions)
	w.Time("created", s.Created)
	w.Time("seen", s.Seen)
	w.Time("expires", s.Expires)
	if s.Client.IP.IsValid() {
		w.String("client_ip", s.Client.IP.String())
	}
	w.String("user_agent", s.Client.UserAgent)
	if len(s.Hosts) > 0 {
		w.Strings("hosts", s.Hosts)
	}
	if s.Fixed {
		w.Int("fixed", 1)
	}
	w.Optional("acr", s.ACR)
	w.Time("auth_time", s.AuthTime)
	return w.End()
}

// parseRow reads a row. Its errors mean "could not tell".
func parseRow(id publicID, data []byte) (Session, error) {
	r, err := record.ReadAny(data, rowVersion, accountVersion)
	if err != nil {
		return Session{}, fmt.Errorf("session: row: %w", err)
	}
	s := Session{
		ID:      id.String(),
		Grant:   Grant{Issuer: r.String("issuer"), Subject: r.String("subject"), Permissions: r.Strings("permissions"), Client: edgeward.Client{UserAgent: r.String("user_agent")}},
		Created: r.Time("created"), Seen: r.Time("seen"), Expires: r.Time("expires"),
	}
	if r.Has("client_ip") {
		s.Client.IP, err = netip.ParseAddr(r.String("client_ip"))
		r.Require("client_ip", err == nil)
	}
	if r.Has("hosts") {
		s.Hosts = r.Strings("hosts")
	}
	s.Account, s.AuthTime = r.Version() == accountVersion, r.Time("auth_time")
	s.Fixed = r.Has("fixed")
	if r.Has("acr") {
		s.ACR = r.String("acr")
	}
	r.Require("created", !s.Created.IsZero())
	r.Require("seen", !s.Seen.IsZero())
	r.Require("expires", !s.Expires.IsZero()) // or it would never end
	if err := r.Err(); err != nil {
		return Session{}, fmt.Errorf("session: row: %w", err)
	}
	return s, nil
}

// successorRow returns the row of a session that got another id.
func successorRow(id string) []byte {
	w := record.New(rowVersion)
	w.String("successor", id)
	return w.End()
}

// parseSuccessor reports whether a row is of a session that got another id, and
// which.
func parseSuccessor(data []byte) (id string, ok bool) {
	r, err := record.Read(data, rowVersion)
	if err != nil || !r.Has("successor") {
		return "", false
	}
	id = r.String("successor")
	_, valid := table.ParseID(id)
	return id, valid && r.Err() == nil
}

// claims returns who the session is. Its IssuedAt is the sign-in, so that what
// revokes all sessions before a moment finds the renewed ones too.
func (s *Session) claims() edgeward.Identity {
	return edgeward.Identity{
		Issuer: s.Issuer, Subject: s.Subject, Method: Method, Permissions: s.Permissions,
		Session: s.ID, IssuedAt: s.Created, Expires: s.Expires,
		Profile: &edgeward.Profile{ACR: s.ACR, AuthTime: s.AuthTime},
	}
}

// newSession refuses, wrapping [ErrGrant], what would not come back from the
// store as it went in.
func newSession(id publicID, g Grant, created, seen, expires time.Time) (Session, error) {
	s := Session{ID: id.String(), Grant: g, Created: created, Seen: seen, Expires: expires}
	permissions, err := table.CheckGrant(s.claims(), ErrGrant)
	if err != nil {
		return Session{}, err
	}
	s.Permissions, s.Client, s.AuthTime = permissions, g.Client.Bounded(), g.AuthTime.Truncate(time.Second)
	return s, table.CheckRow(s.row(), maxRow, ErrGrant, func(row []byte) bool {
		back, err := parseRow(id, row)
		return err == nil && back.Issuer == s.Issuer && back.Subject == s.Subject && back.ACR == s.ACR && slices.Equal(back.Permissions, s.Permissions)
	})
}
