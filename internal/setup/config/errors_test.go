package config_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/edgeward/edgeward/internal/setup/source"
)

func mistakes(t *testing.T, edgeward string) *source.Errors {
	t.Helper()
	_, err := source.Parse("edgeward.yaml", []byte(edgeward))
	faults, ok := errors.AsType[*source.Errors](err)
	if !ok {
		t.Fatalf("err = %v, want *source.Errors", err)
	}
	return faults
}

func TestTheCaretStandsBelowTheMistake(t *testing.T) {
	for name, edgeward := range map[string]string{
		"after characters of several bytes": "routes: {\"zażółć gęślą jaźń\": {}, WRONG: x}\n",
		"far to the right":                  "routes: {\"" + strings.Repeat("ü", 500) + "\": {}, WRONG: x, " + strings.Repeat("a", 500) + ": {}}\n",
		"in a file with CRLF":               "proxy: {}\r\nWRONG: x\r\n",
		"in quotes":                         "\"WRONG\": x\n",
	} {
		t.Run(name, func(t *testing.T) {
			text := mistakes(t, edgeward).Format(false)
			lines := strings.Split(text, "\n")
			for i, line := range lines {
				caret := strings.IndexByte(line, '^')
				if caret < 0 || !strings.Contains(lines[i-1], "WRONG") {
					continue
				}
				above := []rune(lines[i-1])
				if below := string(above[len([]rune(line[:caret])):]); strings.HasPrefix(strings.TrimPrefix(strings.TrimPrefix(below, `"`), "'"), "WRONG") || strings.HasPrefix(below, "x") {
					return
				}
			}
			t.Errorf("no caret below it:\n%s", text)
		})
	}
}

func TestAMessageHasAtMostFiftyMistakes(t *testing.T) {
	var b strings.Builder
	for i := range 80 {
		b.WriteString("wrong_" + strings.Repeat("x", i+1) + ": 1\n")
	}
	faults := mistakes(t, b.String())
	if text := faults.Format(false); faults.Len() < 80 || strings.Count(text, "error:") != 50 || !strings.Contains(text, "more\n") {
		t.Errorf("%d mistakes:\n%s", faults.Len(), text)
	}
}

func TestColorIsOnlyThereWhenAskedFor(t *testing.T) {
	faults := mistakes(t, "wrong: 1\n")
	plain, colored := faults.Format(false), faults.Format(true)
	if strings.Contains(plain, "\x1b") || !strings.Contains(colored, "\x1b[31m") {
		t.Errorf("plain %q\ncolored %q", plain, colored)
	}
	for _, code := range []string{"\x1b[1m", "\x1b[2m", "\x1b[31m", "\x1b[0m"} {
		colored = strings.ReplaceAll(colored, code, "")
	}
	if colored != plain {
		t.Errorf("they differ in more than colour:\n%q\n%q", plain, colored)
	}
}

func TestAFileOverOneMebibyteIsRefused(t *testing.T) {
	text := mistakes(t, "# "+strings.Repeat("x", 1<<20)+"\n").Format(false)
	if !strings.Contains(text, "larger than 1 MiB") {
		t.Error(text)
	}
}

// The parser's work grows with the square of the names.
func TestAFileWithTooManyNamesIsRefused(t *testing.T) {
	var b strings.Builder
	for i := range 20_001 {
		fmt.Fprintf(&b, "n%d: 1\n", i)
	}
	faults := mistakes(t, b.String())
	if text := faults.Format(false); faults.Len() != 1 || !strings.Contains(text, "more than 20000 names") {
		t.Errorf("%d mistakes:\n%.500s", faults.Len(), text)
	}
}

// Escapes in a value would drive the terminal on which the message is read.
func TestAMessageCannotDriveATerminal(t *testing.T) {
	text := mistakes(t, "\"wrong\\e[2J\\u009b31m\": 1\nroutes: {a: {authenticate: [\"\\e]0;x\\a\"]}}\n").Format(false)
	if strings.ContainsAny(text, "\x1b\a\u009b") {
		t.Errorf("%q", text)
	}
}

// A file that does not parse is shown too, and so is a key that no table knows.
func TestASecretIsNeverShown(t *testing.T) {
	for name, issuer := range map[string]string{
		"plain":                          "secret: hunter2",
		"without a space":                "secret:hunter2",
		"with an equals sign":            "secret=hunter2",
		"without a colon":                "secret hunter2",
		"a list right below":             "secret:\n    - hunter2",
		"text right below":               "secret:\n    hunter2",
		"an escaped name":                "\"secr\\x65t\": hunter2",
		"quoted":                         `"secret": "hunter2"`,
		"with a tab":                     "secret:\thunter2",
		"with an anchor":                 "secret: &s hunter2",
		"with a tag":                     "secret: !!str hunter2",
		"in a block":                     "secret: |\n      hunter2\n\n      hunter2: [\n    leeway: 1h",
		"on the next line":               "secret:\n      hunter2: hunter2: hunter2",
		"as a mapping":                   "secret: {hunter2: hunter2}",
		"as a list":                      "secret: [hunter2, hunter2]",
		"as an alias":                    "secret: *hunter2",
		"not closed":                     `secret: "hunter2`,
		"misspelled":                     "secrte: hunter2",
		"called otherwise":               "signing-key: hunter2",
		"in upper case":                  "SECRET: hunter2",
		"after env:":                     "secret: 'env: hunter2'",
		"after another scheme":           "secret: vault:hunter2",
		"twice":                          "secret: env:EDGEWARD_TEST_NOWHERE\n    secret: hunter2",
		"in a URL":                       "jwks_uri: 'https://hunter2:hunter2@id.example:x/'",
		"in a URL of an unknown key":     "jwks: 'https://hunter2:hunter2@id.example/'",
		"as a JWK":                       `keys: '{"kty":"oct","k":"hunter2"}'`,
		"in flow, before a syntax error": "x: {secret: hunter2, y: [}",
	} {
		t.Run(name, func(t *testing.T) {
			faults := mistakes(t, "issuers:\n  - issuer: https://id.example/\n    "+issuer+"\n")
			if text := faults.Format(false) + faults.Error(); strings.Contains(text, "hunter") {
				t.Error(text)
			}
		})
	}
}

func TestASecretIsNeverShownInFlow(t *testing.T) {
	for name, file := range map[string]string{
		"as JSON":              `issuers: [{"issuer":"https://a/","audiences":["x"],"secret":"hunter2"}]`,
		"without a space":      `issuers: [{issuer: https://a/, audiences: [x], secret:hunter2}]`,
		"behind its reference": `issuers: [{issuer: https://a/, audiences: [x], secret: env:EDGEWARD_TEST_NOWHERE, hunter2}]`,
		"with a slash":         `issuers: [{issuer: https://a/, audiences: [x], jwks_uri: "https://u:hun/ter2@h/hunter"}]`,
	} {
		t.Run(name, func(t *testing.T) {
			faults := mistakes(t, file+"\n")
			if text := faults.Format(false) + faults.Error(); strings.Contains(strings.ReplaceAll(text, "h/hunter", ""), "hun") {
				t.Error(text)
			}
		})
	}
}
