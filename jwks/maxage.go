package jwks

import (
	"strconv"
	"strings"
	"time"
)

// MaxAge returns the max-age of a Cache-Control field (RFC 9111 §5.2.2.1), or
// 0 when it does not state one legibly. A stated max-age of 0 comes back as
// the shortest life that is allowed. No-cache and no-store are not looked at:
// providers say so by habit, and a key set that lives a minute helps nobody.
func MaxAge(cacheControl string) time.Duration {
	for directive := range strings.SplitSeq(cacheControl, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(directive), "=")
		if !strings.EqualFold(name, "max-age") {
			continue
		}
		seconds, err := strconv.ParseUint(strings.Trim(value, `"`), 10, 64)
		if err != nil {
			return 0
		}
		return min(max(time.Duration(min(seconds, uint64(MaxTTL/time.Second)))*time.Second, MinTTL), MaxTTL)
	}
	return 0
}
