package cors

import (
	"slices"
	"testing"
	"time"
)

// A member that Equal leaves out would let an index and a rest that state different
// things pass for one where case is ignored; one that is not copied could be changed
// by the caller that stated it.
func TestEveryMemberIsComparedAndCopiedAndShown(t *testing.T) {
	for _, m := range members {
		var all [2]CORS
		for n := range all {
			switch p := m.at(&all[n]).(type) {
			case *[]string:
				*p = []string{"a", "b"}[:n+1]
			case *bool:
				*p = n == 1
			case *time.Duration:
				*p = time.Duration(n+1) * time.Second
			}
		}
		if all[0].Equal(&all[1]) || all[1].Equal(&CORS{}) || !all[1].Equal(&all[1]) || all[1].Equal(nil) {
			t.Errorf("%s is not compared", m.name)
		}
		if !all[1].Equal(all[1].Stated()) {
			t.Errorf("%s is not copied", m.name)
		}
		all[1].Origins = []string{"https://app.example"}
		shown := ""
		all[1].Show("cors", func(name string, _ any) { shown += name + " " })
		if m.name != "origins" && shown != "cors.origins cors."+m.name+" " {
			t.Errorf("%s: shown as %s", m.name, shown)
		}
	}
}

func TestEveryMemberIsInTheReference(t *testing.T) {
	var said, names []string
	for _, k := range Keys() {
		if said = append(said, k.Name); k.Kind == "" || k.Absent == "" || k.Meaning == "" {
			t.Errorf("%+v", k)
		}
	}
	for _, m := range members {
		names = append(names, m.name)
	}
	if !slices.Equal(said, names) {
		t.Errorf("%q, want %q", said, names)
	}
}
