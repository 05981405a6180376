package upstream

import (
	"sync"
	"time"
)

// A keep has the connections that wait for their next request.
type keep struct {
	idle time.Duration // how long

	mu       sync.Mutex         // guards all below
	links    map[string][]*link // by address, the one that was used last at the end
	sweeping bool
}

// mostIdle bounds the connections to one address that wait.
const mostIdle = 256

// take returns a connection to an address that is open and has nothing to read:
// what a server says unasked would be taken for its next answer. It is nil if there
// is none.
func (k *keep) take(address string) *link {
	for {
		l := k.pop(address)
		if l == nil {
			return nil
		}
		if time.Since(l.since) < k.idle && l.isSilent() {
			l.used = true
			return l
		}
		_ = l.Conn.Close()
	}
}

func (k *keep) pop(address string) *link {
	k.mu.Lock()
	defer k.mu.Unlock()
	all := k.links[address]
	if len(all) == 0 {
		return nil
	}
	l := all[len(all)-1]
	all[len(all)-1] = nil
	k.links[address] = all[:len(all)-1]
	return l
}

// put keeps l, or closes it.
func (k *keep) put(l *link) {
	l.since = time.Now()
	k.mu.Lock()
	defer k.mu.Unlock()
	if l.raw == nil || len(k.links[l.address]) >= mostIdle {
		_ = l.Conn.Close()
		return
	}
	if k.links == nil {
		k.links = make(map[string][]*link)
	}
	k.links[l.address] = append(k.links[l.address], l)
	if !k.sweeping {
		k.sweeping = true
		time.AfterFunc(k.idle, k.sweep)
	}
}

// sweep closes what has waited for too long, and comes again as long as something
// waits.
func (k *keep) sweep() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.close(time.Now().Add(-k.idle))
	if k.sweeping = len(k.links) > 0; k.sweeping {
		time.AfterFunc(k.idle, k.sweep)
	}
}

// closeAll closes all that waits.
func (k *keep) closeAll() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.close(time.Now())
}

// close closes what has waited since that time, or longer. k.mu is held.
func (k *keep) close(then time.Time) {
	for address, all := range k.links {
		n := 0
		for n < len(all) && !all[n].since.After(then) { // the oldest are first
			_ = all[n].Conn.Close()
			n++
		}
		if k.links[address] = append([]*link(nil), all[n:]...); n == len(all) {
			delete(k.links, address)
		}
	}
}
