package devsystem

import (
	"context"
	"encoding/base64"
	"path/filepath"
	"strings"
	"time"

	"github.com/edgeward/edgeward/internal/cli/ui"
	"github.com/edgeward/edgeward/internal/setup/config"
	"github.com/edgeward/edgeward/jwks"
)

func (d *system) askRotation() {
	select {
	case d.rotate <- struct{}{}:
	default: // asked already
	}
}

// serveCredentials keeps dev.env and the screen supplied with a token that
// works. invited is called when the first one was shown.
func (d *system) serveCredentials(ctx context.Context, invited func()) error {
	if err := d.own.open(ctx, d); err != nil {
		return err
	}
	token, err := d.issue(ctx)
	if err != nil {
		return err
	}
	d.screen.invitation(d.address.Origin, d.address.Notes, d.url(config.ProxyListen), d.url(config.AdminListen), token, &d.own)
	invited()
	refresh := time.NewTicker(devRefresh)
	defer refresh.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-refresh.C:
			if token, err = d.issue(ctx); err == nil {
				d.screen.note("the token grows old; a new one is in " + filepath.Join(devFolder, devEnv) + ":")
				d.screen.printf("  %s\n", d.screen.curl(d.url(config.ProxyListen)+"/api/hello", bearing(token)))
			}
		case <-d.rotate:
			err = d.rotateKey(ctx)
		}
		if err != nil {
			return err
		}
	}
}

func (d *system) rotateKey(ctx context.Context) error {
	rotation, err := d.provider.Rotate()
	if err != nil {
		return err
	}
	if err := d.own.renew(ctx, d); err != nil { // they may have been revoked, to see it
		return err
	}
	token, err := d.issue(ctx)
	if err != nil {
		return err
	}
	d.screen.rotated(rotation.From, rotation.To, d.url(config.ProxyListen), token, &d.own)
	if wait := d.unknownFor(rotation.Published); wait > 0 {
		d.screen.note("that key is so new that the gateway does not know it; it asks the provider at most every 30 s, next in " + ui.Span(wait))
	}
	return nil
}

// unknownFor returns how long the gateway may refuse a key that was published
// at a time: it asks for keys when it meets a new one, but not too often.
func (d *system) unknownFor(published time.Time) time.Duration {
	age := d.gateway.System().KeySets()[0].Age
	if published.Before(time.Now().Add(-age)) {
		return 0 // it was in the set when the gateway asked
	}
	return max(0, jwks.Brake-age)
}

// issue signs a token and writes dev.env.
func (d *system) issue(ctx context.Context) (string, error) {
	token, err := d.provider.Issue(ctx, devClient, devSubject, devScopes)
	if err != nil {
		return "", err
	}
	value := token.Value.Reveal()
	return value, writeCredentials([][2]string{
		{"TOKEN", value},
		{"API_KEY", d.own.apiKey},
		{"SESSION", d.own.session},
		{"REFRESH", d.own.refresh},
		{"ADMIN_KEY", d.own.adminKey},
		{"GATEWAY", d.url(config.ProxyListen)},
		{"NOTES", d.address.Notes},
		{"FORWARD_AUTH", d.url(config.ForwardAuthListen)},
		{"ADMIN", d.url(config.AdminListen)},
		{"ISSUER", d.address.Issuer},
		{"CLIENT_ID", devClient},
		{"CLIENT_SECRET", d.secret.Reveal()},
	})
}

// tamper returns token with another subject and the old signature.
func tamper(token string) string {
	parts := strings.Split(token, ".")
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return token + "x"
	}
	forged := strings.Replace(string(payload), `"`+devSubject+`"`, `"admin"`, 1)
	parts[1] = base64.RawURLEncoding.EncodeToString([]byte(forged))
	return strings.Join(parts, ".")
}
