// Package e2e runs the real edgeward binary between real parts: the certified
// OpenID provider oidc-provider on Node, and nginx and Caddy with the very
// configuration files of examples/.
//
// It holds tests only. A part that is missing is a test that skips and says how
// to get it (make parts); with EDGEWARD_REQUIRE_REAL=1, as make test and CI set
// it, it is a failure.
//
// The refresh storm kills the gateway 25 times, 10 with -short, and
// EDGEWARD_KILLS times where that is set.
package e2e
