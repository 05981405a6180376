package telemetry

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	edgeward "github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/endpoint"
	"github.com/edgeward/edgeward/internal/wire/problem"
)

// Access writes one line a request: what was asked, what was decided and what
// the client saw. The query is never part of it, for it may hold secrets.
type Access struct {
	Metrics *Metrics
	Log     *slog.Logger
}

// accessMessage marks the lines of Access.
const accessMessage = "request"

// Handler returns next with every request that passes through door written
// down and timed. Decisions are noted when the door has the same Metrics as its
// observer, and a line of the least urgent level that they can raise would be
// written.
func (a Access) Handler(door string, next http.Handler) http.Handler {
	statuses := requestTimes(a.Metrics.requests, door)
	return http.HandlerFunc(func(w http.ResponseWriter, hr *http.Request) {
		start := time.Now()
		if !a.Log.Enabled(hr.Context(), slog.LevelWarn) { // nothing is written, so nothing is noted
			s := &answer{ResponseWriter: w}
			defer func() { statuses[s.class()].Observe(time.Since(start).Seconds()) }()
			next.ServeHTTP(s, hr)
			s.end()
			return
		}
		e := &entry{answer: answer{ResponseWriter: w}, Context: hr.Context()}
		defer func() { // also when the door aborts the connection by a panic
			elapsed := time.Since(start)
			statuses[e.class()].Observe(elapsed.Seconds())
			e.log(a.Log, door, hr, elapsed)
		}()
		next.ServeHTTP(e, hr.WithContext(e))
		e.end()
	})
}

// requestTimes finds the children of door once, so that a request hashes no
// labels.
func requestTimes(vec *prometheus.HistogramVec, door string) (byClass [6]prometheus.Observer) {
	for i, label := range [...]string{"none", "1xx", "2xx", "3xx", "4xx", "5xx"} {
		byClass[i] = vec.WithLabelValues(door, label)
	}
	return byClass
}

// An entry gathers what is known of one request. It is the ResponseWriter and
// the context in one, which saves an allocation for each.
type entry struct {
	answer
	context.Context

	decided, failed                   bool
	id, method, path, subject, issuer string
	host, route                       string
	omitted                           []string
	client                            netip.Addr
	reason                            edgeward.Reason
	err                               error
}

type entryKey struct{}

// Value implements [context.Context].
func (e *entry) Value(key any) any {
	if key == (entryKey{}) {
		return e
	}
	return e.Context.Value(key)
}

// note keeps what the log needs of a decision; the request itself is not kept.
func (e *entry) note(r *edgeward.Request, d *edgeward.Decision) {
	e.decided = true
	e.id, e.method, e.path, e.client = r.ID, r.Method, r.Path, r.ClientIP
	e.host, e.route, e.reason, e.err, e.omitted = d.Host, d.Route, d.Reason, d.Err, d.Omitted
	if d.Identity != nil {
		e.subject, e.issuer = d.Identity.Subject, d.Identity.Issuer
	}
}

func (e *entry) level() slog.Level {
	if e.status >= 500 || e.failed || e.decided && (e.reason.Status() >= 500 || endpoint.IsAlarm(e.err)) {
		return slog.LevelWarn
	}
	return slog.LevelInfo
}

func (e *entry) log(log *slog.Logger, door string, hr *http.Request, elapsed time.Duration) {
	level := e.level()
	if !log.Enabled(e, level) {
		return
	}
	if e.path == "" { // refused before it could be read
		e.method, e.path = hr.Method, undecidedPath(hr)
	}
	attrs := make([]slog.Attr, 0, 14)
	add := func(key, value string) {
		if value != "" {
			attrs = append(attrs, slog.String(key, value))
		}
	}
	attrs = append(attrs, slog.Int("status", e.status))
	add("method", visible(e.method, 32))
	add("path", masked(e.path, maxPath)) // DELETE /v1/api-keys/{id}, asked with the key itself
	if e.decided {
		add("reason", e.reason.Error())
	}
	add("subject", visible(e.subject, 255))
	add("issuer", visible(e.issuer, 255))
	add("host", e.host)
	add("route", e.route)
	attrs = append(attrs, slog.Float64("duration_ms", float64(elapsed.Microseconds())/1000))
	if e.client.IsValid() {
		add("client", e.client.String())
	}
	add("door", door)
	add("id", visible(e.id, 128))
	add("omitted", visible(strings.Join(e.omitted, "; "), maxError))
	add("err", masked(problem.Detail(e.err), maxError)) // it may repeat what a provider said
	log.LogAttrs(e, level, accessMessage, attrs...)
}

// undecidedPath is the path of a request that a door refused before it could
// be read, as it was sent: without the query, and without the authority of an
// absolute-form target, which may hold a password.
func undecidedPath(hr *http.Request) string {
	path, _, _ := strings.Cut(hr.RequestURI, "?")
	if _, rest, absolute := strings.Cut(path, "://"); absolute && !strings.HasPrefix(path, "/") {
		_, path, _ = strings.Cut(rest, "/")
		return "/" + path
	}
	return path
}
