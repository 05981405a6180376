package config

import (
	"bytes"
	"io/fs"
	"os"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/edgeward/edgeward"
)

const (
	// maxSecret bounds a secret or a key file in bytes.
	maxSecret = 64 << 10
	// What a secret's file must not grant: to all users of this machine to read it, or
	// to put another in its place.
	readableByAll fs.FileMode = 0o004
	writableByAll fs.FileMode = 0o002
)

const secretForm = "env:NAME or file:PATH"

// secret reads a secret from where n says it is: an environment variable or a
// file. A literal is refused unseen: the file would be as secret as it. When the
// secret stays away, there is none, as after a mistake.
func (d *decoder) secret(n *node) (edgeward.Secret, bool) {
	var none edgeward.Secret
	if n.kind != text {
		d.refuse(n.place, "like this: "+secretForm, "a secret must be %s", secretForm)
		return none, false
	}
	source, name, _ := strings.Cut(n.text, ":")
	switch {
	case d.away && source == "env" && isVariable(name):
		d.secrets = append(d.secrets, mention{name, n.place})
	case d.away && source == "file" && isPath(name):
		d.refuse(n.place, "write env:NAME, and give the Worker its value: wrangler secret put NAME", "a Worker has no files, and a secret must not be part of what is deployed")
	case source == "env" && isVariable(name):
		return d.variable(n.place, name)
	case source == "file" && isPath(name):
		data, ok := d.secretFile(n.place, name)
		return edgeward.NewSecret(string(TrimSecret(data))), ok
	case source == "env", source == "file":
		d.refuse(n.place, "like this: "+secretForm, "what follows %s: is not a name", source)
	default:
		d.refuse(n.place, "move it to an environment variable or a file, and write "+secretForm, "a secret must not stand in this file")
	}
	return none, false
}

func (d *decoder) variable(at place, name string) (edgeward.Secret, bool) {
	value, set := os.LookupEnv(name)
	switch {
	case !set:
		d.refuse(at, "set it before starting edgeward", "environment variable %s is not set", name)
	case value == "":
		d.refuse(at, "give it a value", "environment variable %s is empty", name)
	default:
		return edgeward.NewSecret(value), true
	}
	return edgeward.Secret{}, false
}

// secretFile reads a file that not all users of the machine can read or write.
func (d *decoder) secretFile(at place, name string) ([]byte, bool) {
	data, mode, err := d.files.read(d.files.locate(name), maxSecret)
	switch {
	case err != nil:
		d.refuse(at, "", "%s cannot be read: %v", name, err)
	case !d.private(at, name, mode):
	case len(TrimSecret(data)) == 0:
		d.refuse(at, "", "%s is empty", name)
	default:
		return data, true
	}
	return nil, false
}

// private wants a mode that keeps a file from all users of the machine. A mount of
// Kubernetes is read-only, so that its volume has to say the mode.
func (d *decoder) private(at place, name string, mode fs.FileMode) bool {
	const mounted = "; a mounted secret has the mode of its volume: defaultMode: 0400 in Kubernetes, mode: 0400 in Compose and Swarm"
	switch {
	case mode&readableByAll != 0:
		d.refuse(at, "chmod o-r "+name+mounted, "%s can be read by everybody on this machine", name)
	case mode&writableByAll != 0:
		d.refuse(at, "chmod o-w "+name+mounted, "%s can be written by everybody on this machine: anybody could choose the secret", name)
	default:
		return true
	}
	return false
}

// TrimSecret removes the line end that editors and echo add to a secret. What is
// no text has none: it is taken byte for byte, also when it ends like a line.
func TrimSecret(data []byte) []byte {
	if !utf8.Valid(data) || bytes.ContainsFunc(data, binary) {
		return data
	}
	return bytes.TrimSuffix(bytes.TrimSuffix(data, []byte("\n")), []byte("\r"))
}

// binary reports whether no line of text has r.
func binary(r rune) bool { return unicode.IsControl(r) && r != '\t' && r != '\r' && r != '\n' }

// guessable refuses a placeholder, a byte that is repeated and the like, and a
// public key, which is none.
func (d *decoder) guessable(at place, secret edgeward.Secret) {
	if secret.Public() {
		d.refuse(at, "an issuer that signs with key pairs has keys: file:PATH, and for a secret openssl rand -base64 48 makes a good one", "this is a public key or a certificate: everybody who has it could sign")
	}
	if !secret.IsZero() && secret.Repetitive() {
		d.refuse(at, "openssl rand -base64 48 makes a good one", "the secret has fewer than 8 different bytes: it is no random one, and can be guessed")
	}
}

// isVariable reports whether name is a portable name of an environment variable.
func isVariable(name string) bool {
	for i, c := range []byte(name) {
		letter := c == '_' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return name != ""
}

func isPath(name string) bool {
	return name != "" && printable(name) == name && strings.TrimSpace(name) == name
}

// path reads file:PATH, for a file that need not be secret, and returns the
// path as it was written.
func (d *decoder) path(n *node) (string, bool) {
	name, found := strings.CutPrefix(n.text, "file:")
	if n.kind != text || !found || !isPath(name) {
		d.refuse(n.place, "like this: file:keys/issuer.pem", "this must be file:PATH")
		return "", false
	}
	return name, true
}
