package policy

import (
	"slices"
	"strings"
	"time"

	"github.com/edgeward/edgeward/policy/cors"
	"github.com/edgeward/edgeward/policy/value"
)

// The values of keys, as pointers into a [Route]: *bool, *string, *[]string,
// *time.Duration, *int64 (bytes), *uint8 (a choice among names), **CORS and *access. A type with
// methods for each would make a Worker's module 12 kB larger, gzipped. What has a
// package of its own is a value.Object.

// access is the value of authenticate. Only a list that is there and empty makes
// a path public: not a value that could not be read, and not a Go program that
// requires no strategy.
type access Route

// read reads a value into r. It reports false when v is something else, which v
// has reported.
func (k *key) read(v Value, r *Route) (ok bool) {
	switch p := k.at(r).(type) {
	case *bool:
		*p, ok = v.Bool()
	case *string:
		*p, ok = v.Text(k.hint)
	case *[]string:
		*p, ok = v.Texts(k.hint)
	case *time.Duration:
		*p, ok = v.Duration(k.least, k.most, k.hint)
	case *int64:
		*p, ok = v.Size()
	case *uint8:
		i, known := v.Choice(k.names)
		*p, ok = uint8(i), known
	case *access:
		if p.Authenticate, ok = v.Texts(k.hint); ok && len(p.Authenticate) == 0 {
			p.Access = AccessPublic
		} else if ok {
			p.Access = AccessRequired
		}
	case **CORS:
		*p, ok = cors.Read(v)
	case value.Object:
		ok = p.Read(v)
	}
	return ok
}

// lay states in over what stated does. Nothing is shared that others may change.
func (k *key) lay(over, stated *Route) {
	switch p, from := k.at(over), k.at(stated); p := p.(type) {
	case *bool:
		*p = *from.(*bool)
	case *string:
		*p = *from.(*string)
	case *[]string:
		*p = slices.Clone(*from.(*[]string))
	case *time.Duration:
		*p = *from.(*time.Duration)
	case *int64:
		*p = *from.(*int64)
	case *uint8:
		*p = *from.(*uint8)
	case *access:
		p.Access, p.Authenticate = stated.Access, slices.Clone(stated.Authenticate)
	case **CORS:
		*p = stated.CORS // one of ours: see Statement.CORS
	case value.Object:
		p.Lay(from.(value.Object))
	}
}

// equal reports whether a and b state the same.
func (k *key) equal(a, b *Route) bool {
	switch p, other := k.at(a), k.at(b); p := p.(type) {
	case *[]string:
		return slices.Equal(*p, *other.(*[]string))
	case *access:
		return a.Access == b.Access && slices.Equal(a.Authenticate, b.Authenticate)
	case **CORS:
		return (*p).Equal(*other.(**CORS))
	case value.Object:
		return p.Equal(other.(value.Object))
	default:
		return scalar(p) == scalar(other)
	}
}

// scalar returns what p points to, and is no list.
func scalar(p any) any {
	switch p := p.(type) {
	case *bool:
		return *p
	case *string:
		return *p
	case *time.Duration:
		return *p
	case *int64:
		return *p
	case *uint8:
		return *p
	}
	return nil
}

// seal checks a value and makes it ready for use.
func (k *key) seal(r *Route, report func(key, detail string)) {
	switch p := k.at(r).(type) {
	case *string:
		if k.check == nil {
			return
		}
		if detail := k.check(*p); detail != "" {
			report(k.name, detail)
		}
	case *int64:
		if *p < 0 {
			report(k.name, "a size is not negative")
		}
	case *[]string:
		for _, member := range *p {
			if detail := k.check(member); detail != "" {
				report(k.name, detail)
			}
		}
	case *time.Duration:
		switch {
		case *p < 0:
			report(k.name, "a duration is not negative")
		case k.asks == atMost && *p%time.Second != 0:
			report(k.name, "not in whole seconds, as max_age is")
		}
	case *uint8:
		if int(*p) >= len(k.names) {
			report(k.name, "not one of "+strings.Join(k.names, ", "))
		}
	case *access:
		if p.Access == AccessRequired && len(p.Authenticate) == 0 {
			report(k.name, "no strategy is named, so all requests would be refused: policy.Public() makes paths public")
		}
	case **CORS:
		*p = (*p).Sealed(func(key, detail string) { report(k.name+"."+key, detail) })
	case value.Object:
		p.Seal(func(member, detail string) { report(strings.TrimSuffix(k.name+"."+member, "."), detail) })
	}
}

// show gives a value as an [Explanation] has it. What has members may be spread over them.
func (k *key) show(r *Route, add func(name string, value any)) {
	switch p := k.at(r).(type) {
	case *bool:
		add(k.name, *p)
	case *string:
		add(k.name, *p)
	case *[]string:
		add(k.name, append([]string{}, *p...)) // [] and not null in JSON
	case *time.Duration:
		add(k.name, p.String())
	case *int64:
		add(k.name, SizeText(*p))
	case *uint8:
		add(k.name, nameOf(k.names, *p))
	case *access:
		add(k.name, append([]string{}, p.Authenticate...))
	case **CORS:
		(*p).Show(k.name, add)
	case value.Object:
		p.Show(k.name, add)
	}
}
