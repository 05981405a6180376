package login_test

import (
	"strings"
	"testing"

	"github.com/edgeward/edgeward/login"
)

const hostOrigin = "https://grafana.example.com"

func TestWhereSignInsAreHandedOver(t *testing.T) {
	entries := map[string]string{"grafana.example.com": "grafana.example.com", "a.preview.example.com": "*.preview.example.com", "notes.localhost": "notes.localhost", "x.localhost": "*.localhost", "app.example": "app.example"}
	hosts := func(host string) (string, bool) {
		name, _, _ := strings.Cut(host, ":")
		entry, ok := entries[name]
		return entry, ok
	}
	for own, rows := range map[string]map[string]bool{
		"https://app.example": {
			"https grafana.example.com": true, "https a.preview.example.com": true, "https notes.localhost": true,
			"http grafana.example.com": false, "https grafana.example.com:8443": false, "https other.example": false, "https app.example": false,
		},
		"https://app.example:8443": {"https grafana.example.com:8443": true, "https grafana.example.com": false, "https grafana.example.com:443": false},
		"http://localhost:8080": {
			"http notes.localhost:8080": true, "http x.localhost:8080": false, "http grafana.example.com:8080": false, "https notes.localhost:8080": false,
		},
	} {
		w := newWorld(t, func(c *login.Config) { c.Origin, c.Insecure = own, true })
		over := w.Over(hosts)
		for at, want := range rows {
			scheme, host, _ := strings.Cut(at, " ")
			if got := over.HandsOver(scheme, host); got != want {
				t.Errorf("from %s to %s: %v", own, at, got)
			}
			if w.HandsOver(scheme, host) {
				t.Errorf("from %s to %s without hosts", own, at)
			}
		}
	}
}

// FuzzHostPage: where a sign-in returns to is of a host that is listed, as a browser
// reads it.
func FuzzHostPage(f *testing.F) {
	over := newWorld(f).Over(func(host string) (string, bool) { return host, host == "grafana.example.com" })
	for _, raw := range []string{hostOrigin, hostOrigin + "/a?b", hostOrigin + "//evil", "https://grafana.example.com@evil/", "https:\\\\grafana.example.com\\", hostOrigin + ".evil/"} {
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		origin, page, ok := over.HostPage(raw)
		if !ok {
			return
		}
		if origin != hostOrigin || !strings.HasPrefix(raw, hostOrigin) || !strings.HasPrefix(page, "/") || strings.HasPrefix(page, "//") || strings.ContainsAny(page, "\\#\r\n\t ") {
			t.Errorf("%q is %q of %q", raw, page, origin)
		}
	})
}
