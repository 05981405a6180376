package telemetry

import (
	"sync"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"

	edgeward "github.com/edgeward/edgeward"
)

// maxRoutes bounds the distinct routes counted over the life of the process:
// each comes from a configuration, but reloads can bring new ones for ever.
const maxRoutes = 20_000

// otherRoute counts what comes after maxRoutes. No pattern looks like it: they
// start with a slash.
const otherRoute = "other"

// otherHost is the label of all hosts that no entry of the configuration covers: a
// client can invent hosts.
const otherHost = "other"

// methods are the labels that a method can have. A client can invent methods,
// so all others share the last.
var methods = [...]string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "OTHER"}

func methodIndex(method string) int {
	for i, m := range methods {
		if m == method {
			return i
		}
	}
	return len(methods) - 1
}

// decisionCounts is edgeward_decisions_total. Its counters are plain arrays
// found by the route: adding to one hashes no label set and allocates nothing.
type decisionCounts struct {
	desc    *prometheus.Desc
	reasons []edgeward.Reason

	mu     sync.RWMutex // guards the map, not the counters in it
	routes map[routeLabels]*routeCounts
}

// routeLabels are what the configuration calls a route and its host.
type routeLabels struct{ host, route string }

func labelsOf(d *edgeward.Decision) routeLabels {
	if d.Reason == edgeward.UnknownHost {
		return routeLabels{host: otherHost}
	}
	return routeLabels{d.Host, d.Route}
}

// routeCounts holds, by method, a counter for each reason.
type routeCounts [len(methods)]atomic.Pointer[[]atomic.Uint64]

func newDecisionCounts() *decisionCounts {
	return &decisionCounts{
		desc: prometheus.NewDesc("edgeward_decisions_total",
			"Decisions by host (the entry in the configuration, empty for that of all other hosts), route (the pattern there, empty when none matched), method and reason.",
			[]string{"host", "route", "method", "reason"}, nil),
		reasons: edgeward.Reasons(),
		routes:  map[routeLabels]*routeCounts{},
	}
}

func (c *decisionCounts) add(route routeLabels, method string, reason edgeward.Reason) {
	if int(reason) >= len(c.reasons) {
		reason = edgeward.Undecided
	}
	slot := &c.route(route)[methodIndex(method)]
	counts := slot.Load()
	if counts == nil {
		fresh := make([]atomic.Uint64, len(c.reasons))
		slot.CompareAndSwap(nil, &fresh)
		counts = slot.Load()
	}
	(*counts)[reason].Add(1)
}

func (c *decisionCounts) route(route routeLabels) *routeCounts {
	c.mu.RLock()
	counts := c.routes[route]
	c.mu.RUnlock()
	if counts != nil {
		return counts
	}
	return c.grow(route)
}

func (c *decisionCounts) grow(route routeLabels) *routeCounts {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, known := c.routes[route]; !known && len(c.routes) >= maxRoutes {
		route = routeLabels{route: otherRoute}
	}
	if c.routes[route] == nil {
		c.routes[route] = new(routeCounts)
	}
	return c.routes[route]
}

// Describe implements [prometheus.Collector].
func (c *decisionCounts) Describe(ch chan<- *prometheus.Desc) { ch <- c.desc }

// Collect implements [prometheus.Collector]. Counters that never counted are
// left out: most routes see few of the reasons.
func (c *decisionCounts) Collect(ch chan<- prometheus.Metric) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	for route, counts := range c.routes {
		for i := range counts {
			c.collect(ch, route, methods[i], counts[i].Load())
		}
	}
}

func (c *decisionCounts) collect(ch chan<- prometheus.Metric, route routeLabels, method string, counts *[]atomic.Uint64) {
	if counts == nil {
		return
	}
	for i, reason := range c.reasons {
		if n := (*counts)[i].Load(); n > 0 {
			ch <- prometheus.MustNewConstMetric(c.desc, prometheus.CounterValue, float64(n), route.host, route.route, method, reason.Error())
		}
	}
}
