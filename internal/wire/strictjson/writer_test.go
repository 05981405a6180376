package strictjson_test

import (
	"encoding/json"
	"strconv"
	"testing"

	"github.com/edgeward/edgeward/internal/wire/strictjson"
)

func TestWriter(t *testing.T) {
	var nothing, w strictjson.Writer
	if got := string(nothing.End()); got != "{}" {
		t.Errorf("an object without members is %s", got)
	}
	w.String("te\"xt", "a\nb")
	w.Optional("absent", "")
	w.Optional("there", "x")
	w.Int("number", -1)
	w.Strings("none", nil)
	w.Strings("list", []string{"a", "b"})
	w.Raw("object", []byte(`{"c":1}`))
	w.Array("numbers", 3, func(dst []byte, i int) []byte { return strconv.AppendInt(dst, int64(i), 10) })
	got := w.End()
	const want = `{"te\"xt":"a\u000ab","there":"x","number":-1,"none":[],"list":["a","b"],"object":{"c":1},"numbers":[0,1,2]}`
	if string(got) != want || !json.Valid(got) {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if _, err := strictjson.Object(got); err != nil {
		t.Error(err)
	}
}
