package rowcache

// An entry keeps a value. Its links are in itself and its time is a number: of
// many small things the bookkeeping is what costs.
type entry[V any] struct {
	next          *entry[V] // in its bucket
	before, after *entry[V] // in the order of their use
	id            ID
	value         *V
	until         int64 // in milliseconds
	size          int
}

// A table finds entries by id, and knows which was used last. Its buckets are
// made once: the number of entries is bounded.
type table[V any] struct {
	buckets []*entry[V]
	ring    entry[V] // the last used entry comes after it
}

func (t *table[V]) init(buckets int) {
	t.buckets = make([]*entry[V], buckets)
	t.ring.before, t.ring.after = &t.ring, &t.ring
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
	e.before, e.after = &t.ring, t.ring.after
	e.before.after, e.after.before = e, e
}

func (t *table[V]) unlink(e *entry[V]) {
	e.before.after, e.after.before = e.after, e.before
}

// oldest returns the entry that was not used for the longest time. The table
// must not be empty.
func (t *table[V]) oldest() *entry[V] { return t.ring.before }
