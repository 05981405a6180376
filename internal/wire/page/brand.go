package page

// BrandStyle is for a [Brand], and goes to [Config.Style]. Like that it is one line, as
// texts of a configuration are.
const BrandStyle = `.brand{margin:0 0 1.5rem;font-weight:700;font-size:1.1rem;line-height:1.3;overflow-wrap:anywhere}` +
	`.brand img{display:block;max-width:100%;max-height:3rem;width:auto;height:auto}`

// Brand returns the HTML that stands above each page of the site called name: its logo, a
// data: URL, or the name where that is "". dark is the logo in dark mode, "" for the same.
func Brand(name, logo, dark string) string {
	b := Escape(name)
	if logo != "" {
		b = `<img src="` + logo + `" alt="` + b + `">`
	}
	if dark != "" {
		b = `<picture><source media="(prefers-color-scheme: dark)" srcset="` + dark + `">` + b + "</picture>"
	}
	return `<p class="brand">` + b + "</p>"
}
