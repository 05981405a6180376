package source

import (
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"image/png"
	"io"
	"io/fs"
	"slices"
	"strings"

	"github.com/edgeward/edgeward/internal/setup/document"
)

const (
	// maxPicture bounds a picture in bytes: it is part of every page.
	maxPicture = 32 << 10
	// maxSide bounds a picture in pixels. A small file can be a very large one.
	maxSide = 1024
	// maxElements bounds what an SVG has a browser draw.
	maxElements = 2000
)

// Picture implements [config.Source]. A page has the picture in it, in an <img>, where
// browsers run no script of an SVG and load nothing for it. One that would need to is
// refused all the same: it would not be seen.
func (f *Files) Picture(reference string) (dataURL string, fault *document.Fault) {
	name, fault := fileName(reference, "logo.svg")
	if fault != nil {
		return "", fault
	}
	data, _, err := f.read(f.Locate(name), maxPicture)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", unread(name, err)
	case err != nil:
		return "", document.Faultf("an SVG or a PNG of at most 32 KiB", "%s cannot be read: %v", name, err)
	}
	mediaType := "image/png"
	if fault = checkPNG(name, data); !bytes.HasPrefix(data, []byte("\x89PNG\r\n\x1a\n")) {
		mediaType, fault = "image/svg+xml", checkSVG(name, data)
	}
	if fault != nil {
		return "", fault
	}
	return "data:" + mediaType + ";base64," + base64.StdEncoding.EncodeToString(data), nil
}

func checkPNG(name string, data []byte) *document.Fault {
	c, err := png.DecodeConfig(bytes.NewReader(data))
	switch {
	case err != nil:
		return document.Faultf("", "%s is no PNG: %s", name, document.Detail(err))
	case c.Width > maxSide || c.Height > maxSide:
		return document.Faultf("at most 1024 by 1024", "%s has %d by %d pixels", name, c.Width, c.Height)
	}
	return nil
}

// drawing are the elements of SVG that draw, or say how. Those that hold other
// documents, pictures, links and programs are not among them.
var drawing = strings.Fields("svg g defs symbol use title desc metadata style path rect circle ellipse line polyline polygon text tspan textPath " +
	"linearGradient radialGradient stop pattern clipPath mask marker filter switch view " +
	"feBlend feColorMatrix feComponentTransfer feComposite feConvolveMatrix feDiffuseLighting feDisplacementMap feDistantLight feDropShadow feFlood " +
	"feFuncA feFuncB feFuncG feFuncR feGaussianBlur feMerge feMergeNode feMorphology feOffset fePointLight feSpecularLighting feSpotLight feTile feTurbulence")

const (
	svgSpace  = "http://www.w3.org/2000/svg"
	htmlSpace = "http://www.w3.org/1999/xhtml"
)

var errNoSVG = errors.New("it does not begin with <svg xmlns=\"" + svgSpace + "\">")

// checkSVG wants an SVG that draws by itself.
func checkSVG(name string, data []byte) *document.Fault {
	const plain = `save it as "plain" or "optimized" SVG, with everything that it shows in it`
	d := xml.NewDecoder(bytes.NewReader(data))
	elements, depth, style := 0, 0, false
	for {
		token, err := d.Token()
		if err == io.EOF && elements > 0 {
			return nil
		}
		if err == io.EOF {
			err = errNoSVG
		}
		if err != nil {
			return document.Faultf("an SVG or a PNG", "%s is neither a PNG nor an SVG: %s", name, document.Detail(err))
		}
		var wrong string
		switch t := token.(type) {
		case xml.StartElement:
			if depth++; depth == 1 && elements > 0 {
				wrong = "a second element at the top"
				break
			}
			elements++
			style = t.Name.Local == "style"
			wrong = wrongElement(&t, elements)
		case xml.EndElement:
			depth--
			style = false
		case xml.CharData:
			if style && loads(string(t)) {
				wrong = "a style sheet that loads something"
			}
		case xml.Directive:
			if !bytes.HasPrefix(bytes.ToUpper(t), []byte("DOCTYPE SVG PUBLIC")) || bytes.ContainsRune(t, '[') {
				wrong = "a document type"
			}
		case xml.ProcInst:
			if t.Target != "xml" {
				wrong = "a processing instruction"
			}
		}
		if wrong != "" {
			return document.Faultf(plain, "%s has %s", name, wrong)
		}
	}
}

// wrongElement says what keeps an element out, "" for nothing.
func wrongElement(e *xml.StartElement, at int) string {
	switch {
	case at == 1 && (e.Name.Local != "svg" || e.Name.Space != svgSpace):
		return "another element than svg, in its namespace, at the top"
	case at > maxElements:
		return "more than 2000 elements"
	case e.Name.Space == svgSpace && !slices.Contains(drawing, e.Name.Local), e.Name.Space == htmlSpace, e.Name.Space == "": // other namespaces are editors' own
		return "an element " + document.Printable(e.Name.Local)
	}
	for _, a := range e.Attr {
		name := strings.ToLower(a.Name.Local)
		switch {
		case strings.HasPrefix(name, "on"):
			return "a program in the attribute " + document.Printable(a.Name.Local)
		case (name == "href" || name == "src") && !strings.HasPrefix(a.Value, "#"):
			return "a reference to something else in the attribute " + document.Printable(a.Name.Local)
		case loads(a.Value) && a.Name.Space != "xmlns" && name != "xmlns":
			return "an attribute " + document.Printable(a.Name.Local) + " that loads something"
		}
	}
	return ""
}

// loads reports whether a style loads something: a url() of another document, or an
// import. An escape could hide one.
func loads(style string) bool {
	style = strings.ToLower(style)
	if strings.ContainsAny(style, `\`) || strings.Contains(style, "@import") || strings.Contains(style, "image-set(") {
		return true
	}
	for rest := style; ; {
		_, after, found := strings.Cut(rest, "url(")
		if !found {
			return false
		}
		if !strings.HasPrefix(strings.TrimLeft(after, " \t\r\n\"'"), "#") {
			return true
		}
		rest = after
	}
}
