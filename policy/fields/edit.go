package fields

import (
	"slices"
	"strconv"
	"strings"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/wire/canonical"
	"github.com/edgeward/edgeward/internal/wire/canonical/fieldname"
	"github.com/edgeward/edgeward/policy/value"
)

// Bounds of an edit.
const (
	MaxEdited    = 32   // names that one may set or remove
	MaxEditValue = 4096 // bytes of a value that is set
)

// An edit removes and sets fields. It is what [RequestEdit] and [ResponseEdit] are.
type edit struct {
	set, texts []string // names, and what they are set to: a map would make a Worker's module larger
	remove     []string
	made       edgeward.FieldEdit
}

// add sets one field more, in the order of the names.
func (e *edit) add(name, text string) {
	e.set, e.texts = append(e.set, name), append(e.texts, text)
	for i := len(e.set) - 1; i > 0 && e.set[i] < e.set[i-1]; i-- {
		e.set[i], e.set[i-1] = e.set[i-1], e.set[i]
		e.texts[i], e.texts[i-1] = e.texts[i-1], e.texts[i]
	}
}

func editOf(set map[string]string, remove []string) edit {
	e := edit{remove: slices.Clone(remove)}
	for name, text := range set {
		e.add(name, text)
	}
	return e
}

// A RequestEdit changes the fields of a request on its way to the upstream. The zero
// value changes none.
type RequestEdit struct{ edit }

// A ResponseEdit changes those of the upstream's answer. The zero value changes none.
type ResponseEdit struct{ edit }

// RequestEditOf returns the edit that removes, and then sets. It keeps neither.
func RequestEditOf(set map[string]string, remove []string) RequestEdit {
	return RequestEdit{editOf(set, remove)}
}

// ResponseEditOf returns the edit that removes, and then sets. It keeps neither.
func ResponseEditOf(set map[string]string, remove []string) ResponseEdit {
	return ResponseEdit{editOf(set, remove)}
}

// editor is either edit.
type editor interface{ edits() *edit }

func (e *edit) edits() *edit { return e }

// Read implements [value.Object].
func (e *edit) Read(v value.Value) bool {
	*e = edit{}
	ok := true
	return v.Members("an edit of header fields", []string{"set", "remove"}, func(i int, member value.Value) {
		if i == 1 {
			var read bool
			e.remove, read = member.Texts("[Server]")
			ok = read && ok
			return
		}
		ok = member.Each(`{X-Frame-Options: "DENY"}`, func(name string, text value.Value) {
			value, read := text.Text(`"DENY"`)
			e.add(name, value)
			ok = read && ok
		}) && ok
	}) && ok
}

// Lay implements [value.Object].
func (e *edit) Lay(from value.Object) { *e = *from.(editor).edits() }

// Equal implements [value.Object].
func (e *edit) Equal(other value.Object) bool {
	o := other.(editor).edits()
	return slices.Equal(e.set, o.set) && slices.Equal(e.texts, o.texts) && slices.Equal(e.remove, o.remove)
}

// Seal implements [value.Object].
func (e *RequestEdit) Seal(report func(member, detail string)) { e.seal(checkRequest, report) }

// Seal implements [value.Object].
func (e *ResponseEdit) Seal(report func(member, detail string)) { e.seal(checkResponse, report) }

func (e *edit) seal(check func(name string) string, report func(member, detail string)) {
	made := edgeward.FieldEdit{Set: make(edgeward.Header, len(e.set))}
	for i, name := range e.set {
		if detail := checkEdit(name, check); detail != "" {
			report("set."+name, detail)
		} else if detail := checkText(e.texts[i]); detail != "" {
			report("set."+name, detail)
		}
		if c := canonical.FieldName(name); made.Set[c] != nil {
			report("set."+name, "the field is set twice")
		} else {
			made.Set.Set(c, e.texts[i])
		}
	}
	for _, name := range e.remove {
		c := canonical.FieldName(name)
		if detail := checkEdit(name, check); detail != "" {
			report("remove", name+": "+detail)
		} else if made.Set[c] != nil {
			report("remove", name+" is set as well")
		}
		made.Remove = append(made.Remove, c)
	}
	if n := len(e.set) + len(e.remove); n > MaxEdited {
		report("", strconv.Itoa(n)+" fields, at most "+strconv.Itoa(MaxEdited))
	}
	e.made = made
}

// Made returns what a sealed edit does, which the caller must not change.
func (e *edit) Made() edgeward.FieldEdit { return e.made }

func checkEdit(name string, check func(name string) string) string {
	if detail := checkSpelling(name); detail != "" {
		return detail
	}
	return check(fieldname.Fold(name))
}

// checkText wants what arrives as it is through every door and front.
func checkText(text string) string {
	switch {
	case text == "" || len(text) > MaxEditValue || !edgeward.IsFieldValue(text) || strings.ContainsFunc(text, func(r rune) bool { return r > '~' }):
		return "a value is one line of printable ASCII, of 1 to " + strconv.Itoa(MaxEditValue) + " bytes, without outer spaces"
	case strings.HasPrefix(text, "env:") || strings.HasPrefix(text, "file:"):
		return "the value would be sent as it stands here: no secret is read for it"
	}
	return ""
}

func checkRequest(name string) string {
	switch {
	case name == "authorization":
		return "authorization says what stands in this field"
	case fieldname.ClassOf(name) == fieldname.Identity:
		return "Edgeward says this by itself"
	case isForwarded(name):
		return "headers names the user by it"
	case fieldname.IsDecisive(name):
		return "with another value the request would be another than the one that was decided about"
	}
	return ""
}

// Of an answer, what says how to read it is the upstream's to say, and what guards
// Edgeward's routes is Edgeward's. Web servers in front act on X-Accel-*.
var (
	answers        = []string{"connection", "date", "location", "set-cookie", "vary", "www-authenticate", "x-request-id", "x-sendfile", "age", "retry-after", "status"}
	answerFamilies = []string{"access-control-", "content-", "sec-websocket-", "grpc-", "x-accel-", "x-edgeward-"}
	descriptive    = []string{"content-security-policy", "content-security-policy-report-only", "content-language", "content-disposition"}
)

func checkResponse(name string) string {
	if slices.Contains(descriptive, name) {
		return ""
	}
	if fieldname.ClassOf(name) == fieldname.HopByHop || slices.Contains(answers, name) || slices.ContainsFunc(answerFamilies, func(p string) bool { return strings.HasPrefix(name, p) }) {
		return "it frames the answer, says how to read it, or is what Edgeward guards the route by"
	}
	return ""
}

// Show implements [value.Object].
func (e *edit) Show(name string, add func(name string, value any)) {
	if len(e.set)+len(e.remove) == 0 {
		add(name, "off")
		return
	}
	for i, field := range e.set {
		add(name+".set."+field, e.texts[i])
	}
	if len(e.remove) > 0 {
		add(name+".remove", slices.Clone(e.remove))
	}
}

// Names returns the names that e sets and no client may send, and those of fields with
// a meaning of their own, which clients may send where no route edits them.
func (e *RequestEdit) Names() (own, touched []string) {
	for name := range e.made.Set { // in any order: fieldname.NewSet sorts them
		if fieldname.IsStandard(name) {
			touched = append(touched, name)
		} else {
			own = append(own, name)
		}
	}
	return own, append(touched, e.made.Remove...)
}

// Overlap returns a field that both h names the user by and e edits, or "".
func (e *RequestEdit) Overlap(h *Headers) string {
	for _, f := range h.Fields() {
		if e.made.Set[f.Name] != nil || slices.Contains(e.made.Remove, f.Name) {
			return f.Name
		}
	}
	return ""
}
