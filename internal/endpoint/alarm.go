package endpoint

import "errors"

// An alarm is an error that an operator has to look at.
type alarm struct{ error }

func (a alarm) Unwrap() error { return a.error }

// Alarm returns err marked as one that an operator has to look at although it is
// the client's by its status: the log has it as a warning. It is for what no
// stranger can cause, or strangers could fill the log with warnings.
func Alarm(err error) error { return alarm{err} }

// IsAlarm reports whether err was marked by [Alarm].
func IsAlarm(err error) bool {
	_, ok := errors.AsType[alarm](err)
	return ok
}
