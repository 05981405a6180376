package yamlfile

import (
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"github.com/edgeward/edgeward/internal/setup/document"
)

const (
	// MaxSize bounds a file in bytes.
	MaxSize = 1 << 20
	// maxDepth bounds the nesting: the parser recurses, and a goroutine that
	// exhausts its stack cannot be recovered.
	maxDepth = 32
	// maxNames bounds the members of all mappings in a file: the parser's work
	// grows with their square.
	maxNames = 20_000
)

// readable refuses what is not text at all.
func (d *Document) readable(data []byte, errs *document.Errors) bool {
	switch {
	case len(data) > MaxSize:
		errs.Add(d.Whole(), "", "the file is larger than 1 MiB")
	case strings.HasPrefix(string(data[:min(len(data), 3)]), "\ufeff"):
		errs.Add(d.Whole(), "save the file without a byte order mark", "the file starts with a byte order mark")
	case !utf8.Valid(data):
		line := 1 + strings.Count(string(data[:firstInvalid(data)]), "\n")
		errs.Add(d.Whole(), "save the file as UTF-8", "line %d is not UTF-8", line)
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
func (d *Document) plainText(errs *document.Errors) bool {
	before := errs.Len()
	for i, line := range d.lines {
		for column, r := range []rune(line) {
			at := d.at(i+1, column+1, 1)
			switch {
			case r == '\t' && !strings.Contains(line[:strings.IndexByte(line, '\t')], "#"):
				errs.Add(at, "use spaces", "a tab has no place in YAML indentation")
			case r == '\t':
				continue
			case r < ' ' || r == 0x7f || r == 0x85 || r == 0x2028 || r == 0x2029:
				errs.Add(at, "remove it", "control character U+%04X", r)
			default:
				continue
			}
			break // one a line is enough
		}
	}
	return errs.Len() == before
}

// plainYAML refuses the parts of YAML that a configuration does not need and
// an attacker or an accident does: anchors and aliases (a few lines expand to
// gigabytes), tags, merge keys, several documents, bottomless nesting.
func (d *Document) plainYAML(tokens token.Tokens, errs *document.Errors) bool {
	before := errs.Len()
	depth, dashes, line, names := 0, 0, 0, 0
	for i, t := range tokens {
		at := d.at(t.Position.Line, t.Position.Column, len([]rune(t.Value)))
		if t.Position.Line != line {
			line, dashes = t.Position.Line, 0
		}
		switch t.Type {
		case token.AnchorType:
			errs.Add(at, `write the value out; quote it if the "&" belongs to it`, "anchors are not supported")
		case token.AliasType:
			errs.Add(at, `write the value out; quote it if the "*" belongs to it: "*"`, "aliases are not supported")
		case token.TagType:
			errs.Add(at, `quote the value if the "!" belongs to it`, "tags are not supported")
		case token.MergeKeyType:
			errs.Add(at, "write the keys out", "merge keys are not supported")
		case token.DirectiveType:
			errs.Add(at, "remove the line", "directives are not supported")
		case token.DocumentHeaderType:
			if i > 0 && !onlyComments(tokens[:i]) {
				errs.Add(at, `remove what follows the "---"`, "the file holds more than one document")
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
			errs.Add(at, "", "nested more than %d deep", maxDepth)
			break
		}
		if names > maxNames {
			errs.Add(at, "put routes into a folder", "the file has more than %d names", maxNames)
			break
		}
	}
	return errs.Len() == before
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
func (d *Document) syntax(err error, errs *document.Errors) {
	var positioned interface {
		GetMessage() string
		GetToken() *token.Token
	}
	at, message := d.Whole(), errParser.Error()
	if errors.As(err, &positioned) {
		message = positioned.GetMessage()
		if t := positioned.GetToken(); t != nil && t.Position != nil {
			at = d.at(max(t.Position.Line, 1), max(t.Position.Column, 1), 1)
		}
	}
	remedy := ""
	if line, ok := d.Masked(at.Line); ok && strings.HasPrefix(strings.TrimSpace(line), "[") {
		remedy = `a name that starts with "[" needs quotes: "[id]":`
	}
	errs.Add(at, remedy, "%s", document.Printable(message))
}
