package build

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/edgeward/edgeward/internal/cli/ui"
)

// Import begins a routes folder as the image of a Pages project's functions/ and
// says what was made of it.
func Import(w, notes io.Writer, from, to string) error {
	root, err := os.OpenRoot(from)
	if errors.Is(err, fs.ErrNotExist) {
		return ui.Advise("name the functions folder of a Pages project, or run this beside it", "there is no folder %s", from)
	}
	if err != nil {
		return err
	}
	all, unread, err := readFunctions(root.FS())
	if err = errors.Join(err, root.Close()); err != nil {
		return err
	}
	if len(all) == 0 {
		printUnread(notes, from, unread)
		return ui.Advise("name the folder in which _middleware.ts and its like are", "no module in %s exports onRequest", from)
	}
	if err := writeRoutes(to, all); err != nil {
		return err
	}
	p := ui.Painter(w)
	fmt.Fprintf(w, "%s %s has %s, and refuses all requests until you edit it\n", p.Green("✓"), p.Bold(to), files(len(all)))
	ui.Section(w, p, "paths", func(t io.Writer) {
		for _, f := range all {
			fmt.Fprintf(t, "  %s\t%s\t%s\n", ui.Harmless(f.pattern()), f.saysMethods(), filepath.Join(to, filepath.FromSlash(f.path+".yaml")))
		}
	})
	printUnread(w, from, unread)
	ui.Section(w, p, "next", func(t io.Writer) {
		fmt.Fprintf(t, "  write into the files what their comments ask for; edgeward check and edgeward explain show the result\n")
		if !slices.ContainsFunc(all, func(f *function) bool { return f.pattern() == "/*" }) {
			fmt.Fprintf(t, "  what no file covers is refused, static files too: %s would cover them\n", filepath.Join(to, "_middleware.yaml"))
		}
	})
	return nil
}

func files(n int) string {
	if n == 1 {
		return "1 file"
	}
	return fmt.Sprint(n, " files")
}

// writeRoutes makes the folder. One with something in it is somebody's work.
func writeRoutes(folder string, all []*function) (err error) {
	entries, err := os.ReadDir(folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if len(entries) > 0 {
		return ui.Advise("choose another folder with --out, and compare", "%s is there already", folder)
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	for _, f := range all {
		name := filepath.FromSlash(f.path + ".yaml")
		err := root.MkdirAll(filepath.Dir(name), 0o755)
		if err == nil {
			err = root.WriteFile(name, []byte(f.yaml()), 0o644)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// printUnread says what nothing was made of.
func printUnread(w io.Writer, from string, unread [][2]string) {
	ui.Section(w, ui.Painter(w), "no route", func(t io.Writer) {
		for _, u := range unread {
			fmt.Fprintf(t, "  %s\t%s\n", ui.Harmless(filepath.Join(from, filepath.FromSlash(u[0]))), u[1])
		}
	})
}
