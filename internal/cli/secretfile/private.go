package secretfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// writePrivate writes a file so that a reader sees the old one or the new one,
// whole and on the disk, and nobody but its owner sees either. One that is said
// to be new replaces nothing, whoever else has made it meanwhile.
//
// While it is written the new one has no name, where the system can do that:
// when the process is killed, nothing with a secret in it is left. A name it has
// for the moment of its taking the old one's place, and always the same one, so
// that what a killed process left is removed by the next.
func writePrivate(path string, data []byte, isNew bool) (err error) {
	beside := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".new")
	if err := os.Remove(beside); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := unnamed(filepath.Dir(path))
	named := errors.Is(err, errors.ErrUnsupported)
	if named {
		f, err = os.OpenFile(beside, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if named {
		defer func() { err = errors.Join(err, gone(beside)) }()
	}
	if _, err = f.Write(data); err == nil {
		err = f.Sync()
	}
	switch {
	case err != nil:
		return err
	case named && isNew:
		return os.Link(beside, path)
	case named:
		return os.Rename(beside, path)
	case isNew:
		return linkUnnamed(f, path)
	}
	if err := linkUnnamed(f, beside); err != nil {
		return err
	}
	return errors.Join(os.Rename(beside, path), gone(beside))
}

// gone makes sure that there is no such file.
func gone(path string) error {
	if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
