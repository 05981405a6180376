// Package serve is what "edgeward serve" runs: the doors of a configuration, and
// the listener for operators.
package serve
