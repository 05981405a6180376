package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/edgeward/edgeward/internal/cli/settings"
	"github.com/edgeward/edgeward/internal/cli/ui"
)

// transport returns what leads to the server: a Unix socket, or TLS by the
// certificates that this machine, --ca or the configuration has.
func (c connection) transport(server string) (http.RoundTripper, error) {
	t := &http.Transport{Proxy: http.ProxyFromEnvironment}
	if path, local := strings.CutPrefix(server, "unix:"); local {
		t.Proxy = nil
		t.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", path)
		}
		return t, nil
	}
	roots, err := x509.SystemCertPool()
	if err != nil {
		roots = x509.NewCertPool()
	}
	t.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots}
	if *c.ca != "" {
		data, err := os.ReadFile(*c.ca)
		if err == nil && !roots.AppendCertsFromPEM(data) {
			return nil, ui.Advise("it begins with -----BEGIN CERTIFICATE-----", "%s holds no certificate in PEM", *c.ca)
		}
		return t, err
	}
	if *c.server == "" {
		c.pin(t.TLSClientConfig)
	}
	return t, nil
}

// pin takes the server of the configuration for whom its certificates say: they are
// in files of this machine, and a name in them need not be the one by which it is
// reached from here. What cannot be read is left to the system's authorities.
func (c connection) pin(to *tls.Config) {
	s, err := settings.Peek(*c.config)
	if err != nil {
		return
	}
	if origin, err := url.Parse(s.Text("admin.origin")); err == nil {
		to.ServerName = origin.Hostname()
	}
	listed := s.Find("admin.tls.certificates")
	if listed == nil || len(listed.Items) == 0 || listed.Items[0].Field("certificate") == nil {
		return
	}
	name, _ := strings.CutPrefix(listed.Items[0].Field("certificate").Text, "file:")
	data, err := os.ReadFile(s.Locate(name))
	if err != nil {
		return
	}
	to.RootCAs.AppendCertsFromPEM(data)
	if block, _ := pem.Decode(data); block != nil && to.ServerName == "" {
		if leaf, err := x509.ParseCertificate(block.Bytes); err == nil && len(leaf.DNSNames) > 0 {
			to.ServerName = leaf.DNSNames[0]
		}
	}
}
