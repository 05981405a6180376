package problem

import (
	"crypto/sha256"
	"encoding/base64"
	"html"
	"strconv"
)

// style is the whole style sheet of the page. Colours keep a contrast of at
// least 4.5:1 in both schemes (WCAG 1.4.3).
const style = `:root{color-scheme:light dark;--ground:#f4f5f7;--card:#fff;--ink:#1b1f27;--soft:#5a6270;--line:#dfe2e8;--accent:#2457c5}
@media(prefers-color-scheme:dark){:root{--ground:#12151b;--card:#1b1f27;--ink:#eceef2;--soft:#a3abb9;--line:#2f3541;--accent:#8fb3ff}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:1.5rem;background:var(--ground);color:var(--ink);font:1rem/1.55 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{width:100%;max-width:32rem;padding:clamp(1.5rem,6vw,2.75rem);background:var(--card);border:1px solid var(--line);border-radius:.9rem}
.status{margin:0;color:var(--accent);font-weight:600;font-size:.9rem}
h1{margin:.35rem 0 .75rem;font-size:clamp(1.5rem,5vw,1.9rem);line-height:1.2;text-wrap:balance}
p{margin:0 0 1.25rem;text-wrap:pretty}
a{display:inline-block;padding:.6rem 1.2rem;border-radius:.5rem;background:var(--accent);color:var(--card);font-weight:600;text-decoration:none}
a:hover{text-decoration:underline}
a:focus-visible{outline:3px solid var(--ink);outline-offset:2px}
dl{display:grid;grid-template-columns:auto 1fr;gap:.25rem 1rem;margin:1.75rem 0 0;padding-top:1.1rem;border-top:1px solid var(--line);color:var(--soft);font-size:.85rem}
dd{margin:0;overflow-wrap:anywhere;font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}`

// contentSecurityPolicy lets the page do nothing but look as it does: no
// script, no request, no frame around it.
var contentSecurityPolicy = "default-src 'none'; style-src 'sha256-" + styleHash() + "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

func styleHash() string {
	sum := sha256.Sum256([]byte(style))
	return base64.StdEncoding.EncodeToString(sum[:])
}

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
		"<style>", style, "</style>\n</head>\n<body>\n<main>\n",
		"<p class=\"status\">", strconv.Itoa(d.Status), " ", html.EscapeString(d.Title), "</p>\n",
		"<h1>", html.EscapeString(d.text.head), "</h1>\n<p>", html.EscapeString(d.text.page), "</p>\n")
	if d.text.retry {
		add("<p><a href=\"\">Try again</a></p>\n")
	}
	add("<dl>\n<dt>Code</dt><dd>", html.EscapeString(d.Code), "</dd>\n",
		"<dt>Request</dt><dd>", html.EscapeString(d.RequestID), "</dd>\n</dl>\n</main>\n</body>\n</html>\n")
	return b
}
