package source

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// A disk is what a watcher looks at, without files. Its zero value is what was
// loaded.
type disk struct {
	content  int
	metadata int64
	readings *int
	becomes  *disk
}

func (d disk) glance() *glance {
	return &glance{named: map[string]stamp{"edgeward.yaml": {modified: d.becomes.metadata}}}
}

func (d disk) again() disk {
	*d.readings++
	return disk{content: d.becomes.content}
}

func (d disk) equal(other disk) bool { return d.content == other.content }

// TestWhatAWatcherReads: content is read where something seems to have happened,
// and where it was last read long ago for what reading costs.
func TestWhatAWatcherReads(t *testing.T) {
	type step struct {
		content  int
		metadata int64
		after    time.Duration
		want     string // "read", "reload", "" for a look alone
	}
	for rule, steps := range map[string][]step{
		"the first looks":                   {{0, 0, 0, ""}, {0, 0, poll, "read"}, {0, 0, poll, ""}, {0, 0, poll, ""}},
		"nothing happens for long":          {{0, 0, 0, ""}, {0, 0, poll, "read"}, {0, 0, poll, ""}, {0, 0, idle * time.Minute, "read"}},
		"a change":                          {{0, 0, 0, ""}, {0, 0, poll, "read"}, {1, 1, poll, ""}, {1, 1, poll, "reload"}},
		"a change that goes on":             {{0, 0, 0, ""}, {0, 0, poll, "read"}, {1, 1, poll, ""}, {2, 2, poll, ""}, {3, 3, poll, ""}, {3, 3, poll, "reload"}},
		"a file is touched":                 {{0, 0, 0, ""}, {0, 0, poll, "read"}, {0, 1, poll, ""}, {0, 1, poll, "read"}, {0, 1, poll, ""}},
		"before the first look":             {{1, 1, 0, ""}, {1, 1, poll, "reload"}},
		"no metadata says so":               {{0, 0, 0, ""}, {0, 0, poll, "read"}, {1, 0, poll, ""}, {1, 0, idle * time.Minute, "read"}, {1, 0, poll, "reload"}},
		"no metadata says so, and it moves": {{0, 0, 0, ""}, {0, 0, poll, "read"}, {1, 0, idle * time.Minute, "read"}, {2, 0, poll, "read"}, {2, 0, poll, "reload"}},
	} {
		t.Run(rule, func(t *testing.T) {
			readings, now := 0, time.Unix(1_800_000_000, 0)
			there := &disk{}
			w := watcher[disk]{saw: func(string) {}}
			for i, s := range steps {
				now = now.Add(s.after)
				there.content, there.metadata = s.content, s.metadata
				before := readings
				changed := w.changed(disk{readings: &readings, becomes: there}, now)
				w.reading = time.Minute // a large folder
				got := []string{"", "read"}[readings-before]
				if changed {
					got = "reload"
				}
				if got != s.want {
					t.Fatalf("step %d: %q, want %q", i, got, s.want)
				}
			}
		})
	}
}

// TestAChangeIsSaidOnce: and which file it was.
func TestAChangeIsSaidOnce(t *testing.T) {
	var said []string
	readings, there := 0, &disk{}
	w := watcher[disk]{saw: func(path string) { said = append(said, fmt.Sprint(there.metadata, " ", path)) }}
	for _, metadata := range []int64{0, 0, 1, 2, 3, 3, 3, 4, 4} {
		there.metadata = metadata
		w.changed(disk{readings: &readings, becomes: there}, time.Now())
	}
	if !slices.Equal(said, []string{"1 edgeward.yaml", "4 edgeward.yaml"}) {
		t.Errorf("%q", said)
	}
}

// BenchmarkLook: what 10,000 routes cost every other second, and what it costs to
// read them.
func BenchmarkLook(b *testing.B) {
	s := &Snapshot{folders: []string{routesOf(b, 10_000)}}
	b.Run("glance", func(b *testing.B) {
		for b.Loop() {
			s.glance()
		}
	})
	b.Run("content", func(b *testing.B) {
		for b.Loop() {
			s.again()
		}
	})
}
