package transport

import (
	"slices"
	"strings"
	"time"

	"github.com/edgeward/edgeward/internal/setup/config/rule"
	"github.com/edgeward/edgeward/internal/setup/config/schema"
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
	MaxServers      = 64
	maxConnections  = 100_000
	DefaultConnect  = 5 * time.Second
	DefaultResponse = 60 * time.Second
	DefaultIdle     = 90 * time.Second
	DefaultInterval = 10 * time.Second
	DefaultCheck    = 2 * time.Second
)

var upstreamTable = table[*Upstream]{
	Name:    "an upstream",
	Example: "{urls: [http://127.0.0.1:3000]}",
	Keys: []key[*Upstream]{
		{Name: "urls", Kind: "list of URLs", Required: true, Read: func(d decoder, n *document.Node, u *Upstream) { u.URLs = d.upstreamURLs(n) }},
		{Name: "host", Kind: "`keep`, `upstream` or a host", Read: func(d decoder, n *document.Node, u *Upstream) {
			u.Host = d.Held(n, hostOwn, rule.UpstreamHost)
		}},
		{Name: "http2", Kind: "true or false", Read: func(d decoder, n *document.Node, u *Upstream) {
			if u.HTTP = HTTP1; d.Boolean(n) {
				u.HTTP = HTTP2
			}
		}},
		{Name: "ca", Kind: "file:PATH", Read: func(d decoder, n *document.Node, u *Upstream) { u.CA = d.authority(n) }},
		{Name: "client_certificate", Kind: "mapping", Read: func(d decoder, n *document.Node, u *Upstream) { u.Certificate = d.clientCertificate(n) }},
		{Name: "server_name", Kind: "host", Read: func(d decoder, n *document.Node, u *Upstream) {
			u.ServerName = d.Held(n, "app.internal", rule.ServerName)
		}},
		{Name: "max_connections", Kind: "whole number", Read: func(d decoder, n *document.Node, u *Upstream) { u.MaxConnections = d.Whole(n, 1, maxConnections) }},
		{Name: "connect_timeout", Kind: "duration", Read: func(d decoder, n *document.Node, u *Upstream) {
			u.ConnectTimeout = d.Duration(n, 100*time.Millisecond, time.Minute, "")
		}},
		{Name: "response_timeout", Kind: "duration", Read: func(d decoder, n *document.Node, u *Upstream) {
			u.ResponseTimeout = d.Duration(n, 100*time.Millisecond, 24*time.Hour, "")
		}},
		{Name: "idle_timeout", Kind: "duration", Read: func(d decoder, n *document.Node, u *Upstream) {
			u.IdleTimeout = d.Duration(n, time.Second, time.Hour, "")
		}},
		{Name: "retry", Kind: "true or false", Read: func(d decoder, n *document.Node, u *Upstream) { u.NoRetry = !d.Boolean(n) }},
		{Name: "health", Kind: "mapping", Read: func(d decoder, n *document.Node, u *Upstream) {
			u.Health = healthTable.ReadInto(d.Reader, d, n, &Health{Interval: DefaultInterval, Timeout: DefaultCheck})
			d.checkHealth(n, u.Health)
		}},
	},
}

var healthTable = table[*Health]{
	Name:    "health",
	Example: "{path: /healthz}",
	Keys: []key[*Health]{
		{Name: "path", Kind: "path", Required: true, Read: func(d decoder, n *document.Node, h *Health) { h.Path = d.Held(n, "/healthz", rule.Path) }},
		{Name: "interval", Kind: "duration", Read: func(d decoder, n *document.Node, h *Health) { h.Interval = d.Duration(n, time.Second, time.Hour, "") }},
		{Name: "timeout", Kind: "duration", Read: func(d decoder, n *document.Node, h *Health) {
			h.Timeout = d.Duration(n, 100*time.Millisecond, time.Minute, "")
		}},
	},
}

// ReadUpstreams reads the section upstreams.
func ReadUpstreams(r *schema.Reader, from Source, n *document.Node) (all []Upstream) {
	d := decoder{r, from}
	if !d.Is(n, document.Mapping, "{app: {urls: [http://127.0.0.1:3000]}}") {
		return nil
	}
	if len(n.Fields) > maxUpstreams {
		d.Refuse(n.Place, "", "more than %d upstreams", maxUpstreams)
		return nil
	}
	for _, f := range n.Fields {
		d.OK(f.Key.Place, rule.UpstreamName(f.Key.Text))
		u := &Upstream{Name: f.Key.Text, Host: hostKept, ConnectTimeout: DefaultConnect, ResponseTimeout: DefaultResponse, IdleTimeout: DefaultIdle}
		if upstreamTable.Read(d.Reader, d, f.Value, u) {
			d.checkSecured(f.Value, u)
			all = append(all, *u)
		}
	}
	return all
}

func (d decoder) upstreamURLs(n *document.Node) []string {
	all := d.Texts(n, "[http://127.0.0.1:3000]", d.Item(rule.Upstream))
	switch {
	case n.Kind == document.List && len(n.Items) == 0:
		d.Refuse(n.Place, "add one", "an upstream without a URL leads nowhere")
	case len(all) > MaxServers:
		d.Refuse(n.Place, "put a balancer between", "more than %d URLs", MaxServers)
	}
	return all
}

// checkSecured wants https where the file says by what.
func (d decoder) checkSecured(n *document.Node, u *Upstream) {
	for _, name := range []string{"ca", "client_certificate", "server_name"} {
		if i := n.Index(name); i >= 0 && len(u.URLs) > 0 && !slices.ContainsFunc(u.URLs, func(s string) bool { return strings.HasPrefix(s, "https://") }) {
			d.Refuse(n.Fields[i].Key.Place, "write https:// in urls, or remove it", "no URL of the upstream begins with https://, so %s would mean nothing", name)
		}
	}
}

// checkHealth wants an answer before the next question.
func (d decoder) checkHealth(n *document.Node, h *Health) {
	if at := n.Field("timeout"); h != nil && at != nil && h.Timeout > h.Interval {
		d.Refuse(at.Place, "at most "+schema.Short(h.Interval)+", the interval", "%s is too long", at.Text)
	}
}
