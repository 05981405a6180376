package e2e

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward/internal/endpoint/admin/client"
	"github.com/edgeward/edgeward/keyring"
)

// Ten wrong API keys from one network, and it has to wait, whatever it shows
// and wherever it knocks; its neighbours do not.
func TestWhoGuessesHasToWait(t *testing.T) {
	t.Parallel()
	h := newHybrid(t, newUpstream(t))
	k := h.issue("ada")
	spellings := []string{
		"2001:db8:7:1::1", "2001:DB8:7:1::2", "2001:0db8:0007:0001:0000:0000:0000:0003",
		"2001:db8:7:1:ffff:ffff:ffff:ffff", "2001:db8:7:1::198.51.100.6",
	}
	for i := range 10 {
		if a := h.from(spellings[i%len(spellings)], wrongKey(k.apiKey)); a.status != 401 {
			t.Errorf("guess %d: status %d, want 401", i+1, a.status)
		}
	}
	for _, address := range spellings {
		for what, field := range map[string]string{"a guess": wrongKey(k.apiKey), "a good key": k.apiKey, "a good token": k.bearer, "a good session": k.session} {
			waits(t, what+" from "+address, h.from(address, field))
		}
	}
	waits(t, "through forward-auth", say(t, h.verify, "GET /verify", "X-Forwarded-Method: GET", "X-Forwarded-Uri: /orders",
		"X-Forwarded-Proto: http", "X-Forwarded-Host: own.example", "X-Forwarded-For: "+spellings[0], k.apiKey))
	waits(t, "at the token endpoint", h.refreshFrom(spellings[0], k.refresh))
	for _, address := range []string{"2001:db8:7:2::1", "2001:db8:8:1::1", "198.51.100.7"} {
		if a := h.from(address, k.apiKey); a.status != 200 {
			t.Errorf("a good key from the neighbour %s: status %d", address, a.status)
		}
	}
	if a := h.get("/public", "X-Forwarded-For: "+spellings[0]); a.status != 200 {
		t.Errorf("where nobody is asked: status %d", a.status)
	}

	bans, err := h.api.Bans(t.Context(), client.Page{})
	h.must(err)
	if len(bans.Bans) != 1 || bans.Bans[0].Source.String() != "2001:db8:7:1::/64" {
		t.Errorf("bans: %v", bans.Bans)
	}
	h.must(h.api.ClearBan(t.Context(), spellings[3]))
	if a := h.from(spellings[0], k.apiKey); a.status != 200 {
		t.Errorf("after the ban was cleared: status %d", a.status)
	}
}

// What is wrong without being a guess blocks nobody, however much of it comes.
func TestAFloodOfWhatIsNoGuessBlocksNobody(t *testing.T) {
	t.Parallel()
	h := newHybrid(t, newUpstream(t))
	k, ended := h.issue("ada"), h.issue("eve")
	h.must(h.api.EndSession(t.Context(), ended.sessionID))
	h.must(h.api.RevokeAPIKey(t.Context(), ended.keyID))
	_, err := h.api.LogoutEverywhere(t.Context(), client.Logout{Subject: "eve"})
	h.must(err)
	const address = "2001:db8:9:1::1"
	for name, field := range map[string]string{
		"no credential": "X-None: 1", "a revoked token": ended.bearer, "an ended session": ended.session, "a revoked key": ended.apiKey,
		"an expired token": "Authorization: Bearer " + h.expiredToken("eve"),
	} {
		for range 100 {
			if a := h.from(address, field); a.status != 401 {
				t.Fatalf("%s: status %d, want 401", name, a.status)
			}
		}
	}
	for range 50 {
		if a := h.refreshFrom(address, ended.refresh); a.status != 400 {
			t.Fatalf("a revoked refresh token: status %d, want 400", a.status)
		}
	}
	for method, field := range k.fields() {
		if a := h.from(address, field); a.status != 200 {
			t.Errorf("%s after the flood: status %d", method, a.status)
		}
	}
	bans, err := h.api.Bans(t.Context(), client.Page{})
	h.must(err)
	if len(bans.Bans) != 0 {
		t.Errorf("bans: %v", bans.Bans)
	}
}

// Forged tokens and forged refresh tokens are guesses, too.
func TestForgedTokensAreGuesses(t *testing.T) {
	t.Parallel()
	h := newHybrid(t, newUpstream(t))
	k := h.issue("ada")
	first, payload, signature := split(k.access)
	forged := bearer(first + "." + payload + "." + flip(signature))
	tampered := k.refresh[:20] + swap(k.refresh[20]) + k.refresh[21:]
	for name, guess := range map[string]func(address string) answer{
		"192.0.2.1": func(address string) answer { return h.from(address, forged) },
		"192.0.2.2": func(address string) answer {
			return h.from(address, "Cookie: "+cookieName+"=ews_"+strings.Repeat("A", 64))
		},
		"192.0.2.3": func(address string) answer { return h.refreshFrom(address, tampered) },
	} {
		for i := range 10 {
			if a := guess(name); a.status != 401 && a.status != 400 {
				t.Errorf("%s: guess %d: status %d", name, i+1, a.status)
			}
		}
		waits(t, "the 11th from "+name, guess(name))
		waits(t, "a good key from "+name, h.from("::ffff:"+name, k.apiKey))
	}
}

// from asks through the proxy as a client with that address.
func (h *hybrid) from(address, field string) answer {
	h.t.Helper()
	return h.get("/orders", "X-Forwarded-For: "+address, field)
}

func (h *hybrid) refreshFrom(address, token string) answer {
	h.t.Helper()
	body := "grant_type=refresh_token&refresh_token=" + token
	return say(h.t, h.proxy, "POST /oauth/token", "X-Forwarded-For: "+address, "Content-Type: application/x-www-form-urlencoded",
		"Content-Length: "+strconv.Itoa(len(body))+"\r\n\r\n"+body)
}

// waits wants the answer to somebody who has to wait.
func waits(t *testing.T, what string, a answer) {
	t.Helper()
	if a.status != 429 {
		t.Errorf("%s: status %d, want 429: %s", what, a.status, a.body)
	}
	if seconds, err := strconv.Atoi(a.header.Get("Retry-After")); err != nil || seconds < 1 {
		t.Errorf("%s: Retry-After %q", what, a.header.Get("Retry-After"))
	}
}

// wrongKey changes a character of a key's secret.
func wrongKey(field string) string {
	at := strings.LastIndex(field, "_") - 5
	return field[:at] + swap(field[at]) + field[at+1:]
}

func swap(b byte) string {
	if b == 'A' {
		return "B"
	}
	return "A"
}

// expiredToken returns a token of our own that has expired, signed by the key
// ring.
func (h *hybrid) expiredToken(subject string) string {
	h.t.Helper()
	then := func() time.Time { return time.Now().Add(-2 * time.Hour) }
	ring, err := keyring.Parse([]byte(h.read("keyring.jwks")), keyring.Importer{}, then)
	h.must(err)
	m := keyring.Minter{Ring: ring, Issuer: ownIssuer, Audience: audience, Now: then}
	token, _, err := m.Mint(h.t.Context(), keyring.Grant{Subject: subject})
	h.must(err)
	return token.Reveal()
}
