package policy

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// kind is what a segment of a file's path stands for.
type kind uint8

const (
	staticName kind = iota
	parameterName
	restName
	middlewareName
	indexName
)

// parseName classifies one segment of a file's path; last says that it names
// the file itself rather than a folder. A detail that is not empty says why the
// name is refused: a rule that can never match, or that matches something else
// than its author meant, leaves a path to a weaker rule above. A folder called
// index is one for the URL /index/.
func parseName(name string, last bool) (k kind, detail string) {
	k = kindOf(name)
	switch {
	case k == middlewareName && !last:
		return k, "_middleware is a file of the folder that it holds for, not a folder"
	case k == restName && !last:
		return k, fmt.Sprintf("%s covers the rest of the path, so nothing can stand below it", name)
	case k == restName:
		return k, checkVariable(name, name[2:len(name)-2])
	case k == parameterName:
		return k, checkVariable(name, name[1:len(name)-1])
	case k == staticName:
		return k, checkStatic(name)
	}
	return k, ""
}

func kindOf(name string) kind {
	switch {
	case name == "_middleware":
		return middlewareName
	case name == "index":
		return indexName
	case len(name) >= 4 && strings.HasPrefix(name, "[[") && strings.HasSuffix(name, "]]"):
		return restName
	case len(name) >= 2 && name[0] == '[' && name[len(name)-1] == ']':
		return parameterName
	}
	return staticName
}

// checkVariable accepts ASCII letters, digits, "_" and "-".
func checkVariable(name, variable string) string {
	outside := func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' || r == '-')
	}
	if variable == "" || strings.ContainsFunc(variable, outside) {
		return fmt.Sprintf("%q is not a name in brackets: use letters, digits, _ and -", name)
	}
	return ""
}

// checkStatic refuses names that no canonical path has, so that the rule would
// never match, and names in other routers' pattern languages, which would match
// only themselves.
func checkStatic(name string) string {
	switch {
	case name == "":
		return "an empty name: a path has no //, and does not begin or end with /"
	case name == "." || name == "..":
		return fmt.Sprintf("%q: a canonical path has no dot segments", name)
	case !utf8.ValidString(name):
		return fmt.Sprintf("%q is not valid UTF-8", name)
	case strings.ContainsRune(name, '%'):
		return fmt.Sprintf("%q: names are written decoded, without %%", name)
	case resembles(name):
		return fmt.Sprintf("%q looks like _middleware or index misspelled, and would leave the folder open to a weaker rule above", name)
	case strings.TrimSpace(name) != name || strings.HasSuffix(name, ".yaml"):
		return fmt.Sprintf("%q: a name has no outer spaces and no .yaml of its own", name)
	case mixed(name):
		return fmt.Sprintf("%q is not a pattern here, for it mixes text and a parameter in one segment: write [name], which covers the whole segment, and ask there what the strictest of its suffixes asks", name)
	case name[0] == ':' || strings.ContainsAny(name, "*[]{}<>"):
		return fmt.Sprintf("%q is not a pattern here: write [name] for one segment, [[name]] for the rest", name)
	}
	if i := strings.IndexFunc(name, unmatchable); i >= 0 {
		r, _ := utf8.DecodeRuneInString(name[i:])
		return fmt.Sprintf("%q contains %q, which a canonical path never has, or which is invisible", name, r)
	}
	return ""
}

// mixed reports whether a name has text around a parameter in brackets or
// braces, as "{name}:cancel" and "[id].json" do.
func mixed(name string) bool {
	for _, pair := range []string{"[]", "{}"} {
		open, end := strings.IndexByte(name, pair[0]), strings.IndexByte(name, pair[1])
		if open >= 0 && end > open+1 && (open > 0 || end < len(name)-1) && name[0] != '*' {
			return strings.Count(name, pair[:1]) == 1 && strings.Count(name, pair[1:]) == 1
		}
	}
	return false
}

// resembles reports whether a name was most likely meant as one of the two that
// are special. No URL is worth the doubt.
func resembles(name string) bool {
	lower := strings.ToLower(strings.TrimSpace(name))
	return lower == "index" || strings.HasPrefix(lower, "_") && strings.HasPrefix(strings.TrimLeft(lower, "_"), "m")
}

func unmatchable(r rune) bool {
	return strings.ContainsRune(`\;?#`, r) || !unicode.IsPrint(r)
}
