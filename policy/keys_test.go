package policy

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/policy/value"
)

// sample is a Value that is whatever it is asked for: the n-th of two.
type sample int

func (n sample) Text(string) (string, bool)    { return strings.Repeat("a", int(n)), true }
func (n sample) Texts(string) ([]string, bool) { return []string{"a", "b"}[:n], true }
func (n sample) Bool() (bool, bool)            { return n == 1, true }
func (n sample) Choice([]string) (int, bool)   { return int(2 - n), true }

func (n sample) Duration(least, _ time.Duration, _ string) (time.Duration, bool) {
	return time.Duration(n) * least, true
}

func (n sample) Size() (int64, bool) { return int64(n), true }

func (n sample) Shape() value.Shape              { return value.Text }
func (n sample) Secret() (edgeward.Secret, bool) { return edgeward.NewSecret("a secret"), true }

func (n sample) Items(_ string, read func(Value)) bool {
	for range n {
		read(n)
	}
	return true
}

func (n sample) Members(_ string, names []string, read func(int, Value)) bool {
	for i := range names {
		read(i, n)
	}
	return true
}

func (n sample) Each(_ string, read func(string, Value)) bool {
	read([]string{"GET", "PUT"}[n-1], n)
	return true
}

// none is a Value that is never what it is asked for.
type none struct{}

func (none) Text(string) (string, bool)                                  { return "", false }
func (none) Texts(string) ([]string, bool)                               { return nil, false }
func (none) Bool() (bool, bool)                                          { return false, false }
func (none) Choice([]string) (int, bool)                                 { return 0, false }
func (none) Members(string, []string, func(int, Value)) bool             { return false }
func (none) Each(string, func(string, Value)) bool                       { return false }
func (none) Size() (int64, bool)                                         { return 0, false }
func (none) Shape() value.Shape                                          { return value.Other }
func (none) Secret() (edgeward.Secret, bool)                             { return edgeward.Secret{}, false }
func (none) Items(string, func(Value)) bool                              { return false }
func (none) Duration(_, _ time.Duration, _ string) (time.Duration, bool) { return 0, false }

// stating returns a statement with one key, its n-th value.
func stating(i, n int) (s Statement) {
	s.read(i, sample(n))
	return s
}

// A key that equal leaves out would let an index and a rest that state
// different things pass for one where case is ignored.
func TestEveryKeyIsComparedAndInheritedAndShown(t *testing.T) {
	for i, k := range keys {
		one, two := stating(i, 1), stating(i, 2)
		if s := one; !s.equal(stating(i, 1)) || s.equal(two) || s.equal(Statement{}) || (Statement{}).equal(s) {
			t.Errorf("%s is not compared", k.name)
		}
		below := File{Source: "below"}
		r := resolve([]*File{{Source: "above", Statement: one}, &below}, "GET")
		if !k.equal(&r.values, &one.values) || r.by[i].source != "above" {
			t.Errorf("%s is not inherited: %+v", k.name, r.values)
		}
		nearer := resolve([]*File{{Statement: one}, {Source: "nearer", Statement: two}}, "GET")
		if !k.equal(&nearer.values, &two.values) || nearer.by[i].source != "nearer" {
			t.Errorf("%s is not replaced: %+v", k.name, nearer.values)
		}
		if x := (&File{Statement: one}).states(); len(x) == 0 || !strings.HasPrefix(x[0].Key, k.name) {
			t.Errorf("%s is not shown: %+v", k.name, x)
		}
	}
}

func TestMethodsAreCompared(t *testing.T) {
	if one, two := Read(sample(1)), Read(sample(2)); one.equal(two) || !one.equal(Read(sample(1))) {
		t.Error("they are not")
	}
}

// A field of Route that no key states would be dead.
func TestEveryFieldOfARouteHasAKey(t *testing.T) {
	s := Read(sample(1))
	for _, of := range []any{s.values, *s.values.CORS} {
		v := reflect.ValueOf(of)
		for i := range v.NumField() {
			name := v.Type().Field(i).Name
			if v.Type().Field(i).IsExported() && v.Field(i).IsZero() && name != "Host" && name != "Pattern" && name != "Method" && name != "Source" {
				t.Errorf("no key states %T.%s", of, name)
			}
		}
	}
}

// A Go program can state what a file can.
func TestEveryKeyHasAMethod(t *testing.T) {
	methods := map[string]bool{"authenticate": true} // Require and Public
	of := reflect.TypeOf(Statement{})
	for i := range of.NumMethod() {
		methods[strings.ToLower(of.Method(i).Name)] = true
	}
	for _, k := range keys {
		if !methods[strings.ReplaceAll(k.name, "_", "")] {
			t.Errorf("Statement has no method for %s", k.name)
		}
	}
	Public().Permissions().Issuers().Audiences().Fallback(0).CORS(CORS{}).Upstream("").ForwardCredential(true).
		Assertion(true).MaxStaleness(0).WhenStale(0).SameOrigin(true).IgnoreCase(true).
		StripPrefix("").AddPrefix("").Timeout(0).MaxBody(0) // each names a key that there is
}

// The reference is about the keys that there are.
func TestEveryKeyIsInTheReference(t *testing.T) {
	said := func(all []value.Key) (names []string) {
		for _, k := range all {
			if names = append(names, k.Name); k.Kind == "" || k.Absent == "" || k.Meaning == "" {
				t.Errorf("%+v", k)
			}
		}
		return names
	}
	if got, want := said(Keys()), append(names(keys[:]), keyMethods); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// What could not be read states nothing: least of all that a path is public.
func TestWhatCannotBeReadStatesNothing(t *testing.T) {
	var s Statement
	for i := range keys {
		s.read(i, none{})
	}
	if s.stated != 0 || s.values.Public() {
		t.Errorf("%+v", s)
	}
}

func TestAStrategyThatProgramsForgetOpensNothing(t *testing.T) {
	if _, err := Build([]File{{Path: "a", Statement: Require()}}); err == nil || !strings.Contains(err.Error(), "a: authenticate: no strategy is named") {
		t.Errorf("err = %v", err)
	}
}

func TestChoicesAreNamed(t *testing.T) {
	for name, is := range map[string]string{
		"unavailable": Fallback(0).String(), "any": FallbackAny.String(), "never": FallbackNever.String(), "ask": AskAuthority.String(), "deny": Deny.String(),
		"invalid": Fallback(7).String(),
	} {
		if name != is {
			t.Errorf("%s is called %s", name, is)
		}
	}
	for _, s := range []Statement{Public().Fallback(7), Public().WhenStale(7)} {
		if _, err := Build([]File{{Path: "a", Statement: s}}); err == nil || !strings.Contains(err.Error(), "not one of ") {
			t.Errorf("err = %v", err)
		}
	}
}
