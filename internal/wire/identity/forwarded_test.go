package identity_test

import (
	"reflect"
	"testing"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/wire/identity"
)

// TestForwarded: row 35 of the attack list.
func TestForwarded(t *testing.T) {
	h := edgeward.Header{"Accept": {"*/*"}, "X-Forward": {"kept"}, "X-Realm": {"kept"}, "X-Originator": {"kept"}, "X-Client": {"kept"}, "Cf-Ray": {"kept"}}
	for _, name := range []string{
		"Forwarded", "FORWARDED", "X-Forwarded-For", "X_forwarded_for", "X-Forwarded-Host", "X-Forwarded-Proto",
		"X-Forwarded-Uri", "X-Forwarded-Prefix", "X-Forwarded-User", "X-Original-Url", "X-Original-Uri", "x_original_method",
		"X-Original-Host", "X-Real-Ip", "X_Real_IP", "X-Rewrite-Url", "X-Rewrite-Uri", "X-Request-Id", "X_request_id",
		"True-Client-Ip", "Cf-Connecting-Ip", "CF_Connecting_IPv6", "Fastly-Client-Ip", "X-Client-Ip", "Client-Ip", "Client_ip", "X-Cluster-Client-Ip",
		"Forwarded-For", "X-Forwarded", "Wl-Proxy-Client-Ip", "Proxy-Client-Ip", "X-Envoy-External-Address", "X-Azure-Clientip", "X-Azure-ClientIP", "X_Azure_SocketIP", "CloudFront-Viewer-Address", "Cloudfront-Forwarded-Proto", "X-Vercel-Forwarded-For", "X-Envoy-Original-Path", "X-Ms-Original-Url", "X-Waws-Unencoded-Url",
		"X-Nf-Client-Connection-Ip", "Cf-Pseudo-Ipv4", "X-Scheme", "Front-End-Https", "X-Script-Name",
	} {
		h[name] = []string{"forged"}
	}
	plain.Strip(h, nil)
	identity.Forwarded{For: "203.0.113.9, 10.0.0.1", Proto: "https", Host: "example.org", RequestID: "r1"}.Set(h)
	want := edgeward.Header{
		"Accept": {"*/*"}, "X-Forward": {"kept"}, "X-Realm": {"kept"}, "X-Originator": {"kept"}, "X-Client": {"kept"}, "Cf-Ray": {"kept"},
		"X-Forwarded-For": {"203.0.113.9, 10.0.0.1"}, "X-Forwarded-Proto": {"https"},
		"X-Forwarded-Host": {"example.org"}, "X-Request-Id": {"r1"},
	}
	if !reflect.DeepEqual(h, want) {
		t.Errorf("forwarded header is\n%v, want\n%v", h, want)
	}
}

func TestForwardedWithoutAPeerAddress(t *testing.T) {
	h := edgeward.Header{"X-Forwarded-For": {"forged"}}
	plain.Strip(h, nil)
	identity.Forwarded{Proto: "http", Host: "example.org", RequestID: "r1"}.Set(h)
	if _, present := h["X-Forwarded-For"]; present {
		t.Errorf("X-Forwarded-For is %q, want it absent", h["X-Forwarded-For"])
	}
}
