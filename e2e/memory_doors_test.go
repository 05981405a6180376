package e2e

import (
	"strconv"
	"strings"

	"github.com/edgeward/edgeward/internal/endpoint/admin/client"
)

// doors asks for path at each door of the gateway, which have to decide alike.
func (h *hybrid) doors(path, field string) map[string]answer {
	h.t.Helper()
	return map[string]answer{
		"proxy": h.get(path, field),
		"forward-auth": say(h.t, h.verify, "GET /verify", "X-Forwarded-Method: GET", "X-Forwarded-Uri: "+path,
			"X-Forwarded-Proto: https", "X-Forwarded-Host: own.example", field),
	}
}

// wantsAtEachDoor is wants for a path at every door. A 503 says when to come
// again, and challenges nobody: whoever came is not asked for another credential.
func (h *hybrid) wantsAtEachDoor(status int, what, path, field string) {
	h.t.Helper()
	for door, a := range h.doors(path, field) {
		if a.status != status {
			h.t.Errorf("%s: %s at %s: status %d, want %d: %s", what, path, door, a.status, status, a.body)
		}
		if status == 503 {
			h.comesAgain(what+": "+path+" at "+door, a)
		}
	}
}

// everywhere reports whether path is answered with status at every door.
func (h *hybrid) everywhere(status int, path, field string) bool {
	h.t.Helper()
	for _, a := range h.doors(path, field) {
		if a.status != status {
			return false
		}
	}
	return true
}

func (h *hybrid) comesAgain(what string, a answer) {
	h.t.Helper()
	if seconds, err := strconv.Atoi(a.header.Get("Retry-After")); err != nil || seconds < 1 || a.header.Get("WWW-Authenticate") != "" {
		h.t.Errorf("%s: Retry-After %q, challenge %q", what, a.header.Get("Retry-After"), a.header.Get("WWW-Authenticate"))
	}
}

// configure replaces texts of the configuration before the gateway starts, each
// followed by what it becomes.
func (h *hybrid) configure(oldnew ...string) {
	h.t.Helper()
	text := h.read("edgeward.yaml")
	for i := 0; i < len(oldnew); i += 2 {
		if !strings.Contains(text, oldnew[i]) {
			h.t.Fatalf("the configuration does not say %q", oldnew[i])
		}
	}
	h.write("edgeward.yaml", strings.NewReplacer(oldnew...).Replace(text))
}

// listed reports whether the control API knows of a living session of subject.
// Unlike a request with its cookie that does not count as use.
func (h *hybrid) listed(subject string) bool {
	h.t.Helper()
	list, err := h.api.Sessions(h.t.Context(), "", subject, client.Page{})
	h.must(err)
	return len(list.Sessions) > 0
}
