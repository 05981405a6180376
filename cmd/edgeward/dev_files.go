package main

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"text/template"
)

//go:embed all:dev
var devDefaults embed.FS

// The folder that dev works in, and what is in it.
const (
	devFolder = ".edgeward"
	devConfig = "edgeward.yaml"
	devEnv    = "dev.env"
)

// devAddresses fill the configuration that dev runs on.
type devAddresses struct {
	Proxy, ForwardAuth, Admin string // host:port to listen on
	Upstream, Issuer          string // base URLs
	Audience                  string
}

// prepareFolder writes the folder: the configuration anew, for the addresses
// change; a route only when it is missing, for somebody may have edited it.
func prepareFolder(a devAddresses) error {
	if err := os.MkdirAll(devFolder, 0o700); err != nil {
		return err
	}
	if err := os.Chmod(devFolder, 0o700); err != nil { // it may be older
		return err
	}
	if err := forgetCredentials(); err != nil {
		return err
	}
	var text bytes.Buffer
	page, err := template.ParseFS(devDefaults, "dev/"+devConfig)
	if err == nil {
		err = page.Execute(&text, a)
	}
	if err != nil {
		return fmt.Errorf("dev: %w", err)
	}
	if err := replaceFile(devConfig, text.Bytes()); err != nil {
		return err
	}
	if err := replaceFile(".gitignore", []byte("*\n")); err != nil { // credentials are never committed
		return err
	}
	return fs.WalkDir(devDefaults, "dev/routes", addRoute)
}

func addRoute(name string, entry fs.DirEntry, err error) error {
	if err != nil {
		return err
	}
	path := filepath.Join(devFolder, filepath.FromSlash(strings.TrimPrefix(name, "dev/")))
	if entry.IsDir() {
		return os.MkdirAll(path, 0o700)
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	data, err := devDefaults.ReadFile(name)
	if err != nil {
		return err
	}
	return os.WriteFile(path, data, 0o600)
}

// writeCredentials writes dev.env: NAME=value, a line each.
func writeCredentials(lines [][2]string) error {
	var b bytes.Buffer
	for _, line := range lines {
		fmt.Fprintf(&b, "%s=%s\n", line[0], line[1])
	}
	return replaceFile(devEnv, b.Bytes())
}

// forgetCredentials removes dev.env: what is in it dies with dev.
func forgetCredentials() error {
	err := os.Remove(filepath.Join(devFolder, devEnv))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// replaceFile writes a file of the folder so that a reader sees the old one or
// the new one, whole, and nobody but its owner sees either.
func replaceFile(name string, data []byte) error {
	temporary, err := os.CreateTemp(devFolder, name+".*") // mode 0600
	if err != nil {
		return err
	}
	_, err = temporary.Write(data)
	if closing := temporary.Close(); err == nil {
		err = closing
	}
	if err == nil {
		err = os.Rename(temporary.Name(), filepath.Join(devFolder, name))
	}
	if err != nil {
		return errors.Join(err, os.Remove(temporary.Name()))
	}
	return nil
}
