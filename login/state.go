package login

import (
	"github.com/edgeward/edgeward/internal/keep/record"
)

// maxHinted bounds a return_to that goes into a state, in bytes: providers take
// URLs of a few KB.
const maxHinted = 512

const hintVersion = 1

// state returns what the provider repeats. Behind the random part it says,
// sealed, what the sign-in was about: tabs that begin at the same moment
// overwrite each other's cookie, and whoever finds no transaction left shall
// begin anew at the same place, or go there when another tab has signed in. It
// proves nothing: anybody can begin a sign-in for any page.
func (l *Login) state(t *transaction) string {
	if len(t.returnTo) > maxHinted {
		return t.state
	}
	w := record.New(hintVersion)
	w.String("provider", t.provider)
	w.String("return_to", t.returnTo)
	if s := &t.ask.StepUp; !s.IsZero() {
		w.Strings("asks", []string{s.ACRValues(), s.Seconds()})
	}
	return t.state + "." + l.seal.CloseText(l.hintPlace(), w.End())
}

func (l *Login) hintPlace() string { return "login/state " + l.callback }

// abandoned returns what a sign-in was about whose transaction is gone, the zero
// SignIn when nobody knows.
func (l *Login) abandoned(hint string) SignIn {
	plain, err := l.seal.OpenText(l.hintPlace(), hint)
	if err != nil {
		return SignIn{}
	}
	r, err := record.Read(plain, hintVersion)
	if err != nil {
		return SignIn{}
	}
	provider, page := r.String("provider"), r.String("return_to")
	var ask Ask
	if r.Has("asks") {
		ask.StepUp = readStepUp(r.Strings("asks"))
	}
	returnTo, err := l.Destination(page) // the list may be another one by now
	if err != nil || r.Err() != nil || l.named(provider) == nil {
		return SignIn{}
	}
	return SignIn{Provider: provider, ReturnTo: returnTo, Ask: ask}
}
