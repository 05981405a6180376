// Package e2e runs the real edgeward binary between real parts: the certified
// OpenID provider oidc-provider on Node, nginx and Caddy with the very
// configuration files of examples/, and Chromium, in which people sign in and
// axe-core judges every page.
//
// It holds tests only. A part that is missing is a test that skips and says how
// to get it (make parts); with EDGEWARD_REQUIRE_REAL=1, as make test and CI set
// it, it is a failure.
//
// With EDGEWARD_SCREENSHOTS=DIR the pages are left there as pictures, light, dark
// and as on a phone.
//
// The refresh storm kills the gateway 25 times, 10 with -short, and
// EDGEWARD_KILLS times where that is set.
package e2e
