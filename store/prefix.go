package store

// What stands where: the prefixes of the keys of all who share a store. A backend
// that places entries by their keys, as the Worker's does, knows them from here.
const (
	SessionPrefix      = "session/"      // package session
	SubjectPrefix      = "subject/"      // its index by subject
	FamilyPrefix       = "refresh/"      // package refresh
	APIKeyPrefix       = "apikey/"       // package apikey
	PersonalPrefix     = "personal/"     // its index of personal tokens by their owner
	RevocationPrefix   = "revoked/"      // package revocation
	BanPrefix          = "ban/"          // package ratelimit
	LoginPrefix        = "login/kept/"   // package login: sign-ins
	LoginSessionPrefix = "login/sid/"    // its index by the provider's session
	LoginUserPrefix    = "login/person/" // its index by the provider's user
	LoginStatePrefix   = "login/used/"   // states and tickets that were used
	LoginEndedPrefix   = "login/over/"   // what the provider has ended
	LogoutTokenPrefix  = "login/logout/" // logout tokens that were used
	AccountPrefix      = "account/kept/" // package internal/keep/account: users
	GrantPrefix        = "grant/kept/"   // package internal/keep/grant: tokens of providers
	GrantLockPrefix    = "grant/lock/"   // who is refreshing them
	IdempotencyPrefix  = "idempotency/"  // results of requests to /v1
)

// Prefixes returns all of them.
func Prefixes() []string {
	return []string{
		SessionPrefix, SubjectPrefix, FamilyPrefix, APIKeyPrefix, PersonalPrefix, RevocationPrefix, BanPrefix, LoginPrefix, LoginSessionPrefix,
		LoginUserPrefix, LoginStatePrefix, LoginEndedPrefix, LogoutTokenPrefix, AccountPrefix, GrantPrefix, GrantLockPrefix, IdempotencyPrefix,
	}
}
