package credential_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/credential"
)

func basic(pair string) string { return "Basic " + base64.StdEncoding.EncodeToString([]byte(pair)) }

func TestPersonal(t *testing.T) {
	const token, key = "ew_live_0bc_def", "ew_live_abc_def"
	type want struct {
		reason       edgeward.Reason
		value, field string
		username     string
	}
	found := func(field, username string) want {
		return want{reason: edgeward.Authenticated, value: token, field: field, username: username}
	}
	refused := func(r edgeward.Reason) want { return want{reason: r} }
	for rule, row := range map[string]struct {
		header edgeward.Header
		want   want
	}{
		"none":                         {edgeward.Header{}, refused(edgeward.CredentialMissing)},
		"bearer":                       {edgeward.Header{"Authorization": {"Bearer " + token}}, found("Authorization", "")},
		"X-Api-Key":                    {edgeward.Header{"X-Api-Key": {token}}, found("X-Api-Key", "")},
		"Basic":                        {edgeward.Header{"Authorization": {basic("alice:" + token)}}, found("Authorization", "alice")},
		"Basic in another case":        {edgeward.Header{"Authorization": {"bASIC" + basic("alice:" + token)[5:]}}, found("Authorization", "alice")},
		"Basic without a user name":    {edgeward.Header{"Authorization": {basic(":" + token)}}, found("Authorization", "")},
		"Basic, the first colon":       {edgeward.Header{"Authorization": {basic("alice:x:" + token)}}, refused(edgeward.CredentialMissing)},
		"Basic of the application":     {edgeward.Header{"Authorization": {basic("alice:secret")}}, refused(edgeward.CredentialMissing)},
		"Basic of nothing":             {edgeward.Header{"Authorization": {"Basic"}}, refused(edgeward.CredentialMalformed)},
		"Basic, two spaces":            {edgeward.Header{"Authorization": {"Basic " + basic("a:" + token)[5:]}}, refused(edgeward.CredentialMalformed)},
		"Basic, no colon":              {edgeward.Header{"Authorization": {basic(token)}}, refused(edgeward.CredentialMalformed)},
		"Basic without padding":        {edgeward.Header{"Authorization": {strings.TrimRight(basic("abc:"+token), "=")}}, refused(edgeward.CredentialMalformed)},
		"Basic of 8 KiB":               {edgeward.Header{"Authorization": {basic(strings.Repeat("a", 8<<10) + ":" + token)}}, refused(edgeward.CredentialMalformed)},
		"Basically is another scheme":  {edgeward.Header{"Authorization": {"Basically x"}}, refused(edgeward.CredentialMissing)},
		"a token of 300 bytes":         {edgeward.Header{"Authorization": {basic("a:" + token + strings.Repeat("x", 300))}}, refused(edgeward.CredentialMalformed)},
		"a token with a space":         {edgeward.Header{"Authorization": {basic("a:" + token + " x")}}, refused(edgeward.CredentialMalformed)},
		"a JWT":                        {edgeward.Header{"Authorization": {"Bearer eyJ"}}, refused(edgeward.CredentialMissing)},
		"an API key":                   {edgeward.Header{"X-Api-Key": {key}}, refused(edgeward.CredentialMissing)},
		"an API key as bearer token":   {edgeward.Header{"Authorization": {"Bearer " + key}}, refused(edgeward.CredentialMissing)},
		"an API key as password":       {edgeward.Header{"Authorization": {basic("a:" + key)}}, refused(edgeward.CredentialMissing)},
		"the application's key beside": {edgeward.Header{"Authorization": {basic("a:" + token)}, "X-Api-Key": {"0123"}}, found("Authorization", "a")},
		"its password beside":          {edgeward.Header{"Authorization": {basic("a:b")}, "X-Api-Key": {token}}, found("X-Api-Key", "")},
		"two of them":                  {edgeward.Header{"Authorization": {basic("a:" + token)}, "X-Api-Key": {token}}, refused(edgeward.AmbiguousCredential)},
		"one beside an API key":        {edgeward.Header{"Authorization": {"Bearer " + token}, "X-Api-Key": {key}}, refused(edgeward.AmbiguousCredential)},
		"an API key beside one":        {edgeward.Header{"Authorization": {"Bearer " + key}, "X-Api-Key": {token}}, refused(edgeward.AmbiguousCredential)},
		"two Authorization fields":     {edgeward.Header{"Authorization": {basic("a:" + token), basic("a:" + token)}}, refused(edgeward.AmbiguousCredential)},
		"two X-Api-Key fields":         {edgeward.Header{"X-Api-Key": {token, token}}, refused(edgeward.AmbiguousCredential)},
		"a malformed bearer token":     {edgeward.Header{"Authorization": {"Bearer  x"}, "X-Api-Key": {token}}, refused(edgeward.CredentialMalformed)},
	} {
		t.Run(rule, func(t *testing.T) {
			r := &edgeward.Request{Header: row.header}
			c, err := credential.Personal(r)
			got := want{reason: edgeward.Authenticated, value: c.Value.Reveal(), field: c.Header, username: c.Username}
			if err != nil {
				got.reason = edgeward.ReasonOf(err)
			}
			if got != row.want {
				t.Errorf("%+v, want %+v", got, row.want)
			}
			// What is a personal token is no API key and no bearer token.
			if err == nil {
				for _, source := range []edgeward.Source{credential.APIKey, credential.Bearer} {
					if other, err := source(r); err == nil && other.Value.Equal(c.Value) {
						t.Error("two strategies see it")
					}
				}
			}
		})
	}
	query := &edgeward.Request{RawQuery: "api_key=x", Header: edgeward.Header{"X-Api-Key": {token}}}
	if _, err := credential.Personal(query); edgeward.ReasonOf(err) != edgeward.AmbiguousCredential {
		t.Errorf("a key in the query beside: %v", err)
	}
}

// What an application could read a token of ours in stays at the edge, though Edgeward
// itself reads nothing in it.
func TestIsIssuedBasic(t *testing.T) {
	const token = "ew_live_0abc_d"
	long := base64.RawURLEncoding.EncodeToString([]byte("\xff\xfe~?:" + token))
	for value, want := range map[string]bool{
		basic("alice:" + token): true, basic(token + ":x"): true, basic(token): true, strings.TrimRight(basic("abc:"+token), "="): true, "bASIC" + basic("a:" + token)[5:]: true,
		"Basic  " + basic("a:" + token)[6:]: true, "Basic\t" + basic("a:" + token)[6:]: true, basic("a:"+token) + " ": true, basic("a:"+token) + "==": true, "Basic " + long: true,
		basic(strings.Repeat("a", 8<<10) + ":" + token): true, basic("a:"+token+"xx") + ", x": true,

		"": false, "Basic": false, "Basic ": false, basic("alice:secret"): false, basic("alice:x" + token): false, "Basic !": false, "Bearer " + token: false,
	} {
		if credential.IsIssuedBasic(value) != want {
			t.Errorf("%q: not %v", value, want)
		}
	}
}

// FuzzBasic: what is read as HTTP Basic has one spelling, and whatever is refused
// proves nothing.
func FuzzBasic(f *testing.F) {
	for _, s := range []string{"", "Basic", "Basic ", basic("a:b"), basic("a:ew_live_0b_c"), "basic YTpi", "Basic YTpi\n", "Basic YTpj=", "Basic YQ==", "Basic " + strings.Repeat("A", 9000), "Basicx YTpi", "Basic\tYTpi"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		username, password, is, ok := credential.Basic(s)
		if ok && (!is || strings.Contains(username, ":") || basic(username + ":" + password)[6:] != s[6:] || !strings.EqualFold(s[:6], "basic ")) {
			t.Fatalf("%q is read as %q %q", s, username, password)
		}
		if !ok && username+password != "" {
			t.Fatalf("%q is refused, and gives %q %q", s, username, password)
		}
		r := &edgeward.Request{Header: edgeward.Header{"Authorization": {s}}}
		c, err := credential.Personal(r)
		if err == nil && !strings.HasPrefix(c.Value.Reveal(), "ew_") {
			t.Fatalf("%q gives %q", s, c.Value.Reveal())
		}
		if err != nil && !c.Value.IsZero() {
			t.Fatal("a refusal with a credential")
		}
		if err == nil && ok && !credential.IsIssuedBasic(s) {
			t.Fatal("it would travel on to the application")
		}
	})
}
