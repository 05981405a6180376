package door

import "strings"

// joinedCredentials reports whether the value of an Authorization field can be that
// of two, which the platform has joined. A comma may stand between parameters, as
// in Digest (RFC 9110 §11.4): behind it stands a name and "=", while a second
// credential begins with its scheme. None stands in a bearer token, whatever comes
// behind it.
func joinedCredentials(value string) bool {
	first, rest, more := cutParameter(value)
	if more && len(first) >= len("bearer") && strings.EqualFold(first[:len("bearer")], "bearer") {
		return true
	}
	for more {
		if first, rest, more = cutParameter(rest); !isParameter(first) {
			return true
		}
	}
	return false
}

// cutParameter cuts s at its first comma that stands in no quoted string. Behind a
// quoted string that does not end, there is an empty parameter, which is none.
func cutParameter(s string) (first, rest string, more bool) {
	quoted := false
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '"':
			quoted = !quoted
		case quoted && s[i] == '\\':
			i++
		case !quoted && s[i] == ',':
			return s[:i], s[i+1:], true
		}
	}
	return s, "", quoted
}

// isParameter reports whether s is a name, "=" and a value.
func isParameter(s string) bool {
	name, value, found := strings.Cut(strings.Trim(s, " \t"), "=")
	name = strings.TrimRight(name, " \t")
	return found && name != "" && value != "" && value != "=" && !strings.ContainsAny(name, " \t\"")
}
