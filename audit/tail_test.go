package audit_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/edgeward/edgeward/audit"
)

// A disk takes a line in part while it is full, and may not even give that back.
type disk struct {
	text         string
	full, seized bool
}

func (d *disk) Write(p []byte) (int, error) {
	if !d.full {
		d.text += string(p)
		return len(p), nil
	}
	d.text += string(p[:len(p)/2])
	return len(p) / 2, errors.New("no space left on device")
}

func (d *disk) Truncate(size int64) error {
	if d.seized {
		return errors.New("input/output error")
	}
	d.text = d.text[:size]
	return nil
}

func TestWhatAFullDiskTookIsCutOff(t *testing.T) {
	for rule, seized := range map[string]bool{"at once": false, "before the next line": true} {
		t.Run(rule, func(t *testing.T) {
			first := strings.Join(five(t), "")
			head, size, err := audit.Verify(strings.NewReader(first))
			if err != nil {
				t.Fatal(err)
			}
			d := &disk{text: first}
			l := audit.NewLog(audit.NewTail(d, size), head, now)
			for _, d.full = range []bool{false, true, true, false} {
				d.seized = seized && d.full
				if err := l.Append(t.Context(), audit.Record{Action: "x"}); (err != nil) != d.full {
					t.Errorf("full %t: %v", d.full, err)
				}
			}
			if head, _, err := audit.Verify(strings.NewReader(d.text)); err != nil || head.Count != 8 || head != l.Head() {
				t.Errorf("%d records, %v", head.Count, err)
			}
			if !strings.Contains(d.text, `"object":"records/2"`) {
				t.Errorf("two records are missing, and nothing says so: %s", d.text)
			}
		})
	}
}
