package e2e

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
)

// A wire stands in front of the provider and can misbehave on its token
// endpoint, or everywhere.
type wire struct {
	mode  atomic.Pointer[string] // "" behaves; the others are in twist
	other atomic.Pointer[string] // the ID token that "another's" gives
	last  atomic.Pointer[string] // the newest ID token that passed
	down  chan struct{}          // closed when the test ends
}

func (w *wire) set(mode string) { w.mode.Store(&mode) }

// front starts the wire in front of p and returns its address.
func (w *wire) front(t *testing.T) func(p *provider) string {
	w.down = make(chan struct{})
	w.set("")
	return func(p *provider) string {
		server := httptest.NewServer(&httputil.ReverseProxy{
			Rewrite: func(r *httputil.ProxyRequest) {
				r.SetURL(&url.URL{Scheme: "http", Host: loopback(p.port)})
				r.Out.Host = r.In.Host
				r.Out.Header.Del("Accept-Encoding")
			},
			ModifyResponse: w.twist,
		})
		t.Cleanup(func() { close(w.down); server.Close() })
		return server.URL
	}
}

// twist changes an answer of the provider's, as the mode says.
func (w *wire) twist(r *http.Response) error {
	mode := *w.mode.Load()
	if r.Request.URL.Path != "/token" && !strings.HasPrefix(r.Request.URL.Path, "/.well-known") {
		return nil
	}
	switch mode {
	case "html":
		replace(r, 200, "<html><h1>Welcome to the hotel's network</h1>")
	case "refuse":
		replace(r, 400, `{"error":"invalid_client","error_description":"<script>alert(1)</script>"}`)
	case "broken":
		replace(r, 500, "oops")
	case "redirect":
		replace(r, 302, "")
		r.Header.Set("Location", "http://"+r.Request.Host+"/elsewhere")
	case "huge":
		replace(r, 200, `{"access_token":"`+strings.Repeat("a", 2<<20)+`"}`)
	case "hang":
		<-w.down
	}
	if r.Request.URL.Path == "/token" && r.StatusCode == 200 && (mode == "" || mode == "another's") {
		return w.tokens(r, mode)
	}
	return nil
}

// tokens notes the ID token that passes, or puts another one in its place.
func (w *wire) tokens(r *http.Response, mode string) error {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	var answer map[string]any
	if err := json.Unmarshal(body, &answer); err != nil {
		return err
	}
	if mode == "another's" {
		answer["id_token"] = *w.other.Load()
	} else if id, ok := answer["id_token"].(string); ok {
		w.last.Store(&id)
	}
	body, err = json.Marshal(answer)
	replace(r, r.StatusCode, string(body))
	return err
}

func replace(r *http.Response, status int, body string) {
	r.Body.Close()
	r.StatusCode, r.Status = status, http.StatusText(status)
	r.Body, r.ContentLength = io.NopCloser(bytes.NewBufferString(body)), int64(len(body))
	r.Header.Set("Content-Length", "")
	r.Header.Del("Content-Length")
}

// Row 29: whatever the provider answers, there is a readable page, and nobody is
// half signed in.
func TestAProviderInTroubleSignsNobodyIn(t *testing.T) {
	t.Parallel()
	w := &wire{}
	s := newSite(t, sitePlan{wire: w.front(t)})
	s.visit(t, "mallory", "/a")
	w.other.Store(w.last.Load())
	for _, trouble := range []struct {
		mode   string
		status []int64
	}{
		{"html", []int64{502}}, {"refuse", []int64{502, 503}}, {"broken", []int64{502, 503}}, {"redirect", []int64{502}}, {"huge", []int64{502, 503}},
		{"another's", []int64{400, 502}}, {"hang", []int64{502, 503}},
	} {
		t.Run(trouble.mode, func(t *testing.T) {
			b := newProfile(t).tab()
			answer := b.answerOf(s, "first", "ada")
			w.set(trouble.mode)
			b.open(answer.String())
			w.set("")
			b.wantStatus(trouble.status...)
			s.wantReadable(b)
			s.wantNobody(b, trouble.mode)
		})
	}
}

// wantReadable checks that the tab shows a page of ours that says what to do, and
// nothing of what the provider said.
func (s *site) wantReadable(b *tab) {
	b.t.Helper()
	if heading := script[string](b, "document.querySelector('main h1')?.innerText ?? ''"); heading == "" {
		b.t.Errorf("no page for people: %s", script[string](b, "document.documentElement.outerHTML"))
	}
	text := script[string](b, "document.body.innerText")
	if strings.Contains(text, "hotel") || strings.Contains(text, "oops") || strings.Contains(text, "panic") {
		b.t.Errorf("the page repeats what it was told: %s", text)
	}
	if script[int64](b, "document.querySelectorAll('script').length") > 0 {
		b.t.Error("there is a script in the page")
	}
}

func TestAProviderThatIsDownIsAPageAndNoMore(t *testing.T) {
	t.Parallel()
	s := newSite(t, sitePlan{})
	s.providers[0].stop()
	s.restart() // so that it does not know the provider's metadata
	b := newProfile(t).tab()
	b.open(s.origin + "/a")
	b.wantStatus(502, 503)
	s.wantReadable(b)
	b.audits("login-unavailable")
	s.wantNobody(b, "the provider is down")

	s.providers[0].start()
	b.settles("all is well again", func() bool {
		b.open(s.origin + "/a")
		return strings.HasPrefix(b.where(), s.providers[0].issuer)
	})
	b.signIn("ada")
	b.lands(s.origin + "/a")
}

// A key that the provider began to use while somebody was signing in is either
// found, or its absence is a page.
func TestKeysThatChangeDuringASignIn(t *testing.T) {
	t.Parallel()
	s := newSite(t, sitePlan{})
	s.visit(t, "bob", "/a") // so that the keys are known
	b := newProfile(t).tab()
	answer := b.answerOf(s, "first", "ada")
	s.providers[0].rotate(false)
	b.open(answer.String())
	if strings.HasPrefix(b.where(), s.origin+"/home") {
		return
	}
	b.wantStatus(502, 503)
	s.wantReadable(b)
	s.wantNobody(b, "keys that changed")
}

func TestSomebodyWhoDeclinesIsToldSo(t *testing.T) {
	t.Parallel()
	s := newSite(t, sitePlan{})
	b := newProfile(t).tab()
	b.open(s.origin + "/a")
	b.signIn("")
	b.lands(s.origin + "/auth/callback")
	b.wantStatus(400, 403)
	s.wantReadable(b)
	b.audits("login-declined")
	s.wantNobody(b, "access_denied")
}
