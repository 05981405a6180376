// Package settings reads what commands need of a configuration that cannot be loaded
// whole. "edgeward check" is strict.
package settings

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"time"

	"github.com/edgeward/edgeward/internal/cli/ui"
	"github.com/edgeward/edgeward/internal/setup/config"
	"github.com/edgeward/edgeward/internal/setup/document"
	"github.com/edgeward/edgeward/internal/setup/source"
	"github.com/edgeward/edgeward/keyring"
)

// Settings are those in a configuration file.
type Settings struct {
	path string
	root *document.Node
}

// Peek reads the settings in the configuration at path.
func Peek(path string) (*Settings, error) {
	root, err := source.Peek(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ui.Advise("name one with --config FILE", "there is no %s", path)
	}
	return &Settings{path, root}, err
}

// Find returns the node at a path, nil where there is none.
func (s *Settings) Find(path string) *document.Node { return s.root.Find(path) }

// Text returns the value of a key, "" where it is not there.
func (s *Settings) Text(key string) string {
	if n := s.Find(key); n != nil {
		return n.Text
	}
	return ""
}

// Locate returns where a file is that the configuration names.
func (s *Settings) Locate(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(filepath.Dir(s.path), name)
}

// Ring returns where the key ring is.
func (s *Settings) Ring() (string, error) {
	name, ok := strings.CutPrefix(s.Text("tokens.keys"), "file:")
	if !ok || name == "" {
		return "", ui.Advise("add to it: tokens: {keys: \"file:keyring.jwks\", …}", "%s names no key ring", s.path)
	}
	return s.Locate(name), nil
}

// AccessLifetime returns how long access tokens live.
func (s *Settings) AccessLifetime() (time.Duration, error) {
	if s.Text("tokens.access_lifetime") == "" {
		return keyring.DefaultLifetime, nil
	}
	d, err := time.ParseDuration(s.Text("tokens.access_lifetime"))
	if err != nil || d <= 0 {
		return 0, ui.Advise("edgeward check --config "+s.path+" says what is wrong", "tokens.access_lifetime is no duration")
	}
	return d, nil
}

// Store returns the store that it names.
func (s *Settings) Store() (*config.Store, error) {
	if found := config.PeekStore(s.root, s.Locate); found != nil {
		return found, nil
	}
	return nil, ui.Advise("name one with --config FILE", "%s names no store.path", s.path)
}
