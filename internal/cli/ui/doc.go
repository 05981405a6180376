// Package ui writes to a terminal: columns, colours, times, JSON for scripts, and
// what went wrong with what to do about it.
package ui
