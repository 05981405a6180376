// Package page is what all pages for users have in common: how they look, and the
// language that they speak. A page has no script, loads nothing, and no value gets
// into it unescaped.
package page

import (
	"strings"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/wire/accept"
)

// A Look is how pages look and which languages they speak. nil is Edgeward's own look,
// in English. It is immutable and safe for concurrent use.
type Look struct {
	of   Config
	tags []string // of the languages, in lower case
}

// Config is what a Look is made of. The zero value is Edgeward's own look, in English.
type Config struct {
	Name  string // of the site; "" for none
	Brand string // [Brand] of it
	Style string // besides [Style], made of values that were checked
	// Languages are those to choose from. The first one is for users who ask for
	// none of them.
	Languages []*Language
}

var plain = New(Config{})

// New returns the look.
func New(cfg Config) *Look {
	if len(cfg.Languages) == 0 {
		cfg.Languages = []*Language{english}
	}
	l := &Look{of: cfg}
	for _, language := range cfg.Languages {
		l.tags = append(l.tags, strings.ToLower(language.tag))
	}
	return l
}

// HasName reports whether pages begin with the site's name.
func (l *Look) HasName() bool { return l != nil && l.of.Name != "" }

// speak returns the language of the user of r.
func (l *Look) speak(r *edgeward.Request) *Language {
	return l.of.Languages[max(accept.Language(r.Header["Accept-Language"], l.tags), 0)]
}
