// Package gateway makes a running system of a configuration:
//
//   - [Open] opens what state is kept in, a [State]: the store, the revocations
//     that it tells of, the audit log. It happens once, at the start; what a
//     running node cannot change about it takes a restart.
//   - [Build] wires a [System]: verifiers, engine, doors. It does no I/O and
//     starts nothing, so that a configuration which cannot be built leaves the old
//     one as it was. Key sets, sessions, API keys and counters of the old System
//     are carried over where their configuration is the same; the cache of
//     verified tokens belongs to one configuration and begins anew.
//   - [Live] serves the current System and replaces it whole, or not at all, when
//     a file changes.
package gateway
