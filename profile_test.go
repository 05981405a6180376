package edgeward_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
)

func TestAProfileIsSortedAndItsOwn(t *testing.T) {
	said := edgeward.Profile{
		Username: "ada", Email: "ada@example.com", Name: "Ada Lovelace", ACR: "gold", AuthTime: time.Unix(1, 0),
		Groups: []string{"staff", "", "admins", "staff"},
		Claims: map[string][]string{"department": {"b", "a"}, "empty": {""}},
	}
	id, err := edgeward.NewIdentity(edgeward.Identity{Issuer: "i", Subject: "s", Profile: &said})
	if err != nil {
		t.Fatal(err)
	}
	want := said
	want.Groups, want.Claims = []string{"admins", "staff"}, map[string][]string{"department": {"a", "b"}}
	if !reflect.DeepEqual(id.Profile, &want) {
		t.Errorf("profile is %+v, want %+v", id.Profile, want)
	}
	said.Groups[0], said.Claims["department"][0] = "root", "root"
	if !reflect.DeepEqual(id.Profile, &want) {
		t.Errorf("a change of what was said reached the identity: %+v", id.Profile)
	}
}

func TestAProfileHasBounds(t *testing.T) {
	many := func(n int, format string) (all []string) {
		for i := range n {
			all = append(all, fmt.Sprintf(format, i))
		}
		return all
	}
	claims := map[string][]string{}
	for i := range edgeward.MaxProfileNames + 1 {
		claims[fmt.Sprint(i)] = []string{"v"}
	}
	for what, p := range map[string]edgeward.Profile{
		"username too long": {Username: strings.Repeat("a", edgeward.MaxProfileValue+1)},
		"a line break":      {Email: "a@example.com\r\nX: y"},
		"outer spaces":      {Groups: []string{" admins"}},
		"broken UTF-8":      {Name: "\xff"},
		"groups":            {Groups: many(edgeward.MaxGroups+1, "%d")},
		"bytes":             {Groups: many(200, strings.Repeat("g", 100)+"%d")},
		"claims":            {Claims: claims},
	} {
		if _, err := edgeward.NewIdentity(edgeward.Identity{Issuer: "i", Subject: "s", Profile: &p}); edgeward.ReasonOf(err) != edgeward.TokenClaim {
			t.Errorf("%s: %v, want token_claim", what, err)
		}
	}
	fits := edgeward.Profile{Groups: many(200, "0b3b7a52-5c4e-4d3a-9d55-%012d")}
	if _, err := edgeward.NewIdentity(edgeward.Identity{Issuer: "i", Subject: "s", Profile: &fits}); err != nil {
		t.Errorf("200 groups named by UUIDs: %v", err)
	}
}
