package telemetry_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	edgeward "github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/endpoint"
	"github.com/edgeward/edgeward/internal/telemetry"
)

func noState() telemetry.State { return telemetry.State{} }

func scrape(t *testing.T, m *telemetry.Metrics) string {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	if w.Code != http.StatusOK {
		t.Fatalf("scrape answered %d: %s", w.Code, w.Body)
	}
	return w.Body.String()
}

func wantLine(t *testing.T, text, line string) {
	t.Helper()
	if !strings.Contains(text, line+"\n") {
		t.Errorf("no line %q in\n%s", line, text)
	}
}

// through sends one request with target through a door that decides with d,
// and returns what the log has of it.
func through(t *testing.T, format telemetry.Format, target string, d edgeward.Decision) string {
	t.Helper()
	var out bytes.Buffer
	log, err := telemetry.NewLog(&out, format, slog.LevelInfo, false)
	if err != nil {
		t.Fatal(err)
	}
	m := telemetry.NewMetrics("test", noState)
	door := http.HandlerFunc(func(w http.ResponseWriter, hr *http.Request) {
		m.Decided(hr.Context(), &edgeward.Request{
			ID: "req-1", Method: hr.Method, Path: hr.URL.Path, RawQuery: hr.URL.RawQuery,
			ClientIP: netip.MustParseAddr("192.0.2.7"),
		}, &d, time.Millisecond)
		w.WriteHeader(d.Reason.Status())
	})
	hr := httptest.NewRequest("GET", "/", nil)
	hr.RequestURI = target
	hr.URL.Path, hr.URL.RawQuery, _ = strings.Cut(target, "?")
	hr.Header.Set("Authorization", "Bearer planted-secret")
	telemetry.Access{Metrics: m, Log: log}.Handler("proxy", door).ServeHTTP(httptest.NewRecorder(), hr)
	return out.String()
}

func TestDecisionsAreCountedByRouteMethodAndReason(t *testing.T) {
	m := telemetry.NewMetrics("v1", noState)
	d := &edgeward.Decision{Allow: true, Reason: edgeward.Public, Route: "/public"}
	for range 3 {
		m.Decided(t.Context(), &edgeward.Request{Method: "GET"}, d, time.Millisecond)
	}
	text := scrape(t, m)
	wantLine(t, text, `edgeward_decisions_total{host="",method="GET",reason="public",route="/public"} 3`)
	wantLine(t, text, `edgeward_decision_duration_seconds_count{outcome="allowed"} 3`)
	wantLine(t, text, `edgeward_decision_duration_seconds_count{outcome="refused"} 0`)
}

// A sign-in waits for a provider: its time is no decision's.
func TestEndpointsAreTimedApart(t *testing.T) {
	m := telemetry.NewMetrics("v1", noState)
	d := &edgeward.Decision{Allow: true, Reason: edgeward.Public, Route: "/auth/callback"}
	telemetry.Doors{Metrics: m, Traffic: telemetry.NewTraffic()}.Served(t.Context(), &edgeward.Request{Method: "GET"}, d, time.Minute)
	text := scrape(t, m)
	wantLine(t, text, `edgeward_decisions_total{host="",method="GET",reason="public",route="/auth/callback"} 1`)
	wantLine(t, text, `edgeward_endpoint_duration_seconds_count{outcome="allowed"} 1`)
	wantLine(t, text, `edgeward_decision_duration_seconds_count{outcome="allowed"} 0`)
}

func TestAClientCannotMakeSeries(t *testing.T) {
	m := telemetry.NewMetrics("v1", noState)
	d := &edgeward.Decision{Reason: edgeward.NoRoute}
	for _, method := range []string{"BREW", "PROPFIND", "X" + strings.Repeat("Y", 500)} {
		m.Decided(t.Context(), &edgeward.Request{Method: method, Path: "/" + method}, d, time.Millisecond)
	}
	wantLine(t, scrape(t, m), `edgeward_decisions_total{host="",method="OTHER",reason="no_route",route=""} 3`)
}

func TestAReasonOutOfRangeIsUndecided(t *testing.T) {
	m := telemetry.NewMetrics("v1", noState)
	m.Decided(t.Context(), &edgeward.Request{Method: "GET"}, &edgeward.Decision{Reason: 255}, time.Millisecond)
	wantLine(t, scrape(t, m), `edgeward_decisions_total{host="",method="GET",reason="undecided",route=""} 1`)
}

// A log that writes none of it costs no notes, and nothing of the count.
func TestRequestsAreCountedWithoutALog(t *testing.T) {
	log, err := telemetry.NewLog(io.Discard, telemetry.JSON, slog.LevelError, false)
	if err != nil {
		t.Fatal(err)
	}
	m := telemetry.NewMetrics("test", noState)
	for _, door := range []http.HandlerFunc{
		func(http.ResponseWriter, *http.Request) {},
		func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) },
		func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	} {
		func() {
			defer func() { _ = recover() }()
			telemetry.Access{Metrics: m, Log: log}.Handler("proxy", door).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
		}()
	}
	text := scrape(t, m)
	for _, class := range []string{"2xx", "4xx", "none"} {
		wantLine(t, text, `edgeward_request_duration_seconds_count{door="proxy",status="`+class+`"} 1`)
	}
}

func TestStateIsAskedAtScrape(t *testing.T) {
	m := telemetry.NewMetrics("v1", func() telemetry.State {
		return telemetry.State{
			KeySets: []telemetry.KeySet{
				{Issuer: "https://a.example/", Keys: 2, Age: 90 * time.Second, Fetched: true, OK: 3, Failed: 1},
				{Issuer: "https://cold.example/", Fetched: true, Failed: 4},
				{Issuer: "https://file.example/", Keys: 1},
			},
			Cache:     telemetry.Cache{Hits: 5, Misses: 6, Evictions: 7, Bytes: 8},
			Exchanges: telemetry.Exchanges{Open: 9, Revoked: 10, Expired: 11},
			Upstreams: []telemetry.Upstream{{Name: "app", Server: "a", Up: true, Pending: 12, Requests: 13}, {Name: "app", Index: 1, Server: "b", Failures: 14}},
		}
	})
	m.Reloaded(nil, time.UnixMilli(1_700_000_000_500))
	m.Reloaded(errors.New("bad"), time.Now())
	text := scrape(t, m)
	for _, line := range []string{
		`edgeward_keyset_age_seconds{issuer="https://a.example/"} 90`,
		`edgeward_keyset_fetches_total{issuer="https://a.example/",outcome="failure"} 1`,
		`edgeward_keyset_fetches_total{issuer="https://a.example/",outcome="success"} 3`,
		`edgeward_keyset_keys{issuer="https://a.example/"} 2`,
		`edgeward_keyset_keys{issuer="https://cold.example/"} 0`,
		`edgeward_token_cache_hits_total 5`,
		`edgeward_token_cache_misses_total 6`,
		`edgeward_token_cache_evictions_total 7`,
		`edgeward_token_cache_bytes 8`,
		`edgeward_exchanges_open 9`,
		`edgeward_upstream_server_up{server="0",upstream="app"} 1`,
		`edgeward_upstream_server_up{server="1",upstream="app"} 0`,
		`edgeward_upstream_server_requests_pending{server="0",upstream="app"} 12`,
		`edgeward_upstream_server_requests_total{server="0",upstream="app"} 13`,
		`edgeward_upstream_server_failures_total{server="1",upstream="app"} 14`,
		`edgeward_exchanges_ended_total{reason="revoked"} 10`,
		`edgeward_exchanges_ended_total{reason="expired"} 11`,
		`edgeward_config_reloads_total{outcome="success"} 1`,
		`edgeward_config_reloads_total{outcome="failure"} 1`,
		`edgeward_config_last_reload_success_timestamp_seconds 1.7000000005e+09`,
	} {
		wantLine(t, text, line)
	}
	for _, absent := range []string{
		`edgeward_keyset_age_seconds{issuer="https://cold.example/"}`,  // never loaded: no age, rather than 0
		`edgeward_keyset_fetches_total{issuer="https://file.example/"`, // a file is not fetched
	} {
		if strings.Contains(text, absent) {
			t.Errorf("%s is there", absent)
		}
	}
}

func TestOneLineARequest(t *testing.T) {
	id, err := edgeward.NewIdentity(edgeward.Identity{Subject: "alice", Issuer: "https://i.example/", Method: "bearer"})
	if err != nil {
		t.Fatal(err)
	}
	got := through(t, telemetry.JSON, "/api/x", edgeward.Decision{
		Allow: true, Reason: edgeward.Authenticated, Route: "/api/*", Identity: id,
	})
	for _, part := range []string{
		`"level":"INFO"`, `"msg":"request"`, `"status":200`, `"method":"GET"`, `"path":"/api/x"`, `"reason":"authenticated"`,
		`"subject":"alice"`, `"issuer":"https://i.example/"`, `"route":"/api/*"`, `"client":"192.0.2.7"`, `"door":"proxy"`,
		`"id":"req-1"`, `"duration_ms":`,
	} {
		if !strings.Contains(got, part) {
			t.Errorf("no %s in %s", part, got)
		}
	}
	if n := strings.Count(got, "\n"); n != 1 {
		t.Errorf("%d lines, want 1", n)
	}
}

func TestRefusalsSayWhyAndTroubleIsAWarning(t *testing.T) {
	refused := through(t, telemetry.JSON, "/api/x", edgeward.Decision{
		Reason: edgeward.TokenExpired, Err: fmt.Errorf("exp is past by 3 s: %w", edgeward.TokenExpired),
	})
	if !strings.Contains(refused, `"level":"INFO"`) || !strings.Contains(refused, `"err":"exp is past by 3 s"`) {
		t.Error(refused)
	}
	trouble := through(t, telemetry.JSON, "/api/x", edgeward.Decision{
		Reason: edgeward.Unavailable, Err: errors.New("dial: refused"),
	})
	if !strings.Contains(trouble, `"level":"WARN"`) || !strings.Contains(trouble, "dial: refused") {
		t.Error(trouble)
	}
}

// A refusal that no stranger can cause is for an operator to look at, although it
// is the client's by its status.
func TestAnAlarmIsAWarning(t *testing.T) {
	reason := edgeward.MalformedRequest
	for want, err := range map[string]error{"WARN": fmt.Errorf("outer: %w", endpoint.Alarm(fmt.Errorf("signed: %w", reason))), "INFO": fmt.Errorf("made up: %w", reason)} {
		if line := through(t, telemetry.JSON, "/x", edgeward.Decision{Reason: reason, Err: err}); !strings.Contains(line, `"level":"`+want+`"`) {
			t.Errorf("%v: %s", err, line)
		}
	}
}

func TestAnUpstreamThatFailsIsCountedAndAWarning(t *testing.T) {
	var out bytes.Buffer
	log, err := telemetry.NewLog(&out, telemetry.JSON, slog.LevelInfo, false)
	if err != nil {
		t.Fatal(err)
	}
	m := telemetry.NewMetrics("test", noState)
	door := http.HandlerFunc(func(_ http.ResponseWriter, hr *http.Request) {
		r := &edgeward.Request{Method: "GET", Path: "/api/x"}
		m.Decided(hr.Context(), r, &edgeward.Decision{Allow: true, Reason: edgeward.Public}, time.Millisecond)
		m.Failed(hr.Context(), r, errors.New("reset by upstream"))
		panic(http.ErrAbortHandler) // as a proxy does when the answer breaks off
	})
	func() {
		defer func() { _ = recover() }()
		telemetry.Access{Metrics: m, Log: log}.Handler("proxy", door).
			ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/api/x", nil))
	}()
	if got := out.String(); !strings.Contains(got, `"level":"WARN"`) || !strings.Contains(got, "reset by upstream") {
		t.Error(got)
	}
	wantLine(t, scrape(t, m), "edgeward_upstream_failures_total 1")
}

func TestSecretsAndQueriesStayOutOfTheLog(t *testing.T) {
	for _, format := range []telemetry.Format{telemetry.JSON, telemetry.Text, telemetry.Pretty} {
		got := through(t, format, "/api/x?access_token=planted-secret", edgeward.Decision{
			Reason: edgeward.AmbiguousCredential, Credential: edgeward.Credential{Value: edgeward.NewSecret("planted-secret")},
		})
		if strings.Contains(got, "planted-secret") || strings.Contains(got, "access_token") {
			t.Errorf("%s: %s", format, got)
		}
	}
}

// A provider's error may repeat a credential that nobody of ours put there.
func TestCredentialsInErrorsStayOutOfTheLog(t *testing.T) {
	for _, credential := range []string{"ews_" + strings.Repeat("s", 60), "eyJ" + strings.Repeat("a", 40) + ".eyJ" + strings.Repeat("b", 40) + ".c", "ew_live_" + strings.Repeat("k", 50)} {
		for _, format := range []telemetry.Format{telemetry.JSON, telemetry.Text, telemetry.Pretty} {
			got := through(t, format, "/auth/callback", edgeward.Decision{
				Reason: edgeward.CredentialMalformed, Err: fmt.Errorf("login: the provider said %q: %w", "no: "+credential, edgeward.CredentialMalformed),
			})
			if strings.Contains(got, credential[:20]) || !strings.Contains(got, "the provider said") || !strings.Contains(got, "[secret]") {
				t.Errorf("%s: %s", format, got)
			}
		}
	}
}

// mistakes is an error like config.Errors.
type mistakes struct{}

func (mistakes) Error() string            { return "config: two\nmistakes" }
func (mistakes) Format(color bool) string { return "edgeward.yaml:1:1: error: two\n\n  mistakes\n" }

func TestMistakesAreShownAsTheyAreMeantToBeRead(t *testing.T) {
	var out bytes.Buffer
	log, err := telemetry.NewLog(&out, telemetry.Pretty, slog.LevelInfo, false)
	if err != nil {
		t.Fatal(err)
	}
	log.Error("not reloaded", "error", mistakes{})
	if !strings.HasSuffix(out.String(), "error not reloaded\nedgeward.yaml:1:1: error: two\n\n  mistakes\n") {
		t.Errorf("%q", out.String())
	}
}

// A log is read in a terminal and by parsers that split at line ends
// (attacks.md row 40).
func TestNothingInALineCanForgeALineOrDriveATerminal(t *testing.T) {
	hostile := map[string]string{
		"line feed":           "\n2026 level=INFO msg=forged",
		"carriage return":     "\rforged",
		"ANSI":                "\x1b[2Jforged",
		"C1 control sequence": "\u009b2Jforged",
		"right-to-left":       "\u202eforged",
		"line separator":      "\u2028forged",
		"not UTF-8":           "\xff\xfeforged",
		"NUL":                 "\x00forged",
	}
	for _, format := range []telemetry.Format{telemetry.JSON, telemetry.Text, telemetry.Pretty} {
		for name, s := range hostile {
			got := through(t, format, "/api/"+s, edgeward.Decision{Reason: edgeward.NoRoute, Err: errors.New("near " + s)})
			body, last := strings.CutSuffix(got, "\n")
			if !last {
				t.Fatalf("%s, %s: no line", format, name)
			}
			if format == telemetry.Pretty { // the reason stands in a line of its own
				body = strings.Replace(body, "\n         └ ", " ", 1)
			}
			for _, c := range []string{"\n", "\r", "\x1b", "\u009b", "\u202e", "\u2028", "\xff", "\x00"} {
				if strings.Contains(body, c) {
					t.Errorf("%s, %s: %q survives in %q", format, name, c, got)
				}
			}
		}
	}
}

func TestALongPathIsCut(t *testing.T) {
	got := through(t, telemetry.JSON, "/"+strings.Repeat("a", 8000), edgeward.Decision{Reason: edgeward.NoRoute})
	if len(got) > 1500 || !strings.Contains(got, "…") {
		t.Errorf("%d bytes", len(got))
	}
}

func TestARequestThatNobodyDecidedIsWrittenDownWithoutItsQuery(t *testing.T) {
	var out bytes.Buffer
	log, err := telemetry.NewLog(&out, telemetry.JSON, slog.LevelInfo, false)
	if err != nil {
		t.Fatal(err)
	}
	door := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadRequest) })
	hr := httptest.NewRequest("GET", "/a%00b?token=planted-secret", nil)
	telemetry.Access{Metrics: telemetry.NewMetrics("test", noState), Log: log}.
		Handler("proxy", door).ServeHTTP(httptest.NewRecorder(), hr)
	got := out.String()
	if !strings.Contains(got, `"path":"/a%00b"`) || strings.Contains(got, "planted") || !strings.Contains(got, `"status":400`) {
		t.Error(got)
	}
}

// lineChannel is a writer that can be waited for.
type lineChannel chan string

func (c lineChannel) Write(p []byte) (int, error) {
	c <- string(p)
	return len(p), nil
}

func TestAStreamCanBeFlushedAndHijackedThroughTheLog(t *testing.T) {
	lines := make(lineChannel, 2)
	log, err := telemetry.NewLog(lines, telemetry.JSON, slog.LevelInfo, false)
	if err != nil {
		t.Fatal(err)
	}
	door := http.HandlerFunc(func(w http.ResponseWriter, hr *http.Request) {
		controller := http.NewResponseController(w)
		if hr.URL.Path == "/flush" {
			if err := controller.Flush(); err != nil {
				t.Error(err)
			}
			return
		}
		conn, _, err := controller.Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\n\r\n")
		_ = conn.Close()
	})
	server := httptest.NewServer(telemetry.Access{Metrics: telemetry.NewMetrics("test", noState), Log: log}.Handler("proxy", door))
	defer server.Close()
	for path, status := range map[string]string{"/flush": `"status":200`, "/upgrade": `"status":101`} {
		resp, err := http.Get(server.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if line := <-lines; !strings.Contains(line, status) {
			t.Errorf("%s: %s", path, line)
		}
	}
}

func TestABufferLosesNothingAtTheEnd(t *testing.T) {
	var out bytes.Buffer
	b := telemetry.NewBuffer(&out)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- b.Run(ctx) }()
	want := strings.Repeat("0123456789\n", 20_000) // more than one flush
	for line := range strings.Lines(want) {
		_, _ = io.WriteString(b, line)
	}
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if out.String() != want {
		t.Errorf("%d bytes, want %d", out.Len(), len(want))
	}
}

// stalled is a writer that nobody reads from, until it is released.
type stalled struct {
	bytes.Buffer
	entered, release chan struct{}
}

func (s *stalled) Write(p []byte) (int, error) {
	s.entered <- struct{}{}
	<-s.release
	return s.Buffer.Write(p)
}

// A log is no reason to stop answering: nobody waits for a reader that stalls.
func TestALogThatStallsStopsNobody(t *testing.T) {
	out := &stalled{entered: make(chan struct{}, 9), release: make(chan struct{})}
	b := telemetry.NewBuffer(out)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- b.Run(ctx) }()
	_, _ = io.WriteString(b, "first\n")
	<-out.entered // the writer hangs from here on
	line := strings.Repeat("x", 1023) + "\n"
	for range 3000 { // 3 MiB; it holds one
		_, _ = io.WriteString(b, line)
	}
	close(out.release)
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	log := out.String()
	if kept := strings.Count(log, line); kept != 1024 || !strings.HasPrefix(log, "first\n") {
		t.Errorf("%d lines kept, want 1024", kept)
	}
	if !strings.Contains(log, `"lines_dropped":1976`) {
		t.Errorf("the log does not say what it lost: …%s", log[max(0, len(log)-200):])
	}
}

type fullDisk struct {
	full bool
	bytes.Buffer
}

func (d *fullDisk) Write(p []byte) (int, error) {
	if d.full {
		return 0, errors.New("no space left on device")
	}
	return d.Buffer.Write(p)
}

func TestALogRecoversFromAFullDisk(t *testing.T) {
	disk := &fullDisk{full: true}
	b := telemetry.NewBuffer(disk)
	_, _ = io.WriteString(b, "lost\n")
	b.Flush()
	disk.full = false
	_, _ = io.WriteString(b, "kept\n")
	b.Flush()
	if disk.String() != "kept\n" {
		t.Errorf("%q", disk.String())
	}
}

func TestAnUnknownFormatIsRefused(t *testing.T) {
	if _, err := telemetry.NewLog(io.Discard, "xml", slog.LevelInfo, false); err == nil {
		t.Error("accepted")
	}
}

func BenchmarkDecided(b *testing.B) {
	m := telemetry.NewMetrics("bench", noState)
	d := &edgeward.Decision{Allow: true, Reason: edgeward.Authenticated, Route: "/api/*"}
	r := &edgeward.Request{Method: "GET"}
	ctx := context.Background()
	b.ReportAllocs()
	for b.Loop() {
		m.Decided(ctx, r, d, time.Millisecond)
	}
}

func BenchmarkAccess(b *testing.B) {
	log, err := telemetry.NewLog(io.Discard, telemetry.JSON, slog.LevelInfo, false)
	if err != nil {
		b.Fatal(err)
	}
	m := telemetry.NewMetrics("bench", noState)
	d := &edgeward.Decision{Allow: true, Reason: edgeward.Authenticated, Route: "/api/*"}
	door := http.HandlerFunc(func(w http.ResponseWriter, hr *http.Request) {
		m.Decided(hr.Context(), &edgeward.Request{ID: "1", Method: "GET", Path: "/api/x", ClientIP: netip.MustParseAddr("192.0.2.7")}, d, time.Millisecond)
	})
	h := telemetry.Access{Metrics: m, Log: log}.Handler("proxy", door)
	w, hr := httptest.NewRecorder(), httptest.NewRequest("GET", "/api/x", nil)
	b.ReportAllocs()
	for b.Loop() {
		h.ServeHTTP(w, hr)
	}
}

// An issuer may have several key sets. Prometheus refuses everything when two
// metrics have the same labels.
func TestKeySetsOfOneIssuerAreOneSeries(t *testing.T) {
	text := scrape(t, telemetry.NewMetrics("v1", func() telemetry.State {
		return telemetry.State{KeySets: []telemetry.KeySet{
			{Issuer: "a", Keys: 1},
			{Issuer: "a", Keys: 2, Ignored: 3, Fetched: true, Age: time.Minute, OK: 4, Failed: 5},
			{Issuer: "b", Keys: 7},
		}}
	}))
	wantLine(t, text, `edgeward_keyset_keys{issuer="a"} 3`)
	wantLine(t, text, `edgeward_keyset_keys{issuer="b"} 7`)
	wantLine(t, text, `edgeward_keyset_keys_ignored{issuer="a"} 3`)
	wantLine(t, text, `edgeward_keyset_fetches_total{issuer="a",outcome="success"} 4`)
}
