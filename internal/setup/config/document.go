package config

import (
	"slices"
	"strings"

	"github.com/goccy/go-yaml/lexer"
)

// A document is one YAML file.
type document struct {
	name  string // as messages show it
	order int    // the configuration is 0, the routes come after it
	lines []string
	mask  []int // from which byte on a line is secret, -1 for nowhere
	root  *node // nil when the file holds no document

	split struct {
		line       int
		characters []rune
	}
}

// at returns a place in d.
func (d *document) at(line, column, width int) place {
	return place{d, line, column, max(width, 1)}
}

// characters returns a line split into its characters. Neighbours on a long
// line ask one after the other, so the last one is kept.
func (d *document) characters(line int) []rune {
	if d.split.line != line {
		d.split.line, d.split.characters = line, []rune(d.lines[line-1])
	}
	return d.split.characters
}

// holds reports whether text stands at line and column.
func (d *document) holds(line, column int, text string) bool {
	rest := d.characters(line)
	want := []rune(text)
	return len(want) > 0 && column-1+len(want) <= len(rest) && slices.Equal(rest[column-1:column-1+len(want)], want)
}

// widthOf returns how many characters the value that begins at line and column
// takes on that line: to the closing quote, else as long as it is.
func (d *document) widthOf(line, column int, value string) int {
	rest := d.characters(line)
	rest = rest[min(column-1, len(rest)):]
	if len(rest) > 1 && (rest[0] == '"' || rest[0] == '\'') {
		if end := slices.Index(rest[1:], rest[0]); end >= 0 {
			return end + 2
		}
	}
	return min(len([]rune(value)), len(rest))
}

// whole returns the place that means the file itself.
func (d *document) whole() place { return place{file: d, width: 1} }

// masked returns a line, numbered from 1, with its secrets hidden.
func (d *document) masked(line int) (string, bool) {
	if line < 1 || line > len(d.lines) {
		return "", false
	}
	text := d.lines[line-1]
	if from := d.mask[line-1]; from >= 0 && strings.TrimSpace(text[min(from, len(text)):]) != "" { // what is empty hides nothing
		text = text[:from] + maskedValue
	}
	return userinfo.ReplaceAllString(text, "://"+maskedValue+"@"), true
}

// parse reads data into a document. What is wrong with the text itself is
// added to errs; then the document has no root.
func parse(name string, order int, data []byte, errs *Errors) *document {
	d := &document{name: name, order: order}
	if !d.readable(data, errs) {
		return d
	}
	text := string(data)
	d.lines = strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	d.mask = maskLines(d.lines)
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
		errs.add(d.whole(), "", "the file is empty")
		return d
	}
	b := builder{document: d, errs: errs}
	d.root = b.node(body, d.at(1, 1, 1))
	if b.broken {
		d.root = nil
	}
	return d
}
