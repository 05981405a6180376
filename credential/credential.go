// Package credential finds where a request says who it is. It reads strictly:
// what could be read in two ways is refused, and nothing is believed yet.
package credential
