package pgstore_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/edgeward/edgeward/store/pgstore"
	"github.com/edgeward/edgeward/store/pgstore/pgtest"
)

// certificate makes a self-signed one for 127.0.0.1.
func certificate(t *testing.T) (certificate, key []byte) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "db"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8})
}

func TestTheServersCertificateIsVerified(t *testing.T) {
	l := newLab(t)
	cert, key := certificate(t)
	l.Place("server.crt", cert)
	l.Place("server.key", key)
	l.Kill()
	l.Configure("ssl = on")
	l.Boot()
	dir := t.TempDir()
	write := func(name string, pem []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, pem, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	other, _ := certificate(t)
	s := run(t, config(l.URL()+"?sslmode=verify-full&sslrootcert="+write("ours.pem", cert), ""))
	create(t, s, "a")
	if on := l.SQL(`SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE usename = '` + pgtest.User + `'`); on != "t" {
		t.Errorf("TLS is in use: %s", on)
	}
	wrong, err := pgstore.Open(t.Context(), config(l.URL()+"?sslmode=verify-full&sslrootcert="+write("other.pem", other), ""))
	if err == nil {
		_ = wrong.Close()
		t.Error("a server with another authority's certificate is used")
	} else {
		t.Log(err)
	}
}
