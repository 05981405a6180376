package pgstore

import (
	"context"
	"time"
)

const (
	pause  = 10 * time.Second      // between two sweeps, when nothing more has to go
	breath = 10 * time.Millisecond // between two steps of one
	again  = time.Second           // until a lost connection is tried again

	// kept is how long the log has what is gone. A watch that is slower ends,
	// and begins anew.
	kept = 10 * time.Minute
)

// Run hears of changes by other nodes and removes what has expired or was
// deleted, until ctx ends or the store is closed. Without it a watch tells of
// other nodes' changes once a second. Trouble with the server is tried again;
// it is in the log once each time that it begins.
func (s *Store) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.keepDoing(ctx, "listening", s.listen)
	}()
	s.keepDoing(ctx, "sweeping", s.sweep)
	cancel()
	<-done
	select {
	case <-s.closed:
		return ErrClosed
	default:
		return ctx.Err()
	}
}

// keepDoing does it over a connection of its own, and again with a new one.
func (s *Store) keepDoing(ctx context.Context, what string, do func(context.Context, *link) error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		select {
		case <-s.closed:
			cancel()
		case <-ctx.Done():
		}
	}()
	trouble := false
	for ctx.Err() == nil {
		began := time.Now()
		err := s.over(ctx, do)
		if ctx.Err() != nil {
			return
		}
		if !trouble || time.Since(began) > pause {
			s.log.Warn("store: trouble with the server while "+what, "error", unavailable(err))
		}
		trouble = true
		sleep(ctx, again)
	}
}

func (s *Store) over(ctx context.Context, do func(context.Context, *link) error) error {
	l, err := s.refresh(ctx, nil)
	if err != nil {
		return err
	}
	defer l.end()
	return do(ctx, l)
}

// listen rings the bell when any node has changed something. What was changed
// before it listens is told by then, for the bell rings first.
func (s *Store) listen(ctx context.Context, l *link) error {
	patient, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	if _, err := l.Exec(patient, `LISTEN "`+s.sql.channel+`"`); err != nil {
		return err
	}
	for {
		s.bell.ring()
		if err := s.await(ctx, l); err != nil {
			return err
		}
	}
}

// await waits for a notification. The server is asked now and then whether it
// is still there: one that was cut off says nothing, and that sounds like peace.
func (s *Store) await(ctx context.Context, l *link) error {
	for {
		quiet, cancel := context.WithTimeout(ctx, timeout)
		_, err := l.WaitForNotification(quiet)
		expired := quiet.Err() != nil && ctx.Err() == nil
		cancel()
		if err == nil || !expired {
			return err
		}
		patient, cancel := context.WithTimeout(ctx, timeout)
		err = l.Ping(patient)
		cancel()
		if err != nil {
			return err
		}
	}
}

// sweep removes in small steps what is gone for long enough.
func (s *Store) sweep(ctx context.Context, l *link) error {
	for {
		patient, cancel := context.WithTimeout(ctx, timeout)
		var swept int64
		err := l.QueryRow(patient, s.sql.sweep, kept, step).Scan(&swept)
		cancel()
		if err != nil {
			return err
		}
		wait := pause
		if swept == step {
			wait = breath
		}
		if sleep(ctx, wait); ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

// adopt notes the history of the server that answers. Where another one was
// noted, a standby has taken over or a backup was restored.
func (s *Store) adopt(ctx context.Context, l *link) error {
	var before string
	if err := l.QueryRow(ctx, s.sql.epoch).Scan(&before); err != nil || before == l.epoch {
		return err
	}
	if err := l.QueryRow(ctx, s.sql.adopt, l.epoch).Scan(&before); err != nil {
		return err
	}
	if before != "" && before != l.epoch {
		s.log.Warn("store: the server has another history than before: a standby has taken over, or a backup was restored", "before", before, "now", l.epoch)
	}
	return nil
}

func sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
