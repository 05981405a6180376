package policy

import "strings"

// A Problem is one thing that is wrong with the files given to [Build].
type Problem struct {
	Source string // the file to look at
	Other  string // the file that it disagrees with, or ""
	Key    string // "cors.origins", "methods.POST.permissions"; "" when it is about the file's place
	Detail string // what is wrong and what to do
}

func (p *Problem) Error() string {
	var b strings.Builder
	b.WriteString("policy: ")
	b.WriteString(p.Source)
	if p.Other != "" {
		b.WriteString(" and ")
		b.WriteString(p.Other)
	}
	b.WriteString(": ")
	if p.Key != "" {
		b.WriteString(p.Key)
		b.WriteString(": ")
	}
	b.WriteString(p.Detail)
	return b.String()
}

// Problems is every Problem that [Build] found, in an order that depends only
// on the files.
type Problems []*Problem

// Error returns a line for each problem.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, problem := range p {
		lines[i] = problem.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap makes each problem visible to errors.As.
func (p Problems) Unwrap() []error {
	all := make([]error, len(p))
	for i, problem := range p {
		all[i] = problem
	}
	return all
}
