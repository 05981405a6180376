package door_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/httpauth"
	"github.com/edgeward/edgeward/internal/door"
	"github.com/edgeward/edgeward/internal/door/doorstest"
	"github.com/edgeward/edgeward/internal/door/forwardauth"
	"github.com/edgeward/edgeward/internal/door/proxy"
	"github.com/edgeward/edgeward/internal/endpoint"
)

// An ownAnswer is one that a door gives by itself.
type ownAnswer struct {
	rule   string
	open   func(t *testing.T) http.Handler
	target string
	status int
}

func ownAnswers() []ownAnswer {
	nobody := deciderFunc(func(*edgeward.Request) edgeward.Decision {
		return edgeward.Decision{Reason: edgeward.CredentialMissing}
	})
	anybody := deciderFunc(func(*edgeward.Request) edgeward.Decision { return edgeward.Decision{Allow: true} })
	preflight := deciderFunc(func(*edgeward.Request) edgeward.Decision {
		return edgeward.Decision{Reason: edgeward.Preflight}
	})
	proxied := func(d edgeward.Decider) func(t *testing.T) http.Handler {
		return func(t *testing.T) http.Handler {
			p, err := proxy.New(proxy.Config{Decider: d})
			if err != nil {
				t.Fatal(err)
			}
			return p
		}
	}
	asked := func(d edgeward.Decider) func(t *testing.T) http.Handler {
		return func(t *testing.T) http.Handler {
			return forwardauth.New(forwardauth.Config{Decider: d, Trusted: trust(t, []netip.Prefix{doorstest.Proxies})})
		}
	}
	return []ownAnswer{
		{"the proxy refuses", proxied(nobody), "/a", 401},
		{"the proxy answers a preflight", proxied(preflight), "/a", 204},
		{"the proxy refuses what it cannot read", proxied(nobody), "/a//b", 400},
		{"the proxy has no upstream", proxied(anybody), "/a", 502},
		{"forward-auth allows", asked(anybody), "/verify", 200},
		{"forward-auth refuses", asked(nobody), "/verify", 401},
		{"forward-auth does not know the path", asked(anybody), "/a", 404},
		{"the middleware refuses", func(t *testing.T) http.Handler {
			auth, err := httpauth.New(nobody, httpauth.Config{})
			if err != nil {
				t.Fatal(err)
			}
			return auth(http.NotFoundHandler())
		}, "/a", 401},
	}
}

// Row 40: without a bound, net/http waits for the body before it answers, and
// after it.
func TestABodyThatNeverComesHoldsNoConnection(t *testing.T) {
	for _, framing := range []string{"Content-Length: 5", "Transfer-Encoding: chunked", "Expect: 100-continue\r\nContent-Length: 5"} {
		for _, row := range ownAnswers() {
			t.Run(row.rule+", "+framing, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					client := doorstest.Pipe(t, row.open(t))
					ask(t, client, row.target, framing)
					asked, status := time.Now(), make([]byte, len("HTTP/1.1 200"))
					if _, err := io.ReadFull(client, status); err != nil || string(status) != fmt.Sprintf("HTTP/1.1 %d", row.status) {
						t.Errorf("%v: %s", err, status)
					}
					if !time.Now().Equal(asked) { // the bubble's clock stands still unless all wait
						t.Error("the answer waited for the body")
					}
					if _, err := io.ReadAll(client); err != nil {
						t.Error(err)
					}
				})
			})
		}
	}
}

// Row 40: a client that does not read.
func TestAnAnswerThatIsNotTakenHoldsNoConnection(t *testing.T) {
	for _, row := range ownAnswers() {
		t.Run(row.rule, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client := doorstest.Pipe(t, row.open(t))
				ask(t, client, row.target)
				time.Sleep(time.Hour)
				if answer, _ := io.ReadAll(io.LimitReader(client, 1)); len(answer) > 0 {
					t.Error("an hour later the answer is still there")
				}
			})
		})
	}
}

// Row 40: nor one that has sent its body before.
func TestAnEndpointsAnswerThatIsNotTakenHoldsNoConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := doorstest.Pipe(t, &door.Endpoints{Set: &endpoint.Set{Endpoints: []endpoint.Endpoint{{
			Method: "POST", Path: "/a", Pages: endpoint.AllPages,
			Run: func(_ context.Context, c *endpoint.Call) (endpoint.Reply, error) {
				_, err := c.Read(1)
				return endpoint.Reply{}, err
			},
		}}}})
		ask(t, client, "/a")
		time.Sleep(time.Hour)
		if answer, _ := io.ReadAll(io.LimitReader(client, 1)); len(answer) > 0 {
			t.Error("an hour later the answer is still there")
		}
	})
}

// What the application answers behind the middleware is not ours to bound.
func TestTheMiddlewareBoundsNoAnswerOfTheApplication(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		auth, err := httpauth.New(deciderFunc(func(*edgeward.Request) edgeward.Decision { return edgeward.Decision{Allow: true} }), httpauth.Config{})
		if err != nil {
			t.Fatal(err)
		}
		client := doorstest.Pipe(t, auth(http.HandlerFunc(func(w http.ResponseWriter, hr *http.Request) {
			body, err := io.ReadAll(hr.Body)
			_, _ = fmt.Fprintf(w, "read %s, %v", body, err)
		})))
		ask(t, client, "/a", "Connection: close", "Content-Length: 5")
		time.Sleep(time.Hour)
		_, _ = io.WriteString(client, "hello")
		time.Sleep(time.Hour)
		if answer, err := io.ReadAll(client); err != nil || !strings.HasSuffix(string(answer), "read hello, <nil>") {
			t.Errorf("%v: %s", err, answer)
		}
	})
}

func ask(t *testing.T, client io.Writer, target string, fields ...string) {
	t.Helper()
	described := []string{"Host: a", "X-Forwarded-Method: POST", "X-Forwarded-Uri: /a"}
	lines := append([]string{"POST " + target + " HTTP/1.1"}, append(described, fields...)...)
	if _, err := io.WriteString(client, strings.Join(lines, "\r\n")+"\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
}
