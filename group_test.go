package edgeward_test

import (
	"testing"

	"github.com/edgeward/edgeward"
)

// An address in which two readers could find two domains is in none.
func TestMailbox(t *testing.T) {
	for email, want := range map[string]string{
		"ada@example.com": "ada@example.com", "Ada.L+x_y-z@EXAMPLE.com": "ada.l+x_y-z@example.com", "o'neil/x=1@a-b.example": "o'neil/x=1@a-b.example",
		"zoë@größe.example": "zoë@größe.example", "\u212aate@example.com": "\u212aate@example.com",

		"": "", "ada": "", "@example.com": "", "ada@": "", "root@example.com@evil.example": "", `"root@evil.example"@example.com`: "",
		`"root evil"@example.com`: "", "root evil@example.com": "", "root(evil.example)@example.com": "", "<root@evil.example": "", "root@evil.example>": "",
		"root,x@example.com": "", "root;x@example.com": "", `root\@example.com`: "", "root:x@example.com": "",
		"=?utf-8?q?root=40evil.example=3e?=@example.com": "", "root\uff20evil.example@example.com": "", "root\ufe6bevil.example@example.com": "",
		"root@evil.example,x.example.com": "", "root@evil.example>.example.com": "", "root@evil.example/.example.com": "", "root@evil.example .example.com": "",
		"root@[192.0.2.1].example.com": "", "root@.example.com": "", "root@example.com.": "", "root@a..example.com": "", "root@evil.example\uff20example.com": "",
	} {
		id, err := edgeward.NewIdentity(edgeward.Identity{Issuer: "i", Subject: "s", Profile: &edgeward.Profile{Email: email}})
		if err != nil {
			t.Fatalf("%q: %v", email, err)
		}
		if got := id.Mailbox(); got != want {
			t.Errorf("the mailbox of %q is %q, want %q", email, got, want)
		}
		if id.Profile.Email != email {
			t.Errorf("%q became %q for applications", email, id.Profile.Email)
		}
	}
}
