package ordered

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/certificate"
)

const accountFile = "account.key"

// A folder keeps the account's key and the certificates of one directory: what
// another one issued, as one for trials, is not served.
type folder struct{ path string }

func newFolder(path, directory string) *folder {
	digest := sha256.Sum256([]byte(directory))
	return &folder{filepath.Join(path, hex.EncodeToString(digest[:6]))}
}

// read returns a file that other users cannot read, nil when there is none.
func (f *folder) read(name string) ([]byte, error) {
	path := filepath.Join(f.path, name)
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, err
	case info.Mode().Perm()&0o007 != 0:
		return nil, fmt.Errorf("%s can be read or written by every user of this machine: chmod 600", path)
	}
	return os.ReadFile(path)
}

// write keeps a file whole, or not at all.
func (f *folder) write(name string, data []byte) error {
	if err := os.MkdirAll(f.path, 0o700); err != nil {
		return err
	}
	temporary, err := os.CreateTemp(f.path, ".new-*") // has mode 0600
	if err != nil {
		return err
	}
	_, err = temporary.Write(data)
	err = errors.Join(err, temporary.Sync(), temporary.Close())
	if err == nil {
		err = os.Rename(temporary.Name(), filepath.Join(f.path, name))
	}
	if err != nil {
		return errors.Join(err, os.Remove(temporary.Name()))
	}
	return nil
}

// pair returns what is kept for a host, nil when there is nothing.
func (f *folder) pair(host string) (*certificate.Pair, error) {
	data, err := f.read(fileName(host))
	if err != nil || data == nil {
		return nil, err
	}
	p, err := certificate.Parse(host, data, edgeward.NewSecret(string(data)))
	return verified(p, host, err)
}

// accountKey returns the key of the account, and makes it the first time.
func (f *folder) accountKey() (crypto.Signer, error) {
	data, err := f.read(accountFile)
	if err != nil {
		return nil, err
	}
	if data != nil {
		block, _ := pem.Decode(data)
		if block == nil {
			return nil, fmt.Errorf("%s holds no key: restore it, or remove it for a new account", filepath.Join(f.path, accountFile))
		}
		return x509.ParseECPrivateKey(block.Bytes)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return nil, err
	}
	return key, f.write(accountFile, pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der}))
}
