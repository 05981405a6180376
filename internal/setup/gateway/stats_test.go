package gateway_test

import (
	"testing"

	"github.com/edgeward/edgeward/revocation"
)

func TestASystemTellsWhatItRemembers(t *testing.T) {
	f := newHybrid(t, "{path: edgeward.db}", "")
	l := f.run(onDisk)
	field := issue(t, l).fields["session"]
	for range 3 {
		ask(t, l, field[0], field[1])
	}
	if _, err := l.System().Authority.Revoke(t.Context(), by, revocation.Entry{Scope: revocation.Token, Issuer: "i", Value: "jti"}); err != nil {
		t.Fatal(err)
	}
	r, ok := l.System().Stats()
	if !ok || !r.Synced || r.Revocations != 1 || r.Sessions.Misses != 1 || r.Sessions.Hits != 2 || r.StoreErrors["get"] != 0 {
		t.Errorf("%+v, %t", r, ok)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := l.System().Authority.Session(t.Context(), "AAAAAAAAAAAAAAAAAAAAAA"); err == nil {
		t.Error("a closed store answered")
	}
	if r, _ := l.System().Stats(); r.StoreErrors["get"] == 0 {
		t.Errorf("its trouble is not counted: %v", r.StoreErrors)
	}
}

func TestASystemWithoutAStoreRemembersNothing(t *testing.T) {
	l, _ := newFolder(t, to("http://127.0.0.1:3000")).live()
	if r, ok := l.System().Stats(); ok {
		t.Errorf("%+v", r)
	}
}
