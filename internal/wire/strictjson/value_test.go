package strictjson_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/edgeward/edgeward/internal/wire/strictjson"
)

const document = ` {"s":"a\u0062c","n":-1.5e1,"t":true,"f":false,"z":null,"o":{"x":[1,{"y":"q"}]},"a":["x","\n"],"m":["x",1],"e":[]} `

func members(t *testing.T, text string) strictjson.Members {
	t.Helper()
	m, err := strictjson.Object([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestMembersKeepTheirOrder(t *testing.T) {
	var names strings.Builder
	for _, m := range members(t, document) {
		names.WriteString(m.Name)
	}
	if names.String() != "sntfzoame" {
		t.Error(names.String())
	}
}

func TestLookupIsExact(t *testing.T) {
	m := members(t, document)
	for _, name := range []string{"S", "", "s ", "x", "\u017f"} {
		if v, found := m.Lookup(name); found || v.Kind() != strictjson.KindNone {
			t.Errorf("%q found", name)
		}
	}
}

func TestKinds(t *testing.T) {
	m := members(t, document)
	for name, want := range map[string]strictjson.Kind{
		"s": strictjson.KindString, "n": strictjson.KindNumber, "t": strictjson.KindBool, "f": strictjson.KindBool,
		"z": strictjson.KindNull, "o": strictjson.KindObject, "a": strictjson.KindArray,
	} {
		if v, _ := m.Lookup(name); v.Kind() != want {
			t.Errorf("%s: kind %d, want %d", name, v.Kind(), want)
		}
	}
}

// A value answers only to its own type: there is no conversion to be surprised by.
func TestValuesAreOfOneType(t *testing.T) {
	for _, m := range append(members(t, document), strictjson.Member{Name: "zero"}) {
		_, isString := m.Value.String()
		_, isNumber := m.Value.Float()
		_, isBool := m.Value.Bool()
		_, isObject := m.Value.Object()
		_, isArray := m.Value.Array()
		_, isStrings := m.Value.Strings()
		got := []bool{isString, isNumber, isBool, isObject, isArray, isStrings}
		want := []bool{m.Name == "s", m.Name == "n", strings.Contains("tf", m.Name), m.Name == "o",
			strings.Contains("ame", m.Name), strings.Contains("ae", m.Name)}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", m.Name, got, want)
		}
	}
}

func TestContents(t *testing.T) {
	m := members(t, document)
	value := func(name string) strictjson.Value { v, _ := m.Lookup(name); return v }
	if s, _ := value("s").String(); s != "abc" {
		t.Errorf("string %q", s)
	}
	if n, _ := value("n").Float(); n != -15 {
		t.Errorf("number %v", n)
	}
	if b, _ := value("t").Bool(); !b {
		t.Error("true is false")
	}
	if b, _ := value("f").Bool(); b {
		t.Error("false is true")
	}
	if a, _ := value("a").Strings(); !slices.Equal(a, []string{"x", "\n"}) {
		t.Errorf("strings %q", a)
	}
	if raw := value("o").Raw(); raw != `{"x":[1,{"y":"q"}]}` {
		t.Errorf("raw %s", raw)
	}
	object, _ := value("o").Object()
	x, _ := object.Lookup("x")
	array, _ := x.Array()
	inner, _ := array[1].Object()
	y, _ := inner.Lookup("y")
	if s, _ := y.String(); s != "q" || len(object) != 1 || len(array) != 2 {
		t.Errorf("nested %q", s)
	}
}

// The errors of a document that may be a secret quote nothing of it.
func TestErrorsQuoteNothing(t *testing.T) {
	for _, text := range []string{`{"hunter2":`, `{"hunter2":1,"hunter2":2}`, `hunter2`, `{"a":"hunter2`} {
		if _, err := strictjson.Object([]byte(text)); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%v", err)
		}
	}
}

func TestAppendStringReadsBack(t *testing.T) {
	for _, s := range []string{"", "abc", `"\`, "\x00\x1f\x7f\r\n\t", "é€😀", "</script>", strings.Repeat("x", 100) + "\""} {
		text := strictjson.AppendString([]byte(`{"a":`), s)
		v, _ := members(t, string(text)+"}").Lookup("a")
		if back, _ := v.String(); back != s {
			t.Errorf("%q read back as %q", s, back)
		}
	}
	if got := string(strictjson.AppendString(nil, "a\xffb")); got != "\"a\ufffdb\"" {
		t.Errorf("invalid UTF-8 became %q", got)
	}
}

func TestAppendUsesTheRoomItIsGiven(t *testing.T) {
	room := make(strictjson.Members, 0, 16)
	allocs := testing.AllocsPerRun(100, func() {
		if _, err := strictjson.Append(room, `{"a":1,"b":{"c":"d"},"e":[1,2,{"f":"é"}]}`); err != nil {
			t.Error(err)
		}
	})
	if allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}
