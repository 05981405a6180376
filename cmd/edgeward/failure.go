package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/edgeward/edgeward/internal/server"
	"github.com/edgeward/edgeward/internal/setup/source"
)

// The exit codes, which scripts rely on.
const (
	exitOK      = 0
	exitRefused = 1 // the answer is no: a token or a request was refused
	exitUsage   = 2 // the command line, the configuration or the machine is not as needed
)

// errRefused ends a command whose answer, already printed, is no.
var errRefused = errors.New("refused")

// errNo ends a command whose answer is no and still to be printed.
var errNo = errors.New("refused")

// advice is an error that says what to do about it.
type advice struct {
	err  error
	hint string
}

func (a *advice) Error() string { return a.err.Error() }
func (a *advice) Unwrap() error { return a.err }

// advise returns a new error with a hint on what to do.
func advise(hint, format string, args ...any) error {
	return &advice{fmt.Errorf(format, args...), hint}
}

// remedied is an error of the store or the audit log that says what to do, ""
// when that is anybody's guess.
type remedied interface {
	error
	Remedy() string
}

// report prints err for a person and returns the exit code.
func report(w io.Writer, p paint, err error) int {
	if err == nil {
		return exitOK
	}
	if errors.Is(err, errRefused) {
		return exitRefused
	}
	if mistakes, ok := errors.AsType[*source.Errors](err); ok {
		fmt.Fprintln(w, strings.TrimRight(mistakes.Format(bool(p)), "\n"))
		printHint(w, err, "")
		return exitUsage
	}
	message, hint := err.Error(), ""
	if listen, ok := errors.AsType[*server.ListenError](err); ok {
		message, hint = explainListen(listen)
	}
	if known, ok := errors.AsType[remedied](err); ok {
		message, hint = strings.TrimPrefix(message, "config: "), known.Remedy()
	}
	fmt.Fprintf(w, "%s %s\n", p.red("edgeward:"), message)
	printHint(w, err, hint)
	if errors.Is(err, errNo) {
		return exitRefused
	}
	return exitUsage
}

// printHint prints the advice that err carries, or else usual.
func printHint(w io.Writer, err error, usual string) {
	if a, ok := errors.AsType[*advice](err); ok {
		usual = a.hint
	}
	if usual != "" {
		fmt.Fprintf(w, "  %s\n", usual)
	}
}

func explainListen(e *server.ListenError) (message, hint string) {
	if e.InUse() {
		return fmt.Sprintf("%s is in use by another program (%s)", e.Address, e.Name),
			"stop that program, or listen elsewhere: change " + e.Name
	}
	return fmt.Sprintf("cannot listen on %s (%s): %v", e.Address, e.Name, e.Err), "choose another address for " + e.Name
}
