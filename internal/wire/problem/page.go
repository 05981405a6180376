package problem

import "strconv"

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
		"<meta name=\"robots\" content=\"noindex\">\n<title>", Escape(d.text.head), "</title>\n",
		"<style>", Style, "</style>\n</head>\n<body>\n<main>\n",
		"<p class=\"status\">", strconv.Itoa(d.Status), " ", Escape(d.Title), "</p>\n",
		"<h1>", Escape(d.text.head), "</h1>\n<p>", Escape(d.text.page), "</p>\n")
	switch {
	case d.Form == FormPassedOn:
		add("<p>It is not known whether what you sent has arrived. Look whether it is there before you send it again.</p>\n")
	case d.Form == FormRefused && d.LoginURL != "":
		add("<p>What you sent was not passed on, and nothing of it was kept. Sign in in a new tab, then come back here, go back to the form and send it again.</p>\n",
			"<p><a class=\"button\" href=\"", Escape(d.LoginURL), "\" target=\"_blank\" rel=\"noopener\">Sign in in a new tab</a></p>\n")
	case d.Form == FormRefused:
		add("<p>What you sent was not passed on, and nothing of it was kept.</p>\n")
	case d.text.retry:
		add("<p><a class=\"button\" href=\"", Escape(d.LoginURL), "\">Try again</a></p>\n")
	case d.LoginURL != "":
		add("<p><a class=\"button\" href=\"", Escape(d.LoginURL), "\">Sign in</a></p>\n")
	}
	add("<dl>\n<dt>Code</dt><dd>", Escape(d.Code), "</dd>\n",
		"<dt>Request</dt><dd>", Escape(d.RequestID), "</dd>\n</dl>\n</main>\n</body>\n</html>\n")
	return b
}

// Escape is html.EscapeString. That package would bring its table of entities,
// 30 kB of a Worker, for five signs.
func Escape(s string) string {
	b := make([]byte, 0, len(s))
	for i := range len(s) {
		switch s[i] {
		case '&':
			b = append(b, "&amp;"...)
		case '<':
			b = append(b, "&lt;"...)
		case '>':
			b = append(b, "&gt;"...)
		case '"':
			b = append(b, "&#34;"...)
		case '\'':
			b = append(b, "&#39;"...)
		default:
			b = append(b, s[i])
		}
	}
	return string(b)
}
