package console

import _ "embed"

// An asset is a file that pages load.
type asset struct {
	mediaType string
	body      []byte
}

var (
	//go:embed assets/console.css
	style []byte
	//go:embed assets/console.js
	script []byte
	//go:embed assets/icon.svg
	icon []byte
)

// assets are the only files that there are, by their paths.
var assets = map[string]*asset{
	rootPath + "/assets/console.css": {"text/css; charset=utf-8", style},
	rootPath + "/assets/console.js":  {"text/javascript; charset=utf-8", script},
	rootPath + "/assets/icon.svg":    {"image/svg+xml", icon},
}
