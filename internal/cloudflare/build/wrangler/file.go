// Package wrangler reads a project as Cloudflare's deployment tool of that name
// does, to find what would let requests pass by Edgeward: another middleware,
// a _worker.js, static assets that are served first, a configuration file that
// takes the place of the one with Edgeward's bindings.
//
// It reads files and changes none. What it cannot read it reports as an error,
// never as a project without ways around. It is safe for concurrent use.
package wrangler

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/BurntSushi/toml"
)

// maxFile bounds a configuration file, in bytes.
const maxFile = 1 << 20

// names are those of configuration files, in the order in which wrangler looks
// for them.
var names = [...]string{"wrangler.json", "wrangler.jsonc", "wrangler.toml"}

// redirect is where build tools (the Vite plugin, adapters of frameworks) name
// the configuration that "wrangler deploy" reads in the place of the project's.
const redirect = ".wrangler/deploy/config.json"

// A File is a configuration file.
type File struct {
	Path     string
	TOML     bool // else it is JSON with comments
	settings map[string]any
}

// In returns the configuration file in the folder itself, the one that wrangler
// prefers when there are several; "" when there is none.
func In(folder string) (string, error) {
	for _, name := range names {
		path := filepath.Join(folder, name)
		if there, err := exists(path); err != nil || there {
			return path, err
		}
	}
	return "", nil
}

// For returns the configuration file that wrangler reads when it runs in the
// folder; "" when there is none. The name decides before the distance: a
// wrangler.jsonc of a folder above takes the place of a wrangler.toml in the
// folder itself.
func For(folder string) (string, error) {
	for _, name := range names {
		if path, err := above(folder, name); err != nil || path != "" {
			return path, err
		}
	}
	return "", nil
}

// Deployed is For where a build tool has redirected wrangler to another file.
func Deployed(folder string) (string, error) {
	path, err := above(folder, redirect)
	if err != nil || path == "" {
		return For(folder)
	}
	f, err := Read(path)
	if err != nil {
		return "", err
	}
	to, ok := f.settings["configPath"].(string)
	if !ok || to == "" {
		return "", fmt.Errorf("%s names no configPath", path)
	}
	if filepath.IsAbs(to) {
		return to, nil
	}
	return filepath.Join(filepath.Dir(path), to), nil
}

// above looks for name in the folder and in all folders above it.
func above(folder, name string) (string, error) {
	at, err := filepath.Abs(folder)
	if err != nil {
		return "", err
	}
	for {
		path := filepath.Join(at, filepath.FromSlash(name))
		if there, err := exists(path); err != nil || there {
			return relative(path), err
		}
		up := filepath.Dir(at)
		if up == at {
			return "", nil
		}
		at = up
	}
}

// relative is path as a person in the current folder would write it.
func relative(path string) string {
	here, err := os.Getwd()
	if err != nil {
		return path
	}
	if short, err := filepath.Rel(here, path); err == nil {
		return short
	}
	return path
}

// exists reports whether there is something at path, also a link that leads
// nowhere: what wrangler makes of that is not ours to guess.
func exists(path string) (bool, error) {
	_, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// Read reads a configuration file.
func Read(path string) (*File, error) {
	text, err := content(path)
	if err != nil {
		return nil, err
	}
	f := &File{Path: path, TOML: filepath.Ext(path) == ".toml"}
	if f.TOML {
		err = toml.Unmarshal(text, &f.settings)
	} else {
		err = json.Unmarshal(plainJSON(text), &f.settings)
	}
	if err != nil {
		return nil, fmt.Errorf("%s cannot be read: %w", path, err)
	}
	return f, nil
}

func content(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(text) > maxFile {
		err = fmt.Errorf("%s is larger than %d MiB", path, maxFile>>20)
	}
	return text, err
}

// scopes returns the settings of the file and of each of its named environments,
// by a name for people.
func (f *File) scopes() map[string]map[string]any {
	all := map[string]map[string]any{"": f.settings}
	for name, v := range table(f.settings["env"]) {
		all["env."+name] = table(v)
	}
	return all
}

// table returns v as a mapping, nil when it is none.
func table(v any) map[string]any {
	m, _ := v.(map[string]any)
	return m
}

// tables returns the mappings in a list.
func tables(v any) (all []map[string]any) {
	switch list := v.(type) {
	case []map[string]any: // of a TOML array of tables
		return list
	case []any:
		for _, item := range list {
			if m := table(item); m != nil {
				all = append(all, m)
			}
		}
	}
	return all
}
