package outbound_test

import (
	"compress/gzip"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/outbound"
	"github.com/edgeward/edgeward/login/openid"
)

// secure starts a TLS server and returns its URL and what reaches it.
func secure(t *testing.T, handler http.HandlerFunc) (string, outbound.Config) {
	t.Helper()
	server := httptest.NewUnstartedServer(handler)
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // handshakes that are meant to fail
	server.StartTLS()
	t.Cleanup(server.Close)
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	return server.URL, outbound.Config{RootCAs: roots}
}

func TestFetchSendsAndReturnsAllOfIt(t *testing.T) {
	base, config := secure(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("Content-Type", "text/plain")
		w.WriteHeader(http.StatusTeapot)
		fmt.Fprintf(w, "%s %s %s %s", r.Method, r.URL, r.Header.Get("Authorization"), body)
	})
	answer, err := outbound.NewFetcher(config).Fetch(t.Context(), openid.Request{
		Method: "POST", URL: base + "/token?a=b", Issuer: base, Header: edgeward.Header{"Authorization": {"Basic x"}}, Body: []byte("code=1"),
	})
	if err != nil || answer.Status != http.StatusTeapot || string(answer.Body) != "POST /token?a=b Basic x code=1" || answer.Header.First("Content-Type") != "text/plain" {
		t.Errorf("%+v, %v", answer, err)
	}
}

// A request names the authority that it believes; another one's certificates are
// not believed, nor the system's.
func TestFetchBelievesTheAuthorityOfTheRequest(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	ours := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
	f := outbound.NewFetcher(outbound.Config{})
	for rule, row := range map[string]struct {
		authority string
		ok        bool
	}{
		"its authority": {ours, true}, "the system's": {"", false}, "no certificate": {"PEM", false}, "its authority again": {ours, true},
	} {
		_, err := f.Fetch(t.Context(), openid.Request{Method: "GET", URL: server.URL, Issuer: server.URL, Authority: row.authority})
		if (err == nil) != row.ok {
			t.Errorf("%s: %v", rule, err)
		}
	}
}

// What the operator wrote may be at a private address, whatever the issuer's host is.
func TestFetchReachesWhatIsWrittenDown(t *testing.T) {
	base, config := secure(t, func(http.ResponseWriter, *http.Request) {})
	for _, written := range []bool{true, false} {
		_, err := outbound.NewFetcher(config).Fetch(t.Context(), openid.Request{Method: "POST", URL: base, Issuer: "https://id.example", Written: written})
		if (err == nil) != written {
			t.Errorf("written %v: %v", written, err)
		}
	}
}

// A redirect takes neither a code nor a secret anywhere.
func TestFetchFollowsNoRedirect(t *testing.T) {
	var followed atomic.Int32
	base, config := secure(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/moved" {
			followed.Add(1)
		}
		http.Redirect(w, r, "/moved", http.StatusTemporaryRedirect)
	})
	config.Redirects = 3
	answer, err := outbound.NewFetcher(config).Fetch(t.Context(), openid.Request{Method: "POST", URL: base, Issuer: base, Body: []byte("code=1")})
	if err != nil || answer.Status != http.StatusTemporaryRedirect || followed.Load() != 0 {
		t.Errorf("%+v, %v; followed %d times", answer, err, followed.Load())
	}
}

func TestFetchIsBounded(t *testing.T) {
	for _, row := range []struct {
		rule  string
		write func(io.Writer)
		gzip  bool
		ok    bool
	}{
		{"1 MiB", func(w io.Writer) { io.WriteString(w, strings.Repeat(" ", 1<<20)) }, false, true},
		{"1 MiB and a byte", func(w io.Writer) { io.WriteString(w, strings.Repeat(" ", 1<<20+1)) }, false, false},
		{"gzip", func(w io.Writer) { io.WriteString(w, "{}") }, true, true},
		{"gzip bomb", func(w io.Writer) { io.WriteString(w, strings.Repeat(" ", 64<<20)) }, true, false},
	} {
		base, config := secure(t, func(w http.ResponseWriter, _ *http.Request) {
			if !row.gzip {
				row.write(w)
				return
			}
			w.Header().Set("Content-Encoding", "gzip")
			packed := gzip.NewWriter(w)
			row.write(packed)
			packed.Close()
		})
		if _, err := outbound.NewFetcher(config).Fetch(t.Context(), openid.Request{Method: "GET", URL: base, Issuer: base}); (err == nil) != row.ok {
			t.Errorf("%s: %v", row.rule, err)
		}
	}
	base, config := secure(t, func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Encoding", "br") })
	if _, err := outbound.NewFetcher(config).Fetch(t.Context(), openid.Request{Method: "GET", URL: base, Issuer: base}); err == nil {
		t.Error("took an unknown content coding")
	}
}

// A host that nobody wrote down is not dialled at a private address, by
// whatever name.
func TestFetchReachesNothingPrivateThatNobodyWroteDown(t *testing.T) {
	base, config := secure(t, func(http.ResponseWriter, *http.Request) { t.Error("reached") })
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(base, "https://"))
	for _, host := range []string{"127.0.0.1", "localhost", "127.0.0.2", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0"} {
		if _, err := outbound.NewFetcher(config).Fetch(t.Context(), openid.Request{Method: "GET", URL: "https://" + host + ":" + port, Issuer: "https://idp.example"}); err == nil {
			t.Errorf("%s: reached", host)
		}
	}
}

func TestFetchRefuses(t *testing.T) {
	base, config := secure(t, func(http.ResponseWriter, *http.Request) { t.Error("reached") })
	for rule, at := range map[string]string{
		"http": "http://idp.example/", "another scheme": "ftp://127.0.0.1/", "no URL": "token", "userinfo": "https://a:b@127.0.0.1/", "no host": "https:///x",
	} {
		if _, err := outbound.NewFetcher(config).Fetch(t.Context(), openid.Request{Method: "GET", URL: at, Issuer: base}); err == nil {
			t.Errorf("%s: accepted", rule)
		} else if strings.Contains(err.Error(), "a:b") {
			t.Errorf("%s: %v shows the password", rule, err)
		}
	}
	if _, err := outbound.NewFetcher(config).Fetch(t.Context(), openid.Request{Method: "GET", URL: base}); err == nil {
		t.Error("fetched for nobody")
	}
	if _, err := (outbound.Fetcher{}).Fetch(t.Context(), openid.Request{Method: "GET", URL: base, Issuer: base}); err == nil {
		t.Error("the zero Fetcher fetches")
	}
	config.RootCAs = x509.NewCertPool()
	if _, err := outbound.NewFetcher(config).Fetch(t.Context(), openid.Request{Method: "GET", URL: base, Issuer: base}); err == nil {
		t.Error("believed a stranger's certificate")
	}
}

// hanging never answers.
type hanging struct{}

func (hanging) RoundTrip(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

func TestFetchGivesUpAfterTenSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now() // in the bubble, where waiting costs no time
		_, err := outbound.NewFetcher(outbound.Config{Transport: hanging{}}).Fetch(t.Context(), openid.Request{Method: "GET", URL: "https://idp.example/", Issuer: "https://idp.example"})
		if took := time.Since(began); err == nil || took != 10*time.Second {
			t.Errorf("%v after %v", err, took)
		}
	})
}
