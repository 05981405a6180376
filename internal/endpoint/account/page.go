package account

import (
	"strings"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/endpoint"
	"github.com/edgeward/edgeward/internal/wire/page"
	"github.com/edgeward/edgeward/internal/wire/userpath"
	"github.com/edgeward/edgeward/login"
)

// A sheet is one of these pages.
type sheet struct {
	*page.Sheet
	at userpath.Prefix // of the endpoints
}

// page begins a page, whose title and heading are messages; class is that of its main
// part. It says which site it is.
func (x *exchange) page(title, heading, class string) *sheet {
	h := x.handler
	_, host, _ := strings.Cut(x.Origin(), "://")
	looks := style
	if h.Personal != nil {
		looks += tokenStyle
	}
	p := &sheet{h.Pages.Sheet(x.Request, looks), h.Prefix}
	p.Open(title, host, class)
	if !h.Pages.HasName() {
		p.Add("<p class=\"status\">", page.Escape(host), "</p>\n")
	}
	p.element("h1", "", heading)
	return p
}

// element adds an element with a message in it.
func (p *sheet) element(name, attributes, message string, values ...string) {
	p.Add("<", name, attributes, ">")
	p.Say(message, values...)
	p.Add("</", name, ">\n")
}

// person returns who it is for a message, with the provider where one is known, and
// the message that says so.
func (who *person) in(message string) (name string, values []string) {
	values = []string{"user", `<b class="who">` + page.Escape(who.Shown()) + "</b>"}
	if who.Label == "" {
		return message, values
	}
	return message + "-with", append(values, "provider", page.Escape(who.Label))
}

func (p *sheet) time(at time.Time, shown string) string {
	return `<time datetime="` + stamp(at) + `">` + shown + "</time>"
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// show makes the page the reply. It lets the page do nothing but look as it does
// and send its forms home, and to where they are redirected from there.
// Referrer-Policy is same-origin: without a referrer browsers send "Origin: null"
// with a form, which is no origin's.
func (x *exchange) show(p *sheet) error {
	to := "'self'"
	if x.form != "" {
		to += " " + x.form
	}
	h := edgeward.Header{"Referrer-Policy": {"same-origin"}}
	x.reply = endpoint.Reply{Body: p.Close(h, to), Header: h}
	return nil
}

// loginPage offers the providers. A link begins a sign-in, as a link to the
// login anywhere does.
func (x *exchange) loginPage(choices []login.Choice, q query) *sheet {
	p := x.page("signin", "signin", "")
	p.element("p", ` class="soft"`, "signin.choose")
	p.Add("<nav aria-label=\"")
	p.Say("signin.ways")
	p.Add("\">\n<ul class=\"choices\">\n")
	for _, c := range choices {
		_, host, _ := strings.Cut(c.Issuer, "://")
		host, _, _ = strings.Cut(host, "/")
		q.provider = c.Name
		p.Add(`<li><a href="`, page.Escape(x.handler.path(q)), `"><span class="initial" aria-hidden="true">`)
		p.Add(page.Escape(strings.ToUpper(string([]rune(c.Label)[:1]))), "</span><span><b>")
		p.Say("signin.with", "provider", page.Escape(c.Label))
		p.Add("</b><small>", page.Escape(host), "</small></span></a></li>\n")
	}
	p.Add("</ul>\n</nav>\n")
	return p
}

func (x *exchange) logoutPage(who *person) *sheet {
	p := x.page("signout", "signout.ask", "")
	if who.Shown() != "" {
		message, values := who.in("signout.as")
		p.element("p", "", message, values...)
	} else {
		p.element("p", "", "signout.several")
	}
	p.Add("<form method=\"post\" action=\"", p.at.Logout(), "\">\n<fieldset>\n")
	p.element("legend", ` class="unseen"`, "signout.where")
	p.check("scope", "everywhere", "signout.everywhere")
	if x.handler.Personal != nil && who.Provider != "" {
		p.check("tokens", "end", "signout.tokens")
	}
	if x.form != "" {
		p.check("provider", "1", "signout.provider", "provider", page.Escape(who.Label))
	}
	p.Add("</fieldset>\n<p class=\"actions\">")
	p.element("button", ` class="button"`, "signout")
	p.link("signout.stay", x.home(), ` class="button quiet"`)
	p.Add("</p>\n</form>\n<p class=\"actions\">")
	p.link("signout.see", p.at.Sessions(), "")
	p.Add("</p>\n")
	return p
}

// check adds a box to tick, with a message and a hint.
func (p *sheet) check(name, value, message string, values ...string) {
	p.Add(`<label class="check"><input type="checkbox" name="`, name, `" value="`, value, `"><span>`)
	p.Say(message, values...)
	p.Add("<small>")
	p.Say(message + "-hint")
	p.Add("</small></span></label>\n")
}

func (p *sheet) link(message, to, attributes string) {
	p.Add("<a", attributes, ` href="`, to, `">`)
	p.Say(message)
	p.Add("</a>")
}

func (x *exchange) signedOutPage() *sheet {
	p := x.page("signedout", "signedout.head", "")
	p.element("p", "", "signedout.text")
	p.Add("<p class=\"actions\">")
	p.link("signedout.again", p.at.Login(), ` class="button"`)
	p.Add("</p>\n")
	return p
}

func (x *exchange) sessionsPage(who *person, devices []device, more, ended bool, tokens *tokens) *sheet {
	p := x.page("sessions", "sessions", ` class="wide"`)
	message, values := who.in("sessions.as")
	p.element("p", ` class="soft"`, message, values...)
	if ended {
		p.element("p", ` class="note" role="status"`, "sessions.done")
	}
	p.Add("<ul class=\"devices\">\n")
	others := false
	for i := range devices {
		p.device(&devices[i], x.handler.Now())
		others = others || !devices[i].Here
	}
	p.Add("</ul>\n")
	if more {
		p.element("p", ` class="note"`, "sessions.more")
	}
	if others {
		p.Add("<form class=\"actions\" method=\"post\" action=\"", p.at.Sessions(), "\">")
		p.element("button", ` class="button danger" name="others" value="1"`, "sessions.others")
		p.Add("</form>\n")
	}
	if tokens != nil {
		p.tokens(x, tokens)
	}
	return p
}

func (p *sheet) device(d *device, now time.Time) {
	name := page.Escape(agentName(p.Language, d.Agent))
	p.Add("<li>\n<div>\n<h2>", name)
	if d.Here {
		p.Add(`<span class="badge">`)
		p.Say("sessions.here")
		p.Add("</span>")
	}
	p.Add("</h2>\n<p class=\"facts\"><span>", d.Address)
	if d.Address == "" {
		p.Say("sessions.no-address")
	}
	p.Add("</span><span>")
	p.Say("sessions.since", "time", p.time(d.Created, p.Moment(d.Created)))
	if !d.Here {
		p.Add("</span><span>")
		p.Say("sessions.seen", "ago", p.time(d.Seen, p.Ago(now.Sub(d.Seen))))
	}
	if len(d.Hosts) > 0 {
		p.Add("</span><span>")
		p.Say("sessions.hosts", "hosts", page.Escape(strings.Join(d.Hosts, ", ")))
	}
	p.Add("</span></p>\n</div>\n")
	if d.Here {
		p.link("signout", p.at.Logout(), ` class="button quiet"`)
		p.Add("\n</li>\n")
		return
	}
	p.Add(`<form method="post" action="`, p.at.Sessions(), `"><button class="button quiet" name="end" value="`, page.Escape(d.Object), `">`)
	p.Say("sessions.end")
	p.Add(`<span class="unseen"> `)
	p.Say("sessions.end-which", "device", name, "time", p.Moment(d.Created))
	p.Add("</span></button></form>\n</li>\n")
}
