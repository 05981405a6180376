package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/endpoint/admin/client"
)

// oauthClient gives up where a gateway that was killed never answers.
var oauthClient = &http.Client{Timeout: patience, Transport: &http.Transport{MaxIdleConnsPerHost: 64, IdleConnTimeout: time.Minute}}

// A tokenAnswer is what POST /oauth/token said.
type tokenAnswer struct {
	status  int    // 0: nothing is known
	err     error  // then
	Access  string `json:"access_token"`
	Refresh string `json:"refresh_token"`
	Error   string `json:"error"`
	after   string // Retry-After
}

func (a tokenAnswer) outcome() (status int, code string) { return a.status, a.Error }

// refresh uses a refresh token (RFC 6749 §6).
func (g *gateway) refresh(token string) tokenAnswer {
	res, err := oauthClient.PostForm("http://"+g.proxy+"/oauth/token", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}})
	if err != nil {
		return tokenAnswer{err: err}
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil { // the answer broke off
		return tokenAnswer{err: err}
	}
	a := tokenAnswer{}
	if res.StatusCode == 200 || strings.Contains(res.Header.Get("Content-Type"), "json") {
		if err := json.Unmarshal(body, &a); err != nil {
			return tokenAnswer{err: err}
		}
	}
	a.status, a.after = res.StatusCode, res.Header.Get("Retry-After")
	return a
}

// oauthRevoke gives a token back (RFC 7009).
func (g *gateway) oauthRevoke(token string) error {
	res, err := oauthClient.PostForm("http://"+g.proxy+"/oauth/revoke", url.Values{"token": {token}})
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if _, err := io.Copy(io.Discard, res.Body); err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("revoke: status %d", res.StatusCode)
	}
	return nil
}

// Row 31: parallel tabs all get the same successor, and so does who asks again.
func TestAHundredTabsGetOneSuccessor(t *testing.T) {
	t.Parallel()
	h := newHybrid(t, newUpstream(t))
	k := h.issue("ada")
	answers := make([]tokenAnswer, 100)
	var tabs sync.WaitGroup
	for i := range answers {
		tabs.Go(func() { answers[i] = h.refresh(k.refresh) })
	}
	tabs.Wait()
	answers = append(answers, h.refresh(k.refresh))
	for _, a := range answers {
		if a.status != 200 || a.Refresh != answers[0].Refresh {
			t.Fatalf("status %d %s, or another successor", a.status, a.Error)
		}
		h.wants(200, "its access token", bearer(a.Access))
	}
	for what, token := range map[string]string{"cut short": k.refresh[:len(k.refresh)-1], "extended": k.refresh + "A", "an access token": k.access, "a session": "ews_" + k.refresh[4:]} {
		if a := h.refresh(token); a.status != 400 || a.Error != "invalid_grant" {
			t.Errorf("%s: status %d %s", what, a.status, a.Error)
		}
	}
	h.expect("nothing of that was theft", kit{
		apiKey: k.apiKey, bearer: k.bearer, session: k.session, refresh: answers[0].Refresh,
	}, nil)
}

// Row 22: at step-up the session gets a new id, and the old cookie is dead on
// the next request.
func TestAStepUpEndsTheOldCookie(t *testing.T) {
	t.Parallel()
	h := newHybrid(t, newUpstream(t))
	k := h.issue("ada")
	h.wants(200, "before", k.session)
	_, value, _ := strings.Cut(k.cookie, "=")
	made, err := h.api.CreateSession(t.Context(), client.NewSession{
		Subject: "ada", Permissions: []string{"orders:read", "orders:write"}, Replaces: client.Handed{Secret: edgeward.NewSecret(value)},
	})
	h.must(err)
	h.wants(401, "the old cookie", k.session)
	a := h.wants(200, "the new cookie", "Cookie: "+made.Cookie.Reveal())
	if a.report != nil && a.report.Header.Get("X-Auth-Permissions") != "orders:read orders:write" {
		t.Errorf("X-Auth-Permissions %q", a.report.Header.Get("X-Auth-Permissions"))
	}
	if set := made.SetCookie.Reveal(); !strings.HasPrefix(set, cookieName+"=") || !strings.Contains(set, "; Secure") ||
		!strings.Contains(set, "; HttpOnly") || !strings.Contains(set, "; SameSite=Lax") || !strings.Contains(set, "; Path=/") || strings.Contains(set, "Domain") {
		t.Error("Set-Cookie lacks what keeps the cookie safe")
	}
}
