package door_test

import (
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/door"
)

// TestTheAuthorityOfHTTP2IsTheHost: a request in HTTP/2 is decided by :authority, in
// the spelling of all doors, and refused where a Host field says otherwise.
func TestTheAuthorityOfHTTP2IsTheHost(t *testing.T) {
	for rule, row := range map[string]struct {
		authority, field string // "" for no such field
		want             string // the host that was decided on; "" for 400
	}{
		":authority":                     {"a.example", "", "a.example"},
		"in upper case, with a dot":      {"A.Example.", "", "a.example"},
		"with a port":                    {"a.example:8443", "", "a.example:8443"},
		"a Host field alone":             {"", "a.example", "a.example"},
		"both, the same in another case": {"a.example", "A.example:80", "a.example"},
		"both, another":                  {"a.example", "b.example", ""},
		"both, with another port":        {"a.example", "a.example:8443", ""},
		"both, and the field is none":    {"a.example", "a b", ""},
		"userinfo":                       {"u@a.example", "", ""},
	} {
		decided := ""
		d := &door.Door{Decider: deciderFunc(func(r *edgeward.Request) edgeward.Decision {
			decided = r.Host
			return edgeward.Decision{Reason: edgeward.Public, Allow: true}
		})}
		s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, hr *http.Request) {
			if hr.ProtoMajor != 2 {
				t.Errorf("%s: it came by %s", rule, hr.Proto)
			}
			if v := d.Receive(hr); v.Decision.Reason == edgeward.MalformedRequest {
				w.WriteHeader(http.StatusBadRequest)
			}
		}))
		s.Config.Protocols = new(http.Protocols)
		s.Config.Protocols.SetUnencryptedHTTP2(true)
		s.Start()
		status := overHTTP2(t, s, row.authority, row.field)
		s.Close()
		if decided != row.want || (status == 400) != (row.want == "") {
			t.Errorf("%s: %d, decided on %q", rule, status, decided)
		}
	}
}

// overHTTP2 sends a GET with the two fields as they are, which Go's client does not,
// and returns the status of the answer.
func overHTTP2(t *testing.T, s *httptest.Server, authority, host string) int {
	t.Helper()
	conn, err := net.Dial("tcp", s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fields := []byte{0x82, 0x86, 0x84} // GET, http, / in the static table of RFC 7541
	if authority != "" {
		fields = append(append(fields, 0x01, byte(len(authority))), authority...)
	}
	if host != "" {
		fields = append(append(fields, 0x0f, 38-15, byte(len(host))), host...)
	}
	const headers, resetStream, settings, endStreamAndHeaders = 1, 3, 4, 5
	frame := func(kind, flags byte, stream uint32, payload []byte) []byte {
		head := binary.BigEndian.AppendUint32(nil, uint32(len(payload))<<8|uint32(kind))
		return append(binary.BigEndian.AppendUint32(append(head, flags), stream), payload...)
	}
	request := append([]byte("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), frame(settings, 0, 0, nil)...)
	if _, err := conn.Write(append(request, frame(headers, endStreamAndHeaders, 1, fields)...)); err != nil {
		t.Fatal(err)
	}
	for head := make([]byte, 9); ; {
		if _, err := io.ReadFull(conn, head); err != nil {
			t.Fatal(err)
		}
		payload := make([]byte, binary.BigEndian.Uint32(head)>>8)
		if _, err := io.ReadFull(conn, payload); err != nil {
			t.Fatal(err)
		}
		switch head[3] {
		case resetStream: // Go's server has refused it
			return 400
		case headers:
			return map[byte]int{0x88: 200, 0x8c: 400}[payload[0]]
		}
	}
}
