package config

import (
	"bytes"
	"io/fs"
	"os"
	"strings"

	"github.com/edgeward/edgeward"
)

const (
	// maxSecret bounds a secret or a key file in bytes.
	maxSecret = 64 << 10
	// readableByAll is the permission that a secret's file must not grant.
	readableByAll fs.FileMode = 0o004
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
		return edgeward.NewSecret(string(trimLine(data))), ok
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

// secretFile reads a file that not everybody on the machine can read.
func (d *decoder) secretFile(at place, name string) ([]byte, bool) {
	data, mode, err := d.files.read(d.files.locate(name), maxSecret)
	switch {
	case err != nil:
		d.refuse(at, "", "%s cannot be read: %v", name, err)
	case mode&readableByAll != 0:
		d.refuse(at, "chmod o-r "+name, "%s can be read by everybody on this machine", name)
	case len(trimLine(data)) == 0:
		d.refuse(at, "", "%s is empty", name)
	default:
		return data, true
	}
	return nil, false
}

// trimLine removes the line end that editors and echo add.
func trimLine(data []byte) []byte {
	return bytes.TrimSuffix(bytes.TrimSuffix(data, []byte("\n")), []byte("\r"))
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
