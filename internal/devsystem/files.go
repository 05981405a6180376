package devsystem

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

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/cli/ui"
)

//go:embed all:files
var devDefaults embed.FS

// The folder that dev works in, and what is in it.
const (
	devFolder = ".edgeward"
	devConfig = "edgeward.yaml"
	devEnv    = "dev.env"
	devRing   = "keyring.jwks"
	devSecret = "secret"
	devStore  = "edgeward.db"
	// devClientSecret is what the gateway proves itself with at the provider, anew
	// each time.
	devClientSecret = "client-secret"
)

// addresses fill the configuration that dev runs on.
type addresses struct {
	Proxy, ForwardAuth, Admin string // host:port to listen on
	Origin, Upstream, Issuer  string // base URLs; Origin is where browsers find the gateway
	Notes                     string // that of the second host, "" for none
	Audience                  string
}

// prepareFolder writes the folder: the configuration anew, for the addresses
// change; a route only when it is missing, for somebody may have edited it.
func prepareFolder(a addresses, client edgeward.Secret) error {
	if err := os.Mkdir(devFolder, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	folder, err := openFolder()
	if err != nil {
		return err
	}
	defer folder.Close()
	if err := folder.Chmod(".", 0o700); err != nil { // it may be older
		return err
	}
	if err := forgetCredentials(); err != nil {
		return err
	}
	var text bytes.Buffer
	page, err := template.ParseFS(devDefaults, "files/"+devConfig)
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
	if err := replaceFile(devClientSecret, []byte(client.Reveal()+"\n")); err != nil {
		return err
	}
	if err := prepareSecrets(folder); err != nil {
		return err
	}
	return fs.WalkDir(devDefaults, "files/routes", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return addRoute(folder, name, entry)
	})
}

// openFolder opens the folder, and nothing that it or a file in it points to: a
// directory that somebody else may write to must not make dev write elsewhere.
func openFolder() (*os.Root, error) {
	info, err := os.Lstat(devFolder)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return nil, ui.Advise("move it away", "%s is not a folder of its own, and dev writes nowhere else", devFolder)
	}
	return os.OpenRoot(devFolder)
}

func addRoute(folder *os.Root, name string, entry fs.DirEntry) error {
	path := filepath.FromSlash(strings.TrimPrefix(name, "files/"))
	if entry.IsDir() {
		return folder.MkdirAll(path, 0o700)
	}
	data, err := devDefaults.ReadFile(name)
	if err != nil {
		return err
	}
	file, err := folder.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	return errors.Join(err, file.Close())
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
	folder, err := openFolder()
	if err != nil {
		return err
	}
	defer folder.Close()
	if err := folder.Remove(devEnv); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// replaceFile writes a file of the folder so that a reader sees the old one or
// the new one, whole, and nobody but its owner sees either.
func replaceFile(name string, data []byte) error {
	folder, err := openFolder()
	if err != nil {
		return err
	}
	defer folder.Close()
	temporary := name + ".new"
	if err := folder.Remove(temporary); err != nil && !errors.Is(err, fs.ErrNotExist) { // of a dev that was killed
		return err
	}
	file, err := folder.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	if err = errors.Join(err, file.Close()); err == nil {
		err = folder.Rename(temporary, name)
	}
	if err != nil {
		return errors.Join(err, folder.Remove(temporary))
	}
	return nil
}
