package devsystem

import (
	"bytes"
	_ "embed"
	"html/template"
	"net/http"
	"strings"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/cli/ui"
)

//go:embed files/app.html
var appPage string

var appTemplate = template.Must(template.New("app").Parse(appPage))

// A visitor is what the sample application can tell about a request.
type visitor struct {
	Host       string    `json:"host"`
	Path       string    `json:"path"`
	Identity   *identity `json:"identity"` // null: the gateway asked nobody
	Credential string    `json:"credential"`
	RequestID  string    `json:"request_id"`
}

// identity is what the gateway says in its header fields.
type identity struct {
	Subject     string   `json:"subject"`
	Issuer      string   `json:"issuer"`
	Method      string   `json:"method"`
	Permissions []string `json:"permissions"`
}

// sampleApplication is what "edgeward dev" stands in front of. It believes the
// gateway, as an application should, and shows what it heard.
func sampleApplication(a addresses) http.Handler {
	mux := http.NewServeMux()
	app := showsPage(a.Notes)
	mux.HandleFunc("/app/", app)
	mux.HandleFunc("/app", app)
	mux.HandleFunc("/{$}", app)
	mux.HandleFunc(devNotes+"/", showsPage(a.Origin+"/app"))
	mux.HandleFunc("/", func(w http.ResponseWriter, hr *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = ui.JSON(w, visit(hr)) // a client that left needs no answer
	})
	return mux
}

func visit(hr *http.Request) *visitor {
	v := &visitor{Host: hr.Host, Path: hr.URL.Path, Credential: "not forwarded", RequestID: hr.Header.Get("X-Request-Id")}
	if hr.Header.Get("Authorization")+hr.Header.Get("X-Api-Key") != "" || hasCredentialCookie(hr) {
		v.Credential = "forwarded"
	}
	if subject := hr.Header.Get(edgeward.HeaderSubject); subject != "" {
		v.Identity = &identity{
			Subject:     subject,
			Issuer:      hr.Header.Get(edgeward.HeaderIssuer),
			Method:      hr.Header.Get(edgeward.HeaderMethod),
			Permissions: strings.Fields(hr.Header.Get(edgeward.HeaderPermissions)),
		}
	}
	return v
}

// hasCredentialCookie reports whether a cookie of Edgeward has travelled. Others
// belong to applications on any port of this host, as those of the provider.
func hasCredentialCookie(hr *http.Request) bool {
	for _, c := range hr.Cookies() {
		name := strings.TrimPrefix(c.Name, "__Host-")
		if name == "edgeward-session" || strings.HasPrefix(name, "ew_") {
			return true
		}
	}
	return false
}

// showsPage returns a page that links to that of the other host, "" for none.
func showsPage(other string) http.HandlerFunc {
	return func(w http.ResponseWriter, hr *http.Request) {
		v := visit(hr)
		if v.Identity == nil {
			v.Identity = &identity{Subject: "stranger"}
		}
		var page bytes.Buffer
		if err := appTemplate.Execute(&page, struct {
			*visitor
			Other string
		}{v, other}); err != nil {
			http.Error(w, "the page could not be made", http.StatusInternalServerError)
			return
		}
		h := w.Header()
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
		_, _ = w.Write(page.Bytes())
	}
}
