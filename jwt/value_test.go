package jwt_test

import (
	"testing"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/jwt"
)

func TestParseObject(t *testing.T) {
	v, err := jwt.ParseObject(` {"a":{"b":[1,null]},"\u0063":"d"} `)
	if err != nil {
		t.Fatal(err)
	}
	members, ok := v.Members()
	if !ok || len(members) != 2 || members[0].Name != "a" || members[1].Name != "c" {
		t.Fatalf("members %v", members)
	}
	b, _ := members[0].Value.Member("b")
	elements, ok := b.Elements()
	if one, _ := elements[0].Number(); !ok || len(elements) != 2 || one != 1 || elements[0].IsNull() || !elements[1].IsNull() {
		t.Errorf("elements %v", elements)
	}
	if _, ok := b.Members(); ok {
		t.Error("an array has members")
	}
	if _, ok := v.Elements(); ok {
		t.Error("an object has elements")
	}
	for _, text := range []string{``, `[]`, `"a"`, `null`, `1`, `{`, `{}}`, `{},"a":{}`, `{}{}`, `{"a":1,"a":2}`, `{"a":{"b":1,"\u0062":2}}`, "{\"a\":\"\xff\"}", `{}/**/`} {
		wantReason(t, func() error { _, err := jwt.ParseObject(text); return err }(), edgeward.TokenMalformed)
	}
}
