// Package config turns one YAML file and a routes folder into a running
// system. It is the only room that knows every concrete type.
//
// It works in four steps:
//
//   - [Load] reads the file, the routes, the secrets and the keys. What it
//     does not understand it refuses: a key that it does not know, a value of
//     another type, a setting that would be insecure. Every mistake is
//     reported at once, in [Errors], with its line, column and remedy.
//   - [Config.Open] opens what state is kept in, a [Memory]: the store, the
//     revocations that it tells of, the audit log. It happens once, at the
//     start; what a running node cannot change about it takes a restart.
//   - [Config.Build] wires a [System]: verifiers, engine, doors. It does no I/O
//     and starts nothing, so that a configuration which cannot be built leaves
//     the old one as it was. Key sets, sessions, API keys and counters of the old
//     System are carried over where their configuration is the same; the cache
//     of verified tokens belongs to one configuration and begins anew.
//   - [Live] serves the current System and replaces it whole, or not at all,
//     when a file changes.
//
// What a key means is written once, in the tables of schema.go and
// schema_memory.go; the decoder, the suggestions and docs/configuration.md all
// come from them.
package config

//go:generate go test . -run TestReferenceIsUpToDate -update
