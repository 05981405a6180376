package openid_test

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/login/openid"
)

var everywhere = openid.Endpoints{
	Authorization: "https://browser.example/go", Token: "https://token.example/here", Userinfo: "https://user.example/here", EndSession: "https://browser.example/end",
}

// What the configuration says is asked in place of what metadata says, and the Fetcher
// learns that the operator wrote it.
func TestStatedEndpoints(t *testing.T) {
	for rule, change := range map[string]func(*openid.Provider){
		"beside discovery":                    func(*openid.Provider) {},
		"without discovery":                   func(p *openid.Provider) { p.NoDiscovery = true },
		"metadata that lacks them, elsewhere": func(p *openid.Provider) { p.MetadataURL = "https://elsewhere.example/metadata" },
	} {
		p := &idp{token: func(url.Values) openid.Response { return answer(full()) }, user: func() openid.Response { return answer(object{"sub": "alice"}) }}
		p.about = func(m object) {
			for _, name := range []string{"authorization_endpoint", "token_endpoint", "userinfo_endpoint", "end_session_endpoint"} {
				delete(m, name)
			}
		}
		c, m := newClient(t, p, func(p *openid.Provider) { p.Endpoints = everywhere; p.Authority = "PEM" }, change)
		if discovered := len(p.asked) > 0; discovered != (rule != "without discovery") {
			t.Errorf("%s: asked for %v", rule, p.asked)
		}
		if at := c.AuthorizationURL(m, openid.Authorization{}); !strings.HasPrefix(at, everywhere.Authorization+"?") {
			t.Errorf("%s: browsers go to %s", rule, at)
		}
		if at := c.EndSessionURL(m, edgeward.Secret{}, "https://app.example/"); !strings.HasPrefix(at, everywhere.EndSession+"?") {
			t.Errorf("%s: browsers end at %s", rule, at)
		}
		_, err := c.Exchange(t.Context(), m, openid.Code{Code: "the-code"})
		want(t, rule, err, nil)
		if r, _ := p.last(t); r.URL != everywhere.Token || !r.Written || r.Authority != "PEM" {
			t.Errorf("%s: asked %+v", rule, r)
		}
		_, err = c.Userinfo(t.Context(), m, edgeward.NewSecret("the-token"), "alice")
		want(t, rule, err, nil)
		if r, _ := p.last(t); r.URL != everywhere.Userinfo || !r.Written || r.Issuer != issuer {
			t.Errorf("%s: asked %+v", rule, r)
		}
	}
}

// Metadata elsewhere has to name the issuer all the same.
func TestMetadataElsewhere(t *testing.T) {
	p := &idp{about: with("issuer", "https://elsewhere.example")}
	c, err := openid.New(provider(func(p *openid.Provider) { p.MetadataURL = "https://elsewhere.example/metadata" }), p, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Metadata(t.Context())
	want(t, "metadata of another issuer", err, openid.ErrAnswer)
	if r, _ := p.last(t); !r.Written || r.URL != "https://elsewhere.example/metadata" {
		t.Errorf("asked %+v", r)
	}
}

// An endpoint beside stated metadata is the operator's choice as well, and no other one
// that a document names.
func TestEndpointsBesideTheMetadata(t *testing.T) {
	for endpoint, written := range map[string]bool{"https://elsewhere.example/token": true, issuer + "/token": false, "https://elsewhere.example:8443/token": false} {
		var asked []openid.Request
		p := &idp{about: with("token_endpoint", endpoint)}
		fetch := fetcher(func(r openid.Request) (openid.Response, error) {
			asked = append(asked, r)
			if r.URL == endpoint {
				return answer(full()), nil
			}
			return p.Fetch(t.Context(), r)
		})
		c, err := openid.New(provider(func(p *openid.Provider) { p.MetadataURL = "https://elsewhere.example/metadata" }), fetch, nil)
		if err != nil {
			t.Fatal(err)
		}
		m, err := c.Metadata(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Refresh(t.Context(), m, edgeward.NewSecret("the-token")); err != nil || asked[1].Written != written {
			t.Errorf("%s: written %v, %v", endpoint, asked[1].Written, err)
		}
	}
}

type fetcher func(openid.Request) (openid.Response, error)

func (f fetcher) Fetch(_ context.Context, r openid.Request) (openid.Response, error) { return f(r) }

func TestRefusedPlaces(t *testing.T) {
	for rule, change := range map[string]func(*openid.Provider){
		"discovery off, no token endpoint": func(p *openid.Provider) {
			p.NoDiscovery, p.Endpoints = true, openid.Endpoints{Authorization: everywhere.Authorization}
		},
		"discovery off, no authorization endpoint": func(p *openid.Provider) { p.NoDiscovery, p.Endpoints = true, openid.Endpoints{Token: everywhere.Token} },
		"discovery off, and metadata": func(p *openid.Provider) {
			p.NoDiscovery, p.Endpoints, p.MetadataURL = true, everywhere, "https://elsewhere.example/metadata"
		},
		"a token endpoint in the clear":         func(p *openid.Provider) { p.Endpoints.Token = "http://token.example/" },
		"a token endpoint on loopback":          func(p *openid.Provider) { p.Endpoints.Token = "http://127.0.0.1/" },
		"a userinfo endpoint with a user":       func(p *openid.Provider) { p.Endpoints.Userinfo = "https://u:p@user.example/" },
		"an authorization endpoint of a script": func(p *openid.Provider) { p.Endpoints.Authorization = "javascript:alert(1)" },
		"an end with a fragment":                func(p *openid.Provider) { p.Endpoints.EndSession = "https://id.example/#x" },
		"metadata that is no URL":               func(p *openid.Provider) { p.MetadataURL = "/metadata" },
		"a mode of userinfo":                    func(p *openid.Provider) { p.Userinfo = "sometimes" },
	} {
		if _, err := openid.New(provider(change), &idp{}, nil); err == nil {
			t.Errorf("%s is taken", rule)
		}
	}
}
