package credential_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/credential"
)

const token = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl"

func request(query string, fields ...string) *edgeward.Request {
	r := &edgeward.Request{Method: "GET", Path: "/", RawQuery: query, Header: edgeward.Header{}}
	if fields != nil {
		r.Header["Authorization"] = fields
	}
	return r
}

func TestBearer(t *testing.T) {
	const none = edgeward.Authenticated // stands for "no refusal" in this table
	tests := []struct {
		rule   string
		query  string
		fields []string
		want   edgeward.Reason
		token  string
	}{
		{rule: "a bearer token is found", fields: []string{"Bearer " + token}, want: none, token: token},
		{rule: "the scheme has no case", fields: []string{"bEARER " + token}, want: none, token: token},
		{rule: "every token68 character", fields: []string{"Bearer aZ09-._~+/=="}, want: none, token: "aZ09-._~+/=="},
		{rule: "a token of 8 KiB", fields: []string{"Bearer " + strings.Repeat("a", 8192)}, want: none, token: strings.Repeat("a", 8192)},
		{rule: "other parameters do not matter", query: "a=b&token=x&access_tokens=1", fields: []string{"Bearer a"}, want: none, token: "a"},
		{rule: "a value that reads access_token is no parameter", query: "a=access_token", fields: []string{"Bearer a"}, want: none, token: "a"},
		{rule: "names of parameters have a case", query: "Access_Token=x", fields: []string{"Bearer a"}, want: none, token: "a"},

		{rule: "an escape that is none stands for itself", query: "%6Xccess_token=x&access_toke%6", fields: []string{"Bearer a"}, want: none, token: "a"},

		{rule: "no field", want: edgeward.CredentialMissing},
		{rule: "no value", fields: []string{""}, want: edgeward.CredentialMissing},
		{rule: "another scheme", fields: []string{"Basic YTpi"}, want: edgeward.CredentialMissing},
		{rule: "a scheme that only begins alike", fields: []string{"Bearers " + token}, want: edgeward.CredentialMissing},
		{rule: "a long scheme", fields: []string{strings.Repeat("b", 9000) + " " + token}, want: edgeward.CredentialMissing},
		{rule: "scheme in another alphabet", fields: []string{"Be\u0430rer " + token}, want: edgeward.CredentialMissing},
		{rule: "a token in the query alone is not looked at", query: "access_token=" + token, want: edgeward.CredentialMissing},

		{rule: "the scheme alone", fields: []string{"Bearer"}, want: edgeward.CredentialMalformed},
		{rule: "the scheme and a space", fields: []string{"Bearer "}, want: edgeward.CredentialMalformed},
		{rule: "two spaces", fields: []string{"Bearer  " + token}, want: edgeward.CredentialMalformed},
		{rule: "a tab for the space", fields: []string{"Bearer\t" + token}, want: edgeward.CredentialMalformed},
		{rule: "a slash for the space", fields: []string{"Bearer/a"}, want: edgeward.CredentialMalformed},
		{rule: "no space", fields: []string{"Bearer=" + token}, want: edgeward.CredentialMalformed},
		{rule: "a space before", fields: []string{" Bearer " + token}, want: edgeward.CredentialMalformed},
		{rule: "a space behind", fields: []string{"Bearer " + token + " "}, want: edgeward.CredentialMalformed},
		{rule: "a list of credentials", fields: []string{"Bearer a, Bearer b"}, want: edgeward.CredentialMalformed},
		{rule: "a list without spaces", fields: []string{"Bearer a,b"}, want: edgeward.CredentialMalformed},
		{rule: "parameters for a token", fields: []string{`Bearer token="a"`}, want: edgeward.CredentialMalformed},
		{rule: "padding inside", fields: []string{"Bearer a=b"}, want: edgeward.CredentialMalformed},
		{rule: "nothing but padding", fields: []string{"Bearer ="}, want: edgeward.CredentialMalformed},
		{rule: "a line break", fields: []string{"Bearer a\r\n"}, want: edgeward.CredentialMalformed},
		{rule: "NUL", fields: []string{"Bearer a\x00"}, want: edgeward.CredentialMalformed},
		{rule: "a byte above ASCII", fields: []string{"Bearer \xff"}, want: edgeward.CredentialMalformed},
		{rule: "no scheme", fields: []string{", Bearer a"}, want: edgeward.CredentialMalformed},
		{rule: "a token of more than 8 KiB", fields: []string{"Bearer " + strings.Repeat("a", 8193)}, want: edgeward.CredentialMalformed},

		{rule: "two fields", fields: []string{"Bearer a", "Bearer b"}, want: edgeward.AmbiguousCredential},
		{rule: "twice the same field", fields: []string{"Bearer a", "Bearer a"}, want: edgeward.AmbiguousCredential},
		{rule: "a bearer field behind another scheme", fields: []string{"Basic YTpi", "Bearer a"}, want: edgeward.AmbiguousCredential},
		{rule: "an empty second field", fields: []string{"Bearer a", ""}, want: edgeward.AmbiguousCredential},
		{rule: "an empty first field", fields: []string{"", "Bearer a"}, want: edgeward.AmbiguousCredential},
		{rule: "header and query", query: "access_token=x", fields: []string{"Bearer a"}, want: edgeward.AmbiguousCredential},
		{rule: "query beside another scheme", query: "access_token=x", fields: []string{"Basic YTpi"}, want: edgeward.AmbiguousCredential},
		{rule: "query behind other parameters", query: "a=1&access_token=x", fields: []string{"Bearer a"}, want: edgeward.AmbiguousCredential},
		{rule: "query behind a semicolon", query: "a=1;access_token=x", fields: []string{"Bearer a"}, want: edgeward.AmbiguousCredential},
		{rule: "query without a value", query: "access_token", fields: []string{"Bearer a"}, want: edgeward.AmbiguousCredential},
		{rule: "query percent-encoded", query: "%61ccess%5Ftoke%6E=x", fields: []string{"Bearer a"}, want: edgeward.AmbiguousCredential},
		{rule: "query percent-encoded with small digits", query: "access%5ftoke%6e=x", fields: []string{"Bearer a"}, want: edgeward.AmbiguousCredential},
	}
	for _, tt := range tests {
		t.Run(tt.rule, func(t *testing.T) {
			c, err := credential.Bearer(request(tt.query, tt.fields...))
			if tt.want == none {
				if err != nil || c.Value.Reveal() != tt.token || c.Header != "Authorization" || c.Cookie != "" {
					t.Fatalf("got %d bytes in %q, %v", c.Value.Len(), c.Header, err)
				}
				return
			}
			if !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
			if !c.Value.IsZero() {
				t.Error("a refusal carries a credential")
			}
		})
	}
}

func TestRefusalsTellNoSecret(t *testing.T) {
	const secret = "s3cr3t"
	for _, r := range []*edgeward.Request{
		request("", "Basic "+secret), request("", "Bearer "+secret+" "), request("", secret+"\x00"), request("", "="+secret),
		request("", "Bearer "+secret, "Bearer "+secret), request("access_token="+secret, "Bearer "+secret), request("access_token=" + secret),
	} {
		if _, err := credential.Bearer(r); err == nil || strings.Contains(err.Error(), secret) {
			t.Errorf("error tells the secret, or there is none: %v", err)
		}
	}
}

func TestBearerAllocatesNothing(t *testing.T) {
	for _, r := range []*edgeward.Request{
		request("page=2&sort=name", "Bearer "+token), request(""), request("", "Basic YTpi"), request("", "Bearer ,"), request("access_token=a", "Bearer a"),
	} {
		if n := testing.AllocsPerRun(100, func() { _, _ = credential.Bearer(r) }); n != 0 {
			t.Errorf("%v: %v allocations", r.Header, n)
		}
	}
}

// FuzzBearer holds the header's reading to a slow one, and the query's to
// net/url's, which may only be laxer in what it does not find.
func FuzzBearer(f *testing.F) {
	f.Add("Bearer "+token, "")
	f.Add("Bearer  a", "access_token=x")
	f.Add("bearer a==", "%61ccess_token&b;c=%zz")
	f.Add("Basic YTpi", "a=b;access_token=1")
	f.Fuzz(func(t *testing.T, field, query string) {
		c, err := credential.Bearer(request(query, field))
		if err == nil {
			if !strings.EqualFold(field[:7], "bearer ") || field[7:] != c.Value.Reveal() || strings.Trim(c.Value.Reveal(), token68) != "" || c.Value.Len() > 8192 {
				t.Fatalf("accepted %q as %q", field, c.Value.Reveal())
			}
		} else if edgeward.ReasonOf(err).Status()/100 != 4 {
			t.Fatalf("%q: not a refusal: %v", field, err)
		}
		values, _ := url.ParseQuery(query) // what can be read, in spite of errors
		if _, there := values["access_token"]; there && field != "" && !errors.Is(err, edgeward.AmbiguousCredential) {
			t.Fatalf("query %q beside %q: %v", query, field, err)
		}
	})
}

const token68 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/="

func BenchmarkBearer(b *testing.B) {
	r := request("page=2&sort=name", "Bearer "+strings.Repeat(token, 16)) // about 800 bytes, as an RS256 token is
	b.ReportAllocs()
	for b.Loop() {
		if _, err := credential.Bearer(r); err != nil {
			b.Fatal(err)
		}
	}
}
