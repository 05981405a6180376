// Package yamlfile reads the YAML that a configuration needs, and no more of it:
// one document of text, without anchors, tags and what else has two readings.
// Every mistake is reported at once, at its place, and a line that is shown has
// its secrets masked, also where it does not parse. It knows nothing of Edgeward.
package yamlfile

import (
	"slices"
	"strings"

	"github.com/goccy/go-yaml/lexer"

	"github.com/edgeward/edgeward/internal/setup/document"
)

// A Document is one YAML file.
type Document struct {
	Root *document.Node // nil when the file holds no document

	name  string // as messages show it
	order int    // of its mistakes among those of other files
	lines []string
	mask  []int // from which byte on a line is secret, -1 for nowhere

	split struct {
		line       int
		characters []rune
	}
}

// at returns a place in d.
func (d *Document) at(line, column, width int) document.Place {
	return document.Place{File: d, Line: line, Column: column, Width: max(width, 1)}
}

// characters returns a line split into its characters. Neighbours on a long
// line ask one after the other, so the last one is kept.
func (d *Document) characters(line int) []rune {
	if d.split.line != line {
		d.split.line, d.split.characters = line, []rune(d.lines[line-1])
	}
	return d.split.characters
}

// holds reports whether text stands at line and column.
func (d *Document) holds(line, column int, text string) bool {
	rest := d.characters(line)
	want := []rune(text)
	return len(want) > 0 && column-1+len(want) <= len(rest) && slices.Equal(rest[column-1:column-1+len(want)], want)
}

// widthOf returns how many characters the value that begins at line and column
// takes on that line: to the closing quote, else as long as it is.
func (d *Document) widthOf(line, column int, value string) int {
	rest := d.characters(line)
	rest = rest[min(column-1, len(rest)):]
	if len(rest) > 1 && (rest[0] == '"' || rest[0] == '\'') {
		if end := slices.Index(rest[1:], rest[0]); end >= 0 {
			return end + 2
		}
	}
	return min(len([]rune(value)), len(rest))
}

// Name implements [document.File].
func (d *Document) Name() string { return d.name }

// Order implements [document.File].
func (d *Document) Order() int { return d.order }

// Whole returns the place that means the file itself.
func (d *Document) Whole() document.Place { return document.Whole(d) }

// Masked implements [document.File].
func (d *Document) Masked(line int) (string, bool) {
	if line < 1 || line > len(d.lines) {
		return "", false
	}
	text := d.lines[line-1]
	if from := d.mask[line-1]; from >= 0 && strings.TrimSpace(text[min(from, len(text)):]) != "" { // what is empty hides nothing
		text = text[:from] + maskedValue
	}
	return userinfo.ReplaceAllString(text, "://"+maskedValue+"@"), true
}

// Unread is a document of which nothing is known but its name.
func Unread(name string) *Document { return &Document{name: name} }

// Parse reads data into a document. What is wrong with the text itself is
// added to errs; then the document has no root. The names are those that it may
// have.
func Parse(name string, order int, data []byte, names *Names, errs *document.Errors) *Document {
	d := &Document{name: name, order: order}
	if !d.readable(data, errs) {
		return d
	}
	text := string(data)
	d.lines = strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	d.mask = names.maskLines(d.lines)
	if !d.plainText(errs) {
		return d
	}
	tokens := joinPlain(lexer.Tokenize(text))
	if !d.plainYAML(tokens, errs) {
		return d
	}
	body, err := parseTokens(tokens)
	if err != nil {
		d.syntax(err, errs)
		return d
	}
	if body == nil {
		errs.Add(d.Whole(), "docs/configuration.md has every key", "the file is empty")
		return d
	}
	b := builder{document: d, errs: errs}
	d.Root = b.node(body, d.at(1, 1, 1))
	if b.broken {
		d.Root = nil
	}
	return d
}
