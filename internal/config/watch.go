package config

import (
	"context"
	"time"
)

const (
	// poll is how often files are looked at. Their content is compared, not
	// their modification time: that also sees what Kubernetes does (it swaps a
	// symbolic link), what editors do (they rename) and what NFS does not tell.
	poll = 2 * time.Second
	// idle is how many times longer than a look the pause after it is at least:
	// a folder of 10,000 routes must not keep a core busy.
	idle = 50
)

// watch reloads when a file that the last attempt read has changed, until ctx
// is done.
func (l *Live) watch(ctx context.Context) {
	var w watcher
	for pause := poll; ; {
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
		start := time.Now()
		loaded := l.lastTouched()
		if w.changed(loaded, loaded.again()) {
			_ = l.Reload() // which reports
		}
		pause = max(poll, idle*time.Since(start))
	}
}

func (l *Live) lastTouched() *snapshot {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.touched
}

// A watcher tells a change that is complete from one that is being written.
type watcher struct{ seen *snapshot }

// changed reports whether now differs from what was loaded and is the same as
// at the last look.
func (w *watcher) changed(loaded, now *snapshot) bool {
	before := w.seen
	w.seen = now
	return before != nil && now.equal(before) && !now.equal(loaded)
}
