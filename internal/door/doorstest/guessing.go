package doorstest

import (
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/edgeward/edgeward"
)

// guessing: row 33. Ten guesses from one network, however its addresses are
// written, and it has to wait; what was never a guess blocks nobody.
func guessing(t *testing.T, s *System, door Door) {
	from := func(client, field string) Answer {
		r := get("/chain/x", field, "X-Forwarded-For: "+client).from(farther)
		answer, seen := door.Send(t, r)
		if (answer.Status == http.StatusOK) != (seen != nil) {
			t.Errorf("%s: status %d, the application was reached: %v", client, answer.Status, seen != nil)
		}
		return answer
	}
	wants := func(what, client, field string, want edgeward.Reason) {
		t.Helper()
		answer := from(client, field)
		if status := door.status(want, get("/chain/x", field)); answer.Status != status {
			t.Errorf("%s from %s: status %d, want %d", what, client, answer.Status, status)
		}
		if wait := answer.Header.Get("Retry-After"); want == edgeward.TooManyFailures && (wait == "" || wait == "0") {
			t.Errorf("%s: Retry-After %q", what, wait)
		}
	}
	good, forged := cookieOf(s.cookie), "X-API-Key: "+s.unknownKey
	spellings := []string{
		"2001:db8:7:1::1", "2001:DB8:7:1::2", "2001:0db8:0007:0001:0000:0000:0000:0003", "2001:db8:7:1:ffff:ffff:ffff:ffff",
		"2001:db8:7:1:0::5", "2001:db8:7:1::198.51.100.6",
	}
	for i := range 10 {
		wants("a guess", spellings[i%len(spellings)], forged, edgeward.APIKeyUnknown)
	}
	for _, client := range append(spellings, "2001:db8:7:1:9::9") {
		wants("33: the 11th guess from "+client, client, forged, edgeward.TooManyFailures)
		wants("33: a good session from "+client, client, good, edgeward.TooManyFailures)
	}
	wants("33: a neighbouring network", "2001:db8:7:2::1", good, edgeward.Authenticated)
	wants("33: without a credential nobody guesses", "2001:db8:7:1::1", "X-None: 1", edgeward.CredentialMissing)
	for range 50 {
		for _, client := range []string{"2001:db8:8:1::1", "198.51.100.7"} {
			wants("no guess: nothing", client, "X-None: 1", edgeward.CredentialMissing)
			wants("no guess: an ended session", client, cookieOf(s.endedCookie), edgeward.SessionUnknown)
			wants("no guess: an expired token", client, "Authorization: Bearer "+s.expired(t), edgeward.TokenExpired)
			wants("no guess: an expired key", client, "X-API-Key: "+s.expiredKey, edgeward.APIKeyExpired)
			wants("no guess: a revoked key", client, "X-API-Key: "+s.revokedKey, edgeward.APIKeyRevoked)
		}
	}
	wants("33: after a flood of what is no guess", "2001:db8:8:1::1", good, edgeward.Authenticated)
	wants("33: and over IPv4", "198.51.100.7", good, edgeward.Authenticated)
	for i := range 10 {
		wants("a guess", []string{"198.51.100.8", "::ffff:198.51.100.8", "::ffff:c633:6408"}[i%3], cookieOf("ews_"+strings.Repeat("B", 64)), edgeward.SessionInvalid)
	}
	for _, client := range []string{"198.51.100.8", "::ffff:198.51.100.8"} {
		wants("33: the 11th over IPv4 from "+client, client, good, edgeward.TooManyFailures)
	}
	wants("33: its neighbour", "198.51.100.9", good, edgeward.Authenticated)
	for i := range 10 {
		wants("a guess", "198.51.100.10:"+strconv.Itoa(4000+i), forged, edgeward.APIKeyUnknown)
	}
	wants("33: a port is no part of a client", "198.51.100.10:5000", good, edgeward.TooManyFailures)
	for range 11 {
		for _, client := range unreadable {
			wants("a guess of an unknown client", client, forged, edgeward.APIKeyUnknown)
		}
	}
	for _, client := range unreadable {
		wants("33: nobody is blocked for an unknown client", client, good, edgeward.Authenticated)
	}
	wants("33: nor the proxy", "10.0.0.2", good, edgeward.Authenticated)
}
