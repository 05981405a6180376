package main

import (
	"fmt"
	"net/http"
	"net/http/httputil"
	"net/url"
	"path/filepath"
)

// serve runs one of the bare servers that bound what any Go gateway can reach.
// The bench starts itself again for that, pinned to the core of the servers.
func serve(role string, args []string) error {
	switch {
	case role == "handler" && len(args) == 1:
		return http.ListenAndServe(args[0], http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	case role == "shake" && len(args) == 3:
		return shakeHands(args[0], args[1], args[2])
	case role == "secure" && len(args) == 3:
		upstream, err := url.Parse(args[1])
		if err != nil {
			return err
		}
		return http.ListenAndServeTLS(args[0], filepath.Join(args[2], "server.pem"), filepath.Join(args[2], "server.key"), bareProxy(upstream))
	case role == "proxy" && len(args) == 2:
		upstream, err := url.Parse(args[1])
		if err != nil {
			return err
		}
		return http.ListenAndServe(args[0], bareProxy(upstream))
	}
	return fmt.Errorf("bench %s %q: want handler ADDRESS, proxy ADDRESS UPSTREAM, secure ADDRESS UPSTREAM FOLDER or shake ADDRESS full|resumed SECONDS", role, args)
}

// bareProxy is httputil.ReverseProxy with nothing around it, and as many idle
// connections to the upstream as the gateway keeps.
func bareProxy(upstream *url.URL) http.Handler {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 256
	transport.DisableCompression = true
	return &httputil.ReverseProxy{
		Transport: transport,
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(upstream); r.SetXForwarded() },
	}
}
