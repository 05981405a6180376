package allow

import "github.com/edgeward/edgeward/policy/value"

// Read replaces r by a list of alternatives.
func (r *Rule) Read(v value.Value) bool {
	var all []Alternative
	fine := true
	list := v.Items(`[{groups: [admins]}, {email: ["*@example.com"]}]`, func(item value.Value) {
		var a Alternative
		fine = a.read(item) && fine
		all = append(all, a)
	})
	*r = Of(all...)
	return list && fine
}

func (a *Alternative) read(v value.Value) bool {
	fine := true
	mapping := v.Members("an alternative of allow", names[:], func(i int, member value.Value) {
		var ok bool
		switch {
		case i < len(lists):
			*lists[i].at(a), ok = member.Texts(lists[i].example)
		case i == keyClaims:
			ok = a.readClaims(member)
		case i == keyMaxAge:
			a.MaxAge, ok = member.Duration(LeastAge, MostAge, "")
		}
		fine = fine && ok
	})
	return mapping && fine
}

func (a *Alternative) readClaims(v value.Value) bool {
	a.Claims = map[string][]string{}
	fine := true
	mapping := v.Each("{department: [sales]}", func(name string, values value.Value) {
		all, ok := values.Texts("[sales]")
		a.Claims[name] = all
		fine = fine && ok
	})
	return mapping && fine
}
