package login_test

import (
	"crypto/rand"
	"errors"
	"strings"
	"testing"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/login"
	"github.com/edgeward/edgeward/store/storetest"
)

const hostOrigin = "https://grafana.example.com"

// ticketed returns a world, a ticket of it for hostOrigin, and the binding that it
// is for.
func ticketed(t testing.TB, change ...func(*login.Config)) (w *world, ticket, binding edgeward.Secret) {
	t.Helper()
	w, binding = newWorld(t, change...), login.NewBinding()
	return w, w.IssueTicket(ticketFor(t, binding)), binding
}

func ticketFor(t testing.TB, binding edgeward.Secret) login.Ticket {
	t.Helper()
	challenge, ok := login.Challenge(binding)
	if !ok || !login.IsChallenge(challenge) {
		t.Fatalf("a binding is none: %q", challenge)
	}
	return login.Ticket{Origin: hostOrigin, Page: "/board?id=1", Challenge: challenge, Session: "session-id", Family: "family-id"}
}

func TestATicketSaysWhatItWasGiven(t *testing.T) {
	w, ticket, binding := ticketed(t)
	got, err := w.RedeemTicket(t.Context(), ticket, hostOrigin, binding)
	if err != nil || got != ticketFor(t, binding) {
		t.Errorf("%+v, %v", got, err)
	}
	if !strings.HasPrefix(ticket.Reveal(), "ewt_") || w.IssueTicket(ticketFor(t, binding)).Equal(ticket) {
		t.Error("it is not told from other credentials, or from another ticket")
	}
	again, err := w.RedeemTicket(t.Context(), ticket, hostOrigin, binding)
	if !errors.Is(err, login.ErrTicket) || edgeward.ReasonOf(err) != edgeward.TicketUsed || again != (login.Ticket{Page: "/board?id=1"}) {
		t.Errorf("again: %+v, %v", again, err)
	}
}

// A ticket is opened by a key that is replaced, and by that of another relying party
// over the same secret never.
func TestWhoOpensATicket(t *testing.T) {
	_, ticket, binding := ticketed(t)
	old := edgeward.NewSecret(strings.Repeat("o", 32))
	_, before, _ := ticketed(t, func(c *login.Config) { c.Key = old })
	for rule, row := range map[string]struct {
		ticket edgeward.Secret
		change func(*login.Config)
		reason edgeward.Reason
	}{
		"another node":              {ticket, func(*login.Config) {}, edgeward.Undecided},
		"another installation":      {ticket, func(c *login.Config) { c.Key = old }, edgeward.TicketInvalid},
		"the console":               {ticket, func(c *login.Config) { c.CallbackPath = login.ConsoleCallbackPath }, edgeward.TicketInvalid},
		"after a secret's rotation": {before, func(c *login.Config) { c.Previous = []edgeward.Secret{old} }, edgeward.TicketBrowser}, // of a binding of its own
		"with the secret gone":      {before, func(*login.Config) {}, edgeward.TicketInvalid},
	} {
		_, err := newWorld(t, row.change).RedeemTicket(t.Context(), row.ticket, hostOrigin, binding)
		if row.reason == edgeward.Undecided && err != nil || row.reason != edgeward.Undecided && edgeward.ReasonOf(err) != row.reason {
			t.Errorf("%s: %v", rule, err)
		}
	}
}

// A ticket without a challenge is no browser's, whatever that has.
func TestATicketForNoBrowser(t *testing.T) {
	w, _, binding := ticketed(t)
	unbound := ticketFor(t, binding)
	unbound.Challenge = ""
	for _, brought := range []edgeward.Secret{{}, binding} {
		if _, err := w.RedeemTicket(t.Context(), w.IssueTicket(unbound), hostOrigin, brought); edgeward.ReasonOf(err) != edgeward.TicketBrowser {
			t.Error(err)
		}
	}
}

// What is longer than a line of a request is not opened.
func TestATicketIsBounded(t *testing.T) {
	w, _, binding := ticketed(t)
	long := ticketFor(t, binding)
	long.Page += strings.Repeat("x", 8<<10)
	if _, err := w.RedeemTicket(t.Context(), w.IssueTicket(long), hostOrigin, binding); edgeward.ReasonOf(err) != edgeward.TicketInvalid {
		t.Error(err)
	}
}

// A store in trouble is no refusal: the browser may bring the ticket again.
func TestATicketInTrouble(t *testing.T) {
	w, ticket, binding := ticketed(t)
	w.store.Follow(storetest.Down)
	_, err := w.RedeemTicket(t.Context(), ticket, hostOrigin, binding)
	wantUnavailable(t, "down", err)
	w.store.Follow(nil)
	if _, err := w.RedeemTicket(t.Context(), ticket, hostOrigin, binding); err != nil {
		t.Error("afterwards:", err)
	}
}

func TestWhatIsNoBinding(t *testing.T) {
	for _, text := range []string{"", "x", strings.Repeat("A", 42), strings.Repeat("A", 44), strings.Repeat("A", 42) + "B", strings.Repeat("A", 42) + "\n", strings.Repeat("=", 43)} {
		if _, ok := login.Challenge(edgeward.NewSecret(text)); ok || login.IsChallenge(text) {
			t.Errorf("%q is taken for one", text)
		}
	}
}

func TestWhereSignInsAreHandedOver(t *testing.T) {
	entries := map[string]string{"grafana.example.com": "grafana.example.com", "a.preview.example.com": "*.preview.example.com", "notes.localhost": "notes.localhost", "x.localhost": "*.localhost", "app.example": "app.example"}
	hosts := func(host string) (string, bool) {
		name, _, _ := strings.Cut(host, ":")
		entry, ok := entries[name]
		return entry, ok
	}
	for own, rows := range map[string]map[string]bool{
		"https://app.example": {
			"https grafana.example.com": true, "https a.preview.example.com": true, "https notes.localhost": true,
			"http grafana.example.com": false, "https grafana.example.com:8443": false, "https other.example": false, "https app.example": false,
		},
		"https://app.example:8443": {"https grafana.example.com:8443": true, "https grafana.example.com": false, "https grafana.example.com:443": false},
		"http://localhost:8080": {
			"http notes.localhost:8080": true, "http x.localhost:8080": false, "http grafana.example.com:8080": false, "https notes.localhost:8080": false,
		},
	} {
		w := newWorld(t, func(c *login.Config) { c.Origin, c.Insecure = own, true })
		over := w.Over(hosts)
		for at, want := range rows {
			scheme, host, _ := strings.Cut(at, " ")
			if got := over.HandsOver(scheme, host); got != want {
				t.Errorf("from %s to %s: %v", own, at, got)
			}
			if w.HandsOver(scheme, host) {
				t.Errorf("from %s to %s without hosts", own, at)
			}
		}
	}
}

// FuzzTicket: whatever comes for a ticket gives nothing unless it was issued.
func FuzzTicket(f *testing.F) {
	w, ticket, binding := ticketed(f, func(c *login.Config) { c.Key = edgeward.NewSecret(rand.Text() + rand.Text()) })
	f.Add("", "")
	f.Add(ticket.Reveal()[:60], hostOrigin)
	f.Add(ticket.Reveal()+"\n", hostOrigin)
	f.Add("ewt_"+strings.Repeat("A", 90), "https://other.example")
	f.Fuzz(func(t *testing.T, text, origin string) {
		if text == ticket.Reveal() {
			return
		}
		got, err := w.RedeemTicket(t.Context(), edgeward.NewSecret(text), origin, binding)
		if !errors.Is(err, login.ErrTicket) || edgeward.ReasonOf(err) != edgeward.TicketInvalid || got != (login.Ticket{}) {
			t.Fatalf("%+v, %v", got, err)
		}
		if text != "" && len(text) > 8 && strings.Contains(err.Error(), text) {
			t.Fatalf("%v repeats it", err)
		}
	})
}

// FuzzHostPage: where a sign-in returns to is of a host that is listed, as a browser
// reads it.
func FuzzHostPage(f *testing.F) {
	over := newWorld(f).Over(func(host string) (string, bool) { return host, host == "grafana.example.com" })
	for _, raw := range []string{hostOrigin, hostOrigin + "/a?b", hostOrigin + "//evil", "https://grafana.example.com@evil/", "https:\\\\grafana.example.com\\", hostOrigin + ".evil/"} {
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		origin, page, ok := over.HostPage(raw)
		if !ok {
			return
		}
		if origin != hostOrigin || !strings.HasPrefix(raw, hostOrigin) || !strings.HasPrefix(page, "/") || strings.HasPrefix(page, "//") || strings.ContainsAny(page, "\\#\r\n\t ") {
			t.Errorf("%q is %q of %q", raw, page, origin)
		}
	})
}
