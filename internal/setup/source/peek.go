package source

import (
	"os"

	"github.com/edgeward/edgeward/internal/setup/document"
	"github.com/edgeward/edgeward/internal/setup/yamlfile"
)

// Peek returns the root of the file at path, for who needs a few keys of a
// configuration that cannot be loaded whole: its secrets are the server's, and its
// key ring may not be made yet. Its keys are not checked. The error is one of the
// file system or an [*Errors], which holds no secret.
func Peek(path string) (*document.Node, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	f, errs := newFiles(path), new(document.Errors)
	file := yamlfile.Parse(path, 0, data, names(), errs)
	return file.Root, f.mistakes(errs)
}
