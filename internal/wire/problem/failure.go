package problem

import "github.com/edgeward/edgeward"

// A Failure is an error that is answered as Fault, whatever Reason Err has: a
// provider's or the store's trouble is no credential of the request's. Err is for
// the log.
type Failure struct {
	Fault Fault
	Err   error
}

func (f *Failure) Error() string { return f.Err.Error() }

// Unwrap returns Err.
func (f *Failure) Unwrap() error { return f.Err }

// Undecided is err, as fault when it means "could not tell".
func Undecided(err error, fault Fault) error {
	if edgeward.ReasonOf(err) != edgeward.Unavailable {
		return err
	}
	return &Failure{fault, err}
}
