// Package door is the door for Cloudflare Workers: the same engine as behind
// every other door, compiled to WebAssembly, over the platform's own parts.
package door

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/cloudflare/runtime"
	"github.com/edgeward/edgeward/internal/cloudflare/state"
	"github.com/edgeward/edgeward/internal/wire/canonical"
	"github.com/edgeward/edgeward/internal/wire/clientip"
	"github.com/edgeward/edgeward/internal/wire/identity"
	"github.com/edgeward/edgeward/internal/wire/problem"
	"github.com/edgeward/edgeward/internal/wire/strictjson"
)

// A request frame is the method, the URL, the client's address ("" when the
// platform does not say), the body of a form or a JSON document (of requests to
// the Worker's own endpoints only), and the names and values of the fields.
//
// The platform has read the request before us: it resolves dot segments, turns
// backslashes, and joins a repeated field with commas. What it shows is what is
// decided on, and what is forwarded.
const fieldsAt = 4

// Handle answers a request. The answer is "respond", the status, the body, and
// names and values; or "forward", the upstream's base URL ("" for what comes next
// behind the Worker), path and query, the identity as JSON ("" for no one), the
// bound of a body whose length was not announced ("" for none), how many fields the
// forwarded request has, their names and values, and those to add to what comes
// back; one with the value "" is removed from it.
func (s *System) Handle(ctx context.Context, f runtime.Frame) runtime.Frame {
	r := &edgeward.Request{ID: rand.Text()}
	err := s.read(r, f)
	routed := r
	if err == nil && s.config.Pages {
		routed, err = inPages(r, f[1])
	}
	if err != nil {
		return s.refuse(r, &edgeward.Decision{Reason: edgeward.ReasonOf(err), Err: err})
	}
	s.catchUp(ctx)
	if set := s.endpoints(r.Path); set != nil {
		return s.serve(ctx, set, r, f.At(fieldsAt-1))
	}
	d := s.engine.Decide(ctx, routed)
	s.share(ctx)
	if !d.Allow {
		return s.refuse(r, &d)
	}
	return s.forward(r, &d)
}

// checkJoined refuses fields of which the platform has joined two: no credential of
// ours and no origin holds a comma, and a cookie of ours stands behind none.
func (s *System) checkJoined(h edgeward.Header) error {
	if joinedCredentials(h.First("Authorization")) {
		return fmt.Errorf("worker: Authorization is there twice: %w", edgeward.AmbiguousCredential)
	}
	if strings.Contains(h.First("X-Api-Key"), ",") {
		return fmt.Errorf("worker: X-Api-Key is there twice: %w", edgeward.AmbiguousCredential)
	}
	if strings.Contains(h.First("Origin"), ",") {
		return fmt.Errorf("worker: Origin is there twice: %w", edgeward.MalformedRequest)
	}
	for _, line := range strings.Split(h.First("Cookie"), ",")[1:] {
		pair, _, _ := strings.Cut(line, ";")
		name, _, _ := strings.Cut(strings.TrimLeft(pair, " \t"), "=")
		if s.fields.IsOurCookie(strings.TrimRight(name, " \t")) { // it would not be found, and so it would travel on
			return fmt.Errorf("worker: a cookie of ours is in the second of two fields: %w", edgeward.AmbiguousCredential)
		}
	}
	return nil
}

// read reads the request that the frame describes.
func (s *System) read(r *edgeward.Request, f runtime.Frame) (err error) {
	r.Header = edgeward.Header{}
	if len(f) < fieldsAt || len(f)%2 != 0 {
		return runtime.ErrFrame
	}
	for fields := f[fieldsAt:]; len(fields) > 0; fields = fields[2:] {
		r.Header.Add(canonical.FieldName(fields[0]), fields[1])
	}
	if r.Method, err = canonical.Method(f[0]); err != nil {
		return err
	}
	if err := canonical.Headers(r.Header); err != nil {
		return err
	}
	if err := s.checkJoined(r.Header); err != nil {
		return err
	}
	target, err := canonical.RequestTarget(f[1])
	if err != nil {
		return err
	}
	r.Scheme, r.Host, r.Path, r.RawQuery = target.Scheme, target.Host, target.Path, target.RawQuery
	r.ClientIP = client(f[2])
	return s.hosts.Check(r.Host)
}

// crossZone is the address that Cloudflare gives to the requests of Workers of
// other zones, all of them: it stands for no client.
var crossZone = netip.MustParseAddr("2a06:98c0:3600::103")

// client returns the address that the platform names, the invalid one when it
// stands for no one client: where another Worker asks by a service binding, the
// field is what that one wrote.
func client(named string) netip.Addr {
	if addr := clientip.Public(named); addr != crossZone {
		return addr
	}
	return netip.Addr{}
}

// catchUp learns what others have done since, as far as it may be too old.
func (s *System) catchUp(ctx context.Context) {
	now := s.now()
	if s.revocations != nil && state.Due(s.revocations.Staleness(now), s.config.Revocation.MaxStaleness) {
		s.revoked.Do(ctx)
	}
	if s.guessed.Run != nil && now.Sub(s.guessedAt) > guessesStale {
		s.guessedAt = now
		s.guessed.Do(ctx)
	}
}

// share tells others who guessed. That it could not is the store's trouble: this
// instance counts on by itself.
func (s *System) share(ctx context.Context) {
	if s.shared.Run != nil && s.limits.Stats().Unshared > 0 {
		s.shared.Do(ctx)
	}
}

// forward is the answer to a request that is allowed.
func (s *System) forward(r *edgeward.Request, d *edgeward.Decision) runtime.Frame {
	target, stripped, err := canonical.Rewrite(r.Path, d.Forwarding)
	if err != nil {
		return s.refuse(r, &edgeward.Decision{Reason: edgeward.ReasonOf(err), Err: err, Route: d.Route, Response: d.Response})
	}
	most, fits := bodyOf(r, d.Forwarding)
	if !fits {
		return s.fail(r, d, problem.BodyTooLarge)
	}
	s.logOmitted(r, d)
	h := edgeward.Header{}
	for name, values := range r.Header {
		h[name] = values
	}
	// The platform writes these two by the request that it makes of it.
	delete(h, "Host")
	delete(h, "Content-Length")
	s.removeAdminSecret(h)
	s.fields.SetUpstreamHeader(h, identity.Forwarded{For: addressOf(r), Proto: r.Scheme, Host: r.Host, RequestID: r.ID, Prefix: canonical.EscapePath(stripped)}, d)
	target = canonical.EscapePath(target)
	if r.RawQuery != "" {
		target += "?" + r.RawQuery
	}
	base := d.Target
	if base == "" {
		base = s.config.upstream()
	}
	f := runtime.Frame{"forward", base, target, identityJSON(d.Identity), most, ""}
	n := len(f)
	f = appendFields(f, h)
	f[n-1] = strconv.Itoa((len(f) - n) / 2)
	return appendFields(appendEdit(append(f, requestIDField, r.ID), d), d.Response)
}

// appendEdit appends what the route removes from the upstream's answer, as fields
// without a value, and what it sets. A cookie of ours comes in an answer that no cache
// keeps, whatever the route says of caches.
func appendEdit(f runtime.Frame, d *edgeward.Decision) runtime.Frame {
	if d.Forwarding == nil {
		return f
	}
	e := &d.Forwarding.Response
	for _, name := range e.Remove {
		f = append(f, name, "")
	}
	private := len(d.Response["Set-Cookie"]) > 0
	for name, values := range e.Set {
		if !private || !identity.IsOfCaches(name) {
			f = append(f, name, values[0])
		}
	}
	return f
}

// bodyOf returns the bound of the body that has to be counted, "" for none, and
// whether one of an announced length fits.
func bodyOf(r *edgeward.Request, f *edgeward.Forwarding) (most string, fits bool) {
	if f == nil || f.MaxBody == 0 {
		return "", true
	}
	if length, err := strconv.ParseInt(r.Header.First("Content-Length"), 10, 64); err == nil {
		return "", length <= f.MaxBody
	}
	return strconv.FormatInt(f.MaxBody, 10), true
}

const requestIDField = "X-Request-Id"

func addressOf(r *edgeward.Request) string {
	if !r.ClientIP.IsValid() {
		return ""
	}
	return r.ClientIP.String()
}

func appendFields(f runtime.Frame, h edgeward.Header) runtime.Frame {
	for name, values := range h {
		for _, v := range values {
			f = append(f, name, v)
		}
	}
	return f
}

// identityJSON is what a function behind the Worker gets as context.data.user.
func identityJSON(id *edgeward.Identity) string {
	if id == nil {
		return ""
	}
	b := strictjson.AppendString([]byte(`{"subject":`), id.Subject)
	b = strictjson.AppendString(append(b, `,"issuer":`...), id.Issuer)
	b = strictjson.AppendString(append(b, `,"method":`...), id.Method)
	if id.Session != "" {
		b = strictjson.AppendString(append(b, `,"session":`...), id.Session)
	}
	b = append(b, `,"permissions":[`...)
	for i, p := range id.Permissions {
		if i > 0 {
			b = append(b, ',')
		}
		b = strictjson.AppendString(b, p)
	}
	return string(append(b, `]}`...))
}
