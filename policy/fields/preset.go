package fields

// presetNames are the presets, in the order of presets.
var presetNames = [...]string{"remote-user", "x-forwarded", "x-auth-request", "grafana", "gitea", "authentik", "tailscale", "jenkins"}

// presets are the fields that applications know from others who sign users in.
var presets = [len(presetNames)][]Field{
	{{Name: "Remote-User", From: Username}, {Name: "Remote-Groups", From: Groups}, {Name: "Remote-Email", From: Email}, {Name: "Remote-Name", From: Name}},
	{{Name: "X-Forwarded-User", From: Subject}, {Name: "X-Forwarded-Email", From: Email}, {Name: "X-Forwarded-Groups", From: Groups}, {Name: "X-Forwarded-Preferred-Username", From: Username}},
	{{Name: "X-Auth-Request-User", From: Subject}, {Name: "X-Auth-Request-Email", From: Email}, {Name: "X-Auth-Request-Groups", From: Groups}, {Name: "X-Auth-Request-Preferred-Username", From: Username}},
	{{Name: "X-Webauth-User", From: Username}, {Name: "X-Webauth-Email", From: Email}, {Name: "X-Webauth-Name", From: Name}, {Name: "X-Webauth-Groups", From: Groups}},
	{{Name: "X-Webauth-User", From: Username}, {Name: "X-Webauth-Email", From: Email}, {Name: "X-Webauth-Fullname", From: Name}},
	{{Name: "X-Authentik-Username", From: Username}, {Name: "X-Authentik-Groups", From: Groups, Separator: "|"}, {Name: "X-Authentik-Email", From: Email}, {Name: "X-Authentik-Name", From: Name}, {Name: "X-Authentik-Uid", From: Subject}},
	{{Name: "Tailscale-User-Login", From: Email}, {Name: "Tailscale-User-Name", From: Name, Encoding: EncodedWord}},
	{{Name: "X-Forwarded-User", From: Username}, {Name: "X-Forwarded-Groups", From: Groups, Separator: "|"}},
}

// Preset returns the fields of a preset, nil for a name that is none's.
func Preset(name string) []Field {
	for i, known := range presetNames {
		if known == name {
			return append([]Field(nil), presets[i]...)
		}
	}
	return nil
}

// Presets returns the names of all presets, in their order.
func Presets() []string { return append([]string(nil), presetNames[:]...) }
