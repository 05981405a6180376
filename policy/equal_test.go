package policy

import (
	"reflect"
	"testing"
	"time"
)

// A key that equal leaves out would let an index and a rest that state
// different things pass for one where case is ignored.
func TestEqualComparesEveryKey(t *testing.T) {
	for _, of := range []any{Statement{}, CORS{}} {
		for _, field := range reflect.VisibleFields(reflect.TypeOf(of)) {
			if !field.IsExported() || field.Name == "Source" {
				continue
			}
			a, b := stating(of, field, 1), stating(of, field, 1)
			if !a.equal(b) {
				t.Errorf("%T.%s: two statements of the same are not equal", of, field.Name)
			}
			for _, other := range []Statement{stating(of, field, 2), stating(of, field, 0)} {
				if a.equal(other) || other.equal(a) {
					t.Errorf("%T.%s is not compared", of, field.Name)
				}
			}
		}
	}
}

func TestEqualIgnoresTheSource(t *testing.T) {
	if !(Statement{Source: "a"}).equal(Statement{Source: "b"}) {
		t.Error("the source is compared")
	}
}

// stating returns a statement with field, of it or of its CORS, set to the n-th
// of some values; 0 leaves it out.
func stating(of any, field reflect.StructField, n int) Statement {
	s := Statement{}
	target := reflect.ValueOf(&s).Elem()
	if _, ok := of.(CORS); ok {
		s.CORS = &CORS{}
		target = reflect.ValueOf(s.CORS).Elem()
	}
	if n > 0 {
		fill(target.FieldByIndex(field.Index), n)
	}
	return s
}

func fill(v reflect.Value, n int) {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), n-1)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), n, n))
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for i := range n {
			v.SetMapIndex(reflect.ValueOf(string(rune('A'+i))), reflect.Zero(v.Type().Elem()))
		}
	case reflect.String:
		v.SetString(string(rune('a' + n)))
	case reflect.Bool:
		v.SetBool(n == 1)
	case reflect.Struct: // CORS: its own fields have rows of their own
		v.FieldByName("MaxAge").SetInt(int64(n) * int64(time.Second))
	default:
		if v.CanInt() {
			v.SetInt(int64(n))
		} else {
			v.SetUint(uint64(n))
		}
	}
}
