package edgeward

import (
	"encoding/binary"
	"hash/maphash"
	"math/bits"
)

// A Handle stands for something by which a credential can be revoked. Those of
// an identity are made when it is sealed, so that asking whether it is revoked,
// which every request does, hashes nothing and compares no strings.
//
// A Handle is keyed by chance: it means nothing in another process, and nobody
// can look for two things that share one. The zero Handle stands for nothing.
type Handle [2]uint64

// A HandleKind is what a [Handle] stands for.
type HandleKind uint8

// The kinds of handles. The last two are of a subject like [SubjectHandle], and
// computed of that: an identity does not keep them.
const (
	TokenHandle      HandleKind = iota // a jti of an issuer
	SessionHandle                      // the public id of a session or of a refresh family
	SubjectHandle                      // a subject of an issuer
	IssuerHandle                       // an issuer
	SigningKeyHandle                   // a kid of an issuer
	APIKeyHandle                       // the id of an API key
	LogoutHandle                       // a subject of an issuer, for who may log it out and no more
	ChangeHandle                       // a subject of an issuer, whose account changed

	HandleKinds // how many there are
)

// Handles are those that one identity keeps, by their kind.
type Handles [LogoutHandle]Handle

// Of returns the handle of a kind.
func (h *Handles) Of(k HandleKind) Handle {
	if k < LogoutHandle {
		return h[k]
	}
	return h[SubjectHandle].as(k)
}

// as returns the handle of the same subject that a kind beside [SubjectHandle] has: as
// far from every other one as that is.
func (h Handle) as(k HandleKind) Handle {
	if h == (Handle{}) {
		return h
	}
	return Handle{bits.RotateLeft64(h[0], int(k)), bits.RotateLeft64(h[1], int(k)) | 1}
}

var handleSeeds = [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}

// Of returns the handle of value. The issuer is "" for the kinds that stand for
// something without one, and value is the issuer itself for [IssuerHandle]. An
// empty value has the zero Handle.
func (k HandleKind) Of(issuer, value string) Handle {
	if value == "" {
		return Handle{}
	}
	if k >= LogoutHandle {
		return SubjectHandle.Of(issuer, value).as(k)
	}
	// A tuple with lengths: issuer "a", value "bc" is not issuer "ab", value "c".
	var room [192]byte
	tuple := binary.AppendUvarint(append(room[:0], byte(k)), uint64(len(issuer)))
	tuple = append(append(tuple, issuer...), value...)
	return Handle{maphash.Bytes(handleSeeds[0], tuple), maphash.Bytes(handleSeeds[1], tuple) | 1}
}

// Handles returns what the identity can be revoked by. It is shared and
// read-only.
func (id *Identity) Handles() *Handles { return &id.handles }

func (id *Identity) makeHandles() Handles {
	return Handles{
		TokenHandle:      TokenHandle.Of(id.Issuer, id.TokenID),
		SessionHandle:    SessionHandle.Of("", id.Session),
		SubjectHandle:    SubjectHandle.Of(id.Issuer, id.Subject),
		IssuerHandle:     IssuerHandle.Of("", id.Issuer),
		SigningKeyHandle: SigningKeyHandle.Of(id.Issuer, id.SigningKey),
		APIKeyHandle:     APIKeyHandle.Of("", id.APIKey),
	}
}
