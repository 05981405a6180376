package telemetry

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
)

// stateCollector turns a State into metrics when somebody scrapes, so that the
// rooms that own the numbers need not know Prometheus.
type stateCollector struct{ state func() State }

var (
	keySetAge       = prometheus.NewDesc("edgeward_keyset_age_seconds", "Time since the issuer's key set was last confirmed.", []string{"issuer"}, nil)
	keySetKeys      = prometheus.NewDesc("edgeward_keyset_keys", "Keys of the issuer that can verify; 0 until the set was loaded once.", []string{"issuer"}, nil)
	keySetIgnored   = prometheus.NewDesc("edgeward_keyset_keys_ignored", "Keys in the issuer's last good set that are left out: weak, malformed, contested, private, or for something else.", []string{"issuer"}, nil)
	keySetFetches   = prometheus.NewDesc("edgeward_keyset_fetches_total", "Fetches of the issuer's key set, by outcome.", []string{"issuer", "outcome"}, nil)
	cacheHits       = prometheus.NewDesc("edgeward_token_cache_hits_total", "Token verifications answered by the cache.", nil, nil)
	cacheMisses     = prometheus.NewDesc("edgeward_token_cache_misses_total", "Tokens that had to be verified.", nil, nil)
	cacheEvictions  = prometheus.NewDesc("edgeward_token_cache_evictions_total", "Remembered verifications dropped for lack of room.", nil, nil)
	cacheBytes      = prometheus.NewDesc("edgeward_token_cache_bytes", "Memory of the token cache.", nil, nil)
	connections     = prometheus.NewDesc("edgeward_connections", "Connections that are open.", []string{"listener"}, nil)
	evictions       = prometheus.NewDesc("edgeward_connections_evicted_total", "Connections closed without a request in flight, to make room.", []string{"listener"}, nil)
	blocked         = prometheus.NewDesc("edgeward_blocked_clients", "Networks with too many failed attempts.", nil, nil)
	open            = prometheus.NewDesc("edgeward_exchanges_open", "Requests under way, event streams and WebSockets with a verified identity.", nil, nil)
	ended           = prometheus.NewDesc("edgeward_exchanges_ended_total", "Exchanges that were cut off because they outlived their identity, by what became of it.", []string{"reason"}, nil)
	recheckOverdue  = prometheus.NewDesc("edgeward_recheck_overdue_seconds", "Since the user who waits longest for a re-check at the login provider was to be checked; 0 while none is overdue.", []string{"provider"}, nil)
	upstreamUp      = prometheus.NewDesc("edgeward_upstream_server_up", "1 while the server is asked, 0 while it is left out because connections or checks fail.", []string{"upstream", "server"}, nil)
	upstreamPending = prometheus.NewDesc("edgeward_upstream_server_requests_pending", "Requests that are under way to the server, open WebSockets included.", []string{"upstream", "server"}, nil)
	upstreamSent    = prometheus.NewDesc("edgeward_upstream_server_requests_total", "Requests that were sent to the server, repeated ones included.", []string{"upstream", "server"}, nil)
	upstreamFailed  = prometheus.NewDesc("edgeward_upstream_server_failures_total", "Connections to the server that did not come about, or broke before an answer.", []string{"upstream", "server"}, nil)
	handshakes      = prometheus.NewDesc("edgeward_handshakes_failed_total", "Connections that came to nothing before their first request: in the TLS handshake, or for the PROXY header.", []string{"listener", "kind"}, nil)
	orders          = prometheus.NewDesc("edgeward_certificate_orders_total", "Orders of certificates by ACME, by outcome.", []string{"outcome"}, nil)
	certificates    = prometheus.NewDesc("edgeward_certificate_expiry_timestamp_seconds", "When the certificate ends, in Unix time.", []string{"listener", "certificate"}, nil)
	stateCollectors = append([]*prometheus.Desc{
		keySetAge, keySetKeys, keySetIgnored, keySetFetches, cacheHits, cacheMisses, cacheEvictions, cacheBytes, connections, evictions, handshakes, certificates, orders, blocked, open, ended, recheckOverdue,
		upstreamUp, upstreamPending, upstreamSent, upstreamFailed,
	}, memoryCollectors...)
)

// Describe implements [prometheus.Collector].
func (c stateCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range stateCollectors {
		ch <- d
	}
}

// Collect implements [prometheus.Collector].
func (c stateCollector) Collect(ch chan<- prometheus.Metric) {
	s := c.state()
	for _, k := range byIssuer(s.KeySets) {
		collectKeySet(ch, k)
	}
	for _, l := range s.Listeners {
		ch <- prometheus.MustNewConstMetric(connections, prometheus.GaugeValue, float64(l.Open), l.Name)
		ch <- prometheus.MustNewConstMetric(evictions, prometheus.CounterValue, float64(l.Evicted), l.Name)
		for kind, n := range l.Refused {
			ch <- prometheus.MustNewConstMetric(handshakes, prometheus.CounterValue, float64(n), l.Name, kind)
		}
	}
	if o := s.Orders; o != nil {
		ch <- prometheus.MustNewConstMetric(orders, prometheus.CounterValue, float64(o.OK), "success")
		ch <- prometheus.MustNewConstMetric(orders, prometheus.CounterValue, float64(o.Failed), "failure")
	}
	for _, c := range s.Certificates {
		ch <- prometheus.MustNewConstMetric(certificates, prometheus.GaugeValue, float64(c.Expires.Unix()), c.Listener, c.Name)
	}
	for _, u := range s.Upstreams {
		collectUpstream(ch, u)
	}
	counter := func(d *prometheus.Desc, n uint64) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(n))
	}
	counter(cacheHits, s.Cache.Hits)
	counter(cacheMisses, s.Cache.Misses)
	counter(cacheEvictions, s.Cache.Evictions)
	ch <- prometheus.MustNewConstMetric(cacheBytes, prometheus.GaugeValue, float64(s.Cache.Bytes))
	ch <- prometheus.MustNewConstMetric(blocked, prometheus.GaugeValue, float64(s.Blocked))
	ch <- prometheus.MustNewConstMetric(open, prometheus.GaugeValue, float64(s.Exchanges.Open))
	ch <- prometheus.MustNewConstMetric(ended, prometheus.CounterValue, float64(s.Exchanges.Revoked), "revoked")
	ch <- prometheus.MustNewConstMetric(ended, prometheus.CounterValue, float64(s.Exchanges.Expired), "expired")
	ch <- prometheus.MustNewConstMetric(ended, prometheus.CounterValue, float64(s.Exchanges.Changed), "changed")
	for provider, since := range s.Overdue {
		ch <- prometheus.MustNewConstMetric(recheckOverdue, prometheus.GaugeValue, since.Seconds(), provider)
	}
	if s.Memory != nil {
		collectMemory(ch, s.Memory)
	}
}

// byIssuer joins the key sets of one issuer, which may have several: by algorithm,
// or one more for sign-in. Two metrics with the same labels would make Prometheus
// refuse all of them.
func byIssuer(all []KeySet) []KeySet {
	at := make(map[string]int, len(all))
	joined := make([]KeySet, 0, len(all))
	for _, k := range all {
		i, found := at[k.Issuer]
		if !found {
			at[k.Issuer] = len(joined)
			joined = append(joined, k)
			continue
		}
		j := &joined[i]
		j.Keys, j.Ignored, j.OK, j.Failed = j.Keys+k.Keys, j.Ignored+k.Ignored, j.OK+k.OK, j.Failed+k.Failed
		j.Age, j.Fetched = max(j.Age, k.Age), j.Fetched || k.Fetched
	}
	return joined
}

// collectUpstream labels a server by its place in the configuration.
func collectUpstream(ch chan<- prometheus.Metric, u Upstream) {
	server, up := strconv.Itoa(u.Index), 0.
	if u.Up {
		up = 1
	}
	ch <- prometheus.MustNewConstMetric(upstreamUp, prometheus.GaugeValue, up, u.Name, server)
	ch <- prometheus.MustNewConstMetric(upstreamPending, prometheus.GaugeValue, float64(u.Pending), u.Name, server)
	ch <- prometheus.MustNewConstMetric(upstreamSent, prometheus.CounterValue, float64(u.Requests), u.Name, server)
	ch <- prometheus.MustNewConstMetric(upstreamFailed, prometheus.CounterValue, float64(u.Failures), u.Name, server)
}

func collectKeySet(ch chan<- prometheus.Metric, k KeySet) {
	ch <- prometheus.MustNewConstMetric(keySetKeys, prometheus.GaugeValue, float64(k.Keys), k.Issuer)
	if !k.Fetched {
		return
	}
	ch <- prometheus.MustNewConstMetric(keySetIgnored, prometheus.GaugeValue, float64(k.Ignored), k.Issuer)
	if k.Age > 0 {
		ch <- prometheus.MustNewConstMetric(keySetAge, prometheus.GaugeValue, k.Age.Seconds(), k.Issuer)
	}
	ch <- prometheus.MustNewConstMetric(keySetFetches, prometheus.CounterValue, float64(k.OK), k.Issuer, "success")
	ch <- prometheus.MustNewConstMetric(keySetFetches, prometheus.CounterValue, float64(k.Failed), k.Issuer, "failure")
}
