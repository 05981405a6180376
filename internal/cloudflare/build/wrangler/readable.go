package wrangler

import "path/filepath"

// readable wants nothing private in a folder whose files are served: what the
// routes say of a page holds for .dev.vars beside it, too. wrangler uploads all
// files of the folder but a few that it knows by name, and .dev.vars is none of
// these.
func (i *Inspection) readable(folder string) {
	for _, path := range i.Private {
		if path != "" && within(folder, path) {
			i.around("have the project's build write a folder of its own, and name that",
				"%s is in %s, whose files are deployed: users can read it", path, folder)
		}
	}
}

// within reports whether path is the folder or below it, by name or where links
// lead. It says yes where that cannot be told.
func within(folder, path string) bool {
	return below(folder, path) || below(resolved(folder), resolved(path))
}

func below(folder, path string) bool {
	from, err := filepath.Abs(folder)
	to, err2 := filepath.Abs(path)
	if err != nil || err2 != nil {
		return true
	}
	way, err := filepath.Rel(from, to)
	return err == nil && filepath.IsLocal(way)
}

// resolved follows links, as far as path is there.
func resolved(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	return path
}
