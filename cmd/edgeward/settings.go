package main

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

// settings are what commands need of a configuration that cannot be loaded
// whole. "edgeward check" is who is strict.
type settings struct {
	path string
	root *document.Node
}

// peek reads the settings in the configuration at path.
func peek(path string) (*settings, error) {
	root, err := source.Peek(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ui.Advise("name one with --config FILE", "there is no %s", path)
	}
	return &settings{path, root}, err
}

// text returns the value of a key, "" where it is not there.
func (s *settings) text(key string) string {
	if n := s.root.Find(key); n != nil {
		return n.Text
	}
	return ""
}

// locate returns where a file is that the configuration names.
func (s *settings) locate(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(filepath.Dir(s.path), name)
}

// ring returns where the key ring is.
func (s *settings) ring() (string, error) {
	name, ok := strings.CutPrefix(s.text("tokens.keys"), "file:")
	if !ok || name == "" {
		return "", ui.Advise("add to it: tokens: {keys: \"file:keyring.jwks\", …}", "%s names no key ring", s.path)
	}
	return s.locate(name), nil
}

// accessLifetime returns how long access tokens live.
func (s *settings) accessLifetime() (time.Duration, error) {
	if s.text("tokens.access_lifetime") == "" {
		return keyring.DefaultLifetime, nil
	}
	d, err := time.ParseDuration(s.text("tokens.access_lifetime"))
	if err != nil || d <= 0 {
		return 0, ui.Advise("edgeward check --config "+s.path+" says what is wrong", "tokens.access_lifetime is no duration")
	}
	return d, nil
}

// store returns the store that it names.
func (s *settings) store() (*config.Store, error) {
	if found := config.PeekStore(s.root, s.locate); found != nil {
		return found, nil
	}
	return nil, ui.Advise("name one with --config FILE", "%s names no store.path", s.path)
}
