package pgstore_test

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/store"
	"github.com/edgeward/edgeward/store/pgstore"
	"github.com/edgeward/edgeward/store/pgstore/pgtest"
)

var update = flag.Bool("update", false, "rewrite golden files")

// golden holds a message against its file; what differs from run to run is
// masked.
func golden(t *testing.T, name string, err error) {
	t.Helper()
	text := regexp.MustCompile(`127\.0\.0\.1:\d+|\d{19}/`).ReplaceAllString(err.Error(), "ADDRESS") + "\n"
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if text != string(want) {
		t.Errorf("%s:\n%swant\n%s", name, text, want)
	}
	if strings.Contains(text, pgtest.Password) || strings.Contains(text, "secret") {
		t.Errorf("%s says a password: %s", name, text)
	}
}

func refused(t *testing.T, c pgstore.Config, want error, name string) {
	t.Helper()
	s, err := pgstore.Open(t.Context(), c)
	if err == nil {
		_ = s.Close()
		t.Fatalf("%s: opened", name)
	}
	if want != nil && !errors.Is(err, want) {
		t.Errorf("%s: %v, want %v", name, err, want)
	}
	golden(t, name, err)
}

func TestAConfigurationThatIsUnsafeIsRefused(t *testing.T) {
	change := func(set func(*pgstore.Config)) pgstore.Config {
		c := config("postgres://edgeward@127.0.0.1:1/postgres", "")
		set(&c)
		return c
	}
	url := func(u string) pgstore.Config {
		return change(func(c *pgstore.Config) { c.URL = edgeward.NewSecret(u) })
	}
	for name, c := range map[string]pgstore.Config{
		"failover-unsaid":    change(func(c *pgstore.Config) { c.Failover = pgstore.Unspecified }),
		"schema-quoted":      change(func(c *pgstore.Config) { c.Schema = `a"b` }),
		"readers":            change(func(c *pgstore.Config) { c.Readers = 1000 }),
		"url-unreadable":     url("postgres://edgeward:secret%@127.0.0.1/postgres"),
		"url-port":           url("postgres://edgeward:secret@127.0.0.1:port/postgres"),
		"url-option":         url("postgres://edgeward:secret@127.0.0.1/postgres?sslmode=maybe"),
		"url-other":          url("host=127.0.0.1 password=secret"),
		"transport-plain":    url("postgres://edgeward@db.example.com/postgres"),
		"transport-unasked":  url("postgres://edgeward@db.example.com/postgres?sslmode=require"),
		"transport-one-host": url("postgres://edgeward@127.0.0.1,db.example.com/postgres?sslmode=disable"),
	} {
		refused(t, c, pgstore.ErrConfig, name)
	}
}

func TestAServerThatCannotBeUsedSaysWhy(t *testing.T) {
	l := newLab(t)
	c := config(l.URL(), "edgeward")
	wrong := c
	wrong.Password = edgeward.NewSecret("secret")
	refused(t, wrong, nil, "password")
	refused(t, config(pgtest.URL("127.0.0.1:1"), ""), nil, "address")
	failover := c
	failover.Failover = pgstore.Synchronous
	refused(t, failover, pgstore.ErrUnsafe, "no-standbys")
	l.SQL(`REVOKE CREATE ON DATABASE postgres FROM ` + pgtest.User)
	refused(t, c, nil, "no-schema")
	for name, setting := range map[string]string{"fsync": "fsync", "pages": "full_page_writes"} {
		l.SQL("ALTER SYSTEM SET " + setting + " = off")
		l.SQL("SELECT pg_reload_conf()")
		time.Sleep(100 * time.Millisecond)
		refused(t, c, pgstore.ErrUnsafe, name)
		l.SQL("ALTER SYSTEM RESET " + setting)
		l.SQL("SELECT pg_reload_conf()")
		time.Sleep(100 * time.Millisecond)
	}
}

func TestASchemaThatIsNotOursIsLeftAlone(t *testing.T) {
	l := newLab(t)
	l.SQL(`CREATE SCHEMA other AUTHORIZATION edgeward; CREATE TABLE other.invoices (n integer)`)
	refused(t, config(l.URL(), "other"), pgstore.ErrForeign, "foreign")
	s := l.open(t, "newer")
	create(t, s, "a")
	l.SQL(`UPDATE newer.edgeward_store SET layout = 99`)
	refused(t, config(l.URL(), "newer"), pgstore.ErrNewer, "newer")
	l.SQL(`UPDATE newer.edgeward_store SET layout = 1; ALTER TABLE newer.entry SET UNLOGGED`)
	refused(t, config(l.URL(), "newer"), pgstore.ErrUnsafe, "unlogged")
	l.SQL(`ALTER TABLE newer.entry SET LOGGED; GRANT SELECT ON newer.entry TO PUBLIC`)
	refused(t, config(l.URL(), "newer"), pgstore.ErrUnsafe, "exposed")
	l.SQL(`REVOKE SELECT ON newer.entry FROM PUBLIC`)
	s = l.open(t, "newer")
	holds(t, s, "a")
	if tables := l.SQL(`SELECT string_agg(relname, ' ') FROM pg_class WHERE relnamespace = 'other'::regnamespace`); tables != "invoices" {
		t.Errorf("the other schema has %q", tables)
	}
}

// Many nodes begin at once, and one of them makes the schema.
func TestNodesThatBeginTogetherMakeOneSchema(t *testing.T) {
	l := newLab(t)
	opened := make(chan error, 6)
	for range cap(opened) {
		go func() {
			s, err := pgstore.Open(t.Context(), config(l.URL(), "together"))
			if err == nil {
				_ = s.Close()
			}
			opened <- err
		}()
	}
	for range cap(opened) {
		if err := <-opened; err != nil {
			t.Error(err)
		}
	}
}

func TestAnotherHistoryOfTheServerEndsWatchesAndReusesNoVersion(t *testing.T) {
	l := newLab(t)
	s := l.open(t, "history")
	before := create(t, s, "a")
	l.SQL(`UPDATE history.edgeward_store SET epoch = 'another'`)
	s = l.open(t, "history")
	if after := create(t, s, "b"); after < before+1<<32 {
		t.Errorf("version %d after %d", after, before)
	}
}

func TestTheContractSaysWhatAFailoverTakes(t *testing.T) {
	l := newLab(t)
	for failover, want := range map[pgstore.Failover]store.Contract{
		pgstore.None:         {CompareAndSwap: true, Durable: true, Shared: true},
		pgstore.Asynchronous: {Shared: true},
	} {
		c := config(l.URL(), "")
		c.Failover = failover
		if got := run(t, c).Contract(); got != want {
			t.Errorf("%d: %+v, want %+v", failover, got, want)
		}
	}
}

func create(t *testing.T, s store.Store, key string) store.Version {
	t.Helper()
	v, err := s.Create(t.Context(), key, []byte(key), time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func holds(t *testing.T, s store.Store, key string) {
	t.Helper()
	if e, err := s.Get(t.Context(), key); err != nil || string(e.Value) != key {
		t.Errorf("Get %s = %q, %v", key, e.Value, err)
	}
}
