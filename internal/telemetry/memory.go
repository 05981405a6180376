package telemetry

import (
	"math"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

var (
	revocationEntries   = prometheus.NewDesc("edgeward_revocation_entries", "Revocations that this node holds in memory.", nil, nil)
	revocationStaleness = prometheus.NewDesc("edgeward_revocation_staleness_seconds", "How old this node's knowledge of revocations may be; +Inf until it has read them once.", nil, nil)
	sessionHits         = prometheus.NewDesc("edgeward_sessions_cache_hits_total", "Session lookups answered by the cache.", nil, nil)
	sessionMisses       = prometheus.NewDesc("edgeward_sessions_cache_misses_total", "Sessions that the store was asked for.", nil, nil)
	sessionEvictions    = prometheus.NewDesc("edgeward_sessions_cache_evictions_total", "Remembered sessions dropped for lack of room.", nil, nil)
	sessionBytes        = prometheus.NewDesc("edgeward_sessions_cache_bytes", "Memory of the session cache.", nil, nil)
	storeErrors         = prometheus.NewDesc("edgeward_store_errors_total", "Store operations with an unknown outcome.", []string{"operation"}, nil)
	auditFailures       = prometheus.NewDesc("edgeward_audit_failures_total", "Records of operations that could not be written to the audit log, and its fsyncs that went wrong.", nil, nil)
	memoryCollectors    = []*prometheus.Desc{revocationEntries, revocationStaleness, sessionHits, sessionMisses, sessionEvictions, sessionBytes, storeErrors, auditFailures}
)

func collectMemory(ch chan<- prometheus.Metric, m *Memory) {
	metric := func(d *prometheus.Desc, kind prometheus.ValueType, n float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, kind, n, labels...)
	}
	staleness := math.Inf(1)
	if m.Synced {
		staleness = m.Staleness.Seconds()
	}
	metric(revocationEntries, prometheus.GaugeValue, float64(m.Revocations))
	metric(revocationStaleness, prometheus.GaugeValue, staleness)
	metric(sessionHits, prometheus.CounterValue, float64(m.Sessions.Hits))
	metric(sessionMisses, prometheus.CounterValue, float64(m.Sessions.Misses))
	metric(sessionEvictions, prometheus.CounterValue, float64(m.Sessions.Evictions))
	metric(sessionBytes, prometheus.GaugeValue, float64(m.Sessions.Bytes))
	metric(auditFailures, prometheus.CounterValue, float64(m.Unaudited))
	for operation, n := range m.StoreErrors {
		metric(storeErrors, prometheus.CounterValue, float64(n), operation)
	}
}

func newLag() prometheus.Histogram {
	return prometheus.NewHistogram(prometheus.HistogramOpts{
		Name:    "edgeward_revocation_lag_seconds",
		Help:    "From the moment a revocation was asked for to the moment this node refused by it.",
		Buckets: []float64{1e-4, 5e-4, 1e-3, 5e-3, .01, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60},
	})
}

func newRefreshes() *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "edgeward_refreshes_total",
		Help: "Refresh tokens presented, by what became of them; reused and rolled_back are alarms.",
	}, []string{"class"})
}

func newLogins() *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "edgeward_logins_total",
		Help: "Sign-ins that came back from a provider, by how they ended: ok, or the code of the refusal.",
	}, []string{"provider", "result"})
}

// PropagationDelay notes how late a revocation came to be known.
func (m *Metrics) PropagationDelay(lag time.Duration) { m.lag.Observe(lag.Seconds()) }

// Refreshed counts one refresh. The class comes from a fixed set: see
// refresh.Class.
func (m *Metrics) Refreshed(class string) { m.refreshes.WithLabelValues(class).Inc() }

func newArrivals() *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "edgeward_arrivals_total",
		Help: "Sign-ins that were handed over to another host, by how they ended: ok, or the reason.",
	}, []string{"result"})
}

func newCrowdedOut() *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "edgeward_logins_crowded_out_total",
		Help: "Sessions and refresh families that ended because their user has more sign-ins than login.sign_ins lets live, by provider.",
	}, []string{"provider"})
}

func newUnread() *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "edgeward_unread_claims_total",
		Help: "Claims of users who signed in, and of tokens once each is verified, whose form gives nothing, by issuer and claim.",
	}, []string{"issuer", "claim"})
}

// Unread counts one claim whose form gives nothing. Both names are configured ones.
func (m *Metrics) Unread(issuer, claim string) { m.unread.WithLabelValues(issuer, claim).Inc() }

// CrowdedOut counts one sign-in that ended because its user has too many. The name is
// one of the configured ones.
func (m *Metrics) CrowdedOut(provider string) { m.crowdedOut.WithLabelValues(provider).Inc() }

func newRechecks() *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "edgeward_rechecks_total",
		Help: "Users whose groups and permissions were asked for again at their login provider, by provider and what came of it.",
	}, []string{"provider", "result"})
}

// Rechecked counts one user who was re-checked. Both come from fixed sets.
func (m *Metrics) Rechecked(provider, result string) {
	m.rechecks.WithLabelValues(provider, result).Inc()
}

// Arrived counts one sign-in that came to a host with a ticket. The result is one of
// a fixed set.
func (m *Metrics) Arrived(result string) { m.arrivals.WithLabelValues(result).Inc() }

// SignedIn counts one sign-in that came back. Both come from fixed sets: the
// configured names, and the codes of problems.
func (m *Metrics) SignedIn(provider, result string) {
	m.logins.WithLabelValues(provider, result).Inc()
}
