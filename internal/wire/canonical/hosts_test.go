package canonical_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/wire/canonical"
)

func TestHosts(t *testing.T) {
	h, err := canonical.NewHosts([]string{"App.example.com", "*.Preview.example.com", "192.0.2.1", "[2001:DB8::0]", "localhost"})
	if err != nil {
		t.Fatal(err)
	}
	for host, want := range map[string]bool{
		"app.example.com": true, "app.example.com:8443": true, "192.0.2.1": true, "192.0.2.1:81": true, "[2001:db8::]": true, "[2001:db8::]:81": true, "localhost": true,
		"a.preview.example.com": true, "a.b.preview.example.com:81": true,
		"preview.example.com": false, "xpreview.example.com": false, ".preview.example.com": false, "example.com": false, "b.app.example.com": false,
		"xapp.example.com": false, "app.example.com.evil.example": false, "192.0.2.10": false, "[2001:db8::1]": false, "": false,
	} {
		if got := h.Has(host); got != want {
			t.Errorf("%q: %v", host, got)
		}
		if err := h.Check(host); (err == nil) != want || err != nil && !errors.Is(err, edgeward.UnknownHost) {
			t.Errorf("%q: %v", host, err)
		}
	}
}

func TestNoHostsAreEveryHostAndZeroHostsAreNone(t *testing.T) {
	all, err := canonical.NewHosts(nil)
	if err != nil || !all.Has("any.example") {
		t.Errorf("%v: %v", all, err)
	}
	if new(canonical.Hosts).Has("any.example") {
		t.Error("the zero value has a host")
	}
}

func TestWhatIsNoHostName(t *testing.T) {
	for _, name := range []string{
		"", "*", "*.", "**.example.com", "a.*.example.com", "*example.com", "example.com:80", "example.com:8080", "[::1]:80", "https://example.com", "example.com/", "a b",
		"*.192.0.2.1", "*.2.1", "*.[::1]", "127.1", "näme.example", "user@example.com", "a..b", "::1", "*.example.com:443",
	} {
		if h, err := canonical.NewHosts([]string{name}); err == nil {
			t.Errorf("%q is one: %+v", name, h)
		}
	}
	many := make([]string, canonical.MaxHosts+1)
	for i := range many {
		many[i] = fmt.Sprintf("a%d.example", i)
	}
	if _, err := canonical.NewHosts(many); err == nil {
		t.Error("too many hosts are few enough")
	}
}
