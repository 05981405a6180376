package devsystem

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/edgeward/edgeward/internal/cli/secretfile"
	"github.com/edgeward/edgeward/internal/cli/ui"
	"github.com/edgeward/edgeward/internal/setup/config"
	"github.com/edgeward/edgeward/internal/setup/gateway"
	"github.com/edgeward/edgeward/jwt"
	"github.com/edgeward/edgeward/keyring"
	"github.com/edgeward/edgeward/store/sqlitestore"
)

// prepareSecrets makes what the store's credentials depend on, where it is
// missing: they outlive dev, and so do these.
func prepareSecrets(folder *os.Root) error {
	for _, file := range []struct {
		name string
		make func() ([]byte, error)
	}{{devSecret, newDevSecret}, {devRing, newDevRing}} {
		switch _, err := folder.Lstat(file.name); {
		case err == nil:
			continue
		case !errors.Is(err, fs.ErrNotExist):
			return err
		}
		data, err := file.make()
		if err == nil {
			err = replaceFile(file.name, data)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// probeStore refuses a folder that another dev runs in, before anything of its
// files is written anew.
func probeStore() error {
	folder, err := openFolder()
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer folder.Close()
	kept := &config.Store{Kind: config.File, Place: devStore}
	for _, name := range []string{devStore + "-wal", devStore + "-shm", devStore + "-lock", kept.AuditPath(), devStore} {
		if err := ownFile(folder, name); err != nil {
			return err
		}
	}
	if _, err := folder.Lstat(devStore); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	kept.Place = filepath.Join(devFolder, devStore)
	s, err := sqlitestore.Open(sqlitestore.Config{Path: kept.Place})
	switch {
	case errors.Is(err, sqlitestore.ErrInUse):
		return ui.Advise("stop it, or start this one in another folder", "another edgeward runs on %s", devFolder)
	case err != nil:
		return &gateway.StoreError{Store: kept, Err: err}
	}
	return s.Close()
}

// ownFile refuses a file that leads out of the folder: see [openFolder].
func ownFile(folder *os.Root, name string) error {
	info, err := folder.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil && !info.Mode().IsRegular() {
		err = ui.Advise("move it away", "%s in %s is no file of its own, and dev writes nowhere else", name, devFolder)
	}
	return err
}

func newDevSecret() ([]byte, error) { return []byte(secretfile.NewSecret()), nil }

// newDevRing makes a ring whose key others can verify with, for there is more
// to see in /.well-known/jwks.json then.
func newDevRing() ([]byte, error) {
	key, err := secretfile.NewRingKey(jwt.ES256)
	if err != nil {
		return nil, err
	}
	return keyring.Rotate(nil, keyring.Rotation{Key: key, Now: time.Now()})
}
