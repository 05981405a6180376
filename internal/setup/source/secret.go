package source

import (
	"bytes"
	"io/fs"
	"os"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/setup/config"
	"github.com/edgeward/edgeward/internal/setup/document"
)

const (
	// maxSecret bounds a secret or a key file in bytes.
	maxSecret = 64 << 10
	// What a secret's file must not grant: to all users of this machine to read it, or
	// to put another in its place.
	readableByAll fs.FileMode = 0o004
	writableByAll fs.FileMode = 0o002
)

// Secret implements [config.Source]: the secret is in an environment variable or a
// file. A literal is refused unseen: the configuration would be as secret as it.
func (f *Files) Secret(reference string) (edgeward.Secret, *document.Fault) {
	source, name, fault := ParseReference(reference)
	switch {
	case fault != nil:
		return edgeward.Secret{}, fault
	case source == "env":
		return variable(name)
	}
	data, fault := f.secretFile(name)
	return edgeward.NewSecret(string(TrimSecret(data))), fault
}

// ParseReference takes apart what a secret's value is: "env" and the name of a
// variable, or "file" and a path.
func ParseReference(reference string) (source, name string, fault *document.Fault) {
	source, name, _ = strings.Cut(reference, ":")
	switch {
	case source == "env" && isVariable(name), source == "file" && isPath(name):
		return source, name, nil
	case source == "env", source == "file":
		return "", "", document.Faultf("like this: "+config.SecretForm, "what follows %s: is not a name", source)
	}
	return "", "", document.Faultf("move it to an environment variable or a file, and write "+config.SecretForm, "a secret must not stand in this file")
}

func variable(name string) (edgeward.Secret, *document.Fault) {
	value, set := os.LookupEnv(name)
	switch {
	case !set:
		return edgeward.Secret{}, document.Faultf("set it before starting edgeward", "environment variable %s is not set", name)
	case value == "":
		return edgeward.Secret{}, document.Faultf("give it a value", "environment variable %s is empty", name)
	}
	return edgeward.NewSecret(value), nil
}

// secretFile reads a file that not all users of the machine can read or write.
func (f *Files) secretFile(name string) ([]byte, *document.Fault) {
	data, mode, err := f.read(f.Locate(name), maxSecret)
	if err != nil {
		return nil, unread(name, err)
	}
	if fault := private(name, mode); fault != nil {
		return nil, fault
	}
	if len(TrimSecret(data)) == 0 {
		return nil, document.Faultf("", "%s is empty", name)
	}
	return data, nil
}

// private wants a mode that keeps a file from all users of the machine. A mount of
// Kubernetes is read-only, so that its volume has to say the mode.
func private(name string, mode fs.FileMode) *document.Fault {
	const mounted = "; a mounted secret has the mode of its volume: defaultMode: 0400 in Kubernetes, mode: 0400 in Compose and Swarm"
	switch {
	case mode&readableByAll != 0:
		return document.Faultf("chmod o-r "+name+mounted, "%s is world-readable", name)
	case mode&writableByAll != 0:
		return document.Faultf("chmod o-w "+name+mounted, "%s is world-writable: every user of this machine could choose the secret", name)
	}
	return nil
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
	return name != "" && document.Printable(name) == name && strings.TrimSpace(name) == name
}
