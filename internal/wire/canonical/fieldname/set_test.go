package fieldname_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/edgeward/edgeward/internal/wire/canonical/fieldname"
)

func TestASetCoversEverySpelling(t *testing.T) {
	s, err := fieldname.NewSet([]string{"remote-user", "X-WEBAUTH-USER", "Remote-User"}, []string{"Referer", "remote-user", "referer"})
	if err != nil {
		t.Fatal(err)
	}
	if own, touched := s.Own(), s.Touched(); !reflect.DeepEqual(own, []string{"Remote-User", "X-Webauth-User"}) || !reflect.DeepEqual(touched, []string{"Referer"}) {
		t.Errorf("own %q, touched %q", own, touched)
	}
	for _, name := range []string{"Remote-User", "REMOTE_USER", "remote.user", "Remote~user", "X_webauth-User"} {
		if !s.Covers(name) {
			t.Errorf("%q is not covered", name)
		}
	}
	for _, name := range []string{"", "Remote-Use", "Remote-Users", "RemoteUser", "Referer", strings.Repeat("a", 100)} {
		if s.Covers(name) {
			t.Errorf("%q is covered", name)
		}
	}
	var none *fieldname.Set
	if none.Covers("Remote-User") || none.Own() != nil || none.Touched() != nil {
		t.Error("no set covers a name")
	}
}

func TestASetIsBounded(t *testing.T) {
	var names []string
	for i := range 65 {
		names = append(names, fmt.Sprint("X-", i))
	}
	if _, err := fieldname.NewSet(names[:64], nil); err != nil {
		t.Error(err)
	}
	for _, bad := range [][2][]string{{names, nil}, {names[:40], names[40:]}, {{"a b"}, nil}, {nil, {""}}, {{strings.Repeat("a", 65)}, nil}} {
		if _, err := fieldname.NewSet(bad[0], bad[1]); err == nil {
			t.Errorf("%d and %d names are taken", len(bad[0]), len(bad[1]))
		}
	}
}

func BenchmarkCovers(b *testing.B) {
	var names []string
	for i := range 64 {
		names = append(names, fmt.Sprintf("X-Field-%02d", i))
	}
	s, _ := fieldname.NewSet(names, nil)
	b.ReportAllocs()
	for b.Loop() {
		s.Covers("X-Custom-1")
	}
}
