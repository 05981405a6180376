// Package browser is the door for people: signing in, staying, leaving.
package browser
