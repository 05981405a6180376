package audit_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/audit"
)

func now() time.Time { return time.Unix(1_800_000_000, 0) }

func chain(t *testing.T, records ...audit.Record) []string {
	t.Helper()
	var b bytes.Buffer
	l := audit.NewLog(&b, audit.Head{}, now)
	for _, r := range records {
		if err := l.Append(context.Background(), r); err != nil {
			t.Fatal(err)
		}
	}
	return slices.Collect(strings.Lines(b.String()))
}

func five(t *testing.T) []string {
	r := func(object string) audit.Record {
		return audit.Record{Actor: "cli", Action: "session.end", Object: object, Reason: "logout", RequestID: "r"}
	}
	return chain(t, r("session/a"), r("session/b"), r("session/c"), r("session/d"), r("session/e"))
}

func TestALineSaysWhoDidWhatToWhich(t *testing.T) {
	want := `{"n":1,"time":"2027-01-15T08:00:00.000Z","actor":"cli","action":"session.end","object":"session/a","reason":"logout","request_id":"r","prev":"` +
		strings.Repeat("0", 64) + `","hash":"`
	if line := five(t)[0]; !strings.HasPrefix(line, want) {
		t.Errorf("%s", line)
	}
}

// Who hides one power behind many others.
func TestALineSaysAllThatAKeyMay(t *testing.T) {
	many := strings.Repeat("orders:read ", 1000)
	line := chain(t, audit.Record{Action: "api_key.create", Object: "api_key/a", Subject: "bob", Scopes: many + "admin"})[0]
	if !strings.Contains(line, `"object":"api_key/a","subject":"bob","scopes":"orders:read `) || !strings.Contains(line, ` admin","prev"`) {
		t.Errorf("%s", line)
	}
}

func TestVerify(t *testing.T) {
	foreign := chain(t, audit.Record{Action: "x"}, audit.Record{Action: "y"}, audit.Record{Action: "z"})
	for rule, row := range map[string]struct {
		change func([]string) []string
		line   uint64 // that is broken; 0 for none
		count  uint64 // of sound records
		broken audit.Problem
	}{
		"sound":                                 {func(l []string) []string { return l }, 0, 5, ""},
		"empty":                                 {func([]string) []string { return nil }, 0, 0, ""},
		"an edited field":                       {func(l []string) []string { l[2] = strings.Replace(l[2], "session/c", "session/x", 1); return l }, 3, 2, audit.Edited},
		"an edited hash":                        {func(l []string) []string { l[2] = strings.Replace(l[2], `"hash":"`, `"hash":"0`, 1); return l }, 3, 2, audit.Edited},
		"an upper-case hash":                    {func(l []string) []string { l[4] = upperHash(l[4]); return l }, 5, 4, audit.Edited},
		"a removed line":                        {func(l []string) []string { return slices.Delete(l, 1, 2) }, 2, 1, audit.Removed},
		"a removed beginning":                   {func(l []string) []string { return l[1:] }, 1, 0, audit.Removed},
		"two lines swapped":                     {func(l []string) []string { l[1], l[2] = l[2], l[1]; return l }, 2, 1, audit.Removed},
		"a line twice":                          {func(l []string) []string { return slices.Insert(l, 1, l[1]) }, 3, 2, audit.Misplaced},
		"a line of another chain":               {func(l []string) []string { return slices.Insert(l, 1, foreign[1]) }, 2, 1, audit.Foreign},
		"an empty line":                         {func(l []string) []string { return slices.Insert(l, 1, "\n") }, 2, 1, audit.Malformed},
		"no record":                             {func(l []string) []string { return slices.Insert(l, 1, "hello\n") }, 2, 1, audit.Malformed},
		"a line without end":                    {func(l []string) []string { return append(l, strings.Repeat("x", 1<<20)) }, 6, 5, audit.Malformed},
		"text behind the hash":                  {func(l []string) []string { l[3] = strings.TrimSuffix(l[3], "\n") + " \n"; return l }, 4, 3, audit.Edited},
		"a member behind the hash":              {func(l []string) []string { l[3] = strings.Replace(l[3], "\"}\n", "\",\"x\":1}\n", 1); return l }, 4, 3, audit.Edited},
		"an inserted record":                    {forged, 3, 2, audit.Misplaced},
		"an object without a hash":              {func(l []string) []string { return slices.Insert(l, 1, "{}\n") }, 2, 1, audit.Malformed},
		"no object, with its hash":              {func(l []string) []string { return slices.Insert(l, 1, hashed(`{"n":2,,"hash":"`)) }, 2, 1, audit.Malformed},
		"a record with no number":               {unnumbered, 1, 0, audit.Malformed},
		"an edited record that was hashed anew": {rehashed, 3, 2, audit.Foreign},
		"the beginning of another chain":        {func(l []string) []string { return append(foreign[:2:2], l[2:]...) }, 3, 2, audit.Foreign},
		"a carriage return":                     {func(l []string) []string { l[0] = strings.TrimSuffix(l[0], "\n") + "\r\n"; return l }, 1, 0, audit.Edited},
	} {
		t.Run(rule, func(t *testing.T) {
			head, _, err := audit.Verify(strings.NewReader(strings.Join(row.change(five(t)), "")))
			broken, _ := errors.AsType[*audit.BreakError](err)
			if head.Count != row.count || (err != nil) != (row.line > 0) || row.line > 0 && (broken == nil || broken.Line != row.line || broken.Problem != row.broken) {
				t.Errorf("%d sound records, %v; want %d and line %d: %s", head.Count, err, row.count, row.line, row.broken)
			}
		})
	}
}

// hashed returns a line with the hash of its text, as somebody makes it who
// knows how.
func hashed(line string) string {
	text := line[:strings.LastIndex(line, `,"hash":"`)]
	return fmt.Sprintf("%s,\"hash\":\"%x\"}\n", text, sha256.Sum256([]byte(text)))
}

func forged(l []string) []string {
	fake := hashed(strings.Replace(l[1], "session/b", "session/x", 1))
	return slices.Insert(l, 1, fake)
}

func rehashed(l []string) []string {
	l[1] = hashed(strings.Replace(l[1], "session/b", "session/x", 1))
	return l
}

func unnumbered(l []string) []string {
	l[0] = hashed(strings.Replace(l[0], `"n":1`, `"n":1.5`, 1))
	return l
}

func upperHash(line string) string {
	at := strings.LastIndex(line, `"hash":"`)
	return line[:at+8] + strings.ToUpper(line[at+8:])
}

func TestATornLineIsNoBreak(t *testing.T) {
	lines := five(t)
	text := strings.Join(lines, "")
	head, size, err := audit.Verify(strings.NewReader(text[:len(text)-10]))
	if !errors.Is(err, audit.ErrTorn) || head.Count != 4 || size != int64(len(text)-len(lines[4])) {
		t.Errorf("%d records, %d bytes, %v", head.Count, size, err)
	}
}

func TestALogGoesOnWhereItEnded(t *testing.T) {
	text := strings.Join(five(t), "")
	head, _, err := audit.Verify(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	var more bytes.Buffer
	l := audit.NewLog(&more, head, now)
	if err := l.Append(context.Background(), audit.Record{Action: "x"}); err != nil {
		t.Fatal(err)
	}
	if head, _, err = audit.Verify(strings.NewReader(text + more.String())); err != nil || head != l.Head() || head.Count != 6 {
		t.Errorf("%d records, %v", head.Count, err)
	}
}

// What a client can name must neither break a line, nor grow it, nor drive the
// terminal on which it is read.
func TestFieldsAreBoundedAndEscaped(t *testing.T) {
	hostile := "a\n{\"n\":7}\r\x1b[2J\x00\xff\u202e" + strings.Repeat("é", 10_000)
	lines := chain(t, audit.Record{Actor: hostile, Action: hostile, Object: hostile, Reason: hostile, Class: hostile, RequestID: hostile})
	if len(lines) != 1 || len(lines[0]) > 8192 || strings.ContainsAny(lines[0][:len(lines[0])-1], "\x1b\r\x00\n") {
		t.Errorf("%d lines, %d bytes", len(lines), len(lines[0]))
	}
	if _, _, err := audit.Verify(strings.NewReader(lines[0])); err != nil {
		t.Error(err)
	}
	worst := chain(t, audit.Record{Subject: strings.Repeat("\x01", 600), Scopes: strings.Repeat("\x01", 20_000), Actor: strings.Repeat("\x01", 600), Action: strings.Repeat("\x01", 600), Object: strings.Repeat("\x01", 600),
		Reason: strings.Repeat("\x01", 600), Class: strings.Repeat("\x01", 600), RequestID: strings.Repeat("\x01", 600)})
	if _, _, err := audit.Verify(strings.NewReader(worst[0])); err != nil {
		t.Errorf("the longest record: %v", err)
	}
}

// What does not print as one character is not in the line, and a character that
// JSON does not have does not break the chain.
func TestWhatIsPrintedIsWhatWasWritten(t *testing.T) {
	for given, want := range map[string]string{
		"a\u009b2Jb":                        `a\u009b2Jb`, // CSI in one character
		"a\u202eb":                          `a\u202eb`,   // right to left
		"a\u2028b":                          `a\u2028b`,   // a line of its own
		"a\u200bb\ufeff":                    `a\u200bb\ufeff`,
		"a\x7f\x1bb":                        `a\u007f\u001bb`,
		"a\uffffb\ufdd0":                    "a\ufffdb\ufffd",
		"a\U000e0041b":                      "a\ufffdb", // a tag, which is invisible
		"a\xffb":                            "a\ufffdb",
		`a"\b`:                              `a\"\\b`,
		"Zo\u00eb \u540d \U0001f511":        "Zo\u00eb \u540d \U0001f511",
		strings.Repeat("\u00e9", 300):       strings.Repeat("\u00e9", 256),
		"x" + strings.Repeat("\u00e9", 300): "x" + strings.Repeat("\u00e9", 255),
	} {
		lines := chain(t, audit.Record{Object: given})
		if !strings.Contains(lines[0], `"object":"`+want+`","prev"`) {
			t.Errorf("%q is written as %s", given, lines[0])
		}
		if head, _, err := audit.Verify(strings.NewReader(lines[0])); err != nil || head.Count != 1 {
			t.Errorf("%q: %v", given, err)
		}
	}
}

func TestNoSecretGetsIn(t *testing.T) {
	long := strings.Repeat("aB3_-", 9)
	for given, want := range map[string]string{
		edgeward.NewSecret("hunter2").String():       "[secret]",
		"ewr_" + long:                                "[secret]",
		"ewh_" + long:                                "[secret]",
		"ewt_" + long:                                "[secret]",
		"cookie ews_" + long + ";":                   "cookie [secret];",
		"ew_live_" + long + " and ew_test_" + long:   "[secret] and [secret]",
		"Bearer eyJhbGciOi." + long + ".x":           "Bearer [secret]",
		"%20ews_" + long:                             "%20[secret]",
		"session/ews_AAAAAAAAAAAAAAAAAA":             "session/ews_AAAAAAAAAAAAAAAAAA", // a public id that looks like it
		"session/AAAeyJAAAAAAAAAAAAAAAA/ewr_" + long: "session/AAAeyJAAAAAAAAAAAAAAAA/[secret]",
		strings.Repeat("x", 600) + "ews_" + long:     strings.Repeat("x", 512),
		strings.Repeat("x", 490) + "ews_" + long:     strings.Repeat("x", 490) + "[secret]",
	} {
		r := audit.Record{Actor: given, Action: given, Object: given, Reason: given, Class: given, RequestID: given}
		line := chain(t, r)[0]
		for _, name := range []string{"actor", "action", "object", "reason", "class", "request_id"} {
			if !strings.Contains(line, `"`+name+`":"`+want+`"`) {
				t.Errorf("%q is written as %s", given, line)
			}
		}
	}
}

type full struct {
	bytes.Buffer
	full bool
}

func (f *full) Write(p []byte) (int, error) {
	if f.full {
		return 0, errors.New("no space left on device")
	}
	return f.Buffer.Write(p)
}

func TestALogGoesOnWhenADiskHasRoomAgain(t *testing.T) {
	var w full
	l := audit.NewLog(&w, audit.Head{}, now)
	for i := range 4 {
		w.full = i%2 == 1
		if err := l.Append(t.Context(), audit.Record{Action: "x"}); (err != nil) != w.full {
			t.Error(err)
		}
	}
	if now, ever := l.Lost(); now != 1 || ever != 2 {
		t.Errorf("%d of %d lost records are not confessed", now, ever)
	}
	if w.full = false; !strings.Contains(w.String(), `"action":"audit.lost","object":"records/1"`) || l.Confess() != nil || l.Confess() != nil {
		t.Errorf("%s", w.String())
	}
	if head, _, err := audit.Verify(&w.Buffer); err != nil || head.Count != 4 || head != l.Head() {
		t.Errorf("%d records, %v", head.Count, err)
	}
	if now, _ := l.Lost(); now != 0 {
		t.Errorf("%d lost records are not confessed", now)
	}
}

type half struct{ bytes.Buffer }

func (h *half) Write(p []byte) (int, error) { return h.Buffer.Write(p[:len(p)/2]) }

func TestNothingFollowsHalfALine(t *testing.T) {
	var w half
	l := audit.NewLog(&w, audit.Head{}, now)
	for range 2 {
		if err := l.Append(context.Background(), audit.Record{Action: "x"}); err == nil {
			t.Error("half a line was a whole one")
		}
	}
	if strings.Count(w.String(), `{"n":`) != 1 {
		t.Errorf("%q", w.String())
	}
}

// unsynced takes a line and cannot say that it will keep it.
type unsynced struct{ bytes.Buffer }

func (u *unsynced) Write(p []byte) (int, error) {
	n, _ := u.Buffer.Write(p)
	return n, errors.New("input/output error")
}

func TestALineThatMayBeLostIsNotAcknowledged(t *testing.T) {
	var w unsynced
	l := audit.NewLog(&w, audit.Head{}, now)
	for range 2 {
		if err := l.Append(t.Context(), audit.Record{Action: "x"}); err == nil {
			t.Error("acknowledged")
		}
	}
	if head, _, err := audit.Verify(&w.Buffer); err != nil || head.Count != 1 || l.Head().Count != 0 {
		t.Errorf("%d records written, %d acknowledged, %v", head.Count, l.Head().Count, err)
	}
}

func TestManyWritersMakeOneChain(t *testing.T) {
	var b bytes.Buffer
	l := audit.NewLog(&b, audit.Head{}, nil)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 200 {
				_ = l.Append(context.Background(), audit.Record{Action: "x"})
			}
		})
	}
	all.Wait()
	if head, _, err := audit.Verify(&b); err != nil || head.Count != 1600 {
		t.Errorf("%d records, %v", head.Count, err)
	}
}

func FuzzVerify(f *testing.F) {
	var b bytes.Buffer
	l := audit.NewLog(&b, audit.Head{}, now)
	_ = l.Append(context.Background(), audit.Record{Action: "x"})
	_ = l.Append(context.Background(), audit.Record{Action: "y"})
	f.Add(b.Bytes())
	f.Fuzz(func(t *testing.T, data []byte) {
		_, size, err := audit.Verify(bytes.NewReader(data))
		if size > int64(len(data)) || err == nil && size != int64(len(data)) {
			t.Errorf("%d of %d bytes, %v", size, len(data), err)
		}
	})
}
