package cache

// An entry keeps a value. Its links are in itself and its time is a number: of
// many small things the bookkeeping is what costs.
type entry[P any] struct {
	next          *entry[P] // in its bucket
	before, after *entry[P] // in the order of their use
	key           string
	value         P
	until         int64 // in milliseconds
	size          int32
	kind          Kind
}

// A table finds entries by key, and knows which was used last. Its buckets are
// made once: the number of entries is bounded.
type table[P any] struct {
	buckets []*entry[P]
	rings   [kinds]entry[P] // the last used entry of a kind comes after its ring
}

func (t *table[P]) init(buckets int) {
	t.buckets = make([]*entry[P], buckets)
	for k := range t.rings {
		ring := &t.rings[k]
		ring.before, ring.after = ring, ring
	}
}

func (t *table[P]) bucket(hash uint64) **entry[P] { return &t.buckets[hash%uint64(len(t.buckets))] }

func (t *table[P]) find(hash uint64, key string) *entry[P] {
	e := *t.bucket(hash)
	for e != nil && e.key != key {
		e = e.next
	}
	return e
}

func (t *table[P]) add(hash uint64, e *entry[P]) {
	b := t.bucket(hash)
	e.next, *b = *b, e
	t.link(e)
}

func (t *table[P]) remove(hash uint64, e *entry[P]) {
	b := t.bucket(hash)
	for *b != e {
		b = &(*b).next
	}
	*b = e.next
	t.unlink(e)
}

func (t *table[P]) touch(e *entry[P]) {
	t.unlink(e)
	t.link(e)
}

func (t *table[P]) link(e *entry[P]) {
	ring := &t.rings[e.kind]
	e.before, e.after = ring, ring.after
	e.before.after, e.after.before = e, e
}

func (t *table[P]) unlink(e *entry[P]) {
	e.before.after, e.after.before = e.after, e.before
}

// oldest returns the entry of a kind that was not used for the longest time.
// There must be one.
func (t *table[P]) oldest(k Kind) *entry[P] { return t.rings[k].before }
