package problem

import (
	"html"
	"strconv"
)

// HTML returns the document as a page for people. It has no script, loads
// nothing, and every value in it is escaped.
func (d Document) HTML() []byte {
	b := make([]byte, 0, 3<<10)
	add := func(parts ...string) {
		for _, part := range parts {
			b = append(b, part...)
		}
	}
	add("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n",
		"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n",
		"<meta name=\"robots\" content=\"noindex\">\n<title>", html.EscapeString(d.text.head), "</title>\n",
		"<style>", Style, "</style>\n</head>\n<body>\n<main>\n",
		"<p class=\"status\">", strconv.Itoa(d.Status), " ", html.EscapeString(d.Title), "</p>\n",
		"<h1>", html.EscapeString(d.text.head), "</h1>\n<p>", html.EscapeString(d.text.page), "</p>\n")
	switch {
	case d.Form == FormPassedOn:
		add("<p>It is not known whether what you sent has arrived. Look whether it is there before you send it again.</p>\n")
	case d.Form == FormRefused && d.LoginURL != "":
		add("<p>What you sent was not passed on, and nothing of it was kept. Sign in in a new tab, then come back here, go back to the form and send it again.</p>\n",
			"<p><a class=\"button\" href=\"", html.EscapeString(d.LoginURL), "\" target=\"_blank\" rel=\"noopener\">Sign in in a new tab</a></p>\n")
	case d.Form == FormRefused:
		add("<p>What you sent was not passed on, and nothing of it was kept.</p>\n")
	case d.text.retry:
		add("<p><a class=\"button\" href=\"", html.EscapeString(d.LoginURL), "\">Try again</a></p>\n")
	case d.LoginURL != "":
		add("<p><a class=\"button\" href=\"", html.EscapeString(d.LoginURL), "\">Sign in</a></p>\n")
	}
	add("<dl>\n<dt>Code</dt><dd>", html.EscapeString(d.Code), "</dd>\n",
		"<dt>Request</dt><dd>", html.EscapeString(d.RequestID), "</dd>\n</dl>\n</main>\n</body>\n</html>\n")
	return b
}
