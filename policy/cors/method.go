package cors

import "strings"

// CheckMethod refuses methods that no request has by the time its route is looked up: it
// returns what is wrong, or "".
func CheckMethod(method string) string {
	const methodOctets = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-" // as in internal/wire/canonical
	switch {
	case method == "" || strings.Trim(method, methodOctets) != "":
		return "upper case letters, digits and - only: no request has another method"
	case method == "TRACE" || method == "CONNECT" || method == "TRACK":
		return "this method is always refused"
	}
	return ""
}
