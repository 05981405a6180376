//go:build !(linux || darwin || freebsd)

package upstream

// canPeek says that [http.Transport] carries all requests: it reads from a kept
// connection all the time.
const canPeek = false

func (l *link) isSilent() bool { return false }
func (l *link) peekAt(uintptr) {}
