package console

import (
	"context"
	"slices"

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
	{revocation.Issuer, "Issuer: everything until now", false, "Everything that the issuer issued until now, to everybody."},
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
func askRevocation(_ context.Context, x *exchange) (answer, error) {
	f, err := x.query()
	if err != nil {
		return answer{}, err
	}
	d := newRevocationData{Form: f, Choices: scopeChoices}
	if len(f) == 0 {
		return answer{name: "new-revocation", title: "New revocation", data: d}, nil
	}
	e, choice, err := x.entry(f)
	if err != nil {
		d.Problem = string(err.(mistake))
		return answer{name: "new-revocation", title: "New revocation", data: d, status: 422}, nil
	}
	facts := []fact{{"What dies", choice.Effect}, {"Scope", string(e.Scope)}}
	if e.Issuer != "" {
		facts = append(facts, fact{"Issuer", e.Issuer})
	}
	q := question{
		Head: "Revoke this?", Text: "It holds on every node within its lag, and nothing lifts it.",
		Facts:  append(facts, fact{"Value", e.Value}, fact{"Reason", e.Reason}),
		Fields: []fact{{"scope", string(e.Scope)}, {"issuer", e.Issuer}, {"value", e.Value}, {"reason", e.Reason}},
		Do:     "Revoke", Back: revocationsPath, Action: revocationsPath + "/new",
	}
	if id := x.operator.id; e.Scope == revocation.Issuer && e.Value == id.Issuer || e.Value == id.APIKey || e.Value == id.Subject && e.Issuer == id.Issuer {
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
		if e.Issuer = f["issuer"]; e.Issuer == "" {
			e.Issuer = x.Authority.Issuer()
		}
	}
	e.Value, err = f.need("value", "Value")
	return e, choice, err
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
	if _, err := x.Authority.Revoke(ctx, x.by(), e); err != nil {
		return answer{}, err
	}
	return done(revocationsPath, "revoked"), nil
}
