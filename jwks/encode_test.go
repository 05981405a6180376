package jwks_test

import (
	"reflect"
	"testing"

	"github.com/edgeward/edgeward/jwks"
	"github.com/edgeward/edgeward/jwks/stdcrypto"
)

// RFC 7638 §3.1 and RFC 8037 appendix A.3.
func TestThumbprint(t *testing.T) {
	for _, row := range []struct{ source, key, want string }{
		{"RFC 7638 §3.1", `{"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw","e":"AQAB","alg":"RS256","kid":"2011-04-29"}`,
			"NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"},
		{"RFC 8037 A.3", okpKey("any"), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"},
	} {
		k, err := jwks.ParseKey([]byte(row.key))
		if err != nil {
			t.Fatal(err)
		}
		if got := k.Thumbprint(); got != row.want {
			t.Errorf("%s: %s, want %s", row.source, got, row.want)
		}
	}
}

// What is published reads back as the same keys.
func TestAppendSetReadsBack(t *testing.T) {
	var keys []*jwks.JWK
	for _, text := range []string{rsaKey("r", `"alg":"RS512"`), ecKey("e"), okpKey(`\"\u003c`)} {
		k, err := jwks.ParseKey([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, k)
	}
	published := jwks.AppendSet(nil, keys...)
	set, ignored, err := jwks.Parse(published, stdcrypto.Import)
	if err != nil || len(ignored) > 0 || len(set.Keys()) != 3 {
		t.Fatalf("%s: %v, ignored %v", published, err, ignored)
	}
	for _, k := range keys {
		back, err := jwks.ParseKey(k.AppendJSON(nil))
		if err != nil || !reflect.DeepEqual(back, k) {
			t.Errorf("%s came back as another key: %v", k.KeyID, err)
		}
	}
	if got := jwks.AppendSet(nil); string(got) != `{"keys":[]}` {
		t.Errorf("empty set: %s", got)
	}
}
