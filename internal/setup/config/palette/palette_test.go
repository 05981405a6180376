package palette_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/edgeward/edgeward/internal/setup/config/palette"
	"github.com/edgeward/edgeward/internal/wire/page"
)

func color(t testing.TB, s string) palette.Color {
	t.Helper()
	c, ok := palette.Parse(s)
	if !ok {
		t.Fatalf("%q is no colour", s)
	}
	return c
}

func TestParse(t *testing.T) {
	for s, want := range map[string]string{"#fff": "#ffffff", "#2250BD": "#2250bd", "#a1b2c3": "#a1b2c3"} {
		if got := color(t, s).String(); got != want {
			t.Errorf("%s: %s", s, got)
		}
	}
	for _, s := range []string{"", "#", "fff", "#ff", "#ffff", "#ffffff00", "red", "rgb(0,0,0)", "#fff;}", "#ggg", "#-12345", "#+12345", "#12_345", "# 12345", "url(x)"} {
		if _, ok := palette.Parse(s); ok {
			t.Errorf("%q is a colour", s)
		}
	}
}

func TestContrast(t *testing.T) {
	for _, row := range []struct {
		a, b string
		want float64
	}{{"#000", "#fff", 21}, {"#fff", "#fff", 1}, {"#767676", "#fff", 4.54}, {"#777", "#fff", 4.48}, {"#f60", "#fff", 2.94}} {
		got := palette.Contrast(color(t, row.a), color(t, row.b))
		if got < row.want-0.005 || got > row.want+0.005 {
			t.Errorf("%s on %s: %.3f, want %.2f", row.a, row.b, got, row.want)
		}
	}
}

// variables returns those of a style sheet, of the light mode and of the dark one.
func variables(sheet string) (modes [2]map[string]string) {
	light, dark, _ := strings.Cut(sheet, "@media(prefers-color-scheme:dark)")
	for i, text := range []string{light, dark} {
		modes[i] = map[string]string{}
		text, _, _ = strings.Cut(text, "}")
		for _, m := range regexp.MustCompile(`(--\w+):(#\w+)`).FindAllStringSubmatch(text, -1) {
			modes[i][m[1]] = m[2]
		}
	}
	return modes
}

// What an operator does not state is as in the style sheet of all pages.
func TestTheUsualColoursAreThoseOfTheStyleSheet(t *testing.T) {
	var light, dark palette.Scheme
	light.State(palette.Background, color(t, "#f2f4f7"))
	sheet, a, b := palette.Sheet(&light, &dark)
	if len(a)+len(b) != 0 {
		t.Errorf("faults %v %v", a, b)
	}
	want := variables(page.Style)
	for mode, made := range variables(sheet) {
		if len(made) != 9 {
			t.Errorf("variables %v", made)
		}
		for name, value := range made {
			if color(t, want[mode][name]) != color(t, value) {
				t.Errorf("mode %d: %s is %s, want %s", mode, name, value, want[mode][name])
			}
		}
	}
}

func TestNothingStatedIsNoStyleSheet(t *testing.T) {
	if sheet, _, _ := palette.Sheet(&palette.Scheme{}, &palette.Scheme{}); sheet != "" {
		t.Error(sheet)
	}
}

func TestWhatCannotBeReadIsAFaultWithSomethingBetter(t *testing.T) {
	var light, dark palette.Scheme
	light.State(palette.Accent, color(t, "#ff6600"))
	_, faults, inDark := palette.Sheet(&light, &dark)
	if len(inDark) != 0 || len(faults) != 1 {
		t.Fatalf("%v, dark %v", faults, inDark)
	}
	f := faults[0]
	if f.What != palette.Accent || f.Behind != palette.Card || palette.Contrast(f.Better, color(t, "#fff")) < 4.5 {
		t.Errorf("%+v", f)
	}
	if got := f.String(); got != "accent #ff6600 on card #ffffff has a contrast of 2.93:1, and text needs 4.5:1 (WCAG 2.2, 1.4.3)" {
		t.Error(got)
	}
}

// FuzzSheet: whatever is stated, what is not a fault can be read.
func FuzzSheet(f *testing.F) {
	f.Add(uint16(1<<palette.Accent), "112233445566778899aabbccddeeff00112233445566778899aabb")
	f.Add(uint16(1<<palette.Card), "808080808080808080808080808080808080808080808080808080")
	f.Fuzz(func(t *testing.T, stated uint16, digits string) {
		if len(digits) < 54 {
			t.Skip()
		}
		var light, dark palette.Scheme
		for r := palette.Background; r <= palette.Danger; r++ {
			if c, ok := palette.Parse("#" + digits[6*r:6*r+6]); ok && stated>>r&1 == 1 {
				light.State(r, c)
			}
		}
		sheet, faults, inDark := palette.Sheet(&light, &dark)
		if sheet == "" || len(faults) > 0 {
			return
		}
		if len(inDark) > 0 {
			t.Errorf("dark: %v", inDark)
		}
		for mode, v := range variables(sheet) {
			for _, pair := range [][2]string{{"--ink", "--card"}, {"--soft", "--card"}, {"--accent", "--card"}, {"--danger", "--card"}, {"--ink", "--tint"}, {"--soft", "--tint"}, {"--accent", "--tint"}} {
				if ratio := palette.Contrast(color(t, v[pair[0]]), color(t, v[pair[1]])); ratio < 4.5 {
					t.Errorf("mode %d: %s %s on %s %s: %.2f", mode, pair[0], v[pair[0]], pair[1], v[pair[1]], ratio)
				}
			}
		}
	})
}

// One accent is enough: in dark mode, too, badges have a ground that is not the card.
func TestAnAccentHasATintInBothModes(t *testing.T) {
	for _, accent := range []string{"#0a5c36", "#2250bd", "#7a1fa2", "#8a3b00"} {
		var light, dark palette.Scheme
		light.State(palette.Accent, color(t, accent))
		sheet, a, b := palette.Sheet(&light, &dark)
		for mode, v := range variables(sheet) {
			if v["--tint"] == v["--card"] || len(a)+len(b) > 0 {
				t.Errorf("%s, mode %d: %v %v %v", accent, mode, v, a, b)
			}
		}
	}
}
