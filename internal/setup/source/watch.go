package source

import (
	"context"
	"time"
)

const (
	// poll is how often files are looked at, by what the file system says of them.
	poll = 2 * time.Second
	// idle is how many times longer than a look the pause after it is at least,
	// and than a reading of all content until the next one where nothing seems to
	// have happened: a folder of 10,000 routes must not keep a core busy.
	idle = 50
)

// Watch calls changed when a file has changed that is in what loaded returns, the
// last attempt's, until ctx is done. saw is told a file of each change once, before
// it is complete.
func Watch(ctx context.Context, loaded func() *Snapshot, saw func(path string), changed func()) {
	w := watcher[*Snapshot]{saw: saw}
	for pause := poll; ; {
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
		start := time.Now()
		if w.changed(loaded(), start) {
			changed()
		}
		pause = max(poll, idle*w.look)
	}
}

// A watched is what a watcher looks at.
type watched[S any] interface {
	glance() *glance // cheap
	again() S        // reads all content
	equal(S) bool
}

// A watcher tells a change that is complete from one that is being written. It
// reads content when the metadata changed and stays so for a look, and now and
// then all the same: not every file system says the truth (NFS), and a file can be
// written twice within one tick of its clock. Content decides, so that a file
// which was touched is no change.
type watcher[S watched[S]] struct {
	saw func(path string) // is told a file of each change, once

	seen    *glance
	moving  bool      // the metadata changed, and the content has not been read since
	hidden  []S       // content that changed although the metadata did not: at most one
	read    time.Time // when content was
	look    time.Duration
	reading time.Duration // how long that took
}

// changed reports whether what was loaded is no longer what is there, and what is
// there was there at the last look.
func (w *watcher[S]) changed(loaded S, now time.Time) bool {
	before, seen := w.seen, loaded.glance()
	w.seen, w.look = seen, time.Since(now)
	switch {
	case before == nil:
		w.moving = true // since it was loaded, for all anybody knows
		return false
	case !seen.equal(before):
		if !w.moving {
			w.saw(before.differing(seen))
		}
		w.moving, w.hidden = true, nil
		return false
	case !w.moving && len(w.hidden) == 0 && now.Sub(w.read) < idle*w.reading:
		return false
	}
	return w.compare(loaded, now)
}

// compare reads all content. What changed behind the back of the metadata has to
// be the same at two looks.
func (w *watcher[S]) compare(loaded S, now time.Time) bool {
	start := time.Now()
	content := loaded.again()
	w.read, w.reading = now, time.Since(start)
	told, before := w.moving, w.hidden
	w.moving, w.hidden = !loaded.glance().equal(w.seen), nil
	switch {
	case w.moving, content.equal(loaded):
		return false
	case told, len(before) > 0 && content.equal(before[0]):
		return true
	}
	w.hidden = []S{content}
	return false
}
