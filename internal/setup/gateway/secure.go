package gateway

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/edgeward/edgeward/internal/certificate"
	"github.com/edgeward/edgeward/internal/certificate/ordered"
	"github.com/edgeward/edgeward/internal/setup/config"
	"github.com/edgeward/edgeward/internal/wire/canonical"
)

// expiresSoon is how long before its end a certificate is warned of: the last week
// of one that somebody renews by hand, and of ninety days four weeks after it should
// have been renewed.
const expiresSoon = 7 * 24 * time.Hour

// A Secure is what one listener speaks TLS by. It is immutable, and safe for
// concurrent use.
type Secure struct {
	hosts *canonical.Hosts // that it answers for; nil: every one
	trees *config.Config   // has those that are covered
	port  string           // of HTTPS, with its colon; "" for the usual one
	files *certificate.Set
	usual *tls.Config

	ordered    *ordering // nil: none are
	challenges *ordered.Challenges
}

// secure makes what the listeners of a configuration speak TLS by.
func (s *System) secure(old *System) error {
	s.Secure, s.challenges = map[string]*Secure{}, &ordered.Challenges{}
	if old != nil {
		s.challenges = old.challenges
	}
	for _, l := range s.Config.Listeners() {
		if l.TLS == nil {
			continue
		}
		made, err := newSecure(l, s.Config)
		if err != nil {
			return fmt.Errorf("config: %s.tls: %w", l.Section(), err)
		}
		made.challenges, made.ordered = s.challenges, s.order(l, old)
		s.Secure[l.Key] = made
	}
	return nil
}

func newSecure(l config.Listener, c *config.Config) (*Secure, error) {
	var pairs []*certificate.Pair
	for _, c := range l.TLS.Certificates {
		pair, err := certificate.Parse(c.Name, c.Chain, c.Key)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.Name, err)
		}
		pairs = append(pairs, pair)
	}
	hosts, err := canonical.NewHosts(l.Hosts)
	if err != nil {
		return nil, err
	}
	s := &Secure{hosts: hosts, trees: c, port: portOf(l.Address), files: certificate.NewSet(pairs...)}
	s.usual = &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}, GetCertificate: s.certificate}
	if l.TLS.Modern {
		s.usual.MinVersion = tls.VersionTLS13
	}
	return s, nil
}

var errNoCertificate = errors.New("gateway: there is no certificate yet")

// choose returns what a client is spoken to by.
func (s *Secure) choose(hello *tls.ClientHelloInfo) (*tls.Config, error) {
	if slices.Equal(hello.SupportedProtos, []string{ordered.ALPN}) {
		if proof := s.challenges.Certificate(hello.ServerName); proof != nil {
			return &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: hello.SupportedProtos, Certificates: []tls.Certificate{*proof}}, nil
		}
	}
	if !s.hasAny() {
		return nil, errNoCertificate
	}
	return s.usual, nil
}

// hasAny reports whether pick finds a certificate, which one for any host lets it.
// A handshake that is resumed shows none, and is spared the choice.
func (s *Secure) hasAny() bool {
	return slices.ContainsFunc(s.sets(), func(set *certificate.Set) bool { return len(set.Pairs()) > 0 })
}

func (s *Secure) certificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	if chosen := s.pick(hello); chosen != nil {
		return chosen, nil
	}
	return nil, errNoCertificate
}

// pick returns the certificate for a client: one from a file, or an ordered one,
// for the host that it names; else the first that there is.
func (s *Secure) pick(hello *tls.ClientHelloInfo) *tls.Certificate {
	sets := s.sets()
	for _, set := range sets {
		if set.Named(hello.ServerName) != nil {
			return set.For(hello)
		}
	}
	for _, set := range sets {
		if chosen := set.For(hello); chosen != nil {
			return chosen
		}
	}
	return nil
}

func (s *Secure) sets() []*certificate.Set {
	if s.ordered == nil {
		return []*certificate.Set{s.files}
	}
	return []*certificate.Set{s.files, s.ordered.Set()}
}

// A Certificate is one that a listener shows.
type Certificate struct {
	Listener string // key of its address
	Name     string // its file, or the host that it was ordered for
	Hosts    []string
	Expires  time.Time
	Trouble  error // what is wrong with it, or soon will be
}

// Certificates returns those of all listeners, in the order of the file format.
func (s *System) Certificates(now time.Time) (all []Certificate) {
	for _, key := range config.ListenKeys() {
		if s.Secure[key] == nil {
			continue
		}
		for _, set := range s.Secure[key].sets() {
			for _, p := range set.Pairs() {
				all = append(all, Certificate{key, p.Name, p.Names(), p.Expires(), p.Trouble(now, expiresSoon)})
			}
		}
	}
	return all
}

// certificateTrouble says which certificates are of no use, or soon will be.
func (s *System) certificateTrouble(now time.Time) (all []string) {
	for _, c := range s.Certificates(now) {
		if c.Trouble != nil {
			all = append(all, fmt.Sprintf("certificate %s (%s): %v", c.Name, c.Listener, c.Trouble))
		}
	}
	for _, key := range config.ListenKeys() {
		if secure := s.Secure[key]; secure != nil && secure.ordered != nil {
			all = append(all, secure.ordered.Trouble()...)
		}
	}
	return slices.Compact(all)
}

// watchCertificates logs what [System.certificateTrouble] finds, each of it when it
// begins.
func (s *System) watchCertificates(ctx context.Context) {
	var said []string
	for again := true; again; again = pause(ctx, checkInterval) {
		trouble := s.certificateTrouble(time.Now())
		for _, text := range trouble {
			if !slices.Contains(said, text) {
				s.log.Warn("renew it: " + text)
			}
		}
		said = trouble
	}
}
