package admin_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/edgeward/edgeward/internal/endpoint/admin"
	"github.com/edgeward/edgeward/internal/endpoint/admin/backup"
	"github.com/edgeward/edgeward/internal/issuance/adminscope"
	"github.com/edgeward/edgeward/store/storetest"
)

// copies sets where backups come from.
func copies(write func(context.Context, string) error, scratch string) func(*admin.Config) {
	return func(c *admin.Config) { c.Backup = (&backup.Source{Write: write, Scratch: scratch}).Open }
}

// write is a backup.Source's Write that writes text.
func write(text string) func(context.Context, string) error {
	return func(_ context.Context, path string) error { return os.WriteFile(path, []byte(text), 0o600) }
}

// down is the plan of a store that answers nothing but what caches hold.
var down storetest.Plan = storetest.Down

func TestABackupIsSentWholeAndTakenAway(t *testing.T) {
	text := strings.Repeat("the store ", 100_000) // several pieces
	scratch := t.TempDir()
	s := start(t, copies(write(text), scratch))
	for range 2 {
		a := s.send("GET", "/v1/backup", "")
		h := a.Header()
		if plain(t, a); a.Code != 200 || a.Body.String() != text || h.Get("Content-Length") != "1000000" ||
			h.Get("Content-Type") != "application/vnd.sqlite3" || h.Get("Content-Disposition") != `attachment; filename="edgeward-20260101T000000Z.db"` {
			t.Errorf("%d, %d bytes, %v", a.Code, a.Body.Len(), h)
		}
	}
	if left, err := os.ReadDir(scratch); err != nil || len(left) != 0 {
		t.Errorf("left are %v, %v", left, err)
	}
}

// Whoever takes a copy has every session, key and person in it.
func TestWhoTookABackupIsAudited(t *testing.T) {
	s := start(t, copies(write("the store"), t.TempDir()))
	secret, id := s.key(adminscope.Backup)
	before := len(s.Audit.Records())
	a := s.send("GET", "/v1/backup", "", as(secret)...)
	records := s.Audit.Records()[before:]
	if len(records) != 1 || records[0].Action != "store.backup" || records[0].Actor != "api_key:"+id || records[0].RequestID != a.Header().Get("X-Request-Id") {
		t.Errorf("%+v", records)
	}
	s = start(t, copies(func(context.Context, string) error { return errors.New("no space left on device") }, t.TempDir()))
	before = len(s.Audit.Records())
	if s.send("GET", "/v1/backup", ""); len(s.Audit.Records()) != before {
		t.Errorf("nobody has one: %+v", s.Audit.Records()[before:])
	}
	s = start(t, copies(write("the store"), t.TempDir()))
	before = len(s.Audit.Records())
	w := httptest.NewRecorder()
	if s.ServeHTTP(w, s.request("HEAD", "/v1/backup", "")); w.Code != 200 || len(s.Audit.Records()) != before {
		t.Errorf("only its length: %d, %+v", w.Code, s.Audit.Records()[before:])
	}
}

func TestABackupThatFailsSendsNothing(t *testing.T) {
	scratch := t.TempDir()
	s := start(t, copies(func(ctx context.Context, path string) error {
		return errors.Join(write("half")(ctx, path), errors.New("no space left on device"))
	}, scratch))
	a := s.send("GET", "/v1/backup", "")
	if refused(t, a, 503, "unavailable"); strings.Contains(a.Body.String(), "space") || !s.observer.unknown() {
		t.Errorf("%s, the observer was not told", a.Body)
	}
	if left, _ := os.ReadDir(scratch); len(left) != 0 {
		t.Errorf("left are %v", left)
	}
}

func TestOneBackupAtATime(t *testing.T) {
	begun, finish := make(chan struct{}), make(chan struct{})
	s := start(t, copies(func(ctx context.Context, path string) error {
		close(begun)
		<-finish
		return write("x")(ctx, path)
	}, t.TempDir()))
	done := make(chan answer)
	go func() { done <- s.send("GET", "/v1/backup", "") }()
	<-begun
	refused(t, s.send("GET", "/v1/backup", ""), 409, "in_progress")
	close(finish)
	if a := <-done; a.Code != 200 {
		t.Errorf("%d %s", a.Code, a.Body)
	}
}

// A stingy writer takes no body.
type stingy struct{ *httptest.ResponseRecorder }

func (stingy) Write([]byte) (int, error) { return 0, errors.New("gone") }

func TestABackupThatBreaksOffDoesNotLookWhole(t *testing.T) {
	s := start(t, copies(write("the store"), t.TempDir()))
	defer func() {
		if v := recover(); v != http.ErrAbortHandler || len(s.observer.failures) != 1 {
			t.Errorf("%v, failures %v", v, s.observer.failures)
		}
	}()
	s.ServeHTTP(stingy{httptest.NewRecorder()}, s.request("GET", "/v1/backup", ""))
}
