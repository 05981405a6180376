package refresh

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"time"

	"github.com/edgeward/edgeward/internal/strictjson"
)

// rowVersion is written to every row. A row of another version belongs to
// another version of this program, which knows what it means.
const rowVersion = 1

// appendRow appends the family as JSON. The id is in the key.
func (f *Family) appendRow(dst []byte) []byte {
	w := rowWriter(append(dst, '{'))
	w.number("v", rowVersion)
	w.string("issuer", f.Issuer)
	w.string("subject", f.Subject)
	w.strings("permissions", f.Permissions)
	w.string("client_id", f.ClientID)
	w.number("generation", int64(f.Generation))
	w.number("created", f.Created.UnixMilli())
	w.number("rotated_at", f.Rotated.UnixMilli())
	w.number("expires", f.Expires.UnixMilli())
	if f.isRevoked() {
		w.number("revoked_at", f.RevokedAt.UnixMilli())
		w.string("revoked_because", f.RevokedBecause)
	}
	if f.ClientIP.IsValid() {
		w.string("client_ip", f.ClientIP.String())
	}
	w.string("user_agent", f.UserAgent)
	return append(w, '}')
}

// parseRow reads a row. Its errors mean "could not tell": a row that cannot be
// read is never one that does not exist.
func parseRow(id familyID, data []byte) (Family, error) {
	members, err := strictjson.Object(data)
	if err != nil {
		return Family{}, fmt.Errorf("refresh: row: %w", err)
	}
	r := rowReader{members: members}
	if v := r.number("v"); v != rowVersion {
		return Family{}, fmt.Errorf("refresh: row of version %d, this program knows %d", v, rowVersion)
	}
	f := Family{
		ID:         id.String(),
		Grant:      Grant{r.string("issuer"), r.string("subject"), r.strings("permissions"), r.string("client_id")},
		Generation: uint64(r.number("generation")),
		Created:    r.time("created"),
		Rotated:    r.time("rotated_at"),
		Expires:    r.time("expires"),
		Meta:       Meta{UserAgent: r.string("user_agent")},
	}
	if r.has("revoked_at") || r.has("revoked_because") {
		f.RevokedAt, f.RevokedBecause = r.time("revoked_at"), r.string("revoked_because")
		r.bad = r.bad || !f.isRevoked() // half a revocation
	}
	if r.has("client_ip") {
		f.ClientIP, err = netip.ParseAddr(r.string("client_ip"))
	}
	if r.bad || err != nil || f.Subject == "" || f.Issuer == "" || f.Generation == 0 {
		return Family{}, errors.New("refresh: row lacks a member, or one is out of bounds")
	}
	return f, nil
}

// A rowWriter appends members to an object that was opened.
type rowWriter []byte

func (w *rowWriter) name(name string) {
	if last := (*w)[len(*w)-1]; last != '{' {
		*w = append(*w, ',')
	}
	*w = append(strictjson.AppendString(*w, name), ':')
}

func (w *rowWriter) string(name, value string) {
	w.name(name)
	*w = strictjson.AppendString(*w, value)
}

func (w *rowWriter) number(name string, value int64) {
	w.name(name)
	*w = strconv.AppendInt(*w, value, 10)
}

func (w *rowWriter) strings(name string, values []string) {
	w.name(name)
	*w = append(*w, '[')
	for i, value := range values {
		if i > 0 {
			*w = append(*w, ',')
		}
		*w = strictjson.AppendString(*w, value)
	}
	*w = append(*w, ']')
}

// A rowReader reads members and remembers whether one was bad.
type rowReader struct {
	members strictjson.Members
	bad     bool
}

func (r *rowReader) has(name string) bool {
	_, found := r.members.Lookup(name)
	return found
}

func (r *rowReader) string(name string) string {
	v, _ := r.members.Lookup(name)
	s, ok := v.String()
	r.bad = r.bad || !ok
	return s
}

func (r *rowReader) strings(name string) []string {
	v, _ := r.members.Lookup(name)
	list, ok := v.Strings()
	r.bad = r.bad || !ok
	return list
}

// number reads a whole number from 0 on, exactly.
func (r *rowReader) number(name string) int64 {
	v, _ := r.members.Lookup(name)
	n, err := strconv.ParseInt(v.Raw(), 10, 64)
	r.bad = r.bad || err != nil || n < 0
	return n
}

func (r *rowReader) time(name string) time.Time { return time.UnixMilli(r.number(name)) }
