package identity

import "github.com/edgeward/edgeward"

// Forwarded is what a gateway tells the upstream about the request it forwards.
type Forwarded struct {
	For       string // X-Forwarded-For: clientip's chain; "" sets none
	Proto     string // "http" or "https"
	Host      string // canonical
	RequestID string
	Prefix    string // of the path, which the upstream does not see; "" sets none
}

// Set sets the fields on h, from which [Fields.Strip] has removed the family.
func (f Forwarded) Set(h edgeward.Header) {
	if f.For != "" {
		h.Set("X-Forwarded-For", f.For)
	}
	if f.Prefix != "" {
		h.Set("X-Forwarded-Prefix", f.Prefix)
	}
	h.Set("X-Forwarded-Proto", f.Proto)
	h.Set("X-Forwarded-Host", f.Host)
	h.Set("X-Request-Id", f.RequestID)
}
