package config

import (
	"slices"
	"strings"
	"time"

	"github.com/edgeward/edgeward/internal/setup/config/rule"
	"github.com/edgeward/edgeward/internal/setup/document"
)

// An Upstream is where requests go, by a name.
type Upstream struct {
	Name            string
	URLs            []string
	Host            string // that the servers see: hostKept, hostOwn or a name
	HTTP            HTTPVersion
	CA              []byte       // PEM, that the servers' certificates are verified by; nil: the system's
	Certificate     *Certificate // by which we are known to them; nil: none
	ServerName      string       // that their certificates are for; "" is the host of the URL
	MaxConnections  int          // to each server; 0: no bound
	ConnectTimeout  time.Duration
	ResponseTimeout time.Duration
	IdleTimeout     time.Duration
	NoRetry         bool
	Health          *Health // nil asks nothing
}

// HidesHost reports whether the servers see another Host than the client asked for.
func (u *Upstream) HidesHost() bool { return u.Host != hostKept }

// What Upstream.Host is beside a name.
const (
	hostKept = "keep"
	hostOwn  = "upstream"
)

// An HTTPVersion is how HTTP is spoken to an upstream.
type HTTPVersion uint8

// The versions.
const (
	HTTPNegotiated HTTPVersion = iota
	HTTP1
	HTTP2
)

// A Health is how each server of an upstream is asked whether it lives.
type Health struct {
	Path              string
	Interval, Timeout time.Duration
}

const (
	maxUpstreams    = 1000
	maxBackends     = 64
	maxConnections  = 100_000
	defaultConnect  = 5 * time.Second
	defaultResponse = 60 * time.Second
	defaultIdle     = 90 * time.Second
	defaultInterval = 10 * time.Second
	defaultCheck    = 2 * time.Second
)

var upstreamTable = table[*Upstream]{
	name:    "an upstream",
	example: "{urls: [http://127.0.0.1:3000]}",
	keys: []key[*Upstream]{
		{name: "urls", kind: "list of URLs", required: true, read: func(d *decoder, n *document.Node, u *Upstream) { u.URLs = d.upstreamURLs(n) }},
		{name: "host", kind: "`keep`, `upstream` or a host", read: func(d *decoder, n *document.Node, u *Upstream) {
			u.Host = d.held(n, hostOwn, rule.UpstreamHost)
		}},
		{name: "http2", kind: "true or false", read: func(d *decoder, n *document.Node, u *Upstream) {
			if u.HTTP = HTTP1; d.boolean(n) {
				u.HTTP = HTTP2
			}
		}},
		{name: "ca", kind: "file:PATH", read: func(d *decoder, n *document.Node, u *Upstream) { u.CA = d.authority(n) }},
		{name: "client_certificate", kind: "mapping", read: func(d *decoder, n *document.Node, u *Upstream) { u.Certificate = d.clientCertificate(n) }},
		{name: "server_name", kind: "host", read: func(d *decoder, n *document.Node, u *Upstream) {
			u.ServerName = d.held(n, "app.internal", rule.ServerName)
		}},
		{name: "max_connections", kind: "whole number", read: func(d *decoder, n *document.Node, u *Upstream) { u.MaxConnections = d.whole(n, 1, maxConnections) }},
		{name: "connect_timeout", kind: "duration", read: func(d *decoder, n *document.Node, u *Upstream) {
			u.ConnectTimeout = d.duration(n, 100*time.Millisecond, time.Minute, "")
		}},
		{name: "response_timeout", kind: "duration", read: func(d *decoder, n *document.Node, u *Upstream) {
			u.ResponseTimeout = d.duration(n, 100*time.Millisecond, 24*time.Hour, "")
		}},
		{name: "idle_timeout", kind: "duration", read: func(d *decoder, n *document.Node, u *Upstream) {
			u.IdleTimeout = d.duration(n, time.Second, time.Hour, "")
		}},
		{name: "retry", kind: "true or false", read: func(d *decoder, n *document.Node, u *Upstream) { u.NoRetry = !d.boolean(n) }},
		{name: "health", kind: "mapping", read: func(d *decoder, n *document.Node, u *Upstream) {
			u.Health = healthTable.readInto(d, n, &Health{Interval: defaultInterval, Timeout: defaultCheck})
			d.checkHealth(n, u.Health)
		}},
	},
}

var healthTable = table[*Health]{
	name:    "health",
	example: "{path: /healthz}",
	keys: []key[*Health]{
		{name: "path", kind: "path", required: true, read: func(d *decoder, n *document.Node, h *Health) { h.Path = d.held(n, "/healthz", rule.Path) }},
		{name: "interval", kind: "duration", read: func(d *decoder, n *document.Node, h *Health) { h.Interval = d.duration(n, time.Second, time.Hour, "") }},
		{name: "timeout", kind: "duration", read: func(d *decoder, n *document.Node, h *Health) {
			h.Timeout = d.duration(n, 100*time.Millisecond, time.Minute, "")
		}},
	},
}

// upstreams reads the section of that name.
func (d *decoder) upstreams(n *document.Node, c *Config) {
	if !d.is(n, document.Mapping, "{app: {urls: [http://127.0.0.1:3000]}}") {
		return
	}
	if len(n.Fields) > maxUpstreams {
		d.refuse(n.Place, "", "more than %d upstreams", maxUpstreams)
		return
	}
	for _, f := range n.Fields {
		d.ok(f.Key.Place, rule.UpstreamName(f.Key.Text))
		u := &Upstream{Name: f.Key.Text, Host: hostKept, ConnectTimeout: defaultConnect, ResponseTimeout: defaultResponse, IdleTimeout: defaultIdle}
		if upstreamTable.read(d, f.Value, u) {
			d.checkSecured(f.Value, u)
			c.Upstreams = append(c.Upstreams, *u)
		}
	}
}

func (d *decoder) upstreamURLs(n *document.Node) []string {
	all := d.texts(n, "[http://127.0.0.1:3000]", d.item(rule.Upstream))
	switch {
	case n.Kind == document.List && len(n.Items) == 0:
		d.refuse(n.Place, "add one", "an upstream without a URL leads nowhere")
	case len(all) > maxBackends:
		d.refuse(n.Place, "put a balancer between", "more than %d URLs", maxBackends)
	}
	return all
}

// clientCertificate reads by which certificate we are known to a server.
func (d *decoder) clientCertificate(n *document.Node) *Certificate {
	before := d.errs.Len()
	draft := certificateTable.readInto(d, n, &certificateDraft{})
	if d.errs.Len() > before {
		return nil
	}
	c, fault := d.source.ClientCertificate(draft.certificate, draft.key)
	d.about(n, n.Field("certificate").Place, fault)
	return &c
}

// checkSecured wants https where the file says by what.
func (d *decoder) checkSecured(n *document.Node, u *Upstream) {
	for _, name := range []string{"ca", "client_certificate", "server_name"} {
		if i := n.Index(name); i >= 0 && len(u.URLs) > 0 && !slices.ContainsFunc(u.URLs, func(s string) bool { return strings.HasPrefix(s, "https://") }) {
			d.refuse(n.Fields[i].Key.Place, "write https:// in urls, or remove it", "no URL of the upstream begins with https://, so %s would mean nothing", name)
		}
	}
}

// checkHealth wants an answer before the next question.
func (d *decoder) checkHealth(n *document.Node, h *Health) {
	if at := n.Field("timeout"); h != nil && at != nil && h.Timeout > h.Interval {
		d.refuse(at.Place, "at most "+short(h.Interval)+", the interval", "%s is too long", at.Text)
	}
}

// upstream reads where requests go: a URL, or a name, which is looked up once
// everything is read.
func (d *decoder) upstream(n *document.Node) string {
	return d.held(n, "http://127.0.0.1:3000", func(s string) *document.Fault {
		if rule.UpstreamName(s) == nil {
			d.upstreamNames = append(d.upstreamNames, mention{s, n.Place})
			return nil
		}
		return rule.Upstream(s)
	})
}

// checkUpstreamNames looks up what routes call by a name.
func (d *decoder) checkUpstreamNames(top *document.Node) {
	var known []string
	if section := top.Field("upstreams"); section != nil {
		for _, f := range section.Fields {
			known = append(known, f.Key.Text)
		}
	}
	for _, m := range d.upstreamNames {
		if !slices.Contains(known, m.name) {
			d.refuse(m.Place, "add it to upstreams, or write a URL like http://127.0.0.1:3000", "no upstream is called %q%s", m.name, d.didYouMean(m.name, known))
		}
	}
}
