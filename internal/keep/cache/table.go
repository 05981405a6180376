package cache

// An entry keeps a value. Its links are in itself and its time is a number: of
// many small things the bookkeeping is what costs.
type entry[V any] struct {
	next          *entry[V] // in its bucket
	before, after *entry[V] // in the order of their use
	id            ID
	value         *V
	until         int64 // in milliseconds
	size          int32
	kind          Kind
}

// A table finds entries by id, and knows which was used last. Its buckets are
// made once: the number of entries is bounded.
type table[V any] struct {
	buckets []*entry[V]
	rings   [kinds]entry[V] // the last used entry of a kind comes after its ring
}

func (t *table[V]) init(buckets int) {
	t.buckets = make([]*entry[V], buckets)
	for k := range t.rings {
		ring := &t.rings[k]
		ring.before, ring.after = ring, ring
	}
}

func (t *table[V]) bucket(hash uint64) **entry[V] { return &t.buckets[hash%uint64(len(t.buckets))] }

func (t *table[V]) find(hash uint64, id *ID) *entry[V] {
	e := *t.bucket(hash)
	for e != nil && e.id != *id {
		e = e.next
	}
	return e
}

func (t *table[V]) add(hash uint64, e *entry[V]) {
	b := t.bucket(hash)
	e.next, *b = *b, e
	t.link(e)
}

func (t *table[V]) remove(hash uint64, e *entry[V]) {
	b := t.bucket(hash)
	for *b != e {
		b = &(*b).next
	}
	*b = e.next
	t.unlink(e)
}

func (t *table[V]) touch(e *entry[V]) {
	t.unlink(e)
	t.link(e)
}

func (t *table[V]) link(e *entry[V]) {
	ring := &t.rings[e.kind]
	e.before, e.after = ring, ring.after
	e.before.after, e.after.before = e, e
}

func (t *table[V]) unlink(e *entry[V]) {
	e.before.after, e.after.before = e.after, e.before
}

// oldest returns the entry of a kind that was not used for the longest time.
// There must be one.
func (t *table[V]) oldest(k Kind) *entry[V] { return t.rings[k].before }
