package jwt_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/c2sp/wycheproof"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/jwks"
	"github.com/edgeward/edgeward/jwks/stdcrypto"
	"github.com/edgeward/edgeward/jwt"
)

// TestRFC verifies what RFC 7515 appendix A, RFC 7520 §4 and RFC 8037 sign,
// and refuses the same with one bit less.
func TestRFC(t *testing.T) {
	data, err := os.ReadFile("testdata/rfc.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []struct {
		Name string
		JWK  json.RawMessage
		JWS  string
	}
	if err := json.Unmarshal(data, &vectors); err != nil || len(vectors) != 9 {
		t.Fatalf("%d vectors, %v", len(vectors), err)
	}
	for _, v := range vectors {
		t.Run(v.Name, func(t *testing.T) {
			wantReason(t, verifyJWS(v.JWK, v.JWS), edgeward.Authenticated)
			last := strings.LastIndexByte(v.JWS, '.') + 2
			flipped := v.JWS[:last] + string(v.JWS[last]^1) + v.JWS[last+1:]
			wantReason(t, verifyJWS(v.JWK, flipped), edgeward.TokenSignature)
		})
	}
}

// waived are the vectors of json_web_signature that are known to be wrong.
// Nothing is loosened for them: our answer has to differ from their label, or
// the waiver is out of date.
var waived = map[int]string{
	346: "the key says PS256, the header PS384",
	347: "the key's alg is ES521, which is not registered",
	350: "the key says PS256, the header PS384",
	351: "the key's alg is ES521, which is not registered",
	367: "labelled invalid, identical to a valid one",
	370: "labelled invalid, identical to a valid one",
	372: "labelled valid, has a ? in its base64",
	373: "labelled valid, has a ? in its base64",
}

// A joseFile is one of Wycheproof's json_web_* files.
type joseFile struct {
	TestGroups []struct {
		Public, Private json.RawMessage
		Tests           []struct {
			TcID     int `json:"tcId"`
			Comment  string
			Result   string
			JWS, JWE json.RawMessage
		}
	}
}

func TestWycheproofJOSE(t *testing.T) {
	for name, size := range map[string]int{"json_web_signature": 401, "json_web_key": 26, "json_web_crypto": 83} {
		t.Run(name, func(t *testing.T) {
			var file joseFile
			readVectors(t, name, &file)
			ran, used := 0, 0
			for _, group := range file.TestGroups {
				key := group.Public
				if key == nil {
					key = group.Private
				}
				for _, vector := range group.Tests {
					ran++
					token, result := compact(vector.JWS), vector.Result
					if vector.JWE != nil {
						token, result = compact(vector.JWE), "invalid" // JWE is refused, all of it
					}
					err := verifyJWS(key, token)
					_, waive := waived[vector.TcID]
					if waive = waive && name == "json_web_signature"; waive {
						used++
					}
					if accepted := err == nil; accepted == (result == "valid") == waive {
						t.Errorf("%d %s: %s, waived %v, but %v", vector.TcID, vector.Comment, result, waive, err)
					}
				}
			}
			if want := len(waived); ran != size || name == "json_web_signature" && used != want {
				t.Errorf("%d vectors, %d waivers used", ran, used)
			}
		})
	}
}

// compact returns the string that a vector holds; a vector in JSON
// serialization is presented as it is.
func compact(raw json.RawMessage) string {
	var token string
	if json.Unmarshal(raw, &token) != nil {
		return string(raw)
	}
	return token
}

// verifyJWS takes key, a JWK or a set of them, the way that it would come into
// Edgeward: symmetric keys as secrets of the operator, all others through jwks.
func verifyJWS(key json.RawMessage, token string) error {
	message, err := jwt.ParseMessage(token)
	if err != nil {
		return err
	}
	var set struct{ Keys []json.RawMessage }
	if err := json.Unmarshal(key, &set); err != nil {
		return err
	}
	if set.Keys == nil {
		set.Keys = []json.RawMessage{key}
	}
	var keys jwks.Keys
	if keys, err = importKeys(set.Keys); err != nil {
		return err
	}
	h := message.Header
	selected, err := keys.Key(context.Background(), h.KeyID, h.HasKeyID, h.Algorithm)
	if err != nil {
		return err
	}
	_, err = message.Verify(selected)
	return err
}

// importKeys makes a source of keys of a key set.
func importKeys(set []json.RawMessage) (jwks.Keys, error) {
	var secrets []*jwt.Key
	for _, raw := range set {
		var oct struct {
			Kty, Kid, K string
			Alg         jwt.Algorithm
		}
		if err := json.Unmarshal(raw, &oct); err != nil {
			return nil, err
		}
		if oct.Kty != "oct" {
			return importSet(set)
		}
		k, err := base64.RawURLEncoding.DecodeString(oct.K)
		if err != nil {
			return nil, err
		}
		key, err := jwt.HMACKey(oct.Kid, oct.Alg, edgeward.NewSecret(string(k)))
		if err != nil {
			return nil, err
		}
		secrets = append(secrets, key)
	}
	return jwks.NewStatic(secrets...)
}

func importSet(keys []json.RawMessage) (jwks.Keys, error) {
	data, err := json.Marshal(map[string]any{"keys": keys})
	if err != nil {
		return nil, err
	}
	set, _, err := jwks.Parse(data, stdcrypto.Import)
	if err != nil {
		return nil, err
	}
	return jwks.NewStatic(set.Keys()...)
}

// readVectors decodes a file of Wycheproof, which the module embeds.
func readVectors(t *testing.T, name string, file any) {
	t.Helper()
	f, err := wycheproof.TestVectors.Open(name + "_test.json")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := json.NewDecoder(f).Decode(file); err != nil {
		t.Fatal(err)
	}
}
