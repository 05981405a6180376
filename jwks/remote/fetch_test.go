package remote_test

import (
	"bytes"
	"compress/gzip"
	"crypto/x509"
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
	"github.com/edgeward/edgeward/jwks"
	"github.com/edgeward/edgeward/jwks/remote"
	"github.com/edgeward/edgeward/jwks/stdcrypto"
	"github.com/edgeward/edgeward/jwt"
)

// as answers with body under a content type and further fields.
func as(contentType, body string, fields ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		for i := 0; i < len(fields); i += 2 {
			w.Header().Set(fields[i], fields[i+1])
		}
		fmt.Fprint(w, body)
	}
}

func gzipped(body string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	fmt.Fprint(w, body)
	w.Close()
	return b.String()
}

// The last good set outlives every answer that is no key set, and what it does
// not know can then not be told. A good answer in its place is believed.
func TestBadAnswerKeepsTheLastGoodSet(t *testing.T) {
	good := keySet("a", "b")
	padded := func(size int) string { return good + strings.Repeat(" ", size-len(good)) }
	many := make([]string, 101)
	for i := range many {
		many[i] = fmt.Sprint("kid", i)
	}
	const json = "application/json"
	for _, row := range []struct {
		rule    string
		answer  http.HandlerFunc
		believe bool
	}{
		{"JSON", as(json, good), true},
		{"JSON with charset", as("application/json; charset=utf-8", good), true},
		{"JWK set media type", as("application/jwk-set+json", good), true},
		{"gzip", as(json, gzipped(good), "Content-Encoding", "gzip"), true},
		{"1 MiB", as(json, padded(jwks.MaxSize)), true},
		{"1 MiB and a byte", as(json, padded(jwks.MaxSize+1)), false},
		{"gzip bomb", as(json, gzipped(padded(64<<20)), "Content-Encoding", "gzip"), false},
		{"unknown content coding", as(json, good, "Content-Encoding", "br"), false},
		{"HTML", as("text/html", `<!doctype html><title>Sign in</title>`), false},
		{"HTML that says it is JSON", as(json, `<!doctype html><title>Sign in</title>`), false},
		{"JSON that says it is HTML", as("text/html", good), false},
		{"JSON that says it is an image", as("image/svg+json", good), false},
		{"no content type", as("", good), false},
		{"{}", as(json, `{}`), false},
		{"no keys", as(json, `{"keys":[]}`), false},
		{"nothing", as(json, ``), false},
		{"cut short", as(json, good[:len(good)-3]), false},
		{"the same key twice", as(json, keySet("a", "b", "a")), true},
		{"a contested kid beside them", as(json, keySet("a", "b", "c", "c#2")), true},
		{"nothing but a contested kid", as(json, keySet("b", "b#2")), false},
		{"symmetric key", as(json, `{"keys":[{"kty":"oct","k":"AAAA"},`+good[len(`{"keys":[`):]), false},
		{"101 keys", as(json, keySet(many...)), false},
		{"not found", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", json)
			w.WriteHeader(http.StatusNotFound)
			fmt.Fprint(w, good)
		}, false},
		{"no content", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }, false},
		{"broken off", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", json)
			w.Header().Set("Content-Length", "100000")
			fmt.Fprint(w, good)
		}, false},
	} {
		t.Run(row.rule, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := serve(t, "a")
				k := p.keys(t)
				a := mustFind(t, k, "a")
				p.set(func(p *provider) { p.answer = row.answer })
				time.Sleep(jwks.Brake)
				if row.believe {
					mustFind(t, k, "b")
				} else {
					wantReason(t, k, "b", edgeward.Unavailable)
				}
				if mustFind(t, k, "a") != a {
					t.Error("the known key was lost")
				}
			})
		})
	}
}

// Metadata is believed only when it speaks for the configured issuer
// (RFC 8414 §3.3) and points where keys may be fetched.
func TestMetadata(t *testing.T) {
	for _, row := range []struct{ rule, about string }{
		{"issuer with a slash more", `{"issuer":"` + issuer + `/","jwks_uri":"http://127.0.0.1/keys"}`},
		{"issuer in another case", `{"issuer":"` + strings.ToUpper(issuer) + `","jwks_uri":"http://127.0.0.1/keys"}`},
		{"another issuer", `{"issuer":"https://evil.example","jwks_uri":"http://127.0.0.1/keys"}`},
		{"issuer missing", `{"jwks_uri":"http://127.0.0.1/keys"}`},
		{"issuer twice", `{"issuer":"https://evil.example","issuer":"` + issuer + `","jwks_uri":"http://127.0.0.1/keys"}`},
		{"Issuer in another case of name", `{"Issuer":"` + issuer + `","jwks_uri":"http://127.0.0.1/keys"}`},
		{"jwks_uri missing", `{"issuer":"` + issuer + `"}`},
		{"jwks_uri relative", `{"issuer":"` + issuer + `","jwks_uri":"/keys"}`},
		{"jwks_uri of a file", `{"issuer":"` + issuer + `","jwks_uri":"file:///keys"}`},
		{"jwks_uri with userinfo", `{"issuer":"` + issuer + `","jwks_uri":"http://a:b@127.0.0.1/keys"}`},
		{"jwks_uri elsewhere by http", `{"issuer":"` + issuer + `","jwks_uri":"http://idp.example/keys"}`},
		{"jwks_uri at another loopback host by http", `{"issuer":"` + issuer + `","jwks_uri":"http://localhost/keys"}`},
		{"larger than 1 MiB", `{"issuer":"` + issuer + `","jwks_uri":"http://127.0.0.1/keys"}` + strings.Repeat(" ", jwks.MaxSize)},
		{"not JSON", `<html>`},
	} {
		t.Run(row.rule, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := serve(t, "a")
				p.about = row.about
				k := p.keys(t)
				wantReason(t, k, "a", edgeward.Unavailable)
				if got := p.fetched(); got != 0 {
					t.Errorf("%d key sets were fetched", got)
				}
				p.set(func(p *provider) { p.about = "" })
				time.Sleep(jwks.Brake)
				mustFind(t, k, "a")
			})
		})
	}
}

// Metadata is read once an hour, and again when the key set is not where it
// said: providers move.
func TestMetadataIsReread(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := serve(t, "a")
		p.maxAge = 300
		k := p.keys(t)
		run(t, k)
		time.Sleep(20 * time.Minute)
		if p.described() != 1 || p.fetched() < 4 {
			t.Errorf("metadata read %d times for %d fetches", p.described(), p.fetched())
		}
		p.set(func(p *provider) { p.answer = down })
		time.Sleep(5 * time.Minute)
		p.set(func(p *provider) { p.answer = nil })
		time.Sleep(5 * time.Minute)
		if p.described() < 2 || k.Status().Failing {
			t.Errorf("metadata read %d times after the outage; %+v", p.described(), k.Status())
		}
		time.Sleep(10 * time.Hour)
		if n := p.described(); n < 11 || n > 20 {
			t.Errorf("metadata read %d times in ten hours", n)
		}
	})
}

// An endless answer is not read to its end.
func TestEndlessAnswerIsCutOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := serve(t, "a")
		written := make(chan int, 1)
		p.answer = func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			total, piece := 0, bytes.Repeat([]byte(" "), 64<<10)
			for total < 64<<20 {
				n, err := w.Write(piece)
				total += n
				if err != nil {
					break
				}
			}
			written <- total
		}
		k := p.keys(t)
		wantReason(t, k, "a", edgeward.Unavailable)
		if n := <-written; n > 2*jwks.MaxSize {
			t.Errorf("%d bytes were taken", n)
		}
	})
}

func TestNewRefuses(t *testing.T) {
	good := remote.Config{Issuer: "https://idp.example", Importer: stdcrypto.Import}
	if _, err := remote.New(good); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		rule   string
		change func(*remote.Config)
	}{
		{"no issuer", func(c *remote.Config) { c.Issuer = ""; c.JWKSURI = "https://idp.example/keys" }},
		{"no importer", func(c *remote.Config) { c.Importer = nil }},
		{"HMAC with fetched keys", func(c *remote.Config) { c.Algorithms = []jwt.Algorithm{jwt.RS256, jwt.HS256} }},
		{"none", func(c *remote.Config) { c.Algorithms = []jwt.Algorithm{"none"} }},
		{"issuer by http", func(c *remote.Config) { c.Issuer = "http://idp.example" }},
		{"issuer by http on a name that looks local", func(c *remote.Config) { c.Issuer = "http://localhost.example" }},
		{"issuer that is no URL", func(c *remote.Config) { c.Issuer = "idp.example" }},
		{"issuer with a query", func(c *remote.Config) { c.Issuer += "?tenant=1" }},
		{"issuer with a fragment", func(c *remote.Config) { c.Issuer += "#a" }},
		{"issuer with userinfo", func(c *remote.Config) { c.Issuer = "https://a:b@idp.example" }},
		{"jwks_uri by http", func(c *remote.Config) { c.JWKSURI = "http://idp.example/keys" }},
		{"jwks_uri without host", func(c *remote.Config) { c.JWKSURI = "https:///keys" }},
		{"jwks_uri of another scheme", func(c *remote.Config) { c.JWKSURI = "ftp://127.0.0.1/keys" }},
	} {
		c := good
		row.change(&c)
		if _, err := remote.New(c); err == nil {
			t.Errorf("%s: accepted", row.rule)
		} else if strings.Contains(err.Error(), "a:b") {
			t.Errorf("%s: %v shows the password", row.rule, err)
		}
	}
	for _, issuer := range []string{"http://localhost:8080", "http://127.0.0.1", "http://[::1]:1/x/"} {
		if _, err := remote.New(remote.Config{Issuer: issuer, Importer: stdcrypto.Import}); err != nil {
			t.Errorf("%s: %v", issuer, err)
		}
	}
	named := remote.Config{Issuer: "any name", JWKSURI: "https://idp.example/keys?v=1", Importer: stdcrypto.Import}
	if _, err := remote.New(named); err != nil {
		t.Errorf("an issuer with an explicit key set need not be a URL: %v", err)
	}
}

// secure starts a TLS provider and returns the configuration that reaches it.
func secure(t *testing.T, handler func(base string) http.HandlerFunc) remote.Config {
	t.Helper()
	var h http.HandlerFunc
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h(w, r) }))
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // handshakes that are meant to fail
	server.StartTLS()
	t.Cleanup(server.Close)
	h = handler(server.URL)
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	return remote.Config{
		Issuer: server.URL, RootCAs: roots, Importer: stdcrypto.Import, Algorithms: []jwt.Algorithm{jwt.EdDSA},
	}
}

// target counts who connects to a port of this machine.
func target(t *testing.T) (port string, connections *atomic.Int32) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	connections = new(atomic.Int32)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			connections.Add(1)
			c.Close()
		}
	}()
	_, port, _ = net.SplitHostPort(l.Addr().String())
	return port, connections
}

// Metadata and redirects reach no port of our own network, by whatever name.
func TestNobodySendsUsToAPrivateAddress(t *testing.T) {
	for _, host := range []string{"localhost", "127.0.0.2", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0"} {
		for _, redirect := range []bool{false, true} {
			port, connections := target(t)
			elsewhere := "https://" + host + ":" + port + "/keys"
			k, err := remote.New(secure(t, func(base string) http.HandlerFunc {
				return func(w http.ResponseWriter, r *http.Request) {
					switch {
					case r.URL.Path == "/keys":
						http.Redirect(w, r, elsewhere, http.StatusFound)
					case redirect:
						document(w, `{"issuer":"`+base+`","jwks_uri":"`+base+`/keys"}`)
					default:
						document(w, `{"issuer":"`+base+`","jwks_uri":"`+elsewhere+`"}`)
					}
				}
			}))
			if err != nil {
				t.Fatal(err)
			}
			wantReason(t, k, "a", edgeward.Unavailable)
			if n := connections.Load(); n != 0 {
				t.Errorf("%s, redirect %v: %d connections", host, redirect, n)
			}
		}
	}
}

// The package's own transport does its work over TLS, follows a redirect on
// the same host, and believes nobody outside RootCAs.
func TestOverTLS(t *testing.T) {
	config := secure(t, func(base string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			switch r.URL.Path {
			case "/.well-known/openid-configuration":
				document(w, `{"issuer":"`+base+`","jwks_uri":"`+base+`/keys"}`)
			case "/keys":
				http.Redirect(w, r, "/moved", http.StatusTemporaryRedirect)
			default:
				document(w, keySet("a"))
			}
		}
	})
	k, err := remote.New(config)
	if err != nil {
		t.Fatal(err)
	}
	mustFind(t, k, "a")
	config.RootCAs = x509.NewCertPool()
	strangers, err := remote.New(config)
	if err != nil {
		t.Fatal(err)
	}
	wantReason(t, strangers, "a", edgeward.Unavailable)
}

func TestHugeHeaderIsRefused(t *testing.T) {
	config := secure(t, func(string) http.HandlerFunc {
		return as("application/json", keySet("a"), "X-Padding", strings.Repeat("x", 128<<10))
	})
	config.JWKSURI = config.Issuer
	k, err := remote.New(config)
	if err != nil {
		t.Fatal(err)
	}
	wantReason(t, k, "a", edgeward.Unavailable)
}
