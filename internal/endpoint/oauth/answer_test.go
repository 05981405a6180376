package oauth_test

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/edgeward/edgeward/internal/door/doorstest"
	"github.com/edgeward/edgeward/internal/endpoint/oauth"
)

// Row 40: a body that nobody reads holds up neither the answer nor the
// connection, also where the answer is no refusal.
func TestABodyThatNobodyReadsHoldsNoConnection(t *testing.T) {
	for target, status := range map[string]int{
		"GET " + oauth.KeysPath: 200, "GET " + oauth.MetadataPath: 200, "POST " + oauth.KeysPath: 405, "POST " + refreshPath: 403,
	} {
		for _, framing := range []string{"Content-Length: 5", "Transfer-Encoding: chunked", "Expect: 100-continue\r\nContent-Length: 5"} {
			t.Run(target+", "+framing, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					client := doorstest.Pipe(t, start(t))
					if _, err := io.WriteString(client, target+" HTTP/1.1\r\nHost: a\r\n"+framing+"\r\n\r\n"); err != nil {
						t.Fatal(err)
					}
					asked, line := time.Now(), make([]byte, len("HTTP/1.1 200"))
					if _, err := io.ReadFull(client, line); err != nil || string(line) != fmt.Sprintf("HTTP/1.1 %d", status) {
						t.Errorf("%v: %s", err, line)
					}
					if !time.Now().Equal(asked) { // the bubble's clock stands still unless all wait
						t.Error("the answer waited for the body")
					}
					if _, err := io.ReadAll(client); err != nil {
						t.Error(err)
					}
				})
			})
		}
	}
}

// A client that sends its form whole keeps its connection.
func TestAFormThatWasReadKeepsTheConnection(t *testing.T) {
	s := start(t)
	w := s.send("POST", oauth.TokenPath, grant(s.mint(t).RefreshToken))
	if w.Code != 200 || strings.EqualFold(w.Header().Get("Connection"), "close") {
		t.Errorf("%d %v", w.Code, w.Header())
	}
}
