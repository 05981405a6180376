package login

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/keep/record"
)

const (
	// TransactionLife is how long a sign-in may take, and the Max-Age of the
	// transaction cookie.
	TransactionLife = 10 * time.Minute

	maxPending  = 6                // sign-ins under way in one browser: the tabs of a restored window
	maxCookie   = 3500             // bytes of the cookie's value: with its name and attributes below 4 KB, which browsers keep
	maxRounds   = 3                // finished sign-ins for one page that make a loop
	allRounds   = 12               // for any pages of one host, where each round makes up another one; a restored window has as many tabs
	keptRounds  = 3 * allRounds    // of all hosts
	roundMemory = 30 * time.Second // when they happen within this time

	jarVersion = 1
)

var base64url = base64.RawURLEncoding.Strict()

// A transaction is one sign-in under way.
type transaction struct {
	state    string // 128 random bits; the provider repeats it in the URL
	provider string
	nonce    string // 128 random bits; the provider repeats it in the ID token
	verifier string // of PKCE, 256 random bits; the provider sees its hash until the code is redeemed
	returnTo string
	began    time.Time
	ask      Ask // but for Account and Prefer, to which no answer is held
}

// fieldsOfTransaction is how many strings a transaction is written as.
const fieldsOfTransaction = 6

// fieldsOfRound is the same of a round.
const fieldsOfRound = 2

func newTransaction(provider, returnTo string, ask Ask, now time.Time) transaction {
	return transaction{state: random(16), provider: provider, nonce: random(16), verifier: random(32), returnTo: returnTo, ask: ask, began: now}
}

// random returns n random bytes as base64url.
func random(n int) string {
	raw := make([]byte, n)
	rand.Read(raw) // aborts the program rather than fail
	return base64url.EncodeToString(raw)
}

// challenge returns what S256 makes of the verifier (RFC 7636 §4.2).
func (t *transaction) challenge() string {
	sum := sha256.Sum256([]byte(t.verifier))
	return base64url.EncodeToString(sum[:])
}

// A jar is what the transaction cookie holds: the sign-ins that all tabs of a
// browser have under way, oldest first, and when it last finished some.
type jar struct {
	pending []transaction
	rounds  []round
}

// A round is a sign-in that was finished.
type round struct {
	at   time.Time
	page string // stands for where it returned to, host first
}

func newRound(returnTo string, now time.Time) round { return round{now, pageOf(returnTo)} }

// sizeOfPage is how many characters stand for a host, and how many for a page of it:
// few, as all in the cookie. That two share them does no harm.
const sizeOfPage = 8

// pageOf stands for a page, and by its first half for its host.
func pageOf(returnTo string) string {
	host := ""
	if at := strings.Index(returnTo, "://"); at >= 0 && returnTo[0] != '/' {
		host, _, _ = strings.Cut(returnTo[at+len("://"):], "/")
	}
	short := func(s string) string {
		sum := sha256.Sum256([]byte(s))
		return base64url.EncodeToString(sum[:sizeOfPage/4*3])
	}
	return short(host) + short(returnTo)
}

// openJar reads a cookie. What is not ours, or is damaged, is an empty jar: the
// browser begins anew, and a state in it proves nothing.
func (l *Login) openJar(cookie edgeward.Secret, now time.Time) (j jar) {
	if cookie.IsZero() || cookie.Len() > maxCookie {
		return jar{}
	}
	plain, err := l.seal.OpenText(l.jarPlace(), cookie.Reveal())
	if err != nil {
		return jar{}
	}
	r, err := record.Read(plain, jarVersion)
	if err != nil {
		return jar{}
	}
	for fields := range slices.Chunk(r.Strings("pending"), fieldsOfTransaction) {
		if len(fields) == fieldsOfTransaction {
			j.pending = append(j.pending, transaction{fields[0], fields[1], fields[2], fields[3], fields[4], parseMillis(fields[5]), Ask{}})
		}
	}
	j.readAsks(r)
	for fields := range slices.Chunk(r.Strings("rounds"), fieldsOfRound) {
		if len(fields) == fieldsOfRound {
			j.rounds = append(j.rounds, round{parseMillis(fields[0]), fields[1]})
		}
	}
	if r.Err() != nil {
		return jar{}
	}
	j.tidy(now)
	return j
}

// jarPlace is what the cookie is sealed for. Another relying party with the same
// key, the console's beside the gateway's, does not take up what began here.
func (l *Login) jarPlace() string { return "login/transaction " + l.callback }

// tidy drops what is over.
func (j *jar) tidy(now time.Time) {
	j.pending = slices.DeleteFunc(j.pending, func(t transaction) bool { return now.Sub(t.began) >= TransactionLife })
	j.rounds = slices.DeleteFunc(j.rounds, func(r round) bool { return now.Sub(r.at) >= roundMemory })
	j.pending = j.pending[max(len(j.pending)-maxPending, 0):]
	j.rounds = j.rounds[max(len(j.rounds)-keptRounds, 0):]
}

// looping reports whether the browser goes round and round on its way to a page.
func (j *jar) looping(returnTo string) bool {
	page, same, here := pageOf(returnTo), 0, 0
	for _, r := range j.rounds {
		if r.page == page {
			same++
		}
		if strings.HasPrefix(r.page, page[:sizeOfPage]) {
			here++
		}
	}
	return same >= maxRounds || here >= allRounds
}

// take removes the transaction of state from the jar.
func (j *jar) take(state string) (t transaction, found bool) {
	for i := range j.pending {
		if edgeward.NewSecret(j.pending[i].state).Equal(edgeward.NewSecret(state)) {
			t = j.pending[i]
			j.pending = slices.Delete(j.pending, i, i+1)
			return t, true
		}
	}
	return transaction{}, false
}

// closeJar returns the cookie's value. The oldest sign-ins go where there are
// too many, or where their return_to are too long together, and where the last one
// needs the room, the oldest rounds.
func (l *Login) closeJar(j jar, now time.Time) string {
	j.tidy(now)
	for {
		cookie := l.seal.CloseText(l.jarPlace(), j.text())
		switch {
		case len(cookie) <= maxCookie:
			return cookie
		case len(j.pending) == 1 && len(j.rounds) > 0:
			j.rounds = j.rounds[1:]
		case len(j.pending) > 0: // the last one alone is too long where it has signs that the record escapes
			j.pending = j.pending[1:]
		default:
			return cookie
		}
	}
}

// text writes the jar as a record.
func (j *jar) text() []byte {
	var pending, rounds []string
	for _, t := range j.pending {
		pending = append(pending, t.state, t.provider, t.nonce, t.verifier, t.returnTo, millis(t.began))
	}
	for _, r := range j.rounds {
		rounds = append(rounds, millis(r.at), r.page)
	}
	w := record.New(jarVersion)
	w.Strings("pending", pending)
	w.Strings("rounds", rounds)
	j.asks(w)
	return w.End()
}

func millis(t time.Time) string { return strconv.FormatInt(t.UnixMilli(), 10) }

// parseMillis reads what millis wrote; anything else was long ago.
func parseMillis(s string) time.Time {
	n, _ := strconv.ParseInt(s, 10, 64)
	return time.UnixMilli(n)
}
