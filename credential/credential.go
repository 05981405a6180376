// Package credential finds where a request says who it is. It reads strictly:
// what could be read in two ways is refused, and nothing is believed yet.
//
// Absent, malformed and ambiguous are different answers: an absent credential
// lets the next strategy look, the others end the walk.
package credential
