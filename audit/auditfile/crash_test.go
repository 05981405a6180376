package auditfile_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/edgeward/edgeward/audit"
	"github.com/edgeward/edgeward/audit/auditfile"
)

// crashing is where a child of the test writes without end.
const crashing = "EDGEWARD_TEST_AUDIT_CRASH"

func TestMain(m *testing.M) {
	if path := os.Getenv(crashing); path != "" {
		fmt.Fprintln(os.Stderr, writeWithoutEnd(path))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// writeWithoutEnd says the number of each record that was acknowledged.
func writeWithoutEnd(path string) error {
	r, head, _, err := auditfile.OpenRotation(path, most, nil)
	if err != nil {
		return err
	}
	l := audit.NewLog(r, head, now)
	for err == nil {
		err = l.Append(context.Background(), audit.Record{Action: "session.end"})
		if err == nil {
			_, err = fmt.Println(l.Head().Count)
		}
		if err == nil && l.Head().Count%50 == 0 {
			err = r.Retire(context.Background(), l, 20)
		}
	}
	return err
}

// A process that is killed at any moment, also while one file follows the other
// and old ones are removed, loses no record that was acknowledged, and the next one
// goes on.
func TestAKilledProcessLosesNoRecord(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	for round := range 15 {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), crashing+"="+path)
		cmd.Stderr = os.Stderr
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines, acknowledged := bufio.NewScanner(out), uint64(0)
		for n := 0; lines.Scan(); n++ {
			if acknowledged, err = strconv.ParseUint(lines.Text(), 10, 64); err != nil {
				t.Fatal(err)
			}
			if n == 20+round*7 {
				_ = cmd.Process.Kill() // what it has said until then is read on
			}
		}
		_ = cmd.Wait()
		if acknowledged == 0 {
			t.Fatal("the child wrote nothing")
		}
		head, err := verified(t, path)
		if err != nil && !errors.Is(err, audit.ErrTorn) || head.Count < acknowledged {
			t.Fatalf("round %d: %d records, %d were acknowledged: %v", round, head.Count, acknowledged, err)
		}
	}
}
