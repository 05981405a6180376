package memstore

// Kept counts what the store holds in memory.
func (s *Store) Kept() (entries, watches int) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return len(s.entries), len(s.watches)
}

// Taken counts the bytes that the entries are said to take.
func (s *Store) Taken() int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.taken
}
