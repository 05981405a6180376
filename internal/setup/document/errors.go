package document

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// maxProblems is how many mistakes are shown at once; more is not read.
const maxProblems = 50

// A problem is one mistake: what is wrong, and what to do about it.
type problem struct {
	place  Place
	what   string
	remedy string
}

// Errors is every mistake of a configuration, in the order of the files. It
// never holds a secret: a value that may be one is masked.
type Errors struct {
	problems []problem
	noted    map[problem]bool
}

// Len returns how many mistakes there are.
func (e *Errors) Len() int { return len(e.problems) }

// Error returns the mistakes, a line each, without excerpts.
func (e *Errors) Error() string {
	lines := make([]string, 0, len(e.problems))
	for _, p := range e.shown() {
		lines = append(lines, p.place.String()+": "+p.what)
	}
	return strings.Join(lines, "\n") + e.rest()
}

// Format returns the mistakes for a person: place, message, the line with a
// caret below it, and what to do. With color it uses ANSI escapes; a caller that
// asks for it knows that a terminal is listening.
func (e *Errors) Format(color bool) string {
	paint := painter(color)
	var b strings.Builder
	for i, p := range e.shown() {
		if i > 0 {
			b.WriteByte('\n')
		}
		p.format(&b, paint)
	}
	b.WriteString(e.rest())
	return b.String()
}

func (p problem) format(b *strings.Builder, paint painter) {
	fmt.Fprintf(b, "%s: %s %s\n", paint.bold(p.place.String()), paint.red("error:"), p.what)
	if line, caret := p.place.excerpt(); line != "" {
		number := fmt.Sprint(p.place.Line)
		margin := strings.Repeat(" ", len(number))
		fmt.Fprintf(b, "  %s %s %s\n", paint.dim(number), paint.dim("|"), line)
		fmt.Fprintf(b, "  %s %s %s\n", margin, paint.dim("|"), paint.red(caret))
	}
	if p.remedy != "" {
		fmt.Fprintf(b, "  %s %s\n", paint.dim("→"), p.remedy)
	}
}

func (e *Errors) shown() []problem { return e.problems[:min(len(e.problems), maxProblems)] }

func (e *Errors) rest() string {
	if more := len(e.problems) - maxProblems; more > 0 {
		return fmt.Sprintf("\nand %d more\n", more)
	}
	return ""
}

// Add notes a mistake. The same mistake at the same place is noted once.
func (e *Errors) Add(at Place, remedy, format string, args ...any) {
	p := problem{at, fmt.Sprintf(format, args...), remedy}
	if e.noted[p] {
		return
	}
	if e.noted == nil {
		e.noted = map[problem]bool{}
	}
	e.noted[p] = true
	e.problems = append(e.problems, p)
}

// Sort puts the mistakes in the order of the files.
func (e *Errors) Sort() {
	slices.SortStableFunc(e.problems, func(a, b problem) int {
		return cmp.Or(
			cmp.Compare(a.place.File.Order(), b.place.File.Order()),
			cmp.Compare(a.place.File.Name(), b.place.File.Name()),
			cmp.Compare(a.place.Line, b.place.Line),
			cmp.Compare(a.place.Column, b.place.Column))
	})
}

// A painter adds ANSI colours, or does not.
type painter bool

func (on painter) wrap(code, s string) string {
	if !on {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

func (on painter) bold(s string) string { return on.wrap("1", s) }
func (on painter) red(s string) string  { return on.wrap("31", s) }
func (on painter) dim(s string) string  { return on.wrap("2", s) }

// A Fault is a mistake without its place.
type Fault struct {
	What, Remedy string
	Member       string // of a mapping, that it is about; "" where its reader knows
}

// Faultf returns a fault.
func Faultf(remedy, format string, args ...any) *Fault {
	return &Fault{What: fmt.Sprintf(format, args...), Remedy: remedy}
}

// Detail returns the message of another package without the package's name.
func Detail(err error) string {
	name, message, found := strings.Cut(err.Error(), ": ")
	if !found || strings.ContainsAny(name, " /") {
		return err.Error()
	}
	return message
}
