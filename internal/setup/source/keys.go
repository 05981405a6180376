package source

import (
	"bytes"
	"errors"
	"io/fs"
	"strings"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/setup/config"
	"github.com/edgeward/edgeward/internal/setup/document"
	"github.com/edgeward/edgeward/internal/setup/yamlfile"
	"github.com/edgeward/edgeward/jwks/keyfile"
	"github.com/edgeward/edgeward/jwks/stdcrypto"
	"github.com/edgeward/edgeward/jwt"
	"github.com/edgeward/edgeward/keyring"
)

// PublicKeys implements [config.Source].
func (f *Files) PublicKeys(reference string) (k config.PublicKeys, fault *document.Fault) {
	if k.Name, fault = fileName(reference, "keys/issuer.pem"); fault != nil {
		return k, fault
	}
	data, _, err := f.read(f.Locate(k.Name), yamlfile.MaxSize)
	if err != nil {
		return k, unread(k.Name, err)
	}
	if k.Set, k.Ignored, err = keyfile.ParsePublic(data); err != nil {
		return k, document.Faultf("PEM, a JWK or a JWK set, with public keys only", "%s: %s", k.Name, document.Detail(err))
	}
	k.JSON, _ = keyfile.PublicSet(data) // ParsePublic took it
	return k, nil
}

// Signer implements [config.Source].
func (f *Files) Signer(reference string) (jwt.Signer, *document.Fault) {
	from, name, fault := ParseReference(reference)
	if fault != nil {
		return nil, fault
	}
	var data []byte
	if from == "env" {
		var secret edgeward.Secret
		secret, fault = variable(name)
		data = []byte(secret.Reveal())
	} else {
		data, fault = f.secretFile(name)
	}
	if fault != nil {
		return nil, fault
	}
	key, err := keyfile.ParsePrivate(data)
	if err != nil {
		return nil, document.Faultf("edgeward key new makes one", "%s: %s", name, document.Detail(err))
	}
	return key, nil
}

// TokenFile implements [config.Source]. The file is read at each use, since the platform
// writes it anew before the token expires; that it is there is seen now.
func (f *Files) TokenFile(reference string) (string, *document.Fault) {
	name, fault := fileName(reference, "/var/run/secrets/tokens/edgeward")
	if fault != nil {
		return "", fault
	}
	path := f.Locate(name)
	if _, err := ReadToken(path); err != nil {
		return "", unread(name, err)
	}
	return path, nil
}

// ReadToken reads the token that a platform keeps in the file at path. Errors hold
// nothing of it.
func ReadToken(path string) (edgeward.Secret, error) {
	data, _, err := readFile(path, maxSecret)
	return edgeward.NewSecret(string(bytes.TrimSpace(data))), err
}

// importer makes the ring's asymmetric keys usable.
var importer = keyring.Importer{
	Private: func(jwk []byte) (keyring.Pair, error) { return keyfile.ParsePrivate(jwk) },
	Public:  stdcrypto.Import,
}

// KeyRing implements [config.Source]. A ring that nothing signs with is refused:
// tokens could be verified, and no new one would ever come.
func (f *Files) KeyRing(reference string) (path string, ring *keyring.Ring, fault *document.Fault) {
	name, fault := fileName(reference, "keyring.jwks")
	if fault != nil {
		return "", nil, fault
	}
	path = f.Locate(name)
	data, mode, err := f.read(path, yamlfile.MaxSize)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return path, nil, document.Faultf("edgeward key rotate makes it", "there is no key ring %s", name)
	case err != nil:
		return path, nil, unread(name, err)
	}
	if fault := private(name, mode); fault != nil {
		return path, nil, fault
	}
	if ring, err = keyring.Parse(data, importer, nil); err != nil {
		return path, nil, document.Faultf("restore it: with another key ring all our access tokens are void", "%s: %s", name, document.Detail(err))
	}
	if _, err := ring.Signer(time.Now()); err != nil {
		return path, nil, document.Faultf("edgeward key rotate puts a new one in front", "%s: %s", name, document.Detail(err))
	}
	return path, ring, nil
}

// fileName reads file:PATH, as the example is, and returns the path as it was written.
func fileName(reference, example string) (string, *document.Fault) {
	name, found := strings.CutPrefix(reference, "file:")
	if !found || !isPath(name) {
		return "", document.Faultf("like this: file:"+example, "this must be file:PATH")
	}
	return name, nil
}

// unread is the fault of a file that cannot be read.
func unread(name string, err error) *document.Fault {
	remedy := ""
	switch {
	case errors.Is(err, fs.ErrNotExist):
		remedy = "create it, or correct the name, which is relative to the folder of the configuration"
	case errors.Is(err, fs.ErrPermission):
		remedy = "let the user that runs edgeward read it"
	}
	return document.Faultf(remedy, "%s cannot be read: %v", name, err)
}
