package source

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"

	"github.com/edgeward/edgeward/internal/setup/yamlfile"
)

// Files reads what a configuration names, relative to its folder, and
// remembers what it read, so that a watcher can tell whether it changed.
type Files struct {
	dir     string // of the configuration file
	fsys    fs.FS  // where all files are; nil: on this machine, and they are watched
	touched Snapshot
}

// Locate implements [config.Source].
func (f *Files) Locate(name string) string {
	if f.fsys != nil {
		return path.Join(f.dir, name)
	}
	if filepath.IsAbs(name) {
		return filepath.Clean(name)
	}
	return filepath.Join(f.dir, name)
}

// read returns the content of the file at path, at most limit bytes, and its
// mode. Its errors do not repeat the path, and never quote the content.
func (f *Files) read(path string, limit int64) ([]byte, fs.FileMode, error) {
	if f.fsys != nil {
		return readIn(f.fsys, path, limit)
	}
	data, mode, err := readFile(path, limit)
	f.touched.note(path, data, mode, err)
	return data, mode, err
}

var (
	errNotRegular = errors.New("it is not a regular file")
	errTooLarge   = errors.New("it is too large")
)

// readFile reads a regular file of at most limit bytes. A pipe or a device
// would block for ever, or never end.
func readFile(path string, limit int64) ([]byte, fs.FileMode, error) {
	return readIn(machine{}, path, limit)
}

// machine is the files of this machine, by any path.
type machine struct{}

func (machine) Open(path string) (fs.File, error)     { return os.Open(path) }
func (machine) Stat(path string) (fs.FileInfo, error) { return os.Stat(path) }

// readIn is readFile of a file system.
func readIn(fsys fs.FS, path string, limit int64) ([]byte, fs.FileMode, error) {
	info, err := fs.Stat(fsys, path)
	if err != nil {
		return nil, 0, withoutPath(err)
	}
	if !info.Mode().IsRegular() {
		return nil, 0, errNotRegular
	}
	file, err := fsys.Open(path)
	if err != nil {
		return nil, 0, withoutPath(err)
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, limit+1))
	if err != nil {
		return nil, 0, withoutPath(err)
	}
	if int64(len(data)) > limit {
		return data, 0, fmt.Errorf("%w (more than %d KiB)", errTooLarge, limit>>10)
	}
	return data, info.Mode(), nil
}

// withoutPath leaves "no such file or directory": messages name the path as
// the operator wrote it.
func withoutPath(err error) error {
	if wrapped, ok := errors.AsType[*fs.PathError](err); ok {
		return wrapped.Err
	}
	return err
}

// A Snapshot is a fingerprint of files: what they held when they were read.
type Snapshot struct {
	named   map[string]fingerprint // files that the configuration names, and itself
	routes  map[string]fingerprint // what the folders hold
	folders []string               // those of routes
}

// A fingerprint tells one content of a file from another; it is zero for what
// could not be read. The mode counts: chmod can be the repair.
type fingerprint struct {
	digest [sha256.Size]byte
	mode   fs.FileMode
}

func (s *Snapshot) note(path string, data []byte, mode fs.FileMode, err error) {
	if s.named == nil {
		s.named = map[string]fingerprint{}
	}
	s.named[path] = fingerprint{}
	if err == nil {
		s.named[path] = fingerprint{sha256.Sum256(data), mode}
	}
}

// noteFolder takes down what a routes folder held; a file that cannot be a
// route counts by its name, since its removal is a repair.
func (s *Snapshot) noteFolder(folder string, found []routeSource, faults []fault) {
	if s.folders = append(s.folders, folder); s.routes == nil {
		s.routes = map[string]fingerprint{}
	}
	for _, f := range found {
		s.routes[filepath.Join(folder, f.path)] = fingerprint{digest: sha256.Sum256(f.data)}
	}
	for _, f := range faults {
		s.routes[filepath.Join(folder, f.path)] = fingerprint{}
	}
}

// again reads the same files, and what the routes folders hold now.
func (s *Snapshot) again() *Snapshot {
	now := &Snapshot{}
	for _, folder := range s.folders {
		found, faults := listRoutes(folder)
		now.noteFolder(folder, found, faults)
	}
	for path := range s.named {
		data, mode, err := readFile(path, yamlfile.MaxSize)
		now.note(path, data, mode, err)
	}
	return now
}

func (s *Snapshot) equal(other *Snapshot) bool {
	return maps.Equal(s.named, other.named) && maps.Equal(s.routes, other.routes)
}
