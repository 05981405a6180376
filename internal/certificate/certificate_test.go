package certificate_test

import (
	"crypto/tls"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/certificate"
	"github.com/edgeward/edgeward/internal/certificate/certificatetest"
)

func pair(t *testing.T, a *certificatetest.Authority, hosts ...string) *certificate.Pair {
	t.Helper()
	chain, key := a.Issue(90*24*time.Hour, hosts...)
	p, err := certificate.Parse(hosts[0], chain, edgeward.NewSecret(string(key)))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestWhatIsNoPairIsRefused(t *testing.T) {
	a := certificatetest.New(t)
	chain, key := a.Issue(time.Hour, "app.example.com")
	other, otherKey := a.Issue(time.Hour, "app.example.com")
	nameless, namelessKey := a.Issue(time.Hour)
	foreign := certificatetest.New(t)
	for rule, row := range map[string]struct {
		chain, key []byte
		want       error
	}{
		"a certificate and its key":         {chain, key, nil},
		"with its issuer":                   {slices.Concat(chain, a.PEM), key, nil},
		"the key of another":                {chain, otherKey, certificate.ErrMismatch},
		"its issuer first":                  {slices.Concat(a.PEM, chain), key, certificate.ErrOrder},
		"an issuer that is none":            {slices.Concat(chain, other), key, certificate.ErrOrder},
		"an issuer of the same name":        {slices.Concat(chain, foreign.PEM), key, certificate.ErrOrder},
		"more than a chain has":             {slices.Concat(chain, slices.Repeat(a.PEM, 10)), key, certificate.ErrOrder},
		"no certificate":                    {key, key, certificate.ErrNoCertificate},
		"no key":                            {chain, chain, certificate.ErrNoKey},
		"nothing":                           {nil, nil, certificate.ErrNoCertificate},
		"no PEM":                            {[]byte("certificate"), key, certificate.ErrNoCertificate},
		"a key and the chain in one file":   {slices.Concat(key, chain), slices.Concat(chain, key), nil},
		"a certificate that names no hosts": {nameless, namelessKey, certificate.ErrNoNames},
	} {
		if _, err := certificate.Parse("a.pem", row.chain, edgeward.NewSecret(string(row.key))); !errors.Is(err, row.want) || (err == nil) != (row.want == nil) {
			t.Errorf("%s: %v, want %v", rule, err, row.want)
		}
	}
}

// A client gets the certificate of the host that it names.
func TestWhichCertificateAClientGets(t *testing.T) {
	a := certificatetest.New(t)
	usual, exact, wild := pair(t, a, "usual.example.com"), pair(t, a, "App.example.com", "192.0.2.1"), pair(t, a, "*.example.com", "*.app.example.com")
	s := certificate.NewSet(usual, exact, wild)
	for name, want := range map[string]*certificate.Pair{
		"": usual, "other.example.org": usual, "example.com": usual, "a.b.example.com": usual, "com": usual, ".": usual, "192.0.2.2": usual,
		"app.example.com": exact, "APP.EXAMPLE.COM": exact, "app.example.com.": exact, "192.0.2.1": exact,
		"b.example.com": wild, "a.app.example.com": wild,
	} {
		hello := &tls.ClientHelloInfo{ServerName: name, SupportedVersions: []uint16{tls.VersionTLS13}, SignatureSchemes: []tls.SignatureScheme{tls.ECDSAWithP256AndSHA256}, SupportedCurves: []tls.CurveID{tls.CurveP256}}
		if got := s.For(hello); got != &want.Chain {
			t.Errorf("%q gets the certificate of %v", name, got.Leaf.DNSNames)
		}
	}
	if certificate.NewSet().For(&tls.ClientHelloInfo{}) != nil || (*certificate.Set)(nil).For(&tls.ClientHelloInfo{}) != nil {
		t.Error("a certificate out of nothing")
	}
}

func TestACertificateIsWarnedOfBeforeItEnds(t *testing.T) {
	a := certificatetest.New(t)
	now := time.Now()
	for rule, row := range map[string]struct {
		from, to time.Time
		trouble  bool
	}{
		"for long":     {now.Add(-time.Hour), now.Add(30 * 24 * time.Hour), false},
		"ends soon":    {now.Add(-time.Hour), now.Add(24 * time.Hour), true},
		"ended":        {now.Add(-2 * time.Hour), now.Add(-time.Hour), true},
		"has to begin": {now.Add(time.Hour), now.Add(30 * 24 * time.Hour), true},
	} {
		chain, key := a.IssueFrom(row.from, row.to, "app.example.com")
		p, err := certificate.Parse("a.pem", chain, edgeward.NewSecret(string(key)))
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Trouble(now, 7*24*time.Hour); (err != nil) != row.trouble {
			t.Errorf("%s: %v", rule, err)
		}
	}
}
