package console

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
)

// An answer is what a page came to.
type answer struct {
	to      string // where to go on; "" for a document
	name    string // of the template
	title   string
	data    any
	status  int // 0 means 200
	cookies []string
}

// done goes on to a list that says what has been done: see notices.
func done(path, what string) answer { return answer{to: link(path, "done", what)} }

// A view is what a template is given.
type view struct {
	Title    string
	Section  string
	Sections []section
	Operator string // "" when nobody is signed in
	Notice   string
	Version  string
	Data     any
}

// answer writes what a page came to.
func (x *exchange) answer(a answer) {
	for _, c := range a.cookies {
		x.w.Header().Add("Set-Cookie", c)
	}
	if a.to != "" {
		x.w.Header().Set("Location", a.to)
		x.write(http.StatusSeeOther, "text/plain; charset=utf-8", nil)
		return
	}
	v := view{Title: a.title, Version: x.Version, Data: a.data}
	if x.operator != nil {
		v.Operator, v.Sections, v.Section = x.operator.name, x.sections, x.page.section
		v.Notice = notice(x.in.URL.Query())
	}
	x.render(a, v)
}

// render writes a document, whole or not at all.
func (x *exchange) render(a answer, v view) {
	var b bytes.Buffer
	if err := x.templates[a.name].Execute(&b, v); err != nil {
		x.failed(err)
		x.write(http.StatusInternalServerError, "text/plain; charset=utf-8", []byte("The page could not be made. The log has why.\n"))
		return
	}
	x.write(max(a.status, http.StatusOK), "text/html; charset=utf-8", b.Bytes())
}

// failed tells the observer of trouble that no decision explains.
func (x *exchange) failed(err error) {
	if x.Observer != nil {
		x.Observer.Failed(x.in.Context(), &x.visit.Request, err)
	}
}

// notice is what an address says has been done, with the counts in it.
func notice(q url.Values) string {
	text := notices[q.Get("done")]
	if q.Get("done") != "logged-out" {
		return text
	}
	var counts [4]uint64
	for i, name := range []string{"sessions", "families", "api_keys", "consoles"} {
		n, err := strconv.ParseUint(q.Get(name), 10, 32)
		if err != nil {
			return text
		}
		counts[i] = n
	}
	return fmt.Sprintf("%s Ended: sessions %d, refresh families %d, API keys %d, sign-ins at the console %d.", text, counts[0], counts[1], counts[2], counts[3])
}

// notices say what has been done, by the code in the address: no address can
// put words of its own on a page.
var notices = map[string]string{
	"session-ended":   "The session has ended, here and on every node as soon as the revocation reaches it.",
	"logged-out":      "Everything that the subject was issued until now is revoked.",
	"api-key-revoked": "The API key is revoked for good.",
	"revoked":         "The revocation holds.",
	"ban-cleared":     "The network may try again.",
}
