package config

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

const referencePath = "../../../docs/configuration.md"

// TestReferenceIsUpToDate holds docs/configuration.md to the tables that the
// decoder reads by.
func TestReferenceIsUpToDate(t *testing.T) {
	got := printReference()
	if flag.Lookup("update").Value.String() == "true" {
		if err := os.WriteFile(referencePath, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(referencePath)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is not what the tables say: go generate ./internal/setup/config", referencePath)
	}
}

const preface = `# Configuration

This page is printed from the tables by which the configuration is decoded
(` + "`go generate ./internal/setup/config`" + `); a test holds it to them.

The file is read strictly. An unknown key, a value of another type, a key that
is there twice and a setting that would be insecure are errors; all of them are
reported at once, each with its line, column and remedy. ` + "`edgeward check`" + `
reports them without starting anything. YAML's anchors, aliases, tags and merge
keys are not supported, nor are tabs, several documents and files over 1 MiB.

Secrets never stand in the file: a key that takes one takes ` + "`env:NAME`" + `, an
environment variable, or ` + "`file:PATH`" + `, a file that is not world-readable, and
messages mask whatever stands there instead.

SIGHUP, or a change of the file or of any file that it names, loads everything
again: whole or, when anything is wrong, not at all, while requests go on. A
change is taken up once it has been the same for two looks, which are two
seconds apart; a folder of many thousand routes is looked at less often.
Environment variables and listen addresses take a restart.

` + "```yaml" + `
proxy:
  listen: :8080
  upstream: http://127.0.0.1:3000
issuers:
  - issuer: https://id.example.com/
    audiences: [https://api.example.com]
routes:
  _middleware: {authenticate: [bearer]}
  health: {authenticate: []}
` + "```" + `
`

const epilogue = `
## Paths that are rewritten

` + "`strip_prefix` and `add_prefix`" + ` change what the upstream sees, once the decision has been made on the path as it came: ` + "`GET /app/orders`" + ` is decided by ` + "`routes/app/orders.yaml`" + `, and forwarded as ` + "`/orders`" + `.
A prefix is compared name by name, like the rules of the routes, and in one spelling; where the route has ` + "`ignore_case`" + `, so is the prefix. The result has one reading again, or the request is refused with 400.

What was removed is told in ` + "`X-Forwarded-Prefix`" + `, which an application has to know of, to make links that lead back through the gateway (Spring: ` + "`server.forward-headers-strategy: framework`" + `; others take the prefix as
a setting). Edgeward does not rewrite what the application answers: ` + "`Location`, the path of a cookie" + ` and links in pages are as it wrote them. An application that can be given a base path needs none of this.

Two paths may lead to one place of the upstream by then, of which one asks for less: with ` + "`strip_prefix: /pub`" + `, ` + "`/pub/admin`" + ` is the upstream's ` + "`/admin`" + `. ` + "`edgeward check`" + ` warns where a rule for that path, on the same
upstream, asks for more.

## Header fields

Of what a client sends, the proxy, the middleware and a Worker forward everything but:

- **Names with a sign other than letters, digits and ` + "`-`" + `**, as nginx does by default. Many servers cannot tell ` + "`_`" + ` or ` + "`.`" + ` from ` + "`-`" + `: to them ` + "`Content_Length`" + `
  is another framing, ` + "`X_Auth_Subject`" + ` an identity. ` + "`forward_headers`" + ` lets single names through, but none that is read as a field with a meaning.
- **` + "`X-Auth-*`" + `**. The six that name the identity are set anew; others, such as an application's ` + "`X-Auth-Token`" + `, travel if ` + "`forward_headers`" + ` names them.
- **What is for one connection** (RFC 9110 §7.6.1) and what ` + "`Connection`" + ` names. Of ` + "`Upgrade`" + `, a WebSocket is left: anything else, such as ` + "`h2c`" + `, would carry requests
  without a decision.
- **What proxies say of a request**: ` + "`Forwarded`, `X-Forwarded-*`, `X-Original-*`, `X-Rewrite-*`, `X-Real-IP`" + ` and the other names of a client's address, a scheme or
  a prefix (` + "`X-Envoy-External-Address`, `CloudFront-Viewer-Address`, `X-MS-Original-URL`, `X-Scheme`" + ` …). ` + "`X-Forwarded-For`, `-Proto`, `-Host` and `X-Request-Id`" + ` are set anew.
- **What asks for another method, path or host** than was decided on: ` + "`X-HTTP-Method-Override`, `X-Method`, `X-Host`, `X-HTTP-Host-Override`, `Path-Info`, `Script-Name`, `Proxy`" + `.
- **Credentials**: the one that decided; a bearer token that was not verified, as on a public route, where every script of a page sends its own; API keys of
  Edgeward; and Edgeward's cookies by their exact names (` + "`__Host-edgeward-session`" + ` or ` + "`sessions.cookie`, `__Host-ew_access`, `__Host-ew_refresh`, `__Host-ew_login`, `__Host-ew_binding`, `__Host-ew_console`, `__Host-ew_console_login`" + `,
  also without ` + "`__Host-`" + `). An ` + "`Authorization`" + ` of another scheme, such as Basic, and all other cookies are the application's. With ` + "`forward_credential`" + ` the credential that decided travels, alone:
  a bearer token, an API key or the access token in its cookie, never a session. A public route with it forwards an application's own bearer token.

` + "`forward_auth`" + ` cannot remove a field; the web server in front can (see the examples). It refuses with 400 what only an attack sends: look-alikes of fields with a meaning, fields that
ask for another method, path or host, and upgrades to anything but a WebSocket. Other ` + "`X-Auth-*`" + ` fields (ingress-nginx sends ` + "`X-Auth-Request-Redirect`" + `) it ignores.

Fields by which routes name users to applications, and what routes set on requests, are removed everywhere, too: see
[headers.md](headers.md).

The identity comes as ` + "`X-Auth-Subject`, `-Issuer`, `-Method`, `-Permissions` and `-Session`" + `, in UTF-8 as the issuer wrote it: ` + "`Zoë`" + ` is five octets in one word. Servers that read fields
as Latin-1 (WSGI, Rack, Java) see ` + "`ZoÃ«`" + ` and have to decode it (RFC 9110 §5.5); in Python ` + "`value.encode('latin-1').decode()`" + `. The assertion is JSON and needs none of that.

Frameworks that take another method from a form or query, as ` + "`_method`" + ` in Rails, Laravel and Symfony, undo what ` + "`methods`" + ` says for ` + "`POST`" + `: a ` + "`POST`" + ` that a route lets in becomes their ` + "`DELETE`" + `.
Edgeward reads no bodies and forwards queries as they are. Ask for the same under ` + "`POST`" + ` as under the strictest method, or switch the override off there.

WebDAV's ` + "`MOVE` and `COPY`" + ` name a second path in ` + "`Destination`" + `, which no rule is asked about: a user who may move files in one folder may move them into every other one of the application. Where
it speaks WebDAV, give these methods the strictest permission (` + "`methods: {MOVE: …}`" + `).
`

func printReference() string {
	var b strings.Builder
	b.WriteString(preface + "\n" + contents() + "\n")
	for _, s := range reference {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n\n| key | value | without it | meaning |\n|---|---|---|---|\n", s.title, s.about)
		for i, k := range s.keys {
			absent := s.meanings[i].absent
			if k.Required {
				if absent = "**an error**"; k.Unless != "" {
					absent += " without `" + k.Unless + "`"
				}
			}
			fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", k.Name, k.Kind, absent, s.meanings[i].meaning)
		}
	}
	return narrow(b.String() + epilogue)
}

// contents links to all sections.
func contents() string {
	var all []string
	for line := range strings.SplitSeq(epilogue, "\n") {
		if title, ok := strings.CutPrefix(line, "## "); ok {
			all = append(all, linked(title))
		}
	}
	for i := range reference {
		all = slices.Insert(all, i, linked(reference[i].title))
	}
	return strings.Join(all, " · ")
}

// linked returns a link to the section, by the anchor that GitHub gives it.
func linked(title string) string {
	anchor := strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case strings.ContainsRune("`.", r):
			return -1
		}
		return unicode.ToLower(r)
	}, title)
	return "[" + title + "](#" + anchor + ")"
}

// narrow fills paragraphs with a line over 140 columns anew. Tables and examples
// stay as they are.
func narrow(text string) string {
	var out, paragraph []string
	fenced := false
	flush := func() {
		if slices.ContainsFunc(paragraph, func(l string) bool { return utf8.RuneCountInString(l) > 140 }) {
			paragraph = fill(strings.Fields(strings.Join(paragraph, " ")))
		}
		out, paragraph = append(out, paragraph...), nil
	}
	for line := range strings.SplitSeq(text, "\n") {
		if strings.HasPrefix(line, "```") {
			fenced = !fenced
		}
		if fenced || line == "" || strings.ContainsAny(line[:1], "|#`") || strings.HasPrefix(line, "- ") {
			flush()
		}
		if paragraph = append(paragraph, line); fenced || line == "" || strings.ContainsAny(line[:1], "|#") || strings.HasPrefix(line, "```") {
			out, paragraph = append(out, paragraph...), nil
		}
	}
	flush()
	return strings.Join(out, "\n")
}

func fill(words []string) (lines []string) {
	indent := ""
	if words[0] == "-" {
		indent = "  "
	}
	line := words[0]
	for _, w := range words[1:] {
		if utf8.RuneCountInString(line)+1+utf8.RuneCountInString(w) > 138 {
			lines, line = append(lines, line), indent+w
		} else {
			line += " " + w
		}
	}
	return append(lines, line)
}
