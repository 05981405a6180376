package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/edgeward/edgeward/internal/cli/ui"
	"github.com/edgeward/edgeward/keyring"
)

// settings are what commands need of a configuration that cannot be loaded
// whole: its secrets are the server's, and its key ring may not be made yet.
// "edgeward check" is who is strict.
type settings struct {
	Admin struct {
		Listen string `yaml:"listen"`
	} `yaml:"admin"`
	Store struct {
		Path string `yaml:"path"`
	} `yaml:"store"`
	Tokens struct {
		Keys           string `yaml:"keys"`
		AccessLifetime string `yaml:"access_lifetime"`
	} `yaml:"tokens"`

	path string
}

// peek reads the settings in the configuration at path.
func peek(path string) (*settings, error) {
	data, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		return nil, ui.Advise("name one with --config FILE", "there is no %s", path)
	}
	if err != nil {
		return nil, err
	}
	s := &settings{path: path}
	if err := yaml.Unmarshal(data, s); err != nil {
		// The message would quote lines of the file.
		return nil, ui.Advise("edgeward check --config "+path+" says what is wrong", "%s cannot be read", path)
	}
	return s, nil
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
	name, ok := strings.CutPrefix(s.Tokens.Keys, "file:")
	if !ok || name == "" {
		return "", ui.Advise("add to it: tokens: {keys: \"file:keyring.jwks\", …}", "%s names no key ring", s.path)
	}
	return s.locate(name), nil
}

// accessLifetime returns how long access tokens live.
func (s *settings) accessLifetime() (time.Duration, error) {
	if s.Tokens.AccessLifetime == "" {
		return keyring.DefaultLifetime, nil
	}
	d, err := time.ParseDuration(s.Tokens.AccessLifetime)
	if err != nil || d <= 0 {
		return 0, ui.Advise("edgeward check --config "+s.path+" says what is wrong", "tokens.access_lifetime is no duration")
	}
	return d, nil
}

// audit returns where the audit log is.
func (s *settings) audit() (string, error) {
	if s.Store.Path == "" {
		return "", fmt.Errorf("%s names no store.path, beside which the audit log would be", s.path)
	}
	return s.locate(s.Store.Path) + ".audit.jsonl", nil
}
