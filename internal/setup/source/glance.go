package source

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

// A glance is what the file system says of the files of a snapshot without
// reading them: enough to see that nothing happened in a folder of 10,000 routes.
type glance struct {
	named, routes map[string]stamp
}

// A stamp tells one state of a file from another by its metadata, through links;
// it is zero for what is not there. Beside size and time of modification it has
// what [identify] knows, so that a file which was replaced by one of the same
// size and time, as a copy that keeps times, is another.
type stamp struct {
	size, modified int64
	mode           fs.FileMode
	id             fileID
}

func stampOf(info fs.FileInfo, err error) stamp {
	if err != nil {
		return stamp{}
	}
	return stamp{info.Size(), info.ModTime().UnixNano(), info.Mode(), identify(info)}
}

// glance looks at the same files as [Snapshot.again], and reads none.
func (s *Snapshot) glance() *glance {
	now := &glance{named: make(map[string]stamp, len(s.named)), routes: map[string]stamp{}}
	for path := range s.named {
		now.named[path] = stampOf(os.Stat(path))
	}
	for _, folder := range s.folders {
		now.walk(folder, 0)
	}
	return now
}

// walk stamps what a folder holds, within the bounds of [listRoutes]. It follows
// links out of the folder, of which it learns no more than that they changed.
func (g *glance) walk(dir string, depth int) {
	names, err := namesOf(dir)
	if err != nil || depth > maxRouteDepth {
		g.routes[dir] = stamp{}
		return
	}
	for _, name := range names {
		if len(g.routes) > maxRouteFiles {
			return
		}
		path := dir + string(filepath.Separator) + name
		info, err := os.Stat(path)
		if err == nil && info.IsDir() {
			g.walk(path, depth+1)
			continue
		}
		g.routes[path] = stampOf(info, err)
	}
}

// namesOf lists a folder, without what is ignored.
func namesOf(dir string) ([]string, error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	names, err := f.Readdirnames(-1)
	return slices.DeleteFunc(names, ignored), err
}

func (g *glance) equal(other *glance) bool {
	return maps.Equal(g.named, other.named) && maps.Equal(g.routes, other.routes)
}

// differing returns a file that is another than in g, "" for none.
func (g *glance) differing(other *glance) string {
	for _, maps := range [...][2]map[string]stamp{{g.named, other.named}, {g.routes, other.routes}, {other.named, g.named}, {other.routes, g.routes}} {
		for path, there := range maps[0] {
			if now, ok := maps[1][path]; !ok || now != there {
				return path
			}
		}
	}
	return ""
}
