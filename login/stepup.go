package login

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/keep/record"
	"github.com/edgeward/edgeward/login/openid"
)

// An Ask is what a sign-in is begun with beside its provider and its page. The zero
// Ask asks nothing.
type Ask struct {
	Account Account
	// StepUp is how the user has to authenticate there, by acr_values and max_age
	// (OpenID Connect Core §3.1.2.1). Both are wishes to the provider, and travel in a
	// URL that the browser's user can change: [Login.Finish] holds the answer to what is
	// in the sealed cookie.
	StepUp edgeward.StepUp
	// Prefer is a class that is asked for where StepUp asks for none, "" for none: what
	// the user has already. The answer is not held to it.
	Prefer string
	// LoginHint is who is expected to sign in, as [openid.IsLoginHint] allows it; "" for
	// no one. It is not kept: the answer is not held to it.
	LoginHint string
	// Again asks for another authentication whatever session the user has at the
	// provider (prompt=login), after the provider has answered without one.
	Again bool
}

// Why a provider's answer is not what was asked for, while it is one. Who signed in
// there is not signed in here by it, and a user who was stays so.
var (
	// ErrClass says that the provider did not authenticate the user by one of the
	// classes that were asked for: 403.
	ErrClass = fmt.Errorf("login: the provider has authenticated the user by another acr than was asked for: %w", edgeward.StepUpRequired)
	// ErrAge says that the provider did not authenticate the user again, or does not
	// say when it did: 403.
	ErrAge = fmt.Errorf("login: the provider has authenticated the user longer ago than was asked for, or does not say when: %w", edgeward.StepUpRequired)
)

// unmetRequirements is what a provider sends a user back with who cannot meet
// acr_values there (OpenID Connect Core Unmet Authentication Requirements §2).
const unmetRequirements = "unmet_authentication_requirements"

// put adds the ask to what the browser asks the provider for.
func (a *Ask) put(r *openid.Authorization, m *openid.Metadata) {
	r.Prompt, r.ACRValues, r.MaxAge = string(supported(m, a.Account)), a.StepUp.ACRValues(), a.StepUp.Seconds()
	if r.ACRValues == "" {
		r.ACRValues = a.Prefer
	}
	if r.LoginHint = a.LoginHint; a.Again {
		r.Prompt = string(OtherAccount)
	}
}

// met compares what the provider said with what was asked. again reports whether the
// provider may yet do it, if it is asked for another authentication: one that has a
// session of the user need not look at acr_values, which are voluntary (§5.5.1.1).
func (t *transaction) met(who *SignIn, now time.Time) (again bool, err error) {
	asked, class := &t.ask, edgeward.StepUp{ACR: t.ask.StepUp.ACR}
	acr, at := who.Profile.ACR, who.Profile.AuthTime
	switch {
	case asked.StepUp.MetBy(acr, at, now):
		return false, nil
	case !class.MetBy(acr, at, now) && acr == "":
		return !asked.Again, refuse(ErrClass, "the ID token of %s has no acr; acr_values=%q", t.provider, asked.StepUp.ACRValues())
	case !class.MetBy(acr, at, now):
		return !asked.Again, refuse(ErrClass, "acr of %s is %.60q; acr_values=%q", t.provider, acr, asked.StepUp.ACRValues())
	case at.IsZero():
		return false, refuse(ErrAge, "the ID token of %s has no auth_time, which max_age demands (OpenID Connect Core §2)", t.provider)
	}
	return !asked.Again, refuse(ErrAge, "auth_time of %s is %v ago; max_age=%s", t.provider, now.Sub(at).Truncate(time.Second), asked.StepUp.Seconds())
}

// fieldsOfAsk is how many strings an ask is written as.
const fieldsOfAsk = 4

// asks writes what the transactions of j ask, beside them: a node of before reads the
// rest, and what it lets in the routes ask again.
func (j *jar) asks(w *record.Writer) {
	var all []string
	for _, t := range j.pending {
		if !t.ask.StepUp.IsZero() {
			again := ""
			if t.ask.Again {
				again = "1"
			}
			all = append(all, t.state, t.ask.StepUp.ACRValues(), t.ask.StepUp.Seconds(), again)
		}
	}
	if len(all) > 0 {
		w.Strings("asks", all)
	}
}

// readAsks reads what asks wrote. The transactions are read already.
func (j *jar) readAsks(r *record.Reader) {
	if !r.Has("asks") {
		return
	}
	for fields := range slices.Chunk(r.Strings("asks"), fieldsOfAsk) {
		if len(fields) < fieldsOfAsk {
			return
		}
		for i := range j.pending {
			if t := &j.pending[i]; t.state == fields[0] {
				t.ask = Ask{StepUp: readStepUp(fields[1:3]), Again: fields[3] != ""}
			}
		}
	}
}

// readStepUp reads acr_values and max_age as they were written here; of anything else,
// what is left is asked for by the route again.
func readStepUp(fields []string) (s edgeward.StepUp) {
	if len(fields) != 2 {
		return s
	}
	s.ACR = strings.Fields(fields[0])
	s.MaxAge, _ = time.ParseDuration("0" + fields[1] + "s")
	return s
}

// CheckClasses asks every provider for its metadata, unless that is known, and returns an
// error for each one that lists classes (acr_values_supported), and not all of those
// that routes ask for, or that says of no user how they authenticated, as those of a
// Type. It keeps no user from trying: what a provider lists may be less than it does. One
// that cannot be asked says nothing here: see [Login.Check].
func (l *Login) CheckClasses(ctx context.Context, classes []string) (all []error) {
	for _, s := range l.sources {
		if s.api != nil {
			if len(classes) > 0 {
				all = append(all, fmt.Errorf("login provider %s: it says of no user how they authenticated, and routes ask for acr %q", s.Name, classes))
			}
			continue
		}
		m, err := s.client.Metadata(ctx)
		if err != nil {
			continue
		}
		if unlisted := m.Unlisted(classes); len(unlisted) > 0 {
			all = append(all, fmt.Errorf("login provider %s: its metadata does not list acr %q, which routes ask for", s.Name, unlisted))
		}
	}
	return all
}
