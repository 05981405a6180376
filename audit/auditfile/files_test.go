package auditfile_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward/audit"
	"github.com/edgeward/edgeward/audit/auditfile"
)

func now() time.Time { return time.Unix(1_800_000_000, 0) }

// most is the bound of a file in these tests: a handful of records.
const most = 1000

// rotated writes n records to a log of many files and returns its path.
func rotated(t *testing.T, n int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "log")
	goOn(t, path, n)
	return path
}

// goOn opens the log, writes n records and closes it.
func goOn(t *testing.T, path string, n int) {
	t.Helper()
	r, head, _, err := auditfile.OpenRotation(path, most, nil)
	if err != nil {
		t.Fatal(err)
	}
	l := audit.NewLog(r, head, now)
	for i := range n {
		if err := l.Append(t.Context(), audit.Record{Action: "session.end", Object: fmt.Sprint("session/", i)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(r.Sync(), r.Close()); err != nil {
		t.Fatal(err)
	}
}

func verified(t *testing.T, path string) (audit.Head, error) {
	t.Helper()
	files, err := auditfile.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer files.Close()
	return files.Verify(nil)
}

func fullFiles(t *testing.T, path string) []string {
	t.Helper()
	all, err := auditfile.Full(path)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func wantRecords(t *testing.T, path string, n uint64) {
	t.Helper()
	if head, err := verified(t, path); err != nil || head.Count != n {
		t.Errorf("%d records, %v; want %d", head.Count, err, n)
	}
}

// A file is no larger than its bound, and the chain goes through all of them, also
// after a restart.
func TestALogOfManyFiles(t *testing.T) {
	path := rotated(t, 40)
	goOn(t, path, 7)
	wantRecords(t, path, 47)
	files := fullFiles(t, path)
	if len(files) < 10 || files[0] != path+".000001" {
		t.Fatalf("%v", files)
	}
	for _, name := range append(files, path) {
		if info, err := os.Stat(name); err != nil || info.Size() > most || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", name, info, err)
		}
	}
	open, err := auditfile.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer open.Close()
	if last, err := open.Last(20); err != nil || len(last) != 20 || last[0].Number != 47 || last[19].Number != 28 {
		t.Errorf("%d records, %v", len(last), err)
	}
}

// A file that is missing, in another's place, changed or cut off is found, and by
// its name.
func TestVerifyFiles(t *testing.T) {
	edit := func(change func(lines []string) []string) func(string) error {
		return func(name string) error {
			text, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			return os.WriteFile(name, []byte(strings.Join(change(strings.SplitAfter(string(text), "\n")), "")), 0o600)
		}
	}
	swap := func(a, b string) error {
		return errors.Join(os.Rename(a, a+"x"), os.Rename(b, a), os.Rename(a+"x", b))
	}
	for rule, row := range map[string]struct {
		change func(path string) error
		in     string // the file that is named
		broken audit.Problem
	}{
		"nothing":                  {func(string) error { return nil }, "", ""},
		"the first is missing":     {func(p string) error { return os.Remove(p + ".000001") }, ".000002", audit.Removed},
		"one is missing":           {func(p string) error { return os.Remove(p + ".000003") }, ".000004", audit.Removed},
		"two are swapped":          {func(p string) error { return swap(p+".000003", p+".000004") }, ".000003", audit.Removed},
		"the newest is swapped":    {func(p string) error { return swap(p+".000002", p) }, ".000002", audit.Removed},
		"one is there twice":       {func(p string) error { return edit(func(l []string) []string { return append(l, l...) })(p + ".000002") }, ".000002", audit.Misplaced},
		"its last record is gone":  {func(p string) error { return edit(func(l []string) []string { return l[:len(l)-2] })(p + ".000002") }, ".000003", audit.Removed},
		"it is cut off in one":     {func(p string) error { return os.Truncate(p+".000002", 500) }, ".000002", audit.Malformed},
		"it is empty":              {func(p string) error { return os.Truncate(p+".000002", 0) }, ".000003", audit.Removed},
		"the first is empty":       {func(p string) error { return os.Truncate(p+".000001", 0) }, ".000002", audit.Removed},
		"its first record is gone": {func(p string) error { return edit(func(l []string) []string { return l[1:] })(p + ".000002") }, ".000002", audit.Removed},
		"a record is edited": {func(p string) error {
			return edit(func(l []string) []string { l[1] = strings.Replace(l[1], "session/", "session_", 1); return l })(p + ".000002")
		}, ".000002", audit.Edited},
	} {
		t.Run(rule, func(t *testing.T) {
			path := rotated(t, 20)
			if err := row.change(path); err != nil {
				t.Fatal(err)
			}
			_, err := verified(t, path)
			file, _ := errors.AsType[*auditfile.FileError](err)
			broken, _ := errors.AsType[*audit.BreakError](err)
			if row.broken == "" && err != nil || row.broken != "" && (file == nil || broken == nil || file.Path != path+row.in || broken.Problem != row.broken || broken.Line > 10) {
				t.Errorf("%v, want %s: %s", err, row.in, row.broken)
			}
		})
	}
}

// A program that ends at any moment of beginning another file has lost nothing:
// each step is one system call, and these are the states between them.
func TestACrashWhileAnotherFileIsBegun(t *testing.T) {
	for rule, crash := range map[string]func(path string) error{
		"renamed, and none made": func(p string) error { return os.Rename(p, p+".000099") },
		"renamed, and half a record behind": func(p string) error { // none could be made, and it went on in the old one
			text, err := os.ReadFile(p)
			return errors.Join(err, os.WriteFile(p+".000099", append(text, `{"n":21,"ti`...), 0o600), os.Remove(p))
		},
		"made, and empty": func(p string) error {
			return errors.Join(os.Rename(p, p+".000099"), os.WriteFile(p, nil, 0o600))
		},
		"made, with half a record": func(p string) error {
			return errors.Join(os.Rename(p, p+".000099"), os.WriteFile(p, []byte(`{"n":21,"ti`), 0o600))
		},
	} {
		path := rotated(t, 20)
		if err := crash(path); err != nil {
			t.Fatal(err)
		}
		goOn(t, path, 20)
		if wantRecords(t, path, 40); t.Failed() {
			t.Fatal(rule)
		}
	}
}

// What does not go on from the file before is evidence, and left as it is.
func TestALogIsNotGoneOnWithAfterABreak(t *testing.T) {
	for rule, change := range map[string]func(path string) error{
		"the file before is missing": func(p string) error { return os.Remove(fullFiles(t, p)[len(fullFiles(t, p))-1]) },
		"its end is gone":            func(p string) error { return os.Truncate(fullFiles(t, p)[len(fullFiles(t, p))-1], 300) },
		"the newest was edited": func(p string) error {
			text, err := os.ReadFile(p)
			return errors.Join(err, os.WriteFile(p, []byte(strings.Replace(string(text), "session/", "session_", 1)), 0o600))
		},
	} {
		path := rotated(t, 20)
		if err := change(path); err != nil {
			t.Fatal(err)
		}
		before, _ := os.ReadFile(path)
		_, _, _, err := auditfile.OpenRotation(path, most, nil)
		after, _ := os.ReadFile(path)
		if _, broken := errors.AsType[*audit.BreakError](err); !broken || string(before) != string(after) {
			t.Errorf("%s: %v", rule, err)
		}
	}
}

// Where another file cannot be begun the log goes on in the old one, says so, and
// begins another when it can.
func TestARecordIsWorthMoreThanABound(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	r, head, _, err := auditfile.OpenRotation(path, most, nil)
	if err != nil {
		t.Fatal(err)
	}
	l := audit.NewLog(r, head, now)
	write := func(n int) {
		for range n {
			if err := l.Append(t.Context(), audit.Record{Action: "session.end"}); err != nil {
				t.Fatal(err)
			}
		}
	}
	write(3)
	// The name is taken by a folder when the file was renamed, as after a slip of an operator's.
	if err := errors.Join(os.Rename(path, path+".000001"), os.MkdirAll(path+"/x", 0o700)); err != nil {
		t.Fatal(err)
	}
	auditfile.Renamed(r)
	write(10)
	if r.Sync() == nil {
		t.Error("it does not say that another file could not be begun")
	}
	if err := os.RemoveAll(path); err != nil {
		t.Fatal(err)
	}
	write(10)
	if err := r.Sync(); err != nil {
		t.Error(err)
	}
	if wantRecords(t, path, 23); len(fullFiles(t, path)) < 3 {
		t.Errorf("%v", fullFiles(t, path))
	}
}

// Old files go when so many are to be kept, a record says so, and nothing else
// explains what is missing.
func TestRetire(t *testing.T) {
	path := rotated(t, 20)
	r, head, _, err := auditfile.OpenRotation(path, most, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	l := audit.NewLog(r, head, now)
	for _, keep := range []int{100, 2, 2} {
		if err := r.Retire(t.Context(), l, keep); err != nil {
			t.Fatal(err)
		}
	}
	if head, err := verified(t, path); err != nil || head.Count < 21 {
		t.Errorf("%d records, %v", head.Count, err)
	}
	if files := fullFiles(t, path); len(files) > 3 {
		t.Errorf("%v", files)
	}
	if err := os.Remove(fullFiles(t, path)[0]); err != nil {
		t.Fatal(err)
	}
	_, err = verified(t, path)
	if broken, _ := errors.AsType[*audit.BreakError](err); broken == nil || broken.Problem != audit.Removed {
		t.Errorf("a file more is gone: %v", err)
	}
}

// A process that ends between the removals of two files leaves a sound log.
func TestRetireThatIsCutShort(t *testing.T) {
	path := rotated(t, 20)
	r, head, _, err := auditfile.OpenRotation(path, most, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	second := fullFiles(t, path)[1]
	if err := errors.Join(os.Remove(second), os.MkdirAll(second+"/x", 0o700)); err != nil { // cannot be read, nor removed
		t.Fatal(err)
	}
	if err := r.Retire(t.Context(), audit.NewLog(r, head, now), 1); err == nil {
		t.Fatal("the second file could be removed")
	}
	last, err := os.ReadFile(path)
	if err != nil || strings.Count(string(last), "audit.retired") != 1 {
		t.Errorf("%v: a record for each file that is gone, and for no other:\n%s", err, last)
	}
}

// What is missing is explained by a record of the same number and the same hash.
func TestWhatExplainsAMissingBeginning(t *testing.T) {
	from := audit.Head{Count: 3, Hash: [32]byte{1}}
	for _, row := range []struct {
		record audit.Record
		sound  bool
	}{
		{audit.Record{Action: "audit.retired", Object: "records/1-3", Reason: fmt.Sprintf("%x", from.Hash)}, true},
		{audit.Record{Action: "audit.retired", Object: "records/1-2", Reason: fmt.Sprintf("%x", from.Hash)}, false},
		{audit.Record{Action: "audit.retired", Object: "records/1-3", Reason: fmt.Sprintf("%x", [32]byte{2})}, false},
		{audit.Record{Action: "x", Object: "records/1-3", Reason: fmt.Sprintf("%x", from.Hash), Class: "audit.retired"}, false},
	} {
		path := filepath.Join(t.TempDir(), "log")
		file, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		if err := audit.NewLog(file, from, now).Append(t.Context(), row.record); err != nil {
			t.Fatal(err)
		}
		if head, err := verified(t, path); (err == nil) != row.sound || row.sound && head.Count != 4 {
			t.Errorf("%+v: %d, %v", row.record, head.Count, err)
		}
	}
}

// Nothing is removed before the record of it is written.
func TestRetireWithoutARecordRemovesNothing(t *testing.T) {
	path := rotated(t, 20)
	r, _, _, err := auditfile.OpenRotation(path, most, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	before := fullFiles(t, path)
	if err := r.Retire(t.Context(), audit.NewLog(&refusing{}, audit.Head{}, now), 1); err == nil || len(fullFiles(t, path)) != len(before) {
		t.Errorf("%v, %d files of %d", err, len(fullFiles(t, path)), len(before))
	}
}

// refusing takes nothing.
type refusing struct{}

func (*refusing) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

// Who reads while files become full sees one chain.
func TestVerifyWhileItIsWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	r, head, _, err := auditfile.OpenRotation(path, most, nil)
	if err != nil {
		t.Fatal(err)
	}
	l := audit.NewLog(r, head, now)
	done := make(chan error)
	go func() {
		var all error
		for range 2000 {
			all = errors.Join(all, l.Append(context.Background(), audit.Record{Action: "x"}))
		}
		done <- all
	}()
	for {
		files, err := auditfile.Open(path)
		if err == nil {
			if _, err = files.Verify(nil); errors.Is(err, audit.ErrTorn) {
				err = nil
			}
			files.Close()
		}
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		select {
		case err := <-done:
			if err != nil {
				t.Error(err)
			}
			wantRecords(t, path, 2000)
			return
		default:
		}
	}
}
