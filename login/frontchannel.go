package login

import (
	"context"
	"slices"
	"strings"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/login/openid"
)

// MinSID is how long the id of a session at a provider has to be, in bytes, for
// front-channel logout, which nothing else proves: that of most is a UUID, or as many
// random characters. A shorter one, or a login name (LemonLDAP::NG), could be guessed.
const MinSID = 16

// Frontchannel is a front-channel logout (OpenID Connect Front-Channel Logout 1.0): a
// page of the provider's has the browser say that the session SID has ended there.
// Nothing is signed; who knows a session's id can say the same of it.
type Frontchannel struct {
	Ended
	// Frames are the origins whose pages may frame the answer: those of the provider.
	Frames []string
}

// Frontchannel reads the parameters of a front-channel logout, which both are demanded.
// A refusal wraps [ErrLogoutToken].
func (l *Login) Frontchannel(ctx context.Context, issuer, sid string) (Frontchannel, error) {
	s := l.find(func(p *Provider) bool { return p.Issuer == issuer && issuer != "" && p.Type == "" })
	switch {
	case s == nil:
		return Frontchannel{}, refuse(ErrLogoutToken, "iss is no provider's")
	case len(sid) < MinSID || !openid.IsText(sid):
		return Frontchannel{}, refuse(ErrLogoutToken, "sid is missing, is none of a session of %s, or is shorter than %d bytes and could be guessed", s.Name, MinSID)
	}
	return Frontchannel{Ended{Provider: s.Name, Issuer: issuer, SID: sid}, s.frames(ctx)}, nil
}

// frames are the origins at which users of s sign in and out.
func (s *source) frames(ctx context.Context) []string {
	all := []string{openid.OriginOf(s.Issuer)}
	if m, err := s.client.Metadata(ctx); err == nil {
		all = append(all, m.Origins()...)
	}
	all = slices.DeleteFunc(all, func(origin string) bool { return origin == "" || strings.ContainsAny(origin, ";, '\"") })
	slices.Sort(all)
	return slices.Compact(all)
}

// EndFrontchannel remembers that the session has ended, for the sign-ins under way, and
// has end end what came of it. When end returns an error, so does EndFrontchannel.
func (l *Login) EndFrontchannel(ctx context.Context, f *Frontchannel, end func(context.Context, Ended) error) error {
	// By our clock alone: the provider's time is not said.
	if err := l.mark(ctx, &f.Ended, over{at: l.clock.Now()}); err != nil {
		return edgeward.NewUnavailable("logouts", 0, err)
	}
	return end(ctx, f.Ended)
}
