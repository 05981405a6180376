package audit_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/edgeward/edgeward/audit"
)

func written(t *testing.T, n int) []byte {
	t.Helper()
	var b bytes.Buffer
	log := audit.NewLog(&b, audit.Head{}, now)
	for i := range n {
		r := audit.Record{
			Actor: "api_key:a", Action: "session.end", Object: fmt.Sprint("session/", i), Subject: "alice", Scopes: "admin read",
			Reason: "lap\"top <script>", Class: "reused", RequestID: "id",
		}
		if err := log.Append(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

func last(t *testing.T, log []byte, n int) []audit.Entry {
	t.Helper()
	entries, err := audit.Last(bytes.NewReader(log), int64(len(log)), n)
	if err != nil {
		t.Fatal(err)
	}
	return entries
}

func TestLast(t *testing.T) {
	log := written(t, 5000) // more than is read
	entries := last(t, log, 3)
	if len(entries) != 3 || entries[0].Number != 5000 || entries[2].Number != 4998 {
		t.Fatalf("%+v", entries)
	}
	want := audit.Record{
		Actor: "api_key:a", Action: "session.end", Object: "session/4999", Subject: "alice", Scopes: "admin read",
		Reason: "lap\"top <script>", Class: "reused", RequestID: "id",
	}
	e := entries[0]
	if e.Record != want || !e.Time.Equal(now()) || !strings.Contains(string(log), e.Hash) || len(e.Hash) != 64 {
		t.Errorf("%+v", e)
	}
	if all := last(t, log, 1<<20); len(all) < 100 || len(all) > 4999 {
		t.Errorf("%d records of a bounded part", len(all))
	}
}

func TestLastLeavesOutWhatIsNoRecord(t *testing.T) {
	log := written(t, 3)
	for rule, row := range map[string]struct {
		log  []byte
		want int
	}{
		"nothing":                  {nil, 0},
		"the beginning is read":    {log, 3},
		"a line in the making":     {log[:len(log)-1], 2},
		"a line that is no record": {append([]byte("{}\nnonsense\n\n"), log...), 3},
	} {
		if got := last(t, row.log, 10); len(got) != row.want {
			t.Errorf("%s: %d records", rule, len(got))
		}
	}
}

type broken struct{}

func (broken) ReadAt([]byte, int64) (int, error) { return 0, errors.New("input/output error") }

func TestLastSaysWhenItCannotRead(t *testing.T) {
	if entries, err := audit.Last(broken{}, 100, 10); err == nil {
		t.Errorf("%v", entries)
	}
}

func FuzzLast(f *testing.F) {
	f.Add([]byte("{\"n\":1,\"time\":\"2027-01-15T08:00:00Z\",\"action\":\"a\"}\n"))
	f.Fuzz(func(t *testing.T, log []byte) {
		if entries := last(t, log, 7); len(entries) > 7 {
			t.Errorf("%d records", len(entries))
		}
	})
}
