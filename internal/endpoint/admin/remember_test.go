package admin_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward/internal/endpoint/admin"
	"github.com/edgeward/edgeward/internal/issuance/adminscope"
	"github.com/edgeward/edgeward/store"
	"github.com/edgeward/edgeward/store/storetest"
)

const alice = `{"subject":"alice"}`

// repeat asks for a session under an Idempotency-Key.
func (s *system) repeat(key, body string, header ...string) answer {
	s.t.Helper()
	return s.send("POST", "/v1/sessions", body, append(header, "Idempotency-Key", key)...)
}

func (s *system) sessions() int {
	s.t.Helper()
	return len(ids(s.t.(*testing.T), s.send("GET", "/v1/sessions", ""), "sessions"))
}

func TestARepetitionGetsTheSameAnswer(t *testing.T) {
	s := start(t)
	first, second := s.repeat("k", alice), s.repeat("k", alice)
	if first.Code != 201 || second.Code != 201 || first.Body.String() != second.Body.String() || s.sessions() != 1 {
		t.Errorf("%s\n%s", first.Body, second.Body)
	}
	if first.Header().Get("Idempotency-Replayed") != "" || second.Header().Get("Idempotency-Replayed") != "true" {
		t.Error("which was the first?")
	}
	if plain(t, second); second.Header().Get("X-Request-Id") == first.Header().Get("X-Request-Id") {
		t.Error("two requests have one id")
	}
	s.Clock.Forward(24*time.Hour - time.Millisecond)
	if a := s.repeat("k", alice); a.Body.String() != first.Body.String() {
		t.Errorf("within a day: %d %s", a.Code, a.Body)
	}
	s.Clock.Forward(time.Millisecond)
	if a := s.repeat("k", alice); a.Code != 201 || a.Body.String() == first.Body.String() {
		t.Errorf("after a day: %d %s", a.Code, a.Body)
	}
}

func TestEveryPOSTCanBeRepeated(t *testing.T) {
	for _, name := range names() {
		if !strings.HasPrefix(name, "POST ") {
			continue
		}
		t.Run(name, func(t *testing.T) {
			s := start(t)
			method, path, body := s.example(name)
			first := s.send(method, path, body, "Idempotency-Key", "k")
			s.Clock.Forward(time.Second)
			second := s.send(method, path, body, "Idempotency-Key", "k")
			if first.Code >= 300 || second.Code != first.Code || first.Body.String() != second.Body.String() {
				t.Errorf("%d %s\n%d %s", first.Code, first.Body, second.Code, second.Body)
			}
		})
	}
}

func TestAKeyIsForOneRequestOfOneCaller(t *testing.T) {
	s := start(t)
	first := s.repeat("k", alice)
	refused(t, s.repeat("k", `{"subject":"bob"}`), 422, "idempotency_mismatch")
	refused(t, s.send("POST", "/v1/tokens", alice, "Idempotency-Key", "k"), 422, "idempotency_mismatch")
	other, _ := s.key(adminscope.SessionsWrite)
	for rule, a := range map[string]answer{
		"another caller": s.repeat("k", alice, "Authorization", "Bearer "+other),
		"another key":    s.repeat("l", alice),
	} {
		if a.Code != 201 || a.text("cookie") == first.text("cookie") {
			t.Errorf("%s: %d %s", rule, a.Code, a.Body)
		}
	}
	unscoped, _ := s.key("read")
	refused(t, s.repeat("k", alice, "Authorization", "Bearer "+unscoped), 403, "insufficient_scope")
}

func TestIdempotencyKeysAreBounded(t *testing.T) {
	s := start(t)
	for _, key := range []string{strings.Repeat("k", 129), "a b", "é", "a\tb"} {
		refused(t, s.repeat(key, alice), 400, "bad_request")
	}
	hr := s.request("POST", "/v1/sessions", alice)
	hr.Header["Idempotency-Key"] = []string{"a", "b"}
	refused(t, s.serve(hr), 400, "bad_request")
	hr = s.request("POST", "/v1/sessions", alice)
	hr.Header["Idempotency-Key"] = []string{""}
	refused(t, s.serve(hr), 400, "bad_request")
	if a := s.repeat(strings.Repeat("k", 128), alice); a.Code != 201 || s.sessions() != 1 {
		t.Errorf("%d %s", a.Code, a.Body)
	}
}

func TestTheStoreTellsNoAnswer(t *testing.T) {
	s := start(t)
	a := s.repeat("open-sesame", alice)
	rows, err := s.Store.List(t.Context(), "", "", store.MaxList)
	if err != nil {
		t.Fatal(err)
	}
	found := false
	for _, r := range rows {
		found = found || strings.HasPrefix(r.Key, "idempotency/")
		for _, secret := range []string{strings.TrimPrefix(a.text("cookie"), "__Host-edgeward-session="), "open-sesame", s.admin} {
			if strings.Contains(r.Key+string(r.Value), secret) {
				t.Errorf("%s tells a secret", r.Key)
			}
		}
	}
	if !found {
		t.Error("nothing is remembered")
	}
}

func TestARotatedCallerLearnsWhatWasCreated(t *testing.T) {
	s := start(t)
	old, id := s.key("admin")
	first := s.repeat("k", alice, "Authorization", "Bearer "+old)
	rotated := s.send("POST", "/v1/api-keys/"+id+"/rotate", `{"keep_old_seconds":60}`).text("secret")
	a := s.repeat("k", alice, "Authorization", "Bearer "+rotated)
	refused(t, a, 409, "already_done")
	if a.text("created") != first.members["session"].(map[string]any)["id"] || s.sessions() != 1 {
		t.Errorf("%s", a.Body)
	}
}

// The answer was lost, and with it the new secret.
func TestAnOldSecretAsksAgainForItsOwnRotation(t *testing.T) {
	s := start(t)
	old, id := s.key("admin")
	rotate := func() answer {
		return s.send("POST", "/v1/api-keys/"+id+"/rotate", `{"keep_old_seconds":60}`, append(as(old), "Idempotency-Key", "k")...)
	}
	lost, again := rotate(), rotate()
	if again.Code != 200 || again.text("secret") != lost.text("secret") || !s.works(again.text("secret")) {
		t.Errorf("%d %s", again.Code, again.Header())
	}
}

// matching is the plan of a store that goes wrong for one kind of operation.
func matching(name, prefix string, f storetest.Fault) storetest.Plan {
	return func(o storetest.Operation) storetest.Fault {
		if o.Name == name && strings.HasPrefix(o.Key, prefix) {
			return f
		}
		return storetest.Fault{}
	}
}

func TestARefusalIsNotRemembered(t *testing.T) {
	s := start(t)
	s.Store.Follow(matching("create", "session/", storetest.Fault{Before: storetest.ErrInjected}))
	refused(t, s.repeat("k", alice), 503, "unavailable")
	s.Store.Follow(nil)
	if a := s.repeat("k", alice); a.Code != 201 || a.Header().Get("Idempotency-Replayed") != "" {
		t.Errorf("%d %s", a.Code, a.Body)
	}
	refused(t, s.repeat("l", `{"subject":"a\nb"}`), 422, "unprocessable")
	if a := s.repeat("l", alice); a.Code != 201 {
		t.Errorf("%d %s", a.Code, a.Body)
	}
}

func TestNothingIsDoneTwiceWhileItIsUnderWay(t *testing.T) {
	s := start(t)
	s.Store.Follow(matching("replace", "idempotency/", storetest.Fault{Before: storetest.ErrInjected}))
	if a := s.repeat("k", alice); a.Code != 201 || len(s.observer.failures) != 1 {
		t.Errorf("%d %s, failures %v", a.Code, a.Body, s.observer.failures)
	}
	s.Store.Follow(nil)
	refused(t, s.repeat("k", alice), 409, "in_progress")
	refused(t, s.repeat("k", `{"subject":"bob"}`), 422, "idempotency_mismatch")
	if s.sessions() != 1 {
		t.Error("a session was made twice")
	}
	s.Clock.Forward(time.Minute)
	if a := s.repeat("k", alice); a.Code != 201 {
		t.Errorf("after a minute: %d %s", a.Code, a.Body)
	}
}

func TestManyAtOnceMakeOneSession(t *testing.T) {
	s := start(t)
	const many = 32
	answers := make(chan answer, many)
	for range many {
		go func() { answers <- s.repeat("k", alice) }()
	}
	cookies := map[string]bool{}
	for range many {
		switch a := <-answers; a.Code {
		case 201:
			cookies[a.text("cookie")] = true
		case 409:
		default:
			t.Errorf("%d %s", a.Code, a.Body)
		}
	}
	if len(cookies) != 1 || s.sessions() != 1 {
		t.Errorf("%d cookies, %d sessions", len(cookies), s.sessions())
	}
}

func TestWhatHasBegunIsCarriedThroughAfterAHangUp(t *testing.T) {
	s := start(t)
	ctx, hangUp := context.WithCancel(t.Context())
	s.Store.Follow(func(o storetest.Operation) storetest.Fault {
		if strings.HasPrefix(o.Key, "idempotency/") && o.Name == "create" {
			hangUp()
		}
		return storetest.Fault{}
	})
	s.serve(s.request("POST", "/v1/sessions", alice, "Idempotency-Key", "k").WithContext(ctx))
	if a := s.repeat("k", alice); a.Code != 201 || a.Header().Get("Idempotency-Replayed") != "true" || s.sessions() != 1 {
		t.Errorf("%d %s", a.Code, a.Body)
	}
}

func TestADamagedMemoIsNoLicence(t *testing.T) {
	s := start(t)
	s.repeat("k", alice)
	rows, err := s.Store.List(t.Context(), "idempotency/", "", 1)
	if err != nil || len(rows) != 1 {
		t.Fatal(rows, err)
	}
	for _, value := range []string{`{"v":2,"request":"","created":"","answer":""}`, `{"v":1}`, `{`} {
		e, err := s.Store.Get(t.Context(), rows[0].Key)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Store.Replace(t.Context(), e.Key, e.Version, []byte(value), e.Expires); err != nil {
			t.Fatal(err)
		}
		refused(t, s.repeat("k", alice), 503, "unavailable")
	}
	if s.sessions() != 1 {
		t.Error("it was done again")
	}
}

func TestAnAnswerOpensInNoOtherPlace(t *testing.T) {
	s := start(t)
	s.repeat("k", alice)
	s.repeat("l", alice)
	rows, err := s.Store.List(t.Context(), "idempotency/", "", 2)
	if err != nil || len(rows) != 2 {
		t.Fatal(rows, err)
	}
	for i := range rows {
		if _, err := s.Store.Replace(t.Context(), rows[i].Key, rows[i].Version, rows[1-i].Value, rows[i].Expires); err != nil {
			t.Fatal(err)
		}
	}
	refused(t, s.repeat("k", alice), 409, "already_done")
	refused(t, s.repeat("l", alice), 409, "already_done")
}

// A client asks again most of all when the server went away.
func TestAnAnswerOutlivesTheProcess(t *testing.T) {
	s := start(t)
	first := s.repeat("k", alice)
	s.serves(admin.Config{Authority: s.Authority, Store: s.Store, Now: s.Clock.Now})
	if second := s.repeat("k", alice); second.Body.String() != first.Body.String() || s.sessions() != 1 {
		t.Errorf("%s\n%s", first.Body, second.Body)
	}
}
