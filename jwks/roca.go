package jwks

// rocaPrimes are the primes by which the ROCA fingerprint is read, from
// Nemec et al., "The Return of Coppersmith's Attack", CCS 2017, §4.1.
var rocaPrimes = [...]uint32{
	3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73,
	79, 83, 89, 97, 101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
}

// checkModulus refuses a modulus that is even, has another factor among the
// first primes, or comes from Infineon's RSALib, whose primes are
// k·M + (65537^a mod M): modulo every small prime such a modulus is a power of
// 65537. A sound one is that by chance once in 2^27 or more.
func checkModulus(n []byte) error {
	if n[len(n)-1]%2 == 0 {
		return errFactor
	}
	fingerprint := true
	for _, p := range rocaPrimes {
		rest := remainder(n, p)
		if rest == 0 {
			return errFactor
		}
		fingerprint = fingerprint && isPower(rest, p)
	}
	if fingerprint {
		return errROCA
	}
	return nil
}

// remainder returns n mod p for a small p.
func remainder(n []byte, p uint32) uint32 {
	var r uint32
	for _, b := range n {
		r = (r<<8 | uint32(b)) % p
	}
	return r
}

// isPower reports whether x is a power of 65537 modulo p.
func isPower(x, p uint32) bool {
	power := uint32(1)
	for range p {
		if power == x {
			return true
		}
		power = power * 65537 % p
	}
	return false
}
