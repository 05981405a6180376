package gateway_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/edgeward/edgeward/internal/door/doorstest"
	"github.com/edgeward/edgeward/internal/setup/config"
	"github.com/edgeward/edgeward/internal/setup/gateway"
	"github.com/edgeward/edgeward/internal/setup/source"
)

// What issuers document of their tokens, and who the user is to an application.
func TestShapesOfTokens(t *testing.T) {
	seen := make(chan http.Header, 1)
	app := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { seen <- r.Header }))
	t.Cleanup(app.Close)
	t.Setenv("SHAPES", doorstest.ShapeSecret)
	c, err := source.Parse("edgeward.yaml", []byte(doorstest.ShapesConfiguration(`"proxy":{"listen":"127.0.0.1:0","upstream":"`+app.URL+`"}`)))
	if err != nil {
		t.Fatal(err)
	}
	system, err := gateway.Build(c.Config, gateway.Environment{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range doorstest.Shapes() {
		t.Run(s.Name, func(t *testing.T) {
			r := httptest.NewRequest("GET", "http://app.example/x", nil)
			r.Header.Set("Authorization", "Bearer "+s.Token(t))
			w := httptest.NewRecorder()
			system.Doors[config.ProxyListen].ServeHTTP(w, r)
			if s.Subject == "" {
				if w.Code != 401 || len(seen) > 0 {
					t.Errorf("status %d, want 401", w.Code)
				}
				return
			}
			if w.Code != 200 {
				t.Fatalf("status %d: %s", w.Code, w.Body)
			}
			got := <-seen
			for name, want := range s.Fields() {
				if got.Get(name) != want {
					t.Errorf("%s: %q, want %q", name, got.Get(name), want)
				}
			}
		})
	}
}
