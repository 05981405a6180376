package credential_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/credential"
)

const apiKey = "ew_live_abcdefghijklmnop_abcdefghijklmnopqrstuvwxyz234567abcdefgh_0123abcd"

// carrying makes a request from lines of the form "Name: value".
func carrying(query string, lines ...string) *edgeward.Request {
	r := &edgeward.Request{Method: "GET", Path: "/", RawQuery: query, Header: edgeward.Header{}}
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Add(name, value)
	}
	return r
}

func TestAPIKey(t *testing.T) {
	const (
		none  = edgeward.Authenticated // stands for "no refusal" in this table
		field = "X-Api-Key: " + apiKey
		both  = "Authorization: Bearer " + apiKey
		jwt   = "Authorization: Bearer " + token
	)
	for _, tt := range []struct {
		rule   string
		query  string
		lines  []string
		want   edgeward.Reason
		header string
		bearer edgeward.Reason // what Bearer says of the same request, if not CredentialMissing
	}{
		{rule: "in its own field", lines: []string{field}, want: none, header: "X-Api-Key"},
		{rule: "as a bearer token", lines: []string{both}, want: none, header: "Authorization"},
		{rule: "beside a JWT, which is Bearer's", lines: []string{field, jwt}, want: none, header: "X-Api-Key", bearer: none},
		{rule: "beside another scheme", lines: []string{field, "Authorization: Basic YTpi"}, want: none, header: "X-Api-Key"},
		{rule: "beside an empty Authorization", lines: []string{field, "Authorization: "}, want: none, header: "X-Api-Key"},
		{rule: "as a bearer token beside an empty field", lines: []string{both, "X-Api-Key: "}, want: none, header: "Authorization"},
		{rule: "beside other parameters", query: "key=x&api_keys=y&z=api_key", lines: []string{field}, want: none, header: "X-Api-Key"},
		{rule: "whatever it begins with", lines: []string{"X-Api-Key: other"}, want: none, header: "X-Api-Key"},

		{rule: "nothing", want: edgeward.CredentialMissing},
		{rule: "an empty field", lines: []string{"X-Api-Key: "}, want: edgeward.CredentialMissing},
		{rule: "a JWT is Bearer's", lines: []string{jwt}, want: edgeward.CredentialMissing, bearer: none},
		{rule: "the prefix has a case", lines: []string{"Authorization: Bearer EW_live"}, want: edgeward.CredentialMissing, bearer: none},
		{rule: "another scheme", lines: []string{"Authorization: Basic YTpi"}, want: edgeward.CredentialMissing},
		{rule: "32: in the query alone", query: "api_key=" + apiKey, want: edgeward.CredentialMissing},

		{rule: "32: in both fields", lines: []string{field, both}, want: edgeward.AmbiguousCredential},
		{rule: "32: two fields", lines: []string{field, field}, want: edgeward.AmbiguousCredential},
		{rule: "32: two fields, one of them empty", lines: []string{"X-Api-Key: ", field}, want: edgeward.AmbiguousCredential},
		{rule: "32: two Authorization fields", lines: []string{both, both}, want: edgeward.AmbiguousCredential, bearer: edgeward.AmbiguousCredential},
		{rule: "32: two Authorization fields beside it", lines: []string{field, jwt, jwt}, want: edgeward.AmbiguousCredential, bearer: edgeward.AmbiguousCredential},
		{rule: "32: in field and query", query: "a=1&api_key=x", lines: []string{field}, want: edgeward.AmbiguousCredential},
		{rule: "32: as a bearer token and in the query", query: "api_key=x", lines: []string{both}, want: edgeward.AmbiguousCredential},
		{rule: "32: in the query by the field's name", query: "x-api-key=x", lines: []string{field}, want: edgeward.AmbiguousCredential},
		{rule: "32: in the query in another case", query: "X-API-Key=x", lines: []string{field}, want: edgeward.AmbiguousCredential},
		{rule: "32: in the query percent-encoded", query: "%41pi%5Fke%79", lines: []string{field}, want: edgeward.AmbiguousCredential},
		{rule: "32: as a bearer token beside an access_token", query: "access_token=x", lines: []string{both}, want: edgeward.AmbiguousCredential, bearer: edgeward.AmbiguousCredential},

		{rule: "a list of keys", lines: []string{"X-Api-Key: a, b"}, want: edgeward.CredentialMalformed},
		{rule: "a blank behind it", lines: []string{field + " "}, want: edgeward.CredentialMalformed},
		{rule: "a line break", lines: []string{field + "\r\n"}, want: edgeward.CredentialMalformed},
		{rule: "a key of 257 bytes", lines: []string{"X-Api-Key: " + strings.Repeat("a", 257)}, want: edgeward.CredentialMalformed},
		{rule: "257 bytes as a bearer token", lines: []string{"Authorization: Bearer ew_" + strings.Repeat("a", 254)}, want: edgeward.CredentialMalformed},
		{rule: "two blanks before it", lines: []string{"Authorization: Bearer  " + apiKey}, want: edgeward.CredentialMalformed, bearer: edgeward.CredentialMalformed},
	} {
		t.Run(tt.rule, func(t *testing.T) {
			r := carrying(tt.query, tt.lines...)
			c, err := credential.APIKey(r)
			switch {
			case tt.want == none:
				if err != nil || c.Header != tt.header || c.Cookie != "" || !strings.HasSuffix(r.Header.First(tt.header), c.Value.Reveal()) {
					t.Errorf("got %d bytes in %q, %v", c.Value.Len(), c.Header, err)
				}
			case !errors.Is(err, tt.want) || !c.Value.IsZero():
				t.Errorf("got %v with %d bytes, want %v", err, c.Value.Len(), tt.want)
			}
			want := tt.bearer
			if want == edgeward.Undecided {
				want = edgeward.CredentialMissing
			}
			if _, err := credential.Bearer(r); (want == none) != (err == nil) || err != nil && !errors.Is(err, want) {
				t.Errorf("Bearer: got %v, want %v", err, want)
			}
		})
	}
}

func TestAPIKeyAllocatesNothing(t *testing.T) {
	for _, r := range []*edgeward.Request{
		carrying("page=2", "X-Api-Key: "+apiKey), carrying("page=2", "Authorization: Bearer "+apiKey), carrying(""),
		carrying("", "X-Api-Key: a b"), carrying("api_key=x", "X-Api-Key: "+apiKey), carrying("", "X-Api-Key: "+apiKey, "Authorization: Bearer "+apiKey),
	} {
		if n := testing.AllocsPerRun(100, func() { _, _ = credential.APIKey(r) }); n != 0 {
			t.Errorf("%v: %v allocations", r.Header, n)
		}
	}
}

// FuzzAPIKey: every bearer token has one strategy that sees it.
func FuzzAPIKey(f *testing.F) {
	f.Add("Bearer "+apiKey, "", "")
	f.Add("", apiKey, "api_key=1")
	f.Add("Bearer "+token, apiKey, "%41pi_key&b;c=%zz")
	f.Fuzz(func(t *testing.T, auth, own, query string) {
		r := carrying(query)
		r.Header["Authorization"], r.Header["X-Api-Key"] = []string{auth}, []string{own}
		key, errKey := credential.APIKey(r)
		bearer, errBearer := credential.Bearer(r)
		for _, err := range []error{errKey, errBearer} {
			if err != nil && edgeward.ReasonOf(err).Status()/100 != 4 {
				t.Fatalf("not a refusal: %v", err)
			}
		}
		if errBearer == nil && strings.HasPrefix(bearer.Value.Reveal(), "ew_") {
			t.Fatalf("Bearer took the API key %q", auth)
		}
		if errKey == nil && errBearer == nil && key.Header == bearer.Header {
			t.Fatalf("%q is seen by two strategies", auth)
		}
		if errKey == nil && (key.Value.Len() > 256 || strings.Trim(key.Value.Reveal(), token68) != "") {
			t.Fatalf("accepted %q", key.Value.Reveal())
		}
	})
}
