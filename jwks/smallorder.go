package jwks

import "encoding/hex"

// smallOrder are the encodings of y, sign bit cleared, of the points of
// Ed25519 whose order divides 8. A key of zeros is one of them. Under such a
// "public key" a signature of zeros fits every few messages, so that everybody
// could sign.
var smallOrder = [...]string{
	"0000000000000000000000000000000000000000000000000000000000000000",
	"0100000000000000000000000000000000000000000000000000000000000000",
	"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
	"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // p-1
	"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // p, another spelling of 0
	"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // p+1, of 1
}

// hasSmallOrder reports whether x, of 32 bytes, encodes such a point.
func hasSmallOrder(x []byte) bool {
	y := [32]byte(x)
	y[31] &= 0x7f
	spelled := hex.EncodeToString(y[:])
	for _, weak := range smallOrder {
		if spelled == weak {
			return true
		}
	}
	return false
}
