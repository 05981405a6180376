package console_test

import (
	"context"
	cryptotls "crypto/tls"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/apikey"
	"github.com/edgeward/edgeward/audit"
	"github.com/edgeward/edgeward/internal/console"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/issuance/adminscope"
	"github.com/edgeward/edgeward/internal/issuance/issuancetest"
	"github.com/edgeward/edgeward/internal/telemetry"
	"github.com/edgeward/edgeward/policy"
)

const origin = "http://127.0.0.1:8081"

var here = netip.MustParseAddr("127.0.0.1")

// A desk is a console, what it stands on, and a browser in front of it.
type desk struct {
	*issuancetest.Node
	*console.Console
	t       testing.TB
	traffic *telemetry.Traffic
	log     string // the audit log's path
	key, id string // an API key of an administrator
	cookie  string // what the browser sends
}

func open(t testing.TB, change ...func(*console.Config)) *desk {
	t.Helper()
	d := &desk{Node: issuancetest.New(t), t: t, traffic: telemetry.NewTraffic(), log: filepath.Join(t.TempDir(), "audit")}
	if err := os.WriteFile(d.log, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	hosts, err := policy.BuildHosts([]policy.Host{
		{Name: "*.preview.example", Files: []policy.File{{Path: "demo", Statement: policy.Public()}}},
		{Files: []policy.File{{Path: "api/_middleware", Statement: policy.Require("session")}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	cfg := console.Config{
		Authority: d.Authority, Hosts: hosts, Traffic: d.traffic, AuditFile: d.log, Version: "v1", Now: d.Clock.Now,
		State: func() telemetry.State { return telemetry.State{Memory: &telemetry.Memory{Synced: true}} },
		Ready: func() error { return nil },
	}
	for _, f := range change {
		f(&cfg)
	}
	if d.Console, err = console.New(cfg); err != nil {
		t.Fatal(err)
	}
	d.key, d.id = d.makeKey(apikey.Grant{Subject: "operator", Permissions: []string{adminscope.Admin}})
	return d
}

func (d *desk) makeKey(g apikey.Grant) (text, id string) {
	d.t.Helper()
	secret, k, err := d.CreateAPIKey(d.t.Context(), issuance.By{Actor: "test"}, g)
	if err != nil {
		d.t.Fatal(err)
	}
	return secret.Reveal(), k.ID
}

// request makes a request as the browser does: a POST says where it comes from.
func (d *desk) request(method, path string, fields ...string) *http.Request {
	form := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	hr := httptest.NewRequest(method, origin+path, nil)
	if method == http.MethodPost {
		hr = httptest.NewRequest(method, origin+path, strings.NewReader(form.Encode()))
		hr.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		hr.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	hr.RemoteAddr = "127.0.0.1:50000"
	if d.cookie != "" {
		hr.Header.Set("Cookie", d.cookie)
	}
	return hr
}

// serve answers a request, and holds the answer to what all have in common.
func (d *desk) serve(hr *http.Request) *httptest.ResponseRecorder {
	d.t.Helper()
	w := httptest.NewRecorder()
	d.ServeHTTP(w, hr)
	h := w.Header()
	for name, part := range map[string]string{
		"Content-Security-Policy": "default-src 'none'", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store",
		"Referrer-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
		"X-Frame-Options": "DENY", "X-Request-Id": "",
	} {
		if !strings.Contains(h.Get(name), part) || h.Get(name) == "" {
			d.t.Errorf("%s %s: %d with %s: %q", hr.Method, hr.URL.Path, w.Code, name, h.Get(name))
		}
	}
	if csp := h.Get("Content-Security-Policy"); strings.Contains(csp, "unsafe") || !strings.Contains(csp, "frame-ancestors 'none'") || !strings.Contains(csp, "form-action 'self'") {
		d.t.Errorf("policy %q", csp)
	}
	if body := w.Body.String(); strings.Contains(body, "<style") || strings.Contains(body, " style=") || strings.Contains(body, "<script>") || strings.Contains(body, " onclick=") {
		d.t.Errorf("%s %s has something inline:\n%s", hr.Method, hr.URL.Path, body)
	}
	return w
}

func (d *desk) get(path string) *httptest.ResponseRecorder {
	d.t.Helper()
	return d.serve(d.request(http.MethodGet, path))
}

func (d *desk) post(path string, fields ...string) *httptest.ResponseRecorder {
	d.t.Helper()
	return d.serve(d.request(http.MethodPost, path, fields...))
}

// signIn signs the browser in with the key.
func (d *desk) signIn() *desk {
	d.t.Helper()
	w := d.post("/console/sign-in", "key", d.key)
	if w.Code != http.StatusSeeOther {
		d.t.Fatalf("sign-in: %d %s", w.Code, w.Body)
	}
	d.take(w)
	return d
}

// take keeps the cookie of an answer, as a browser does.
func (d *desk) take(w *httptest.ResponseRecorder) {
	d.t.Helper()
	for _, c := range w.Result().Cookies() {
		if strings.HasSuffix(c.Name, "ew_console") {
			d.cookie = c.Name + "=" + c.Value
		}
	}
}

// deeds returns what the audit log was told, but for how the test began.
func (d *desk) deeds() (all []issuance.Record) {
	for _, r := range d.Audit.Records() {
		if r.Actor != "test" && r.Action != "console.sign_in.failed" {
			r.RequestID, r.Client, r.UserAgent = "", "", ""
			all = append(all, r)
		}
	}
	return all
}

func status(t testing.TB, w *httptest.ResponseRecorder, want int, parts ...string) {
	t.Helper()
	if w.Code != want {
		t.Errorf("%d, want %d: %s", w.Code, want, w.Body)
	}
	for _, part := range parts {
		if !strings.Contains(w.Body.String(), part) {
			t.Errorf("%d without %q: %s", w.Code, part, w.Body)
		}
	}
}

// out checks that an answer sends the browser to the sign-in page.
func out(t testing.TB, w *httptest.ResponseRecorder) {
	t.Helper()
	if to := w.Header().Get("Location"); w.Code != http.StatusSeeOther || !strings.HasPrefix(to, "/console/sign-in") || w.Body.Len() > 0 {
		t.Errorf("%d to %q: %s", w.Code, to, w.Body)
	}
}

// refuse has the doors refuse a request.
func (d *desk) refuse(reason edgeward.Reason, method, path string) {
	d.traffic.Decided(&edgeward.Request{ID: "request-1", Method: method, Path: path, ClientIP: here}, &edgeward.Decision{Reason: reason, Route: "/api/*"}, d.Clock.Now)
}

// chain writes records to the audit log's file.
func (d *desk) chain(records ...issuance.Record) {
	d.t.Helper()
	file, err := os.Create(d.log)
	if err != nil {
		d.t.Fatal(err)
	}
	defer file.Close()
	log := audit.NewLog(file, audit.Head{}, func() time.Time { return d.Clock.Now() })
	for _, r := range records {
		if err := log.Append(context.Background(), r); err != nil {
			d.t.Fatal(err)
		}
	}
}

// edit changes the audit log's file, as somebody does who may not.
func (d *desk) edit(from, to string) {
	d.t.Helper()
	text, err := os.ReadFile(d.log)
	if err == nil {
		err = os.WriteFile(d.log, []byte(strings.Replace(string(text), from, to, 1)), 0o600)
	}
	if err != nil {
		d.t.Fatal(err)
	}
}

// tls makes a request one that came over HTTPS.
func tls(hr *http.Request) *http.Request {
	hr.TLS, hr.RequestURI = &cryptotls.ConnectionState{}, hr.URL.RequestURI()
	return hr
}

// refusing decides against everybody.
type refusing struct{}

func (refusing) Decide(context.Context, *edgeward.Request) edgeward.Decision {
	return edgeward.Decision{Reason: edgeward.CredentialMissing}
}
