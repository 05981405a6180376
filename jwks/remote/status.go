package remote

import "time"

// A Status tells an operator how an issuer's keys are.
type Status struct {
	Issuer string
	// Loaded: a set was fetched once. Usable: and it is not beyond the hard
	// cap. Failing: the last attempt brought nothing.
	Loaded, Usable, Failing bool

	Fetched     time.Time     // when the current set was asked for
	Age         time.Duration // of the current set
	Keys        int           // usable keys
	Note        string        // why no token can match the current set; "" when some can
	Ignored     int           // keys of the current set that are not used
	LastAttempt time.Time     // when the last finished attempt began
	LastError   error         // of the last attempt; nil when it went well

	Fetches, Failures uint64 // attempts that ended, and those that brought nothing
}

// counts is what only a Status needs.
type counts struct {
	fetched, attempted time.Time
	keys, ignored      int
	note               string
	fetches, failures  uint64
}

func (c *counts) add(f *flight, got loaded, err error) {
	c.fetches++
	c.attempted = f.began
	if err != nil {
		c.failures++
		return
	}
	c.fetched = f.began
	c.keys, c.ignored, c.note = got.set.Len(), len(got.ignored), got.note
}

// Status returns how the keys are now.
func (k *Keys) Status() Status {
	k.mu.Lock()
	defer k.mu.Unlock()
	now, s, c := k.config.Now(), k.current.Load(), k.counts
	status := Status{
		Issuer: k.config.Issuer,
		Loaded: !c.fetched.IsZero(), Usable: now.Before(s.term.Dead), Failing: s.term.Failing,
		Fetched: c.fetched, Keys: c.keys, Ignored: c.ignored, Note: c.note,
		LastAttempt: c.attempted, LastError: s.err,
		Fetches: c.fetches, Failures: c.failures,
	}
	if status.Loaded {
		status.Age = now.Sub(c.fetched)
	}
	return status
}
