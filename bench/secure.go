package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"log"
	"math/big"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"
)

// secureHost is the name in the certificate of the servers that speak TLS.
const secureHost = "localhost"

// A trial is one kind of load, which a server is given for some seconds.
type trial struct {
	title string
	load  func(c contender, seconds int) (done int, err error)
	rival string // what the first table compares with
}

// secure measures connections and requests over TLS: how many of them a server
// does in a second of its processor's time. That does not depend on what else the
// machine does, nor on how fast the load comes.
func secure(l *lab, rounds, seconds int) error {
	log.Print("minting tokens")
	if err := mint(l.dir); err != nil {
		return err
	}
	if err := l.certify(); err != nil {
		return err
	}
	contenders, err := l.startSecure()
	if err != nil {
		return err
	}
	for _, c := range contenders {
		if err := l.check(c, l.file("same.txt")); err != nil {
			return err
		}
	}
	for _, t := range []trial{
		{"Full handshakes, ECDSA P-256", l.shake("full"), plainHAProxy},
		{"Resumed handshakes", l.shake("resumed"), plainHAProxy},
		{"Requests over HTTP/2, same token", l.multiplex, checkingHAProxy},
	} {
		if err := try(t, contenders, rounds, seconds); err != nil {
			return err
		}
	}
	return nil
}

// The contenders that others are compared with.
const (
	plainHAProxy    = "HAProxy, no auth"
	checkingHAProxy = "HAProxy jwt_verify"
	plainCaddy      = "Caddy, no auth"
)

// try gives all contenders the load in turns, and prints how many a second they
// did, beside HAProxy and beside Caddy.
func try(t trial, contenders []contender, rounds, seconds int) error {
	rates := make([][]float64, len(contenders))
	for round := range rounds + 1 { // the first does not count
		log.Printf("%s: round %d of %d", t.title, round, rounds)
		for i, c := range contenders {
			before, err := processorTime(c.server)
			if err != nil {
				return err
			}
			done, err := t.load(c, seconds)
			if err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
			after, err := processorTime(c.server)
			if err != nil {
				return err
			}
			if round > 0 {
				rates[i] = append(rates[i], float64(done)/(after-before).Seconds())
			}
		}
	}
	for _, first := range []string{t.rival, plainCaddy} {
		names, values := leading(first, contenders, rates)
		fmt.Println(compare(t.title, "a second of a core", "of "+first, names, values))
	}
	return nil
}

// leading returns names and values of the contenders, that named first before all.
func leading(first string, contenders []contender, rates [][]float64) (names []string, values [][]float64) {
	at := slices.IndexFunc(contenders, func(c contender) bool { return c.name == first })
	for i := range contenders {
		j := (at + i) % len(contenders)
		names, values = append(names, contenders[j].name), append(values, rates[j])
	}
	return names, values
}

// processorTime is how long the processor has worked for s, its own code and the
// system's.
func processorTime(s *server) (used time.Duration, err error) {
	tasks := fmt.Sprintf("/proc/%d/task", s.cmd.Process.Pid)
	all, err := os.ReadDir(tasks)
	if err != nil {
		return 0, err
	}
	for _, task := range all {
		text, err := os.ReadFile(tasks + "/" + task.Name() + "/schedstat")
		if err != nil {
			return 0, err
		}
		var running int64
		if _, err := fmt.Sscan(string(text), &running); err != nil {
			return 0, err
		}
		used += time.Duration(running)
	}
	return used, nil
}

// startSecure runs the servers that speak TLS.
func (l *lab) startSecure() ([]contender, error) {
	if err := l.addresses(&l.Nginx, &l.Secure, &l.SecureBare, &l.SecureOpen, &l.SecureHAProxy, &l.SecureCaddy, &l.Admin); err != nil {
		return nil, err
	}
	if err := l.configure(); err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	if _, err := l.run(l.Nginx, loadCore, "nginx", "-p", l.dir, "-c", l.file("nginx.conf"), "-e", "stderr"); err != nil {
		return nil, err
	}
	// HAProxy has one process for each contender, so that its time is its own.
	contenders := []contender{
		{name: plainHAProxy, open: true, address: l.SecureOpen},
		{name: checkingHAProxy, address: l.SecureHAProxy},
		{name: plainCaddy, open: true, address: l.SecureCaddy},
		{name: "bare httputil.ReverseProxy", open: true, address: l.SecureBare},
		{name: "edgeward, proxy", address: l.Secure},
	}
	for i, command := range [][]string{
		{"haproxy", "-f", l.file("secure.cfg"), "-f", l.file("open.cfg")},
		{"haproxy", "-f", l.file("secure.cfg"), "-f", l.file("checking.cfg")},
		{"caddy", "run", "--adapter", "caddyfile", "--config", l.file("Caddyfile")},
		{self, "secure", l.SecureBare, "http://" + l.Nginx, l.dir},
		{l.file("edgeward"), "serve", "--config", l.file("secure.yaml"), "--log-level", "error"},
	} {
		c := &contenders[i]
		if c.server, err = l.run(c.address, serverCore, command...); err != nil {
			return nil, err
		}
		c.url = "https://" + secureHost + ":" + portOf(c.address) + "/api/orders"
	}
	return contenders, nil
}

func portOf(address string) string {
	_, port, _ := strings.Cut(address, ":")
	return port
}

// certify writes a certificate of its own for secureHost: server.pem, server.key
// and, for HAProxy, both.pem.
func (l *lab) certify() error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	made := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: secureHost}, DNSNames: []string{secureHost},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, made, made, &key.PublicKey, key)
	if err != nil {
		return err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	secret := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})
	for name, text := range map[string][]byte{"server.pem": certificate, "server.key": secret, "both.pem": slices.Concat(certificate, secret)} {
		if err := os.WriteFile(l.file(name), text, 0o600); err != nil {
			return err
		}
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		return err
	}
	roots := x509.NewCertPool()
	roots.AddCert(parsed)
	l.client = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: true}}
	return nil
}
