// Package config turns the nodes of a configuration into a [Config]. What it does
// not understand it refuses: a key that it does not know, a value of another
// type, a setting that would be insecure. Every mistake is reported at once, with
// its place and remedy.
//
// What a key means is written once, in the tables of schema.go and
// schema_memory.go; the decoder, the suggestions and docs/configuration.md all
// come from them. What does not stand in the configuration itself, it finds by a
// [Source].
package config

//go:generate go test . -run TestReferenceIsUpToDate -update
