package door

import (
	"strconv"
	"strings"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/audit"
	"github.com/edgeward/edgeward/claim"
	"github.com/edgeward/edgeward/internal/wire/strictjson"
)

// What of a line in the log a client or a provider has chosen is cut, in bytes.
const (
	maxLogged = 256
	maxDetail = 1024
)

// A refused request is told to the log of the Worker ("wrangler tail"), one line
// of JSON each, with the names that the gateway's access log has. The query is
// never part of it, for it may hold secrets; nor is a credential that stands in
// the path.
func (s *System) logRefusal(r *edgeward.Request, d *edgeward.Decision, status int, reason string) {
	b := strconv.AppendInt([]byte(`{"msg":"refused","status":`), int64(status), 10)
	add := func(name, value string, most int) {
		if value != "" {
			b = strictjson.AppendString(append(b, `,"`+name+`":`...), bounded(value, most))
		}
	}
	add("method", r.Method, 32)
	if r.Host != "" {
		add("origin", r.Scheme+"://"+r.Host, maxLogged)
	}
	add("path", r.Path, maxLogged)
	add("reason", reason, maxLogged)
	add("host", d.Host, maxLogged)
	add("route", d.Route, maxLogged)
	if r.ClientIP.IsValid() {
		add("client", r.ClientIP.String(), maxLogged)
	}
	add("id", r.ID, maxLogged)
	if d.Err != nil {
		add("err", d.Err.Error(), maxDetail) // no error holds a secret, some hold what others wrote
	}
	add("hint", s.hint(r, d, status), maxDetail)
	s.say(string(append(b, "}\n"...)))
}

// note tells the log of a claim that gives nothing, once an hour of an instance.
func (s *System) note(issuer string, n claim.Note) {
	if !s.notes.Due(issuer, n.Claim, s.now()) {
		return
	}
	b := []byte(`{"msg":"a claim gives nothing, by its form","issuer":`)
	b = strictjson.AppendString(b, bounded(issuer, maxLogged))
	b = strictjson.AppendString(append(b, `,"claim":`...), bounded(n.Claim, maxLogged))
	b = strictjson.AppendString(append(b, `,"problem":`...), bounded(n.Problem, maxDetail))
	s.say(string(append(b, "}\n"...)))
}

// logOmitted says what the application does not learn of the user.
func (s *System) logOmitted(r *edgeward.Request, d *edgeward.Decision) {
	if len(d.Omitted) == 0 {
		return
	}
	b := strictjson.AppendString([]byte(`{"msg":"headers omitted","omitted":`), bounded(strings.Join(d.Omitted, "; "), maxDetail))
	b = strictjson.AppendString(append(b, `,"route":`...), bounded(d.Route, maxLogged))
	b = strictjson.AppendString(append(b, `,"id":`...), bounded(r.ID, maxLogged))
	s.say(string(append(b, "}\n"...)))
}

// bounded redacts what is logged of s, at most so many bytes. It looks at little
// more than it keeps, whatever the length of s, and a credential that is cut there
// is still known by what it begins with.
func bounded(s string, most int) string {
	s = audit.Redact(s[:min(len(s), most+maxLogged)])
	return s[:min(len(s), most)]
}

// hint says why the user is not led to the login, where that would surprise.
func (s *System) hint(r *edgeward.Request, d *edgeward.Decision, status int) string {
	if status != 401 || s.config == nil || s.config.Login == nil || d.Login != "" {
		return ""
	}
	if here := r.Scheme + "://" + r.Host; here != s.config.Login.Origin {
		return "no redirect to the login: the request came to " + here + ", and login.origin is " + s.config.Login.Origin
	}
	return ""
}

// say writes to the log.
func (s *System) say(line string) {
	if s.log != nil {
		s.log(line)
		return
	}
	print(line) // the driver logs what is written to standard error
}
