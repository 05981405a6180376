// Package config turns the nodes of a configuration into a [Config]. What it does
// not understand it refuses: a key that it does not know, a value of another
// type, a setting that would be insecure. Every mistake is reported at once, with
// its place and remedy.
//
// What a key is, is written once, in tables (package schema, schema*.go): a gateway's
// file is read by them with [Read], and what was made of such a file for a Worker with
// [ReadMade]; they differ in their rules, of which those for a single value are package
// rule. How HTTP is spoken to clients and to upstreams is package transport, routes are
// package tree. The
// suggestions come from the tables, and docs/configuration.md is held to them.
// What does not stand in the configuration itself, it finds by a [Source].
package config

//go:generate go test . -run TestReferenceIsUpToDate -update
