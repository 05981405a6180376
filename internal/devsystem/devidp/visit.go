package devidp

import (
	"crypto/rand"
	"net/http"
	"time"
)

const (
	visitLife = 12 * time.Hour
	// visitCookie tells this provider's cookie from those of other servers on
	// the same address: cookies do not know ports (RFC 6265 §8.5).
	visitCookie = "edgeward-dev-provider"
)

// A visit is a person's sign-in here, which the next client finds as well
// (single sign-on).
type visit struct {
	person Person
	sid    string // what clients know it by
	begun  time.Time
}

// begin remembers the person in this browser, in place of whoever was there.
func (p *Provider) begin(w http.ResponseWriter, hr *http.Request, person Person) visit {
	if c, err := hr.Cookie(visitCookie); err == nil {
		p.visits.take(c.Value, p.config.Now())
	}
	v := visit{person, rand.Text(), p.config.Now()}
	setVisit(w, p.visits.put(v, v.begun), int(visitLife.Seconds()))
	return v
}

// visit returns the browser's visit and the name that it is kept under.
func (p *Provider) visit(hr *http.Request) (name string, v visit, known bool) {
	c, err := hr.Cookie(visitCookie)
	if err != nil {
		return "", visit{}, false
	}
	v, known = p.visits.find(c.Value, p.config.Now())
	return c.Value, v, known
}

func setVisit(w http.ResponseWriter, value string, seconds int) {
	http.SetCookie(w, &http.Cookie{Name: visitCookie, Value: value, Path: "/", MaxAge: seconds, HttpOnly: true, SameSite: http.SameSiteLaxMode})
}
