package login_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"testing"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/login"
)

// FuzzCookie: whatever a browser sends, a state that was not begun with it signs
// nobody in, and a sign-in begins all the same.
func FuzzCookie(f *testing.F) {
	// The fuzzer's processes share seeds, and must not share a key.
	b := &browser{world: newWorld(f, func(c *login.Config) { c.Key = edgeward.NewSecret(rand.Text() + rand.Text()) })}
	c := b.one.authorize(f, b.begin(f, "one", "/"))
	f.Add(b.cookie, c.State)
	f.Add("", "")
	f.Add(b.cookie[:40], c.State)
	f.Add(b.cookie+"=", c.State)
	f.Fuzz(func(t *testing.T, cookie, state string) {
		if cookie == b.cookie && state == c.State {
			return
		}
		s, err := b.Finish(t.Context(), edgeward.NewSecret(cookie), login.Callback{State: state, Code: c.Code, Issuer: c.Issuer, HasIssuer: true})
		if !errors.Is(err, login.ErrState) || s.Cookie != "" || b.one.redeemed != 0 {
			t.Fatalf("%+v, %v", s, err)
		}
		begun, err := b.Begin(t.Context(), "one", edgeward.NewSecret(cookie), "/")
		if err != nil || len(begun.Cookie) > 3500 {
			t.Fatalf("a cookie of %d bytes, %v", len(begun.Cookie), err)
		}
	})
}

// FuzzLogoutToken: claims that are signed, whatever they are, end exactly whom
// they name, at the provider that signed them; all else is refused.
func FuzzLogoutToken(f *testing.F) {
	w := newWorld(f)
	f.Add(encode(object{
		"iss": w.one.issuer, "aud": client, "iat": start.Unix(), "exp": start.Unix() + 100, "jti": "j", "sub": "alice", "events": object{logoutEvent: object{}},
	}))
	f.Add([]byte(`{"iss":"https://one.example","aud":["edge"],"iat":1767225600,"exp":1767225700,"jti":"j","sid":"s","events":{"http://schemas.openid.net/event/backchannel-logout":{}},"nonce":null}`))
	f.Add([]byte(`{}`))
	signer := keysAsSigner()
	f.Fuzz(func(t *testing.T, payload []byte) {
		token, ok := signer(payload)
		if !ok {
			return
		}
		ended, err := w.Logout(t.Context(), token, func(_ context.Context, e login.Ended) error {
			var said struct{ Iss, Sub, Sid string }
			if json.Unmarshal(payload, &said) == nil && (e.Issuer != said.Iss || e.Subject != said.Sub || e.SID != said.Sid) {
				t.Errorf("%s ends %+v", payload, e)
			}
			return nil
		})
		if err != nil && !errors.Is(err, login.ErrLogoutToken) || (err == nil) != (ended.Provider != "") {
			t.Fatalf("%s: %+v, %v", payload, ended, err)
		}
	})
}
