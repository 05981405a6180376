package console

// A Page is a method and a path of the console, and whether it is open to
// anybody.
type Page struct {
	Method, Path string
	Open         bool
}

// Pages returns all of them.
func Pages() (all []Page) {
	for _, p := range pages() {
		all = append(all, Page{p.method, p.path, p.open})
	}
	return all
}

// What tests ask without a request.
var (
	Number = number
	Short  = short
	Depth  = depth
)
