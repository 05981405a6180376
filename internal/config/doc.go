// Package config turns one YAML file and a routes folder into a running
// system. It is the only room that knows every concrete type.
//
// It works in three steps, and only the last one has effects:
//
//   - [Load] reads the file, the routes, the secrets and the keys. What it
//     does not understand it refuses: a key that it does not know, a value of
//     another type, a setting that would be insecure. Every mistake is
//     reported at once, in [Errors], with its line, column and remedy.
//   - [Config.Build] wires a [System]: verifiers, engine, doors. It starts
//     nothing.
//   - [Live] serves the current System and replaces it whole, or not at all,
//     when a file changes.
//
// What a key means is written once, in the tables of schema.go; the decoder,
// the suggestions and docs/configuration.md all come from them.
package config

//go:generate go test . -run TestReferenceIsUpToDate -update
