package yamlfile

import "github.com/goccy/go-yaml/token"

// joinPlain puts together what the lexer cut at a colon: "orders:read" within
// a flow mapping is one plain scalar unless white space follows the colon
// (YAML 1.2.2 §7.3.3), and so is "https://localhost:8443".
func joinPlain(tokens token.Tokens) token.Tokens {
	var joined token.Tokens
	for i := 0; i < len(tokens); i++ {
		t := tokens[i]
		for i+2 < len(tokens) && isCut(t, tokens[i+1], tokens[i+2]) {
			t = token.String(t.Value+":"+tokens[i+2].Value, t.Origin+":"+tokens[i+2].Origin, t.Position)
			i += 2
		}
		joined.Add(t)
	}
	return joined
}

// isCut reports whether the three touch each other.
func isCut(before, colon, after *token.Token) bool {
	return colon.Type == token.MappingValueType && isPlain(before) && isPlain(after) &&
		touch(before, colon) && touch(colon, after)
}

func touch(a, b *token.Token) bool {
	return a.Position.Line == b.Position.Line && a.Position.Column+len([]rune(a.Value)) == b.Position.Column
}

func isPlain(t *token.Token) bool {
	return t.CharacterType == token.CharacterTypeMiscellaneous && t.Indicator == token.NotIndicator && t.Type != token.InvalidType
}
