package record_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/edgeward/edgeward/internal/keep/record"
)

func TestWhatIsWrittenIsRead(t *testing.T) {
	w := record.New(1)
	at := time.UnixMilli(1_800_000_000_123)
	w.String("text", "a\"b\u2028")
	w.Strings("list", []string{"x", "y"})
	w.Strings("none", nil)
	w.Time("at", at)
	w.Time("never", time.Time{})
	r, err := record.Read(w.End(), 1)
	if err != nil {
		t.Fatal(err)
	}
	if s := r.String("text"); s != "a\"b\u2028" {
		t.Errorf("text %q", s)
	}
	if l := r.Strings("list"); !slices.Equal(l, []string{"x", "y"}) || len(r.Strings("none")) != 0 {
		t.Errorf("list %q", l)
	}
	if !r.Time("at").Equal(at) || !r.Time("never").IsZero() || r.Err() != nil {
		t.Errorf("times %v %v, %v", r.Time("at"), r.Time("never"), r.Err())
	}
}

func TestUnreadable(t *testing.T) {
	for rule, text := range map[string]string{
		"no JSON":                       `{`,
		"nothing":                       ``,
		"another version":               `{"v":2,"s":"","l":[],"t":0}`,
		"no version":                    `{"s":"","l":[],"t":0}`,
		"a version that is text":        `{"v":"1","s":"","l":[],"t":0}`,
		"a member twice":                `{"v":1,"s":"","s":"","l":[],"t":0}`,
		"a string is absent":            `{"v":1,"l":[],"t":0}`,
		"a string of another type":      `{"v":1,"s":1,"l":[],"t":0}`,
		"a list is absent":              `{"v":1,"s":"","t":0}`,
		"a list with a number":          `{"v":1,"s":"","l":[1],"t":0}`,
		"a time as text":                `{"v":1,"s":"","l":[],"t":"0"}`,
		"a time of null":                `{"v":1,"s":"","l":[],"t":null}`,
		"a time before 1970":            `{"v":1,"s":"","l":[],"t":-1}`,
		"a time in an exponent":         `{"v":1,"s":"","l":[],"t":1e3}`,
		"a time beyond exact numbers":   `{"v":1,"s":"","l":[],"t":9007199254740992}`,
		"something that a room demands": `{"v":1,"s":"demand","l":[],"t":0}`,
	} {
		r, err := record.Read([]byte(text), 1)
		if err == nil {
			r.Require("s", r.String("s") != "demand")
			r.Strings("l")
			r.Time("t")
			err = r.Err()
		}
		if !errors.Is(err, record.ErrUnreadable) {
			t.Errorf("%s: %v", rule, err)
		}
	}
}
