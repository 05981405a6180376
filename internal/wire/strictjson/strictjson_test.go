package strictjson_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/edgeward/edgeward/internal/wire/strictjson"
)

func TestRefuses(t *testing.T) {
	for rule, text := range map[string]string{
		"empty":                            ``,
		"only white space":                 " \n",
		"an array":                         `[]`,
		"a string":                         `"a"`,
		"no end":                           `{`,
		"no end after a name":              `{"a"`,
		"no end after a colon":             `{"a":`,
		"no end after a value":             `{"a":1`,
		"no end after a comma":             `{"a":1,`,
		"a comma before the first member":  `{,"a":1}`,
		"a comma after the last member":    `{"a":1,}`,
		"a comma after the last element":   `{"a":[1,]}`,
		"no comma":                         `{"a":1 "b":2}`,
		"no comma between elements":        `{"a":[1 2]}`,
		"no colon":                         `{"a" 1}`,
		"a name without quotes":            `{a:1}`,
		"a name in single quotes":          `{'a':1}`,
		"the wrong bracket":                `{"a":[1}`,
		"a comment":                        `{"a":1/**/}`,
		"trailing data":                    `{}x`,
		"a second object":                  `{}{}`,
		"trailing NUL":                     "{}\x00",
		"byte order mark":                  "\ufeff{}",
		"vertical tab as white space":      "{\v}",
		"no-break space as white space":    "{\u00a0}",
		"duplicate name":                   `{"alg":1,"alg":2}`,
		"duplicate name, one escaped":      `{"alg":1,"\u0061lg":2}`,
		"duplicate name, one hex in caps":  `{"j":1,"\u006A":2}`,
		"duplicate name, pair and UTF-8":   `{"😀":1,"\ud83d\ude00":2}`,
		"duplicate name in an object":      `{"a":{"b":1,"b":2}}`,
		"duplicate name in an array":       `{"a":[{"b":1,"b":2}]}`,
		"duplicate empty name":             `{"":1,"":2}`,
		"duplicate name in a large object": large(17, `"m3":0`),
		"duplicate name, last two of many": large(40, `"m39":0`),
		"invalid UTF-8":                    "{\"a\":\"\xff\"}",
		"invalid UTF-8 in a name":          "{\"\xff\":1}",
		"truncated UTF-8":                  "{\"a\":\"\xe2\x84\"}",
		"overlong UTF-8":                   "{\"a\":\"\xc0\xaf\"}",
		"surrogate in UTF-8":               "{\"a\":\"\xed\xa0\x80\"}",
		"lone high surrogate":              `{"a":"\ud83d"}`,
		"lone high surrogate before text":  `{"a":"\ud83dxxxxxx"}`,
		"lone low surrogate":               `{"a":"\ude00"}`,
		"surrogates in the wrong order":    `{"a":"\ude00\ud83d"}`,
		"two high surrogates":              `{"a":"\ud83d\ud83d"}`,
		"control character":                "{\"a\":\"\x1f\"}",
		"line feed in a string":            "{\"a\":\"\n\"}",
		"NUL in a string":                  "{\"a\":\"\x00\"}",
		"unknown escape":                   `{"a":"\x41"}`,
		"unknown escape before hex":        `{"a":"\x0041"}`,
		"half a surrogate pair and u":      `{"a":"\ud83dxude00"}`,
		"half a surrogate pair and x":      `{"a":"\ud83d\xde00"}`,
		"escape cut off":                   `{"a":"\`,
		"hex escape cut off":               `{"a":"\u00`,
		"hex escape with a sign":           `{"a":"\u+041"}`,
		"hex escape with an underscore":    `{"a":"\u0_41"}`,
		"hex escape of no hex":             `{"a":"\u00g0"}`,
		"leading zero":                     `{"a":01}`,
		"negative leading zero":            `{"a":-01}`,
		"plus sign":                        `{"a":+1}`,
		"only a minus":                     `{"a":-}`,
		"point without a whole part":       `{"a":.5}`,
		"point without a fraction":         `{"a":1.}`,
		"exponent without digits":          `{"a":1e}`,
		"exponent with a sign only":        `{"a":1e+}`,
		"exponent with two signs":          `{"a":1e+-1}`,
		"hexadecimal":                      `{"a":0x1}`,
		"NaN":                              `{"a":NaN}`,
		"Infinity":                         `{"a":-Infinity}`,
		"number out of range":              `{"a":1e400}`,
		"long number out of range":         `{"a":` + strings.Repeat("9", 400) + `}`,
		"literal in capitals":              `{"a":True}`,
		"literal cut off":                  `{"a":tru`,
		"literal with a tail":              `{"a":nullx}`,
		"depth 33":                         deep(33),
		"depth 33, objects":                strings.Repeat(`{"a":`, 33) + "1" + strings.Repeat("}", 33),
		"depth 100,000":                    deep(100_000),
		"depth without an end":             `{"a":` + strings.Repeat("[", 100_000),
		"1,001 members":                    large(1001),
		"1,001 members in small objects":   `{"a":[` + strings.Repeat(`{"b":1},`, 999) + `{"b":1}]}`,
	} {
		t.Run(rule, func(t *testing.T) {
			members, err := strictjson.Object([]byte(text))
			var syntax *strictjson.SyntaxError
			if !errors.As(err, &syntax) {
				t.Fatalf("accepted: %v", err)
			}
			if members != nil || syntax.Offset < 0 || syntax.Offset > len(text) {
				t.Errorf("members %v, offset %d of %d", members, syntax.Offset, len(text))
			}
		})
	}
}

func TestAccepts(t *testing.T) {
	for rule, text := range map[string]string{
		"empty object":                  `{}`,
		"white space everywhere":        " {\t\"a\" :\r[ 1 , { } , [ ] ]\n} ",
		"same name in different depths": `{"a":{"a":{"a":1}},"b":[{"a":1},{"a":1}]}`,
		"case makes another name":       `{"alg":1,"ALG":2,"Alg":3}`,
		"Kelvin sign is not k":          "{\"kid\":1,\"\u212aid\":2}",
		"long s is not s":               "{\"sub\":1,\"\u017fub\":2}",
		"unnormalised is another name":  "{\"\u00e9\":1,\"e\u0301\":2}",
		"empty name":                    `{"":1}`,
		"escapes":                       `{"a":"\"\\\/\b\f\n\r\t\u0000\u20AC\ud83d\ude00"}`,
		"delete and U+FEFF in a string": "{\"a\":\"\x7f\ufeff\"}",
		"noncharacter":                  "{\"a\":\"\uffff\"}",
		"noncharacter escaped":          `{"a":"\ufdd0"}`,
		"noncharacter of another plane": `{"a":"\ud83f\udffe"}`,
		"U+FFFD spelled out":            "{\"a\":\"\ufffd\\ufffd\"}",
		"numbers":                       `{"a":[0,-0,0.0,-1.5e-3,1E+2,9007199254740993,1e308]}`,
		"depth 32":                      deep(32),
		"many side by side":             `{"a":[` + strings.Repeat(`[],{},`, 100) + `[]]}`,
		"1,000 members":                 large(1000),
	} {
		t.Run(rule, func(t *testing.T) {
			if _, err := strictjson.Object([]byte(text)); err != nil {
				t.Error(err)
			}
		})
	}
}

// A document of ours is bounded by who reads it, and so are its parts.
func TestObjectUpTo(t *testing.T) {
	text := []byte(`{"o":` + large(2000) + `,"a":[` + large(2000) + `]}`)
	if _, err := strictjson.ObjectUpTo(text, 4001); err == nil {
		t.Error("4,002 members are accepted as 4,001")
	}
	m, err := strictjson.ObjectUpTo(text, 4002)
	if err != nil {
		t.Fatal(err)
	}
	inner, _ := m[0].Value.Object()
	elements, _ := m[1].Value.Array()
	if len(inner) != 2000 || len(elements) != 1 {
		t.Errorf("%d members, %d elements", len(inner), len(elements))
	}
}

// deep returns an object that nests arrays to depth n.
func deep(n int) string {
	return `{"a":` + strings.Repeat("[", n-1) + strings.Repeat("]", n-1) + `}`
}

// large returns an object of n members m0, m1, …, and more.
func large(n int, more ...string) string {
	var members []string
	for i := range n {
		members = append(members, fmt.Sprintf(`"m%d":%d`, i, i))
	}
	return "{" + strings.Join(append(members, more...), ",") + "}"
}

// Strings are scanned eight bytes at a time: every byte at every offset from a
// word's edge has to be seen.
func TestEveryByteInAString(t *testing.T) {
	for before := range 18 {
		for c := range 256 {
			content := strings.Repeat("a", before) + string([]byte{byte(c)}) + strings.Repeat("b", 18-before)
			_, err := strictjson.Object([]byte(`{"` + content + `":"` + content + `"}`))
			if plain := ' ' <= c && c < 0x80 && c != '"' && c != '\\'; plain != (err == nil) {
				// A backslash before b is an escape.
				if c != '\\' || before == 18 {
					t.Fatalf("byte %#x after %d others: %v", c, before, err)
				}
			}
		}
	}
}
