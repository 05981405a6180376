package door

import "net/http"

// Redirect answers a refused visit with the way to where SignIn leads. Nobody
// may keep that answer: after the sign-in there is another one.
func Redirect(w http.ResponseWriter, hr *http.Request, v *Visit, to string) {
	LimitUnreadBody(w, hr)
	h := w.Header()
	SetResponseHeader(h, v)
	delete(h, "Www-Authenticate") // belongs to a 401
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Length", "0")
	h.Set("Location", to)
	complete(h, v)
	w.WriteHeader(http.StatusFound)
}
