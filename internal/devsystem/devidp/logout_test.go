package devidp_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/edgeward/edgeward/jwt"
)

// listener collects the logout tokens that a client was sent.
func listener(t *testing.T) (address string, heard *[]string) {
	t.Helper()
	heard = new([]string)
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, hr *http.Request) {
		*heard = append(*heard, hr.PostFormValue("logout_token"))
	}))
	t.Cleanup(s.Close)
	return s.URL, heard
}

func leave(hint, next string) string {
	return "/logout?" + url.Values{"id_token_hint": {hint}, "post_logout_redirect_uri": {next}, "state": {"s"}}.Encode()
}

func TestLogoutWithTheIDTokenAsksNothing(t *testing.T) {
	address, heard := listener(t)
	b := visitor(t, address)
	hint, _, id := b.idToken("alice")
	if w := b.send("GET", leave(hint, signedOut), ""); w.Code != http.StatusSeeOther || w.Header().Get("Location") != signedOut+"?state=s" {
		t.Fatalf("%d %v", w.Code, w.Header())
	}
	if w := b.send("GET", question(nil), ""); w.Code != 200 {
		t.Errorf("the provider still knows the browser: %d", w.Code)
	}
	if len(*heard) != 1 {
		t.Fatalf("the client heard %d times", len(*heard))
	}
	u, err := jwt.Parse((*heard)[0])
	if err != nil {
		t.Fatal(err)
	}
	b.sound(u, "dev", "logout+jwt")
	_, nonce := u.Claims.Lookup("nonce")
	if claim(t, u, "sid") != claim(t, id, "sid") || u.Claims.Subject != "alice" || u.Claims.TokenID == "" || nonce ||
		!strings.Contains(claim(t, u, "events"), `"http://schemas.openid.net/event/backchannel-logout":{}`) {
		t.Errorf("logout token %+v", u.Claims)
	}
}

func TestLogoutThatAnyPageCouldAskForIsConfirmed(t *testing.T) {
	address, heard := listener(t)
	b := visitor(t, address)
	old, _, _ := b.idToken("bob")
	hint, _, _ := b.idToken("alice") // in place of bob
	for rule, target := range map[string]string{
		"nothing": "/logout", "no ID token": leave("x", signedOut), "that of another visit": leave(old, signedOut),
		"one that somebody signed": leave(hint[:len(hint)-8]+"AAAAAAAA", signedOut),
	} {
		if w := b.send("GET", target, ""); w.Code != 200 || !strings.Contains(w.Body.String(), "Sign out?") || len(*heard) != 0 {
			t.Errorf("%s: %d, heard %d", rule, w.Code, len(*heard))
		}
	}
	if w := b.send("POST", leave("x", signedOut), ""); w.Code != http.StatusSeeOther || w.Header().Get("Location") != signedOut+"?state=s" || len(*heard) != 1 {
		t.Errorf("the button: %d, heard %d", w.Code, len(*heard))
	}
	if w := b.send("POST", "/logout", ""); w.Code != 200 || !strings.Contains(w.Body.String(), "You are signed out") || len(*heard) != 1 {
		t.Errorf("once more: %d, heard %d", w.Code, len(*heard))
	}
}

func TestLogoutLeadsToRegisteredAddressesOnly(t *testing.T) {
	b := visitor(t, "")
	hint, _, _ := b.idToken("alice")
	for _, method := range []string{"GET", "POST"} {
		for _, next := range []string{"https://evil.example/", signedOut + "/", callback} {
			if w := b.send(method, leave(hint, next), ""); w.Code != 400 || w.Header().Get("Location") != "" {
				t.Errorf("%s to %s: %d %v", method, next, w.Code, w.Header())
			}
		}
	}
	if w := b.send("GET", question(nil), ""); w.Code != http.StatusSeeOther {
		t.Error("a refused logout ended the visit")
	}
}
