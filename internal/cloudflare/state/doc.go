// Package state is what a Worker keeps, over the platform's own parts: rows in
// Durable Objects, copies of some of them and of issuers' key sets in Workers KV.
package state
