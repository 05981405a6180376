package jwt

import "context"

// A Message is a JWS whose payload need not be claims: the vectors of RFC 7515
// and of Wycheproof sign any text.
type Message struct {
	Header  Header
	message message
}

// ParseMessage does what Parse does, but for the claims.
func ParseMessage(token string) (*Message, error) {
	m := new(Message)
	if err := m.message.parse(token, MaxToken); err != nil {
		return nil, err
	}
	return m, m.Header.parse(m.message.header, nil)
}

// Verify does what Unverified.Verify does and returns the payload.
func (m *Message) Verify(key *Key) (string, error) {
	return m.message.payload, key.verify(context.Background(), m.Header.Algorithm, m.message.signed, m.message.signature)
}

// VerifySignature is the check below Unverified.Verify.
func (k *Key) VerifySignature(alg Algorithm, signed, signature []byte) error {
	return k.verify(context.Background(), alg, string(signed), signature)
}

// Parts returns what the segments spell.
func (m *Message) Parts() (header, payload, signature string) {
	return m.message.header, m.message.payload, string(m.message.signature)
}
