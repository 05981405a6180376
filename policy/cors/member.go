package cors

import (
	"slices"
	"time"

	"github.com/edgeward/edgeward/policy/value"
)

// members are the keys of a CORS, in their order.
var members = [...]member{
	{"origins", func(c *CORS) any { return &c.Origins }, "[https://app.example.com]"},
	{"methods", func(c *CORS) any { return &c.Methods }, "[GET, PUT]"},
	{"headers", func(c *CORS) any { return &c.Headers }, "[Authorization]"},
	{"expose", func(c *CORS) any { return &c.Expose }, "[X-Request-Id]"},
	{"credentials", func(c *CORS) any { return &c.Credentials }, ""},
	{"max_age", func(c *CORS) any { return &c.MaxAge }, ""},
}

type member struct {
	name string
	at   func(*CORS) any // *[]string, *bool or *time.Duration
	hint string
}

// Read returns what v states. It reports false when v is something else, which v has
// reported.
func Read(v value.Value) (*CORS, bool) {
	c, names := &CORS{}, make([]string, len(members))
	for i := range members {
		names[i] = members[i].name
	}
	ok := v.Members("cors", names, func(i int, v value.Value) {
		switch p := members[i].at(c).(type) {
		case *[]string:
			*p, _ = v.Texts(members[i].hint)
		case *bool:
			*p, _ = v.Bool()
		case *time.Duration:
			*p, _ = v.Duration(time.Second, maxMaxAge, "")
		}
	})
	return c, ok
}

// Stated returns a copy of what c states, which no caller can change.
func (c *CORS) Stated() *CORS {
	return &CORS{
		Origins: slices.Clone(c.Origins), Methods: slices.Clone(c.Methods), Headers: slices.Clone(c.Headers), Expose: slices.Clone(c.Expose),
		Credentials: c.Credentials, MaxAge: c.MaxAge,
	}
}

// Equal reports whether both, which may be nil, state the same.
func (c *CORS) Equal(other *CORS) bool {
	if c == nil || other == nil {
		return c == other
	}
	for i := range members {
		switch p, o := members[i].at(c), members[i].at(other); p := p.(type) {
		case *[]string:
			if !slices.Equal(*p, *o.(*[]string)) {
				return false
			}
		case *bool:
			if *p != *o.(*bool) {
				return false
			}
		case *time.Duration:
			if *p != *o.(*time.Duration) {
				return false
			}
		}
	}
	return true
}

// Show gives c as an explanation has it: its members below name, or "off".
func (c *CORS) Show(name string, add func(name string, value any)) {
	if c.Off() {
		add(name, "off")
		return
	}
	for i := range members {
		key := name + "." + members[i].name
		switch p := members[i].at(c).(type) {
		case *[]string:
			if len(*p) > 0 {
				add(key, append([]string{}, *p...))
			}
		case *bool:
			if *p {
				add(key, true)
			}
		case *time.Duration:
			if *p != 0 {
				add(key, p.String())
			}
		}
	}
}
