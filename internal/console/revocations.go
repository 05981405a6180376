package console

import (
	"context"
	"errors"
	"slices"

	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/revocation"
)

// A scopeChoice is a scope as it is offered to people.
type scopeChoice struct {
	Scope    revocation.Scope
	Label    string
	OfIssuer bool   // the value means something only together with an issuer
	Effect   string // what dies
}

var scopeChoices = []scopeChoice{
	{revocation.Subject, "Subject: everything until now", true, "Everything that the subject was issued until now: sessions, refresh tokens, access tokens, API keys."},
	{revocation.Logout, "Subject: everything but operators' API keys", true, "Everything that the subject was issued until now, except API keys with power over Edgeward."},
	{revocation.Session, "Session: by its public id", false, "The session, and what was derived from it."},
	{revocation.Family, "Refresh family: by its public id", false, "The refresh tokens of one sign-in, and the access tokens that they gave."},
	{revocation.Token, "Token: by its jti", true, "The one token."},
	{revocation.Key, "Signing key: by its kid", true, "Every token that the key signed, whenever it did."},
	{revocation.Issuer, "Issuer: everything until now", false, "Everything that the issuer issued until now, to all subjects."},
	{revocation.APIKey, "API key: by its public id", false, "The API key, for good."},
}

type revocationsData struct {
	Scope   revocation.Scope
	Choices []scopeChoice
	Entries []revocation.Entry
	Next    string // link to what follows
}

// listRevocations is GET /console/revocations.
func listRevocations(ctx context.Context, x *exchange) (answer, error) {
	f, err := x.query()
	if err != nil {
		return answer{}, err
	}
	d := revocationsData{Scope: revocation.Scope(f["scope"]), Choices: scopeChoices}
	var next string
	if d.Entries, next, err = x.Authority.ListRevocations(ctx, d.Scope, f["after"], pageSize); err != nil {
		return answer{}, err
	}
	if next != "" {
		d.Next = link(revocationsPath, "scope", f["scope"], "after", next)
	}
	return answer{name: "revocations", title: "Revocations", data: d}, nil
}

// newRevocationData is the form of a new entry, as it was filled in.
type newRevocationData struct {
	Form    fields
	Choices []scopeChoice
	Problem string
}

// askRevocation is GET /console/revocations/new: the form, and then, when it is
// filled in, the question whether that is meant. Nothing lifts a revocation.
func askRevocation(ctx context.Context, x *exchange) (answer, error) {
	f, err := x.query()
	if err != nil {
		return answer{}, err
	}
	d := newRevocationData{Form: f, Choices: scopeChoices}
	if len(f) == 0 {
		return answer{name: "new-revocation", title: "New revocation", data: d}, nil
	}
	e, choice, err := x.entry(f)
	if err == nil {
		err = x.mustKnow(ctx, e, f)
	}
	if wrong, ok := err.(mistake); ok {
		d.Problem = string(wrong)
		return answer{name: "new-revocation", title: "New revocation", data: d, status: 422}, nil
	}
	if err != nil {
		return answer{}, err
	}
	facts := []fact{{"What dies", choice.Effect}, {"Scope", string(e.Scope)}}
	switch {
	case e.Issuer != "":
		facts = append(facts, fact{"Issuer", e.Issuer})
	case choice.OfIssuer:
		facts = append(facts, fact{"Issuer", everyIssuer})
	}
	q := question{
		Head: "Revoke this?", Text: "It holds on every node within its lag, and nothing lifts it.",
		Facts:  append(facts, fact{"Value", e.Value}, fact{"Reason", e.Reason}),
		Fields: []fact{{"scope", string(e.Scope)}, {"issuer", e.Issuer}, {"value", e.Value}, {"reason", e.Reason}, {"force", f["force"]}},
		Do:     "Revoke", Back: revocationsPath, Action: revocationsPath + "/new",
	}
	if id := x.operator.id; e.Scope == revocation.Issuer && e.Value == id.Issuer || e.Value == id.APIKey || e.Value == id.Subject && (e.Issuer == "" || e.Issuer == id.Issuer) {
		q.Text += " It ends your own sign-in, too: the console closes."
	}
	return ask(q), nil
}

// entry reads what is to be revoked. Its error is a mistake.
func (x *exchange) entry(f fields) (e revocation.Entry, choice scopeChoice, err error) {
	at := slices.IndexFunc(scopeChoices, func(c scopeChoice) bool { return string(c.Scope) == f["scope"] })
	if at < 0 {
		return e, choice, mistake("Please choose what is to be revoked.")
	}
	choice = scopeChoices[at]
	e = revocation.Entry{Scope: choice.Scope, Reason: f["reason"]}
	if choice.OfIssuer {
		if e.Issuer = f["issuer"]; e.Issuer == "" && !ofSubject(e.Scope) {
			e.Issuer = x.Authority.Issuer()
		}
	}
	e.Value, err = f.need("value", "Value")
	return e, choice, err
}

// ofSubject reports whether an entry of that scope names a subject: without an
// issuer it is every one's.
func ofSubject(scope revocation.Scope) bool {
	return scope == revocation.Subject || scope == revocation.Logout
}

// mustKnow refuses what would end nothing, unless the form insists. A subject of
// every issuer is looked for when it is revoked.
func (x *exchange) mustKnow(ctx context.Context, e revocation.Entry, f fields) error {
	if f["force"] != "" || e.Issuer == "" && ofSubject(e.Scope) {
		return nil
	}
	return unknown(x.Authority.MustKnow(ctx, e))
}

// unknown is a mistake where err says that nothing of that name is known.
func unknown(err error) error {
	switch {
	case errors.Is(err, issuance.ErrNobody):
		return mistake("Nothing of that subject is known here: no session, refresh family, API key or sign-in at the console. If it comes with bearer tokens alone, name their issuer.")
	case errors.Is(err, issuance.ErrIssuer):
		return mistake("Nothing of that issuer is accepted here. Write it exactly as it is configured.")
	case errors.Is(err, issuance.ErrUnknown):
		return mistake("Nothing of that name is known here, so it would end nothing. Check the spelling.")
	}
	return err
}

// revoke is POST /console/revocations/new.
func revoke(ctx context.Context, x *exchange) (answer, error) {
	f, err := x.form()
	if err != nil {
		return answer{}, err
	}
	e, _, err := x.entry(f)
	if err != nil {
		return answer{}, err
	}
	if ofSubject(e.Scope) {
		return x.revokeSubject(ctx, revocationsPath, issuance.Target{
			Issuer: e.Issuer, Subject: e.Value, Scope: e.Scope, Reason: e.Reason, Force: f["force"] != "",
		})
	}
	if err := x.mustKnow(ctx, e, f); err != nil {
		return answer{}, err
	}
	if _, err := x.Authority.Revoke(ctx, x.by(), e); err != nil {
		return answer{}, err
	}
	return done(revocationsPath, "revoked"), nil
}
