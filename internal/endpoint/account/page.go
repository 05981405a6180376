package account

import (
	"strconv"
	"strings"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/endpoint"
	"github.com/edgeward/edgeward/internal/wire/problem"
	"github.com/edgeward/edgeward/internal/wire/userpath"
	"github.com/edgeward/edgeward/login"
)

// A page is HTML that is written from the top. What comes from outside goes
// through text, which escapes it, or through a link, whose values are escaped.
type page []byte

// page begins a page; class is that of its main part.
func (x *exchange) page(title, heading, class string) *page {
	_, host, _ := strings.Cut(x.handler.Login.Origin(), "://")
	p := &page{}
	p.add("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n",
		"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"robots\" content=\"noindex\">\n",
		"<style>", problem.Style, "</style>\n<style>", style, "</style>\n<title>", title, " · ")
	p.text(host)
	p.add("</title>\n</head>\n<body>\n<main", class, ">\n<p class=\"status\">")
	p.text(host)
	p.add("</p>\n<h1>", heading, "</h1>\n")
	return p
}

// add adds HTML.
func (p *page) add(parts ...string) {
	for _, part := range parts {
		*p = append(*p, part...)
	}
}

// text adds text, escaped, also for a quoted attribute.
func (p *page) text(s string) { p.add(problem.Escape(s)) }

// person adds who it is, and by whose word.
func (p *page) person(who *person) {
	p.add(`<b class="who">`)
	p.text(who.Shown())
	p.add("</b>")
	if who.Label != "" {
		p.add(" with ")
		p.text(who.Label)
	}
}

func (p *page) time(at time.Time, shown string) {
	p.add(`<time datetime="`, stamp(at), `">`, shown, "</time>")
}

func stamp(t time.Time) string  { return t.UTC().Format(time.RFC3339) }
func moment(t time.Time) string { return t.UTC().Format("2 Jan 2006, 15:04 UTC") }

// ago says how long ago something was. A use is written down once in a while,
// so nothing is said of the last hours.
func ago(d time.Duration) string {
	switch hours := int(d.Hours()); {
	case hours < 3:
		return "less than 3 hours ago"
	case hours < 48:
		return strconv.Itoa(hours) + " hours ago"
	default:
		return strconv.Itoa(hours/24) + " days ago"
	}
}

// show makes the page the reply. It lets the page do nothing but look as it does
// and send its forms home, and to where they are redirected from there.
// Referrer-Policy is same-origin: without a referrer browsers send "Origin: null"
// with a form, which is no origin's.
func (x *exchange) show(p *page) error {
	p.add("</main>\n</body>\n</html>\n")
	to := "'self'"
	if x.form != "" {
		to += " " + x.form
	}
	x.reply = endpoint.Reply{Body: *p, MediaType: endpoint.PageType, Header: edgeward.Header{
		"Content-Security-Policy": {problem.Policy(to, problem.Style, style)},
		"Referrer-Policy":         {"same-origin"},
	}}
	return nil
}

// loginPage offers the providers. A link begins a sign-in, as a link to
// /auth/login anywhere does.
func (x *exchange) loginPage(choices []login.Choice, returnTo string) *page {
	p := x.page("Sign in", "Sign in", "")
	p.add("<p class=\"soft\">Choose who confirms that it is you. You come back here afterwards.</p>\n",
		"<nav aria-label=\"Ways to sign in\">\n<ul class=\"choices\">\n")
	for _, c := range choices {
		_, host, _ := strings.Cut(c.Issuer, "://")
		host, _, _ = strings.Cut(host, "/")
		p.add(`<li><a href="`)
		p.text(x.handler.loginPath(c.Name, returnTo))
		p.add(`"><span class="initial" aria-hidden="true">`)
		p.text(strings.ToUpper(string([]rune(c.Label)[:1])))
		p.add(`</span><span><b>Continue with `)
		p.text(c.Label)
		p.add("</b><small>")
		p.text(host)
		p.add("</small></span></a></li>\n")
	}
	p.add("</ul>\n</nav>\n")
	return p
}

func (x *exchange) logoutPage(who *person) *page {
	at := x.handler.Prefix
	p := x.page("Sign out", "Sign out?", "")
	if who.Shown() != "" {
		p.add("<p>You are signed in as ")
		p.person(who)
		p.add(".</p>\n")
	} else {
		p.add("<p>Your browser sent more than one sign-in for this site. Signing out ends all of them.</p>\n")
	}
	p.add("<form method=\"post\" action=\"", at.Logout(), "\">\n<fieldset>\n<legend class=\"unseen\">Where else to sign out</legend>\n",
		`<label class="check"><input type="checkbox" name="scope" value="everywhere"><span>Everywhere<small>Every browser and device that you are signed in with here</small></span></label>`, "\n")
	if x.form != "" {
		p.add(`<label class="check"><input type="checkbox" name="provider" value="1"><span>At `)
		p.text(who.Label)
		p.add(", too<small>Otherwise the next sign-in from this browser may need no password</small></span></label>\n")
	}
	p.add("</fieldset>\n<p class=\"actions\"><button class=\"button\">Sign out</button> <a class=\"button quiet\" href=\"/\">Stay signed in</a></p>\n</form>\n",
		"<p class=\"actions\"><a href=\"", at.Sessions(), "\">See where you are signed in</a></p>\n")
	return p
}

func (x *exchange) signedOutPage() *page {
	p := x.page("Signed out", "You are signed out", "")
	p.add("<p>This browser is signed in here no more. The service that you signed in with may still know you; on a shared computer, sign out there as well.</p>\n",
		"<p class=\"actions\"><a class=\"button\" href=\"", x.handler.Prefix.Login(), "\">Sign in again</a></p>\n")
	return p
}

func (x *exchange) sessionsPage(who *person, devices []device, more, ended bool) *page {
	at := x.handler.Prefix
	p := x.page("Your sessions", "Your sessions", ` class="wide"`)
	p.add("<p class=\"soft\">Signed in as ")
	p.person(who)
	p.add(". If you do not know one of these, end it, and change your password")
	if who.Label != "" {
		p.add(" at ")
		p.text(who.Label)
	}
	p.add(".</p>\n")
	if ended {
		p.add("<p class=\"note\" role=\"status\">Done. What was ended is refused from now on.</p>\n")
	}
	p.add("<ul class=\"devices\">\n")
	others := false
	for i := range devices {
		p.device(&devices[i], at, x.handler.Now())
		others = others || !devices[i].Here
	}
	p.add("</ul>\n")
	if more {
		p.add("<p class=\"note\">There are more than can be shown here. End those that you see, or sign out everywhere.</p>\n")
	}
	if others {
		p.add("<form class=\"actions\" method=\"post\" action=\"", at.Sessions(), "\"><button class=\"button danger\" name=\"others\" value=\"1\">End all others</button></form>\n")
	}
	return p
}

func (p *page) device(d *device, at userpath.Prefix, now time.Time) {
	p.add("<li>\n<div>\n<h2>")
	p.text(d.Agent)
	if d.Here {
		p.add(`<span class="badge">This browser</span>`)
	}
	p.add("</h2>\n<p class=\"facts\"><span>")
	if d.Address == "" {
		p.add("Address unknown")
	}
	p.add(d.Address, "</span><span>Signed in ")
	p.time(d.Created, moment(d.Created))
	if !d.Here {
		p.add("</span><span>Last seen ")
		p.time(d.Seen, ago(now.Sub(d.Seen)))
	}
	p.add("</span></p>\n</div>\n")
	if d.Here {
		p.add("<a class=\"button quiet\" href=\"", at.Logout(), "\">Sign out</a>\n</li>\n")
		return
	}
	p.add(`<form method="post" action="`, at.Sessions(), `"><button class="button quiet" name="end" value="`)
	p.text(d.Object)
	p.add(`">End<span class="unseen"> `)
	p.text(d.Agent)
	p.add(", signed in ", moment(d.Created), "</span></button></form>\n</li>\n")
}
