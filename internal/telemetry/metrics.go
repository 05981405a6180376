package telemetry

import (
	"context"
	"net/http"
	"runtime"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	edgeward "github.com/edgeward/edgeward"
)

// scrapes at once; one more is answered 503, so that scraping cannot starve
// the gateway.
const scrapes = 4

// Metrics counts what the gateway does, in a registry of its own. It is safe
// for concurrent use and outlives every reload of the configuration.
type Metrics struct {
	registry   *prometheus.Registry
	decisions  *decisionCounts
	latency    [outcomes]prometheus.Observer
	endpoints  [outcomes]prometheus.Observer
	requests   *prometheus.HistogramVec
	failures   prometheus.Counter
	omitted    prometheus.Counter
	reloads    *prometheus.CounterVec
	reloaded   prometheus.Gauge
	lag        prometheus.Histogram
	refreshes  *prometheus.CounterVec
	logins     *prometheus.CounterVec
	arrivals   *prometheus.CounterVec
	crowdedOut *prometheus.CounterVec
	unread     *prometheus.CounterVec
	rechecks   *prometheus.CounterVec
}

// NewMetrics returns the metrics of a program of the given version. state is
// asked at every scrape; it must be quick and safe for concurrent use.
func NewMetrics(version string, state func() State) *Metrics {
	m := &Metrics{
		registry:  prometheus.NewRegistry(),
		decisions: newDecisionCounts(),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "edgeward_request_duration_seconds",
			Help:    "Time from a request's header to the end of its answer, the upstream's share included.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
		}, []string{"door", "status"}),
		failures: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "edgeward_upstream_failures_total",
			Help: "Allowed requests that the upstream did not answer, or whose answer broke off.",
		}),
		omitted: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "edgeward_headers_omitted_total",
			Help: "Allowed requests whose application does not learn all that headers name: a field was too long, or a value could not be spelled in it.",
		}),
		reloads: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "edgeward_config_reloads_total",
			Help: "Attempts to load the configuration, by outcome; a failed one changes nothing.",
		}, []string{"outcome"}),
		reloaded: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "edgeward_config_last_reload_success_timestamp_seconds",
			Help: "When the configuration in force was loaded, in Unix time.",
		}),
		lag: newLag(), refreshes: newRefreshes(), logins: newLogins(), arrivals: newArrivals(), crowdedOut: newCrowdedOut(), unread: newUnread(), rechecks: newRechecks(),
	}
	for _, o := range []string{"success", "failure"} {
		m.reloads.WithLabelValues(o)
	}
	m.registry.MustRegister(
		m.decisions, m.decisionLatency(), m.endpointLatency(), m.requests, m.failures, m.omitted, m.reloads, m.reloaded, m.lag, m.refreshes, m.logins, m.arrivals, m.crowdedOut, m.unread, m.rechecks,
		stateCollector{state}, buildInfo(version),
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	return m
}

func (m *Metrics) decisionLatency() prometheus.Collector {
	vec := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name:    "edgeward_decision_duration_seconds",
		Help:    "Time to decide about a request, without the upstream.",
		Buckets: []float64{1e-6, 2.5e-6, 5e-6, 1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 5e-3, 2.5e-2, .1, .5, 2.5, 10},
	}, []string{"outcome"})
	for o := range outcomes {
		m.latency[o] = vec.WithLabelValues(o.String())
	}
	return vec
}

func (m *Metrics) endpointLatency() prometheus.Collector {
	vec := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name:    "edgeward_endpoint_duration_seconds",
		Help:    "Time that Edgeward's own endpoints take (sign-in, tokens, control API, console), providers and store included.",
		Buckets: []float64{1e-4, 5e-4, 1e-3, 5e-3, 2.5e-2, .1, .25, .5, 1, 2.5, 5, 10, 30},
	}, []string{"outcome"})
	for o := range outcomes {
		m.endpoints[o] = vec.WithLabelValues(o.String())
	}
	return vec
}

func buildInfo(version string) prometheus.Collector {
	info := prometheus.NewGauge(prometheus.GaugeOpts{
		Name:        "edgeward_build_info",
		Help:        "Always 1; the labels say what is running.",
		ConstLabels: prometheus.Labels{"version": version, "goversion": runtime.Version()},
	})
	info.Set(1)
	return info
}

// Handler serves the metrics in the formats that Prometheus asks for.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: scrapes, EnableOpenMetrics: true})
}

// Reloaded counts one attempt to load the configuration; a nil err means that
// it is in force since now.
func (m *Metrics) Reloaded(err error, now time.Time) {
	if err != nil {
		m.reloads.WithLabelValues("failure").Inc()
		return
	}
	m.reloads.WithLabelValues("success").Inc()
	m.reloaded.Set(float64(now.UnixMilli()) / 1000)
}

// Decided counts and times one decision, and notes it for the log. With
// [Metrics.Failed] it makes Metrics the observer of a door.
func (m *Metrics) Decided(ctx context.Context, r *edgeward.Request, d *edgeward.Decision, took time.Duration) {
	m.latency[outcomeOf(d)].Observe(took.Seconds())
	m.decided(ctx, r, d)
}

// Served counts and notes what became of a request to an endpoint of ours. Its
// time is apart: a sign-in waits for a provider, and would hide how long decisions
// take.
func (m *Metrics) Served(ctx context.Context, r *edgeward.Request, d *edgeward.Decision, took time.Duration) {
	m.endpoints[outcomeOf(d)].Observe(took.Seconds())
	m.decided(ctx, r, d)
}

func (m *Metrics) decided(ctx context.Context, r *edgeward.Request, d *edgeward.Decision) {
	m.decisions.add(labelsOf(d), r.Method, d.Reason)
	if len(d.Omitted) > 0 {
		m.omitted.Inc()
	}
	if e, ok := ctx.Value(entryKey{}).(*entry); ok {
		e.note(r, d)
	}
}

// Failed counts a request that was allowed and whose upstream did not answer,
// and notes why for the log.
func (m *Metrics) Failed(ctx context.Context, _ *edgeward.Request, err error) {
	m.failures.Inc()
	if e, ok := ctx.Value(entryKey{}).(*entry); ok {
		e.err, e.failed = err, true
	}
}
