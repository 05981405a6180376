// Package translation holds the languages of the pages for users besides English: a
// file each, called by its BCP 47 tag. A Worker's module has none of them; its
// configuration brings those that it speaks.
package translation

import (
	"embed"
	"io/fs"
	"slices"
	"strings"

	"github.com/edgeward/edgeward/internal/wire/page"
)

//go:embed *.txt
var files embed.FS

const extension = ".txt"

// Tags returns the languages that there are, English first.
func Tags() []string {
	names, err := fs.Glob(files, "*"+extension)
	if err != nil {
		panic(err) // the pattern is ours
	}
	for i, name := range names {
		names[i] = strings.TrimSuffix(name, extension)
	}
	return append([]string{page.English().Tag()}, names...)
}

// Languages returns the languages of tags, in their order; of [Tags] where there are none.
func Languages(tags []string) (all []*page.Language) {
	if len(tags) == 0 {
		tags = Tags()
	}
	for _, tag := range tags {
		if tag == page.English().Tag() {
			all = append(all, page.English())
		} else {
			all = append(all, page.NewLanguage(tag, Catalogue(tag)))
		}
	}
	return all
}

// Catalogue returns the messages of a language, "" for one that is not there or is
// English, which every [page.Look] has.
func Catalogue(tag string) string {
	if !slices.Contains(Tags()[1:], tag) {
		return ""
	}
	text, err := files.ReadFile(tag + extension)
	if err != nil {
		panic(err) // it is listed
	}
	return string(text)
}
