package ui

import (
	"errors"
	"fmt"
	"io"
	"strings"
)

// The exit codes, which scripts rely on.
const (
	exitOK      = 0
	exitRefused = 1 // the answer is no: a token or a request was refused
	exitUsage   = 2 // the command line, the configuration or the machine is not as needed
)

// ErrRefused ends a command whose answer, already printed, is no.
var ErrRefused = errors.New("refused")

// ErrNo ends a command whose answer is no and still to be printed.
var ErrNo = errors.New("refused")

// advice is an error that says what to do about it.
type advice struct {
	err  error
	hint string
}

func (a *advice) Error() string { return a.err.Error() }
func (a *advice) Unwrap() error { return a.err }

// Remedy says what to do.
func (a *advice) Remedy() string { return a.hint }

// Advise returns a new error with a hint on what to do.
func Advise(hint, format string, args ...any) error {
	return Advised(fmt.Errorf(format, args...), hint)
}

// Advised returns err with a hint on what to do.
func Advised(err error, hint string) error { return &advice{err, hint} }

// What errors of other packages may have for a person, beside their text.
type (
	// listed are many mistakes, each with its place.
	listed interface {
		error
		Format(color bool) string
	}
	// detailed has a text without the name of the package.
	detailed interface {
		error
		Detail() string
	}
	// remedied says what to do, "" where nothing is known to help.
	remedied interface {
		error
		Remedy() string
	}
)

// Report prints err for a person and returns the exit code.
func Report(w io.Writer, p Paint, err error) int {
	if err == nil {
		return exitOK
	}
	if errors.Is(err, ErrRefused) {
		return exitRefused
	}
	if mistakes, ok := errors.AsType[listed](err); ok {
		fmt.Fprintln(w, strings.TrimRight(mistakes.Format(bool(p)), "\n"))
	} else {
		fmt.Fprintf(w, "%s %s\n", p.Red("edgeward:"), detail(err))
	}
	if known, ok := errors.AsType[remedied](err); ok && known.Remedy() != "" {
		fmt.Fprintf(w, "  %s\n", known.Remedy())
	}
	if errors.Is(err, ErrNo) {
		return exitRefused
	}
	return exitUsage
}

// detail returns what err says to a person: the detail of the error in it that has
// one, or else its text.
func detail(err error) string {
	if d, ok := errors.AsType[detailed](err); ok {
		return d.Detail()
	}
	return err.Error()
}
