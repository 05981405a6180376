package wrangler

import (
	"path/filepath"
	"strings"
)

const redirectsFile = "_redirects"

// elsewhere warns of files of a folder that is served that the platform shows at
// other paths than their own: the routes decide by the path that was asked for,
// and may let everybody in there. fallback says that a path without a file shows
// index.html.
func (i *Inspection) elsewhere(folder string, fallback bool) error {
	if i.Public != nil && i.Public("/", true) {
		return nil // nothing is closed
	}
	index := filepath.Join(folder, "index.html")
	there, err := exists(index)
	if err != nil {
		return err
	}
	if fallback && there && (i.Public == nil || !i.Public("/", false)) {
		i.warn("if it is not public, have the project's build write a 404.html beside it, or close all paths that have no file",
			"%s is shown at every path without a file, also where the routes are public", index)
	}
	return i.rewrites(filepath.Join(folder, redirectsFile))
}

// rewrites warns of rules that show one path's file at another (status 200).
func (i *Inspection) rewrites(path string) error {
	if there, err := exists(path); err != nil || !there {
		return err
	}
	text, err := content(path)
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(text)) {
		rule := strings.Fields(line)
		if len(rule) < 3 || strings.HasPrefix(rule[0], "#") || rule[2] != "200" || i.Public != nil && i.Public(rule[1], false) {
			continue
		}
		i.warn("have the routes ask the same at both", "%s: %s shows what is at %s, and the routes decide by %s alone", path, rule[0], rule[1], rule[0])
	}
	return nil
}
