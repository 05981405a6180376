package login

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/edgeward/edgeward"
)

// ErrNotAllowed says that the provider has said who it is, and that the provider's allow
// does not let that user in: 403. Nothing was given, and who was signed in stays so.
var ErrNotAllowed = fmt.Errorf("login: the user is not among those who may sign in at this provider: %w", edgeward.NotAllowed)

// allows asks the provider's allow about a user. The error wraps [ErrNotAllowed] and
// says what is missing, or [ErrAnswer] for one whom no identity can name.
func (s *source) allows(subject string, permissions []string, profile edgeward.Profile, now time.Time) error {
	if s.Allow.Empty() {
		return nil
	}
	id, err := edgeward.NewIdentity(edgeward.Identity{
		Issuer: s.Issuer, Subject: subject, Method: "login", Permissions: permissions, Profile: &profile, IssuedAt: now, Expires: now,
	})
	if err != nil {
		return refuse(ErrAnswer, "%s: %v", s.Name, err)
	}
	if err := s.Allow.Judge(id, netip.Addr{}, now).Err(); err != nil {
		return refuse(ErrNotAllowed, "%s: %v", s.Name, err)
	}
	return nil
}
