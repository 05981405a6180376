// Package certificate is what TLS at a listener is made of: chains with their
// keys, which of them a client gets, and until when they hold.
package certificate
