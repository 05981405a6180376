package config

import (
	"strings"

	"github.com/edgeward/edgeward/internal/setup/document"
	"github.com/edgeward/edgeward/store"
)

// A Store is the store's section.
type Store struct {
	Kind  StoreKind
	Place string // as its kind names it, "" where there is nothing to name; no secret

	AuditFileSize int // MiB in a file of the audit log
	AuditFiles    int // full ones that are kept; 0 means all
}

// A StoreKind is the key of the section that chooses it.
type StoreKind string

const (
	File   StoreKind = "path"   // an SQLite file: Place, relative to the working directory
	Memory StoreKind = "memory" // in this process
)

// A storeRow is one kind of store. Another one is a row here, its key in the table
// below, and how it is opened in package stores.
type storeRow struct {
	kind   StoreKind
	where  string // in a sentence
	inFile bool   // Place is a file of this machine, beside which the audit log is
	// Its key is true or false, its entries lie in the memory of this process, and a
	// restart brings back what was revoked: for the loopback address only.
	resident bool
}

var storeKinds = [...]storeRow{
	{kind: File, where: "in a file", inFile: true},
	{kind: Memory, where: "in memory", resident: true},
}

var storeTable = table[*Store]{
	Name: "store",
	Keys: []key[*Store]{
		{Name: "path", Kind: "path", Read: func(d *decoder, n *document.Node, s *Store) { s.Kind, s.Place = File, d.storePath(n) }},
		{Name: "memory", Kind: "true or false", Read: func(d *decoder, n *document.Node, s *Store) { d.storeFlag(n, s, Memory) }},
		{Name: "audit_file_size", Kind: "whole number", Read: func(d *decoder, n *document.Node, s *Store) { s.AuditFileSize = d.Whole(n, 1, maxAuditFile) }},
		{Name: "audit_files", Kind: "whole number", Read: func(d *decoder, n *document.Node, s *Store) { s.AuditFiles = d.Whole(n, 1, maxAuditFiles) }},
	},
}

const (
	storeRemedy      = "add store: {path: edgeward.db}"
	auditSuffix      = ".audit.jsonl" // what the audit log's name has beyond the store's
	defaultAuditFile = 100            // MiB in a file of the audit log
	maxAuditFile     = 10_240         // MiB
	maxAuditFiles    = 999_999        // that are kept
)

// row returns what is known of its kind; of an unknown one nothing is promised.
func (s *Store) row() storeRow {
	for _, k := range storeKinds {
		if s != nil && k.kind == s.Kind {
			return k
		}
	}
	return storeRow{}
}

// File returns the file that it is in, "" for a store that is in none.
func (s *Store) File() string {
	if !s.row().inFile {
		return ""
	}
	return s.Place
}

// AuditPath returns where the audit log's newest file is, "" where there is none.
func (s *Store) AuditPath() string {
	if file := s.File(); file != "" {
		return file + auditSuffix
	}
	return ""
}

// Resident reports whether its entries lie in the memory of this process.
func (s *Store) Resident() bool { return s.row().resident }

// Needs returns what the store has to promise: nothing that was revoked comes back,
// and of two changes of a refresh family one wins. Only in memory, and on the loopback
// address, it need not be durable.
func (s *Store) Needs() store.Contract {
	return store.Contract{CompareAndSwap: true, Durable: !s.row().resident}
}

// String names the place, for messages.
func (s *Store) String() string {
	switch {
	case s == nil:
		return "none"
	case s.Place == "":
		return string(s.Kind)
	default:
		return s.Place
	}
}

// PeekStore returns the store that a file names, of which nothing else is known to
// be sound; nil where it names none.
func PeekStore(root *document.Node, locate func(name string) string) *Store {
	for _, k := range storeKinds {
		n := root.Find("store." + string(k.kind))
		switch {
		case !k.chosen(n):
		case k.resident:
			return &Store{Kind: k.kind}
		default:
			return &Store{Kind: k.kind, Place: locate(n.Text)}
		}
	}
	return nil
}

// chosen reports whether n, the value of its key, chooses it.
func (k storeRow) chosen(n *document.Node) bool {
	return n != nil && (!k.resident || n.Kind == document.Boolean && n.Text == "true")
}

func (d *decoder) store(n *document.Node) *Store {
	s := &Store{AuditFileSize: defaultAuditFile}
	if !storeTable.Read(&d.Reader, d, n, s) {
		return nil
	}
	return s
}

func (d *decoder) storePath(n *document.Node) string {
	name, ok := d.Text(n, "edgeward.db")
	if !ok {
		return ""
	}
	return d.source.Locate(name)
}

// storeFlag reads the key of a store that has no place.
func (d *decoder) storeFlag(n *document.Node, s *Store, kind StoreKind) {
	if d.Boolean(n) {
		s.Kind = kind
	}
}

// checkStore wants one place, and no audit log where there can be none.
func (d *decoder) checkStore(top *document.Node, c *Config) {
	n := top.Field("store")
	if n == nil || n.Kind != document.Mapping {
		return
	}
	var chosen []*document.Node
	var where []string
	for _, k := range storeKinds {
		where = append(where, k.where)
		if at := n.Field(string(k.kind)); k.chosen(at) {
			chosen = append(chosen, at)
		}
	}
	switch row := c.Store.row(); {
	case len(chosen) == 0:
		d.Refuse(n.Place, "like this: {path: edgeward.db}", "the store has no place")
	case len(chosen) > 1:
		d.Refuse(chosen[0].Place, "keep one of them", "a store is %s", strings.Join(where, " or "))
	case !row.inFile:
		for _, name := range []string{"audit_file_size", "audit_files"} {
			if at := n.Field(name); at != nil {
				d.Refuse(at.Place, "remove it, or name store.path", "beside a store %s there is no audit log", row.where)
			}
		}
	}
}
