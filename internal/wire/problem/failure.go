package problem

import (
	"time"

	"github.com/edgeward/edgeward"
)

// A Failure is an error that is answered as Fault, whatever Reason Err has: a
// provider's or the store's trouble is no credential of the request's.
type Failure struct {
	Fault Fault
	Err   error // for the log; nil where Detail says it

	Detail  string        // [Document.Detail]
	Created string        // [Document.Created]
	Wait    time.Duration // Retry-After; 0 for none
}

func (f *Failure) Error() string {
	if f.Err == nil {
		return string(f.Fault) + ": " + f.Detail
	}
	return f.Err.Error()
}

// Unwrap returns Err.
func (f *Failure) Unwrap() error { return f.Err }

// Document returns the document of the failure.
func (f *Failure) Document(requestID string) Document {
	d := f.Fault.Document(requestID)
	d.Detail, d.Created = f.Detail, f.Created
	return d
}

// Undecided is err, as fault when it means that the outcome is unknown.
func Undecided(err error, fault Fault) error {
	if edgeward.ReasonOf(err) != edgeward.Unavailable {
		return err
	}
	return &Failure{Fault: fault, Err: err}
}
