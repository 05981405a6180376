package outbound

// What the tests reach from outside, since no machine has all these addresses.
var (
	IsPublic  = isPublic
	Redirects = redirects
)
