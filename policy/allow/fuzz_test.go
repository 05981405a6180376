package allow_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/policy/allow"
)

// FuzzRule holds the matcher to a naive one, for rules and users of any text.
func FuzzRule(f *testing.F) {
	f.Add("admins|*@example.com|ada|/teams/*", "staff,admins", "ada@example.com", "ada", "192.0.2.0/24", "192.0.2.7")
	f.Add("*|**|a*b|", "*", "x@evil@example.com", "", "0.0.0.0/0", "::1")
	f.Add("*x*|*@b|*y|z*", "axb,zz", "a@b", "cy", "2001:db8::/32", "")
	f.Add("a|A@B.c|\u212a|k*", "k,\u212a", "\u212a@b.c", "K", "10.0.0.0/8", "::ffff:10.0.0.1")
	f.Fuzz(func(t *testing.T, texts, groups, email, username, network, client string) {
		values := strings.SplitN(texts, "|", 4)
		for len(values) < 4 {
			values = append(values, "")
		}
		of := []A{{Groups: []string{values[0], values[3]}}, {Email: []string{values[1]}, Networks: []string{network}}, {Username: []string{values[2]}, Claims: map[string][]string{"c": {values[3]}}}}
		var rule []A // those that are sound, each alone: one fault spoils all
		for _, a := range of {
			fine := true
			r := allow.Of(a)
			r.Seal(func(member, detail string) {
				if fine = false; detail == "" {
					t.Errorf("%s: a fault without words", member)
				}
			})
			if fine {
				rule = append(rule, a)
			}
		}
		p := &edgeward.Profile{Groups: strings.Split(groups, ","), Email: email, Username: username, Claims: map[string][]string{"c": strings.Split(groups, ",")}}
		id, err := edgeward.NewIdentity(edgeward.Identity{Issuer: "i", Subject: "s", Profile: p})
		if err != nil {
			return
		}
		addr, _ := netip.ParseAddr(client)
		addr = addr.Unmap().WithZone("")
		r := allow.Of(rule...)
		r.Seal(func(member, detail string) { t.Fatalf("%s: %s", member, detail) })
		v := r.Judge(id, addr, time.Unix(1, 0))
		want := slices.IndexFunc(rule, func(a A) bool { return naive(a, id, addr) })
		if v.Held != (want >= 0) || v.Held && v.Alternative != want {
			t.Fatalf("%q of %+v: %+v, want %d", r.Texts(), p, v, want)
		}
		if text := v.String(); text == "" || len(text) > 700 {
			t.Fatalf("%q", text)
		}
		again := allow.Of(r.Alternatives()...)
		if !again.Equal(&r) || !sealedFrom(t, &again).AsksAsMuch(&r) {
			t.Fatalf("%q is not itself", r.Texts())
		}
	})
}

func sealedFrom(t *testing.T, r *allow.Rule) *allow.Rule {
	r.Seal(func(member, detail string) { t.Fatalf("%s: %s", member, detail) })
	return r
}

// naive says what the words of the documentation say.
func naive(a A, id *edgeward.Identity, client netip.Addr) bool {
	any := func(accepted []string, has ...string) bool {
		for _, v := range accepted {
			for _, h := range has {
				if h != "" && like(v, h) {
					return true
				}
			}
		}
		return accepted == nil
	}
	mail := ""
	if strings.Count(id.Profile.Email, "@") == 1 && !strings.HasPrefix(id.Profile.Email, "@") && !strings.HasSuffix(id.Profile.Email, "@") {
		mail = lower(id.Profile.Email)
	}
	var domains []string
	for _, v := range a.Email {
		domains = append(domains, lower(v))
	}
	within := a.Networks == nil
	for _, n := range a.Networks {
		within = within || netip.MustParsePrefix(n).Contains(client)
	}
	return any(a.Groups, id.Profile.Groups...) && any(domains, mail) && any(a.Username, id.Profile.Username) && any(a.Claims["c"], id.Profile.Claims["c"]...) && within
}

func like(pattern, s string) bool {
	from, to := 0, len(s)
	text := strings.TrimPrefix(pattern, "*")
	anyBefore := text != pattern
	anyAfter := strings.HasSuffix(text, "*")
	text = strings.TrimSuffix(text, "*")
	for i := from; i <= to; i++ {
		for j := i; j <= to; j++ {
			if s[i:j] == text && (anyBefore || i == 0) && (anyAfter || j == len(s)) {
				return true
			}
		}
	}
	return false
}

func lower(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}
