package source

import (
	"strings"
	"testing"
)

const space = ` xmlns="http://www.w3.org/2000/svg"`

func TestAnSVGThatDrawsByItselfIsTaken(t *testing.T) {
	for _, text := range []string{
		"<svg" + space + "/>",
		`<?xml version="1.0" encoding="UTF-8"?><!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd"><!-- made by --><svg` + space + `><g fill="none"><path d="M0 0"/></g></svg>`,
		"<svg" + space + ` xmlns:xlink="http://www.w3.org/1999/xlink"><defs><path id="a" d="M0 0"/></defs><use xlink:href="#a"/><rect fill="url(#g)" style="fill:url('#g')"/></svg>`,
		"<svg" + space + `><style>@media(prefers-color-scheme:dark){path{fill:#fff}}</style><title>Logo</title></svg>`,
		"<svg" + space + ` xmlns:i="http://www.inkscape.org/namespaces/inkscape"><metadata><i:x/></metadata></svg>`,
	} {
		if fault := checkSVG("logo.svg", []byte(text)); fault != nil {
			t.Errorf("%s: %s", text, fault.What)
		}
	}
}

func TestAnSVGThatRunsOrLoadsIsRefused(t *testing.T) {
	for _, inside := range []string{
		"<script/>", "<script>alert(1)</script>", `<g onload="alert(1)"/>`, `<g ONCLICK="x"/>`, `<foreignObject/>`, `<image href="https://evil.example/"/>`, `<image href="data:image/png;base64,AA"/>`,
		`<a href="javascript:alert(1)"/>`, `<use href="https://evil.example/#a"/>`, `<use href="other.svg#a"/>`, `<iframe/>`, `<animate attributeName="href"/>`, `<set attributeName="href" to="x"/>`,
		`<style>@import "https://evil.example/"</style>`, `<style>path{fill:url(https://evil.example/)}</style>`, `<style>path{fill:u\72l(//evil.example)}</style>`,
		`<rect fill="url(//evil.example/#a)"/>`, `<rect style="background:url( 'x' )"/>`, `<rect style="fill:URL(&quot;x&quot;)"/>`, `<rect style="background:image-set('x')"/>`,
		`<svg xmlns="http://www.w3.org/1999/xhtml"><x/></svg><script xmlns="http://www.w3.org/2000/svg"/>`, `<?php x ?>`,
		`<h:script xmlns:h="http://www.w3.org/1999/xhtml">alert(1)</h:script>`, `<script xmlns="">alert(1)</script>`,
		strings.Repeat("<g/>", maxElements),
	} {
		if checkSVG("logo.svg", []byte("<svg"+space+">"+inside+"</svg>")) == nil {
			t.Errorf("%.80s is taken", inside)
		}
	}
	for _, text := range []string{
		"", " ", "<svg/>", "<html/>", "<svg" + space, "GIF89a", `<!DOCTYPE svg [<!ENTITY x "y">]><svg` + space + `>&x;</svg>`, `<!DOCTYPE html><svg` + space + "/>",
		`<?xml-stylesheet href="x"?><svg` + space + "/>", "<svg" + space + "></g>", "<svg" + space + "/><script/>", "<svg" + space + "/><svg" + space + "/>",
	} {
		if checkSVG("logo.svg", []byte(text)) == nil {
			t.Errorf("%q is taken", text)
		}
	}
}

func FuzzSVG(f *testing.F) {
	f.Add([]byte("<svg" + space + `><use href="#a"/></svg>`))
	f.Add([]byte("<svg" + space + `><style>a{b:url(#c)}</style></svg>`))
	f.Fuzz(func(t *testing.T, data []byte) {
		if checkSVG("logo.svg", data) == nil && strings.Contains(strings.ToLower(string(data)), "<script") && !strings.Contains(string(data), "<!--") && !strings.Contains(string(data), "CDATA") && !strings.Contains(string(data), "<?") && !strings.Contains(string(data), "<!") {
			t.Errorf("%q is taken", data)
		}
	})
}

func TestAPNGIsBounded(t *testing.T) {
	if checkPNG("logo.png", []byte("\x89PNG\r\n\x1a\n")) == nil {
		t.Error("one that broke off is taken")
	}
}
