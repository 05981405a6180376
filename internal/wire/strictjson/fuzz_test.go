package strictjson_test

import (
	"encoding/json"
	"reflect"
	"testing"
	"unicode/utf8"

	"github.com/edgeward/edgeward/internal/wire/strictjson"
)

// FuzzObject holds the reader against encoding/json: whatever we accept, it
// accepts too and reads as the same values.
func FuzzObject(f *testing.F) {
	for _, seed := range []string{
		document, `{}`, ` {"a":[]}`, `{"a":1,"\u0061":2}`, "{\"kid\":1,\"\u212aid\":2}", deep(32), deep(33), large(20), large(17, `"m3":0`),
		`{"a":"\ud83d\ude00\ud83d"}`, "{\"a\":\"\xed\xa0\x80\"}", `{"a":[1e400,-0,1.5E+3]}`, `{"a":01}`, "\ufeff{}", `{}{}`, `{"a":tru`,
		"{\"aaaaaaa\x1f\":\"\x7f\uffff\"}", `{"a":"\u0000\/"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		members, err := strictjson.Object(data)
		if err != nil {
			return
		}
		if !utf8.Valid(data) {
			t.Fatal("accepted invalid UTF-8")
		}
		var want map[string]any
		if err := json.Unmarshal(data, &want); err != nil {
			t.Fatalf("encoding/json refuses what we accept: %v", err)
		}
		if got := plainObject(t, members); !reflect.DeepEqual(got, want) {
			t.Fatalf("read %v, encoding/json %v", got, want)
		}
	})
}

// plainObject returns what encoding/json would make of an object.
func plainObject(t *testing.T, members strictjson.Members) map[string]any {
	object := make(map[string]any, len(members))
	for _, m := range members {
		if _, duplicate := object[m.Name]; duplicate {
			t.Fatalf("duplicate name %q", m.Name)
		}
		object[m.Name] = plainValue(t, m.Value)
	}
	return object
}

func plainValue(t *testing.T, v strictjson.Value) any {
	var plain any
	ok := true
	switch v.Kind() {
	case strictjson.KindNull:
		return nil
	case strictjson.KindBool:
		plain, ok = v.Bool()
	case strictjson.KindNumber:
		plain, ok = v.Float()
	case strictjson.KindString:
		plain, ok = v.String()
	case strictjson.KindObject:
		members, isObject := v.Object()
		plain, ok = plainObject(t, members), isObject
	case strictjson.KindArray:
		elements, isArray := v.Array()
		array := make([]any, 0, len(elements))
		for _, e := range elements {
			array = append(array, plainValue(t, e))
		}
		plain, ok = array, isArray
	default:
		t.Fatalf("value of kind %d", v.Kind())
	}
	if !ok {
		t.Fatalf("%s is not of its own kind", v.Raw())
	}
	return plain
}

// FuzzAppendString: what is encoded is read back.
func FuzzAppendString(f *testing.F) {
	f.Add("a\"\\\x00é😀")
	f.Fuzz(func(t *testing.T, s string) {
		if !utf8.ValidString(s) {
			return
		}
		text := append(strictjson.AppendString([]byte(`{"a":`), s), '}')
		var want struct{ A string }
		if err := json.Unmarshal(text, &want); err != nil || want.A != s {
			t.Fatalf("%s: %q, %v", text, want.A, err)
		}
	})
}
