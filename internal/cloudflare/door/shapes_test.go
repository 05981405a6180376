package door_test

import (
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/cloudflare/door"
	"github.com/edgeward/edgeward/internal/cloudflare/runtime"
	"github.com/edgeward/edgeward/internal/door/doorstest"
)

// The table that the gateway is held to, at the Worker's door.
func TestShapesOfTokens(t *testing.T) {
	c, err := door.ParseConfiguration(doorstest.ShapesConfiguration(`"proxy":{"listen":"127.0.0.1:8080","upstream":"https://app.example"}`), map[string]edgeward.Secret{"SHAPES": edgeward.NewSecret(doorstest.ShapeSecret)})
	if err != nil {
		t.Fatal(err)
	}
	system, err := door.NewSystem(c, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	door.LogTo(system, func(line string) { lines = append(lines, line) })
	for _, s := range doorstest.Shapes() {
		t.Run(s.Name, func(t *testing.T) {
			answer := system.Handle(t.Context(), runtime.Frame{"GET", "https://a.example/x", "192.0.2.1", "", "authorization", "Bearer " + s.Token(t)})
			if s.Subject == "" {
				if answer[0] != "respond" || answer[1] != "401" {
					t.Errorf("%q, want 401", answer[:2])
				}
				return
			}
			if answer[0] != "forward" {
				t.Fatalf("%q", answer)
			}
			for name, want := range s.Fields() {
				got := ""
				for i := range answer[:len(answer)-1] {
					if strings.EqualFold(answer[i], name) {
						got = answer[i+1]
					}
				}
				if got != want {
					t.Errorf("%s: %q, want %q", name, got, want)
				}
			}
		})
	}
	// What gives nothing is said, and once for many tokens.
	for _, s := range doorstest.Shapes() {
		system.Handle(t.Context(), runtime.Frame{"GET", "https://a.example/x", "192.0.2.1", "", "authorization", "Bearer " + s.Token(t)})
	}
	said := 0
	for _, line := range lines {
		if strings.HasPrefix(line, `{"msg":"a claim gives nothing, by its form","issuer":"https://entra-with-too-many-groups.example/","claim":"groups","problem":"is not sent,`) {
			said++
		}
	}
	if said != 1 {
		t.Errorf("said %d times of %d lines, want once:\n%s", said, len(lines), strings.Join(lines, ""))
	}
}
