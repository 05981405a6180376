package admin_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward/internal/endpoint/admin/client"
)

func TestBodiesAreReadStrictly(t *testing.T) {
	s := start(t)
	_, id := s.key("read")
	for rule, row := range map[string]struct{ path, body, detail string }{
		"an unknown member":             {"sessions", `{"subject":"a","permission":["read"]}`, `The member "permission" is unknown.`},
		"a member in another case":      {"sessions", `{"Subject":"a"}`, `The member "subject" has to be there and not empty.`},
		"a member twice":                {"sessions", `{"subject":"a","subject":"b"}`, "The body is not one JSON object"},
		"a hostile name":                {"sessions", `{"subject":"a","` + strings.Repeat("é", 900) + `":1}`, "is unknown."},
		"no object":                     {"sessions", `["a"]`, "The body is not one JSON object"},
		"two objects":                   {"sessions", `{"subject":"a"}{}`, "The body is not one JSON object"},
		"nothing":                       {"sessions", ` `, "The body is not one JSON object"},
		"a missing subject":             {"sessions", `{}`, `The member "subject"`},
		"an expiry that is empty":       {"api-keys", `{"subject":"a","expires":""}`, `The member "expires" has to be left out or not empty.`},
		"a predecessor that is empty":   {"sessions", `{"subject":"a","replaces":""}`, `The member "replaces" has to be left out or not empty.`},
		"an empty subject":              {"tokens", `{"subject":""}`, `The member "subject"`},
		"a subject of another type":     {"tokens", `{"subject":7}`, `The member "subject" has to be a string.`},
		"null":                          {"tokens", `{"subject":"a","client_id":null}`, `The member "client_id" has to be a string.`},
		"permissions as a string":       {"tokens", `{"subject":"a","permissions":"read"}`, `The member "permissions"`},
		"a permission with a space":     {"tokens", `{"subject":"a","permissions":["read write"]}`, `The member "permissions"`},
		"an address that is none":       {"tokens", `{"subject":"a","client_ip":"localhost"}`, `The member "client_ip"`},
		"an address with a zone":        {"tokens", `{"subject":"a","client_ip":"fe80::1%eth0"}`, `The member "client_ip"`},
		"a network that is none":        {"api-keys", `{"subject":"a","networks":["192.0.2.0/33"]}`, `The member "networks"`},
		"an address, no network":        {"api-keys", `{"subject":"a","networks":["192.0.2.1"]}`, `an array of networks as "192.0.2.0/24"`},
		"a time that is none":           {"api-keys", `{"subject":"a","expires":"tomorrow"}`, `The member "expires"`},
		"the first instant of all":      {"api-keys", `{"subject":"a","expires":"0001-01-01T00:00:00Z"}`, `The member "expires"`},
		"the year 10000 in UTC":         {"api-keys", `{"subject":"a","expires":"9999-12-31T23:59:59-12:00"}`, `The member "expires"`},
		"a revocation until then":       {"revocations", `{"scope":"session","value":"a","expires":"9999-12-31T23:59:59-12:00"}`, `The member "expires"`},
		"a time before 1970 in UTC":     {"revocations", `{"scope":"subject","value":"a","not_before":"1970-01-01T00:00:00+01:00"}`, `The member "not_before"`},
		"a rotation that does not say":  {"api-keys/" + id + "/rotate", `{}`, `The member "keep_old_seconds"`},
		"a negative time":               {"api-keys/" + id + "/rotate", `{"keep_old_seconds":-1}`, `The member "keep_old_seconds"`},
		"half a second":                 {"api-keys/" + id + "/rotate", `{"keep_old_seconds":0.5}`, `The member "keep_old_seconds"`},
		"a number as a string":          {"api-keys/" + id + "/rotate", `{"keep_old_seconds":"60"}`, `The member "keep_old_seconds"`},
		"a rotation that takes forever": {"api-keys/" + id + "/rotate", `{"keep_old_seconds":7776001}`, `The member "keep_old_seconds"`},
		"a revocation of nothing":       {"revocations", `{"scope":"session"}`, `The member "value"`},
		"a query on a POST":             {"sessions?subject=b", `{"subject":"a"}`, `The parameter "subject" is unknown.`},
		"a parameter twice":             {"sessions?limit=1&limit=2", `{"subject":"a"}`, `The parameter "limit" is repeated.`},
	} {
		t.Run(rule, func(t *testing.T) {
			a := s.send("POST", "/v1/"+row.path, row.body)
			refused(t, a, 400, "bad_request")
			if !strings.Contains(a.text("detail"), row.detail) || len(a.text("detail")) > 512 {
				t.Errorf("%s", a.text("detail"))
			}
		})
	}
	if records := s.Audit.Records(); len(records) != 2 { // the keys of this test
		t.Errorf("something was done: %+v", records)
	}
}

func TestBodiesAreBoundedAndJSON(t *testing.T) {
	s := start(t)
	fill := func(size int) string { return `{"subject":"a"` + strings.Repeat(" ", size-15) + `}` }
	if a := s.send("POST", "/v1/sessions", fill(64<<10)); a.Code != 201 {
		t.Errorf("64 KiB: %d %s", a.Code, a.Body)
	}
	refused(t, s.send("POST", "/v1/sessions", fill(64<<10+1)), 413, "content_too_large")
	for _, media := range []string{"", "text/plain", "application/x-www-form-urlencoded", "application/json, text/plain", "application/jsonx"} {
		refused(t, s.send("POST", "/v1/sessions", `{"subject":"a"}`, "Content-Type", media), 415, "unsupported_media_type")
	}
	if a := s.send("POST", "/v1/sessions", `{"subject":"a"}`, "Content-Type", "application/json; charset=utf-8"); a.Code != 201 {
		t.Errorf("%d %s", a.Code, a.Body)
	}
}

func TestWhatNobodyCanBeGranted(t *testing.T) {
	s := start(t)
	for rule, row := range map[string]struct{ path, body string }{
		"a subject that splits a header": {"sessions", `{"subject":"a\r\nX-Auth-Subject: b"}`},
		"a key that has expired":         {"api-keys", `{"subject":"a","expires":"2020-01-01T00:00:00Z"}`},
		"a scope that is none":           {"revocations", `{"scope":"everything","value":"x"}`},
		"a session with a time":          {"revocations", `{"scope":"session","value":"x","not_before":"2026-01-01T00:00:00Z"}`},
		"a long reason":                  {"subjects/logout", `{"subject":"a","reason":"` + strings.Repeat("x", 300) + `"}`},
	} {
		t.Run(rule, func(t *testing.T) { refused(t, s.send("POST", "/v1/"+row.path, row.body), 422, "unprocessable") })
	}
}

func TestQueriesAreReadStrictly(t *testing.T) {
	s := start(t)
	for rule, query := range map[string]string{
		"a misspelt subject":           "sessions?subjet=alice",
		"a subject twice":              "sessions?subject=alice&subject=bob",
		"a subject that is empty":      "sessions?subject=",
		"an issuer without a subject":  "sessions?issuer=x",
		"no page at all":               "sessions?limit=0",
		"more than a page":             "api-keys?limit=1001",
		"a limit that is no number":    "bans?limit=ten",
		"a subject of all revocations": "revocations?subject=alice",
		"what cannot be read":          "sessions?subject=%zz",
		"a parameter of a backup":      "backup?path=x",
	} {
		t.Run(rule, func(t *testing.T) { refused(t, s.send("GET", "/v1/"+query, ""), 400, "bad_request") })
	}
	refused(t, s.send("DELETE", "/v1/sessions/x?all=1", ""), 400, "bad_request")
	if a := s.send("GET", "/v1/sessions?"+url.Values{"sub ject\n": {s.admin}}.Encode(), ""); strings.Contains(a.Body.String(), s.admin) {
		t.Errorf("the answer quotes a value: %s", a.Body)
	}
}

func TestListsGoOnWhereAPageEnded(t *testing.T) {
	s := start(t)
	want := map[string]bool{}
	for range 5 {
		a := s.send("POST", "/v1/sessions", `{"subject":"alice"}`)
		want[a.members["session"].(map[string]any)["id"].(string)] = true
		s.send("POST", "/v1/sessions", `{"subject":"bob"}`)
		s.key("read")
		s.send("POST", "/v1/revocations", `{"scope":"token","value":"`+a.Header().Get("X-Request-Id")+`"}`)
	}
	seen := map[string]bool{}
	for after := ""; ; {
		a := s.send("GET", "/v1/sessions?subject=alice&limit=2&after="+url.QueryEscape(after), "")
		for _, id := range ids(t, a, "sessions") {
			if seen[id] || !want[id] {
				t.Errorf("%s is there twice, or is not alice's", id)
			}
			seen[id] = true
		}
		if after = a.text("next"); after == "" {
			break
		}
	}
	if len(seen) != len(want) {
		t.Errorf("%d sessions of %d", len(seen), len(want))
	}
	for list, want := range map[string]int{"api_keys": 6, "revocations": 5, "sessions": 10} {
		got := 0
		for after, pages := "", 0; pages < 20; pages++ {
			a := s.send("GET", "/v1/"+strings.Replace(list, "_", "-", 1)+"?limit=2&after="+url.QueryEscape(after), "")
			rows := a.members[list].([]any)
			if got += len(rows); len(rows) > 2 {
				t.Errorf("a page of %d", len(rows))
			}
			if after = a.text("next"); after == "" {
				break
			}
		}
		if got != want {
			t.Errorf("%d %s, want %d", got, list, want)
		}
	}
	// Nor is it the end of the list, where a caller would see nothing revoked.
	for _, list := range []string{"sessions", "api-keys", "revocations", "bans", "revocations?scope=token&"} {
		for _, place := range []string{"nowhere", "zzz", "\x00", "é", "../apikey/", "revoked", "192.0.2.0/33", strings.Repeat("x", 600)} {
			path := strings.Replace("/v1/"+list+"?", "&?", "&", 1) + "after=" + url.QueryEscape(place)
			refused(t, s.send("GET", path, ""), 404, "not_found")
		}
	}
	refused(t, s.send("GET", "/v1/revocations?scope=token&after=revoked/session/x", ""), 404, "not_found")
	if a := s.send("GET", "/v1/sessions?issuer=other&subject=alice", ""); len(ids(t, a, "sessions")) != 0 {
		t.Errorf("another issuer's alice: %s", a.Body)
	}
}

// Rows of before, or of another program over the store.
func TestListsSurviveATimeThatCannotBeSpelled(t *testing.T) {
	s := start(t)
	_, id := s.key("read")
	s.send("POST", "/v1/revocations", `{"scope":"session","value":"x","expires":"9999-12-31T00:00:00Z","force":true}`)
	for _, prefix := range []string{"apikey/" + id, "revoked/session/"} {
		rows, err := s.Store.List(t.Context(), prefix, "", 10)
		if err != nil || len(rows) != 1 {
			t.Fatalf("%d rows, %v", len(rows), err)
		}
		for _, row := range rows {
			text := regexp.MustCompile(`,"expires":\d+`).ReplaceAllString(string(row.Value), "")
			if _, err := s.Store.Replace(t.Context(), row.Key, row.Version, []byte(strings.TrimSuffix(text, "}")+`,"expires":253402340399000}`), time.Time{}); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, list := range []string{"api-keys", "revocations"} {
		a := s.send("GET", "/v1/"+list, "")
		if a.Code != 200 || !strings.Contains(a.Body.String(), `"expires":"9999-12-31T23:59:59.999Z"`) {
			t.Errorf("%s: %d %s", list, a.Code, a.Body)
		}
	}
}

func TestSecretsAreHandedOverAndNotPrinted(t *testing.T) {
	s := start(t)
	a := s.send("POST", "/v1/api-keys", `{"subject":"alice"}`)
	if !strings.HasPrefix(a.text("secret"), "ew_test_") {
		t.Errorf("%s", a.Body)
	}
	if list := s.send("GET", "/v1/api-keys", ""); strings.Contains(list.Body.String(), a.text("secret")) {
		t.Errorf("the list shows the key")
	}
	var h client.Handed
	if err := h.UnmarshalText([]byte("hidden")); err != nil || strings.Contains(h.String(), "hidden") {
		t.Errorf("%v %v", h, err)
	}
}
