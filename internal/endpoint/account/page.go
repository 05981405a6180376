package account

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/edgeward/edgeward/internal/wire/problem"
	"github.com/edgeward/edgeward/login"
)

const pageType = "text/html; charset=utf-8"

//go:embed pages
var files embed.FS

// style is what these pages add to [problem.Style].
var style = func() string {
	css, err := files.ReadFile("pages/style.css")
	if err != nil {
		panic(err) // not built with its pages
	}
	return string(css)
}()

var templates = template.Must(template.New("").Funcs(template.FuncMap{
	"stamp": stamp, "moment": moment,
}).ParseFS(files, "pages/*.html"))

// A page is what every template is given.
type page struct {
	Styles []template.CSS
	Host   string
	What   any
}

type loginPage struct{ Choices []choice }

type choice struct{ Label, Initial, Host, URL string }

type logoutPage struct {
	Person     person
	AtProvider bool
}

type sessionsPage struct {
	Person  person
	Devices []device
	More    bool
	Ended   bool
	now     time.Time
}

// Others is how many the page can end with one button.
func (p sessionsPage) Others() (n int) {
	for _, d := range p.Devices {
		if !d.Here {
			n++
		}
	}
	return n
}

// Ago says how long ago something was. A use is written down once in a while,
// so nothing is said of the last hours.
func (p sessionsPage) Ago(at time.Time) string {
	switch d := p.now.Sub(at); {
	case d < 3*time.Hour:
		return "less than 3 hours ago"
	case d < 48*time.Hour:
		return fmt.Sprintf("%d hours ago", int(d.Hours()))
	default:
		return fmt.Sprintf("%d days ago", int(d.Hours()/24))
	}
}

func stamp(t time.Time) string  { return t.UTC().Format(time.RFC3339) }
func moment(t time.Time) string { return t.UTC().Format("2 Jan 2006, 15:04 UTC") }

// choose offers the providers. A link begins a sign-in, as a link to
// /auth/login anywhere does.
func (x *exchange) choose(choices []login.Choice, returnTo string) error {
	var p loginPage
	for _, c := range choices {
		host := c.Issuer
		if issuer, err := url.Parse(c.Issuer); err == nil {
			host = issuer.Host
		}
		initial := strings.ToUpper(string([]rune(c.Label)[:1]))
		p.Choices = append(p.Choices, choice{c.Label, initial, host, LoginPath + "?" + again(c.Name, returnTo).Encode()})
	}
	return x.page("login", p)
}

// page makes the named page the reply.
func (x *exchange) page(name string, what any) error {
	var body bytes.Buffer
	err := templates.ExecuteTemplate(&body, name+".html", page{
		Styles: []template.CSS{template.CSS(problem.Style), template.CSS(style)},
		Host:   strings.TrimPrefix(strings.TrimPrefix(x.handler.Login.Origin(), "https://"), "http://"),
		What:   what,
	})
	x.ok = reply{body: body.Bytes(), mediaType: pageType}
	return err
}

// dressPage lets the page do nothing but look as it does and send its forms
// home, and to where they are redirected from there. Referrer-Policy is
// same-origin: without a referrer browsers send "Origin: null" with a form, which
// is nobody's.
func (x *exchange) dressPage(h http.Header) {
	to := "'self'"
	if x.form != "" {
		to += " " + x.form
	}
	h.Set("Content-Security-Policy", problem.Policy(to, problem.Style, style))
	h.Set("Referrer-Policy", "same-origin")
}
