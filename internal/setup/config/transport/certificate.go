package transport

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/setup/document"
)

// maxCertificates bounds those of a listener: each is read at every start.
const maxCertificates = 1000

// A Certificate is a chain and the key of its first certificate, which fit.
type Certificate struct {
	Name                string // of its file
	Chain               []byte // PEM
	Key                 edgeward.Secret
	Hosts               []string // that it is for
	NotBefore, NotAfter time.Time
}

// A certificateDraft is where a certificate and its key are.
type certificateDraft struct{ certificate, key string }

var certificateTable = table[*certificateDraft]{
	Name: "a certificate",
	Keys: []key[*certificateDraft]{
		{Name: "certificate", Kind: "file:PATH", Required: true,
			Read: func(d decoder, n *document.Node, c *certificateDraft) { c.certificate, _ = d.Text(n, "file:tls.crt") }},
		{Name: "key", Kind: "file:PATH", Required: true, Secret: true,
			Read: func(d decoder, n *document.Node, c *certificateDraft) { c.key = n.Text }},
	},
}

func (d decoder) certificates(n *document.Node) (all []Certificate) {
	const example = "[{certificate: file:tls.crt, key: file:tls.key}]"
	switch {
	case !d.Is(n, document.List, example):
		return nil
	case len(n.Items) == 0 || len(n.Items) > maxCertificates:
		d.Refuse(n.Place, fmt.Sprintf("1 to %d, like this: %s", maxCertificates, example), "these are %d certificates", len(n.Items))
	}
	for _, item := range n.Items {
		c, fault, ok := d.certificate(item, d.source.Certificate)
		if !ok {
			continue
		}
		at := cmp.Or(item.Field("certificate"), item).Place
		if d.about(item, at, fault) && slices.ContainsFunc(all, func(other Certificate) bool { return other.Name == c.Name }) {
			d.Refuse(at, "keep one of them", "%q is here twice", c.Name)
		}
		all = append(all, c)
	}
	return all
}

// certificate reads where a certificate and its key are, and loads them. It reports
// whether the places could be read.
func (d decoder) certificate(n *document.Node, load func(certificate, key string) (Certificate, *document.Fault)) (c Certificate, fault *document.Fault, ok bool) {
	before := d.Errors.Len()
	draft := certificateTable.ReadInto(d.Reader, d, n, &certificateDraft{})
	if d.Errors.Len() > before {
		return c, nil, false
	}
	c, fault = load(draft.certificate, draft.key)
	return c, fault, true
}

// about is OK for a fault that may name a member of n.
func (d decoder) about(n *document.Node, at document.Place, fault *document.Fault) bool {
	if fault != nil {
		if member := n.Field(fault.Member); member != nil {
			at = member.Place
		}
	}
	return d.OK(at, fault)
}

// clientCertificate reads by which certificate we are known to a server.
func (d decoder) clientCertificate(n *document.Node) *Certificate {
	c, fault, ok := d.certificate(n, d.source.ClientCertificate)
	if !ok {
		return nil
	}
	d.about(n, n.Field("certificate").Place, fault)
	return &c
}

// authority reads the certificates that a server's is verified by.
func (d decoder) authority(n *document.Node) []byte {
	name, ok := d.Text(n, "file:ca.pem")
	if !ok {
		return nil
	}
	data, fault := d.source.Authority(name)
	d.OK(n.Place, fault)
	return data
}
