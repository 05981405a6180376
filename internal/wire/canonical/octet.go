package canonical

// Classes of octets, as bits of one table.
const (
	hexDigit  = 1 << iota // RFC 5234 HEXDIG, either case
	token                 // RFC 9110 §5.6.2 tchar
	pathPlain             // stands for itself in the one spelling of a path
	pathRaw               // accepted unencoded in a path
	pathBad               // refused in a path even when encoded
	hostOctet             // a letter, digit or one of "-_" of a host name
	fieldText             // RFC 9110 §5.5 field-value: VCHAR, obs-text, SP, HTAB
)

const (
	alpha  = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	digits = "0123456789"
)

var octets = buildOctets()

func buildOctets() (table [256]uint8) {
	mark := func(class uint8, members string) {
		for i := range len(members) {
			table[members[i]] |= class
		}
	}
	mark(hexDigit, digits+"abcdefABCDEF")
	mark(token, alpha+digits+"!#$%&'*+-.^_`|~")
	// RFC 3986 §3.3 pchar without ";", which Java servers read as a path
	// parameter and cut off: /admin;x is their /admin.
	mark(pathPlain|pathRaw, alpha+digits+"-._~!$&'()*+,=:@/")
	// Browsers send these four as they are (WHATWG URL, path percent-encode
	// set), although RFC 3986 would have them encoded. They delimit nothing.
	mark(pathRaw, "[]|^")
	// Delimiters that some server acts upon after it has decoded the path.
	mark(pathBad, "/\\#?;\x7f")
	mark(hostOctet, alpha+digits+"-_")
	mark(fieldText, "\t")
	for c := range 256 {
		switch {
		case c < ' ':
			table[c] |= pathBad
		case c != 0x7f:
			table[c] |= fieldText
		}
	}
	return table
}

func is(c byte, class uint8) bool { return octets[c]&class != 0 }

// Octet decodes the "%" and two hexadecimal digits that s starts with (RFC 3986
// §2.1). It is false for any other start.
func Octet(s string) (c byte, ok bool) {
	if len(s) < 3 || s[0] != '%' || !is(s[1], hexDigit) || !is(s[2], hexDigit) {
		return 0, false
	}
	return unhex(s[1])<<4 | unhex(s[2]), true
}

// unhex returns the value of a hexadecimal digit.
func unhex(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return (c | 0x20) - 'a' + 10
}
