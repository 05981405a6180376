package devsystem

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/edgeward/edgeward/internal/cli/ui"
	"github.com/edgeward/edgeward/internal/devsystem/devidp"
)

// A screen is what dev shows. Its methods print whole blocks, so that the log,
// which shares it, never stands in the middle of one.
type screen struct {
	ui.Paint
	mu  sync.Mutex
	out io.Writer
}

// Write implements [io.Writer], for the log.
func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.out.Write(p)
}

func (s *screen) printf(format string, args ...any) { fmt.Fprintf(s, format, args...) }

func (s *screen) welcome() {
	s.printf("\n%s %s\n\n", s.Bold("edgeward dev"), s.Dim("· a whole system on this machine, until you stop it"))
}

// started says that a part runs.
func (s *screen) started(part, address, what string) {
	s.printf("  %s %-13s %s %s\n", s.Green("✓"), part, s.Cyan(fmt.Sprintf("%-29s", address)), s.Dim(what))
}

func (s *screen) ready(took time.Duration) {
	s.printf("\n  ready in %.1f s %s\n", took.Seconds(), s.Dim("· it runs on "+devFolder+"/: read it, change it, see what happens"))
}

// invitation prints the lines to paste.
func (s *screen) invitation(origin, notes, gateway, admin, token string, own *ownCredentials) {
	var b strings.Builder
	api := gateway + "/api/hello"
	fmt.Fprintf(&b, "\n%s\n\n  %s %s\n", s.Bold("Open these in a browser"), s.Cyan(fmt.Sprintf("%-29s", origin+"/app")), s.Dim("sign in as "+names(devPeople)+"; no password"))
	if notes != "" {
		fmt.Fprintf(&b, "  %s %s\n", s.Cyan(fmt.Sprintf("%-29s", notes)), s.Dim("another host with the same sign-in; sign out at one, with \"At edgeward dev, too\", and both ask again"))
	}
	fmt.Fprintf(&b, "  %s %s\n", s.Cyan(fmt.Sprintf("%-29s", admin+"/console")), s.Dim("the operator's view: as Carol, or with the key "+own.adminKey))
	b.WriteString("\n" + s.Bold("Paste these into another terminal") + "\n")
	s.line(&b, 200, "alice, by the provider's token, as the application sees her", s.curl(api, bearing(token)))
	s.line(&b, 200, "alice's browser, by its session cookie", s.curl(api, inCookie(own.session)))
	s.line(&b, 200, devMachine+", by an API key", s.curl(api, "X-API-Key: "+own.apiKey))
	if notes != "" {
		s.line(&b, 401, "the same at the other host, which asks for a session", s.curl(notes, "X-API-Key: "+own.apiKey))
	}
	s.line(&b, 200, "tokens for alice's refresh token; it works once, and for 30 s again", s.refreshing(gateway, own))
	s.line(&b, 401, "without a credential", s.curl(api, ""))
	s.line(&b, 401, "alice's token, made to say admin: the signature tells", s.curl(api, bearing(tamper(token))))
	s.line(&b, 200, "a public route", s.curl(gateway+"/public/hello", ""))
	fmt.Fprintf(&b, "\n%s\n  EDGEWARD_ADMIN_KEY=%s %s revoke --subject %s --server %s\n",
		s.Dim("revoke all that alice holds: her session, her refresh token and the provider's tokens are refused from then on"), s.Dim(own.adminKey), invocation(), devSubject, admin)
	fmt.Fprintf(&b, "\n%s\n  %s explain --config %s/%s GET /api/hello\n", s.Dim("which file says so"), invocation(), devFolder, devConfig)
	s.printf("%s\n", b.String())
}

// names lists people as a sentence does.
func names(people []devidp.Person) string {
	all := make([]string, len(people))
	for i, person := range people {
		all[i] = person.Name
	}
	return strings.Join(all[:len(all)-1], ", ") + " or " + all[len(all)-1]
}

func (s *screen) line(b *strings.Builder, status int, what, command string) {
	fmt.Fprintf(b, "\n%s %s\n  %s\n", s.Status(status, fmt.Sprint(status)), s.Dim(what), command)
}

// curl returns a command line with the credential itself in it, a field or
// nothing, so that it works in any folder and any shell.
func (s *screen) curl(url, field string) string {
	if field == "" {
		return "curl -i " + url
	}
	name, value, _ := strings.Cut(field, ": ")
	return "curl -i " + url + " -H '" + name + ": " + s.Dim(value) + "'"
}

func bearing(token string) string   { return "Authorization: Bearer " + token }
func inCookie(cookie string) string { return "Cookie: " + cookie }

// refreshing returns the command line that changes a refresh token for its
// successor (RFC 6749 §6).
func (s *screen) refreshing(gateway string, own *ownCredentials) string {
	return "curl -i " + gateway + "/oauth/token -d grant_type=refresh_token -d refresh_token=" + s.Dim(own.refresh)
}

func (s *screen) rotated(from, to, gateway, token string, own *ownCredentials) {
	var b strings.Builder
	fmt.Fprintf(&b, "\n%s signing key rotated %s\n", s.Green("✓"), s.Dim(short(from)+" → "+short(to)+"; tokens of the old key stay valid until they expire"))
	fmt.Fprintf(&b, "  %s\n  %s\n  %s\n\n", s.curl(gateway+"/api/hello", bearing(token)), s.curl(gateway+"/api/hello", inCookie(own.session)), s.refreshing(gateway, own))
	s.printf("%s", b.String())
}

func (s *screen) note(text string) { s.printf("%s\n", s.Dim("· "+text)) }

// keys says how to go on, for somebody at a keyboard and for a script.
func (s *screen) keys(keyboard bool) {
	if keyboard {
		s.printf("%s rotate the signing key, renew alice's credentials   %s quit\n\n", s.Bold("r"), s.Bold("q"))
		return
	}
	s.printf("%s\n\n", s.Dim(fmt.Sprintf("kill -USR1 %d rotates the signing key, kill %d stops", os.Getpid(), os.Getpid())))
}

// short returns enough of a key id to tell it from others.
func short(kid string) string { return kid[:min(8, len(kid))] }

// invocation is how this program was called, for a line that can be pasted.
func invocation() string {
	if strings.Contains(os.Args[0], "go-build") {
		return "go run ./cmd/edgeward"
	}
	return os.Args[0]
}
