package palette

import (
	"fmt"
	"strings"
)

// A Role is what a colour is for.
type Role int

// The roles.
const (
	Background Role = iota // behind the card
	Card                   // behind all text
	Text
	Muted  // text that matters less
	Line   // between parts
	Border // of what can be pressed
	Accent // links and buttons
	Tint   // behind notes and badges
	Danger // buttons that end something
	count
)

// A role has a key in the configuration, a variable in the style sheet of all pages, and
// the colours that it has there.
var roles = [count]struct{ key, variable, light, dark string }{
	{"background", "--ground", "#f2f4f7", "#0f1218"},
	{"card", "--card", "#fff", "#181c24"},
	{"text", "--ink", "#181c24", "#eceef2"},
	{"muted", "--soft", "#576071", "#a5adbb"},
	{"line", "--line", "#dde1e8", "#2c323e"},
	{"border", "--edge", "#767f90", "#7b8496"},
	{"accent", "--accent", "#2250bd", "#94b6ff"},
	{"tint", "--tint", "#eaf0ff", "#1f2a44"},
	{"danger", "--danger", "#b3261e", "#ff9b91"},
}

// String returns the role's key in the configuration.
func (r Role) String() string { return roles[r].key }

// The contrast that WCAG 2.2 AA asks for.
const (
	ofText  = 4.5 // 1.4.3
	ofParts = 3   // 1.4.11
)

// A need is what has to stand out from what.
type need struct {
	what, behind Role
	ratio        float64
}

// needs are first those on the card. Text on a button is the card's colour on the
// accent, which is the same ratio.
var needs = [...]need{
	{Text, Card, ofText}, {Muted, Card, ofText}, {Accent, Card, ofText}, {Danger, Card, ofText}, {Border, Card, ofParts},
	{Text, Tint, ofText}, {Muted, Tint, ofText}, {Accent, Tint, ofText},
}

const onTint = 5 // where those on the tint begin

// A Scheme is the colours of one mode. The zero value states none.
type Scheme struct {
	colors [count]Color
	stated [count]bool
}

// State sets the colour of a role.
func (s *Scheme) State(r Role, c Color) { s.colors[r], s.stated[r] = c, true }

// Stated reports whether the operator has stated any.
func (s *Scheme) Stated() bool { return s.stated != [count]bool{} }

// A Fault is a colour that users could not tell from what is behind it.
type Fault struct {
	What, Behind Role
	Stated       Role // the one of the two that the operator can change
	Colors       [2]Color
	Ratio, Needs float64
	Better       Color // for Stated
}

// String says what is wrong.
func (f *Fault) String() string {
	kind, criterion := "text", "1.4.3"
	if f.Needs == ofParts {
		kind, criterion = "what can be pressed", "1.4.11"
	}
	return fmt.Sprintf("%s %s on %s %s has a contrast of %.2f:1, and %s needs %.1f:1 (WCAG 2.2, %s)", f.What, f.Colors[0], f.Behind, f.Colors[1], floor(f.Ratio), kind, f.Needs, criterion)
}

// floor keeps 4.498 from being shown as 4.50.
func floor(ratio float64) float64 { return float64(int(ratio*100)) / 100 }

// complete gives the roles that are not stated their colour: that of the mode, changed
// until it can be read.
func (s *Scheme) complete(usual func(r Role) string) (faults []Fault) {
	for r := range count {
		if !s.stated[r] {
			s.colors[r], _ = Parse(usual(r))
		}
	}
	for _, n := range needs[:onTint] {
		faults = s.hold(n, faults)
	}
	card, ink, accent := s.colors[Card], s.colors[Text], s.colors[Accent]
	if s.stated[Text] || s.stated[Card] {
		s.set(Line, card.mix(ink, 0.15))
	}
	if s.stated[Accent] || s.stated[Card] {
		s.set(Tint, card.mix(accent, 0.1))
	}
	for _, n := range needs[onTint:] {
		if more := s.hold(n, nil); s.stated[Tint] {
			faults = append(faults, more...)
		} else if len(more) > 0 {
			s.colors[Tint] = card // a note or a badge without a ground of its own
		}
	}
	return faults
}

func (s *Scheme) holds(n need) bool { return Contrast(s.colors[n.what], s.colors[n.behind]) >= n.ratio }

// hold changes what is not stated until it can be read, on the card, too, and else
// adds a fault.
func (s *Scheme) hold(n need, faults []Fault) []Fault {
	if s.holds(n) {
		return faults
	}
	what, behind := s.colors[n.what], s.colors[n.behind]
	better := what.readable(behind, n.ratio)
	if !s.stated[n.what] && (n.behind == Card || Contrast(better, s.colors[Card]) >= n.ratio) {
		s.colors[n.what] = better
		return faults
	}
	stated := n.what
	if !s.stated[n.what] {
		stated, better = n.behind, s.colors[Card]
	}
	return append(faults, Fault{n.what, n.behind, stated, [2]Color{what, behind}, Contrast(what, behind), n.ratio, better})
}

// set is for roles that are not stated.
func (s *Scheme) set(r Role, c Color) {
	if !s.stated[r] {
		s.colors[r] = c
	}
}

// Sheet returns the style sheet of both modes, "" where neither states a colour, and what
// cannot be read in light and in dark mode. An accent that is stated for light mode
// alone is made light enough for the dark one.
func Sheet(light, dark *Scheme) (sheet string, inLight, inDark []Fault) {
	if !light.Stated() && !dark.Stated() {
		return "", nil, nil
	}
	inLight = light.complete(func(r Role) string { return roles[r].light })
	inDark = dark.complete(func(r Role) string {
		if r == Accent && light.stated[Accent] {
			return light.colors[Accent].String()
		}
		return roles[r].dark
	})
	return ":root{" + light.variables() + "}@media(prefers-color-scheme:dark){:root{" + dark.variables() + "}}", inLight, inDark
}

func (s *Scheme) variables() string {
	var b strings.Builder
	for r := range count {
		b.WriteString(roles[r].variable + ":" + s.colors[r].String() + ";")
	}
	return b.String()
}
