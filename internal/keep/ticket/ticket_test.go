package ticket_test

import (
	"crypto/rand"
	"errors"
	"strings"
	"testing"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/keep/ticket"
	"github.com/edgeward/edgeward/store/memstore"
	"github.com/edgeward/edgeward/store/storetest"
)

const (
	loginOrigin = "https://auth.example"
	hostOrigin  = "https://grafana.example.com"
)

func key(letter string) edgeward.Secret { return edgeward.NewSecret(strings.Repeat(letter, 32)) }

type world struct {
	*ticket.Tickets
	store *storetest.Faulty
}

func newWorld(t testing.TB, change ...func(*ticket.Config)) *world {
	t.Helper()
	clock := new(storetest.Clock)
	w := &world{store: storetest.NewFaulty(memstore.New(memstore.Config{Now: clock.Now}))}
	cfg := ticket.Config{Origin: loginOrigin, Key: key("k"), Store: w.store, Now: clock.Now}
	for _, f := range change {
		f(&cfg)
	}
	var err error
	if w.Tickets, err = ticket.New(cfg); err != nil {
		t.Fatal(err)
	}
	return w
}

// ticketed returns a world, a ticket of it for hostOrigin, and the binding that it
// is for.
func ticketed(t testing.TB, change ...func(*ticket.Config)) (w *world, issued, binding edgeward.Secret) {
	t.Helper()
	w, binding = newWorld(t, change...), ticket.NewBinding()
	return w, w.Issue(ticketFor(t, binding)), binding
}

func ticketFor(t testing.TB, binding edgeward.Secret) ticket.Ticket {
	t.Helper()
	challenge, ok := ticket.Challenge(binding)
	if !ok || !ticket.IsChallenge(challenge) {
		t.Fatalf("a binding is none: %q", challenge)
	}
	return ticket.Ticket{Origin: hostOrigin, Page: "/board?id=1", Challenge: challenge, Session: "session-id", Family: "family-id"}
}

// The zero Config is refused, and so is a key that can be guessed.
func TestWhatTicketsNeed(t *testing.T) {
	for rule, change := range map[string]func(*ticket.Config){
		"a store":          func(c *ticket.Config) { c.Store = nil },
		"a key":            func(c *ticket.Config) { c.Key = edgeward.Secret{} },
		"a long key":       func(c *ticket.Config) { c.Key = edgeward.NewSecret(strings.Repeat("k", 31)) },
		"all of them long": func(c *ticket.Config) { c.Previous = []edgeward.Secret{edgeward.NewSecret("short")} },
	} {
		cfg := ticket.Config{Origin: loginOrigin, Key: key("k"), Store: memstore.New(memstore.Config{})}
		change(&cfg)
		if _, err := ticket.New(cfg); err == nil {
			t.Errorf("it does without %s", rule)
		}
	}
}

func TestATicketSaysWhatItWasGiven(t *testing.T) {
	w, issued, binding := ticketed(t)
	got, err := w.Redeem(t.Context(), issued, hostOrigin, binding)
	if err != nil || got != ticketFor(t, binding) {
		t.Errorf("%+v, %v", got, err)
	}
	if !strings.HasPrefix(issued.Reveal(), "ewt_") || w.Issue(ticketFor(t, binding)).Equal(issued) {
		t.Error("it is not told from other credentials, or from another ticket")
	}
	again, err := w.Redeem(t.Context(), issued, hostOrigin, binding)
	if !errors.Is(err, ticket.ErrRefused) || edgeward.ReasonOf(err) != edgeward.TicketUsed || again != (ticket.Ticket{Page: "/board?id=1"}) {
		t.Errorf("again: %+v, %v", again, err)
	}
}

// A ticket is opened by a key that is replaced, and by that of another relying party
// over the same secret never.
func TestWhoOpensATicket(t *testing.T) {
	_, issued, binding := ticketed(t)
	old := edgeward.NewSecret(strings.Repeat("o", 32))
	_, before, _ := ticketed(t, func(c *ticket.Config) { c.Key = old })
	for rule, row := range map[string]struct {
		issued edgeward.Secret
		change func(*ticket.Config)
		reason edgeward.Reason
	}{
		"another node":              {issued, func(*ticket.Config) {}, edgeward.Undecided},
		"another installation":      {issued, func(c *ticket.Config) { c.Key = old }, edgeward.TicketInvalid},
		"another login":             {issued, func(c *ticket.Config) { c.Origin = "https://admin.example" }, edgeward.TicketInvalid},
		"after a secret's rotation": {before, func(c *ticket.Config) { c.Previous = []edgeward.Secret{old} }, edgeward.TicketBrowser}, // of a binding of its own
		"with the secret gone":      {before, func(*ticket.Config) {}, edgeward.TicketInvalid},
	} {
		_, err := newWorld(t, row.change).Redeem(t.Context(), row.issued, hostOrigin, binding)
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
		if _, err := w.Redeem(t.Context(), w.Issue(unbound), hostOrigin, brought); edgeward.ReasonOf(err) != edgeward.TicketBrowser {
			t.Error(err)
		}
	}
}

// What is longer than a line of a request is not opened.
func TestATicketIsBounded(t *testing.T) {
	w, _, binding := ticketed(t)
	long := ticketFor(t, binding)
	long.Page += strings.Repeat("x", 8<<10)
	if _, err := w.Redeem(t.Context(), w.Issue(long), hostOrigin, binding); edgeward.ReasonOf(err) != edgeward.TicketInvalid {
		t.Error(err)
	}
}

// A store in trouble is no refusal: the browser may bring the ticket again.
func TestATicketInTrouble(t *testing.T) {
	w, issued, binding := ticketed(t)
	w.store.Follow(storetest.Down)
	_, err := w.Redeem(t.Context(), issued, hostOrigin, binding)
	if edgeward.ReasonOf(err) != edgeward.Unavailable {
		t.Errorf("down: %v", err)
	}
	w.store.Follow(nil)
	if _, err := w.Redeem(t.Context(), issued, hostOrigin, binding); err != nil {
		t.Error("afterwards:", err)
	}
}

func TestWhatIsNoBinding(t *testing.T) {
	for _, text := range []string{"", "x", strings.Repeat("A", 42), strings.Repeat("A", 44), strings.Repeat("A", 42) + "B", strings.Repeat("A", 42) + "\n", strings.Repeat("=", 43)} {
		if _, ok := ticket.Challenge(edgeward.NewSecret(text)); ok || ticket.IsChallenge(text) {
			t.Errorf("%q is taken for one", text)
		}
	}
}

// FuzzTicket: whatever comes for a ticket gives nothing unless it was issued.
func FuzzTicket(f *testing.F) {
	w, issued, binding := ticketed(f, func(c *ticket.Config) { c.Key = edgeward.NewSecret(rand.Text() + rand.Text()) })
	f.Add("", "")
	f.Add(issued.Reveal()[:60], hostOrigin)
	f.Add(issued.Reveal()+"\n", hostOrigin)
	f.Add("ewt_"+strings.Repeat("A", 90), "https://other.example")
	f.Fuzz(func(t *testing.T, text, origin string) {
		if text == issued.Reveal() {
			return
		}
		got, err := w.Redeem(t.Context(), edgeward.NewSecret(text), origin, binding)
		if !errors.Is(err, ticket.ErrRefused) || edgeward.ReasonOf(err) != edgeward.TicketInvalid || got != (ticket.Ticket{}) {
			t.Fatalf("%+v, %v", got, err)
		}
		if text != "" && len(text) > 8 && strings.Contains(err.Error(), text) {
			t.Fatalf("%v repeats it", err)
		}
	})
}
