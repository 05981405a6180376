// Package palette makes the colours of the pages for users of the few that an operator
// states: the others follow, and what has to be read stands out from what is behind it.
package palette

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// A Color is one of sRGB, without transparency.
type Color [3]uint8

// Parse reads #rgb or #rrggbb. Nothing else gets into a style sheet.
func Parse(s string) (c Color, ok bool) {
	digits, found := strings.CutPrefix(s, "#")
	if len(digits) == 3 {
		digits = string([]byte{digits[0], digits[0], digits[1], digits[1], digits[2], digits[2]})
	}
	n, err := strconv.ParseUint(digits, 16, 24)
	if !found || len(digits) != 6 || err != nil {
		return Color{}, false
	}
	return Color{uint8(n >> 16), uint8(n >> 8), uint8(n)}, true
}

// String returns #rrggbb.
func (c Color) String() string { return fmt.Sprintf("#%02x%02x%02x", c[0], c[1], c[2]) }

// luminance is the relative luminance of WCAG 2.2.
func (c Color) luminance() float64 {
	sum := 0.0
	for i, weight := range [...]float64{0.2126, 0.7152, 0.0722} {
		v := float64(c[i]) / 255
		if v <= 0.04045 {
			v /= 12.92
		} else {
			v = math.Pow((v+0.055)/1.055, 2.4)
		}
		sum += weight * v
	}
	return sum
}

// Contrast is the contrast ratio of WCAG 2.2, from 1 to 21.
func Contrast(a, b Color) float64 {
	x, y := a.luminance(), b.luminance()
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// mix returns c with so much of other in it, from 0 to 1.
func (c Color) mix(other Color, much float64) (mixed Color) {
	for i := range c {
		mixed[i] = uint8(math.Round(float64(c[i])*(1-much) + float64(other[i])*much))
	}
	return mixed
}

var black, white = Color{}, Color{255, 255, 255}

// readable returns c, made darker or lighter until it has that contrast with behind.
func (c Color) readable(behind Color, ratio float64) Color {
	end := black
	if Contrast(white, behind) > Contrast(black, behind) {
		end = white
	}
	for step := 0.0; step < 1; step += 0.02 {
		if changed := c.mix(end, step); Contrast(changed, behind) >= ratio {
			return changed
		}
	}
	return end
}
