package config

import (
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

const (
	// maxFile bounds a YAML file in bytes.
	maxFile = 1 << 20
	// maxDepth bounds the nesting: the parser recurses, and a goroutine that
	// exhausts its stack cannot be recovered.
	maxDepth = 32
	// maxNames bounds the members of all mappings in a file: the parser's work
	// grows with their square.
	maxNames = 20_000
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
	if from := d.mask[line-1]; from >= 0 {
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

// readable refuses what is not text at all.
func (d *document) readable(data []byte, errs *Errors) bool {
	switch {
	case len(data) > maxFile:
		errs.add(d.whole(), "", "the file is larger than 1 MiB")
	case strings.HasPrefix(string(data[:min(len(data), 3)]), "\ufeff"):
		errs.add(d.whole(), "save the file without a byte order mark", "the file starts with a byte order mark")
	case !utf8.Valid(data):
		line := 1 + strings.Count(string(data[:firstInvalid(data)]), "\n")
		errs.add(d.whole(), "save the file as UTF-8", "line %d is not UTF-8", line)
	default:
		return true
	}
	return false
}

func firstInvalid(data []byte) int {
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return len(data)
}

// plainText refuses characters that make line, column or indentation a matter
// of opinion.
func (d *document) plainText(errs *Errors) bool {
	before := len(errs.problems)
	for i, line := range d.lines {
		for column, r := range []rune(line) {
			at := d.at(i+1, column+1, 1)
			switch {
			case r == '\t' && !strings.Contains(line[:strings.IndexByte(line, '\t')], "#"):
				errs.add(at, "use spaces", "a tab has no place in YAML indentation")
			case r == '\t':
				continue
			case r < ' ' || r == 0x7f || r == 0x85 || r == 0x2028 || r == 0x2029:
				errs.add(at, "remove it", "control character U+%04X", r)
			default:
				continue
			}
			break // one a line is enough
		}
	}
	return len(errs.problems) == before
}

// plainYAML refuses the parts of YAML that a configuration does not need and
// an attacker or an accident does: anchors and aliases (a few lines expand to
// gigabytes), tags, merge keys, several documents, bottomless nesting.
func (d *document) plainYAML(tokens token.Tokens, errs *Errors) bool {
	before := len(errs.problems)
	depth, dashes, line, names := 0, 0, 0, 0
	for i, t := range tokens {
		at := d.at(t.Position.Line, t.Position.Column, len([]rune(t.Value)))
		if t.Position.Line != line {
			line, dashes = t.Position.Line, 0
		}
		switch t.Type {
		case token.AnchorType:
			errs.add(at, `write the value out; quote it if the "&" belongs to it`, "anchors are not supported")
		case token.AliasType:
			errs.add(at, `write the value out; quote it if the "*" belongs to it: "*"`, "aliases are not supported")
		case token.TagType:
			errs.add(at, `quote the value if the "!" belongs to it`, "tags are not supported")
		case token.MergeKeyType:
			errs.add(at, "write the keys out", "merge keys are not supported")
		case token.DirectiveType:
			errs.add(at, "remove the line", "directives are not supported")
		case token.DocumentHeaderType:
			if i > 0 && !onlyComments(tokens[:i]) {
				errs.add(at, `remove what follows the "---"`, "the file holds more than one document")
			}
		case token.SequenceStartType, token.MappingStartType:
			depth++
		case token.SequenceEndType, token.MappingEndType:
			depth--
		case token.SequenceEntryType, token.MappingKeyType:
			dashes++
		case token.MappingValueType:
			names++
		}
		if depth+dashes > maxDepth {
			errs.add(at, "", "nested more than %d deep", maxDepth)
			break
		}
		if names > maxNames {
			errs.add(at, "put routes into a folder", "the file has more than %d names", maxNames)
			break
		}
	}
	return len(errs.problems) == before
}

func onlyComments(tokens token.Tokens) bool {
	for _, t := range tokens {
		if t.Type != token.CommentType {
			return false
		}
	}
	return true
}

// errParser is what a parser that panicked is taken to have said.
var errParser = errors.New("this is not YAML")

// parseTokens returns the body of the only document, nil when it has none.
func parseTokens(tokens token.Tokens) (body ast.Node, err error) {
	defer func() {
		if recover() != nil {
			body, err = nil, errParser
		}
	}()
	// Duplicate keys are found, all of them, by the builder.
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		return nil, err
	}
	for _, doc := range file.Docs {
		if doc.Body == nil || doc.Body.Type() == ast.CommentType {
			continue
		}
		if body != nil {
			return nil, errors.New("the file holds more than one document")
		}
		body = doc.Body
	}
	return body, nil
}

// syntax reports the parser's error. Its own text can hold a piece of the
// file, so only the message is used.
func (d *document) syntax(err error, errs *Errors) {
	var positioned interface {
		GetMessage() string
		GetToken() *token.Token
	}
	at, message := d.whole(), errParser.Error()
	if errors.As(err, &positioned) {
		message = positioned.GetMessage()
		if t := positioned.GetToken(); t != nil && t.Position != nil {
			at = d.at(max(t.Position.Line, 1), max(t.Position.Column, 1), 1)
		}
	}
	remedy := ""
	if line, ok := d.masked(at.line); ok && strings.HasPrefix(strings.TrimSpace(line), "[") {
		remedy = `a name that starts with "[" needs quotes: "[id]":`
	}
	errs.add(at, remedy, "%s", printable(message))
}
