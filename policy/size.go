package policy

import "strconv"

// sizes are the units of a size, from the largest. A bare number has none: whether
// it means bytes or kilobytes is what servers disagree on.
var sizes = [...]struct {
	unit  string
	bytes int64
}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"GB", 1e9}, {"MB", 1e6}, {"kB", 1e3}, {"B", 1}}

// MaxSize bounds a size, in bytes.
const MaxSize = 1 << 40

// ParseSize reads a number with its unit: 512KiB, 10MiB, 10MB, 100B. It reports
// false for another text, for zero and beyond [MaxSize].
func ParseSize(s string) (bytes int64, ok bool) {
	for _, u := range sizes {
		digits := len(s) - len(u.unit)
		if digits <= 0 || s[digits:] != u.unit {
			continue
		}
		n, err := strconv.ParseUint(s[:digits], 10, 40)
		if err != nil || s[0] == '0' || s[0] == '+' || n > uint64(MaxSize/u.bytes) {
			return 0, false
		}
		return int64(n) * u.bytes, true
	}
	return 0, false
}

// SizeText is the shortest text of a size: ParseSize of it gives the size again.
func SizeText(bytes int64) string {
	for _, u := range sizes {
		if bytes >= u.bytes && bytes%u.bytes == 0 {
			return strconv.FormatInt(bytes/u.bytes, 10) + u.unit
		}
	}
	return strconv.FormatInt(bytes, 10) + "B"
}
