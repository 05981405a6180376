package main

import (
	"context"
	"crypto/rand"
	_ "embed"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"text/template"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/apikey"
	"github.com/edgeward/edgeward/keyring"
	"github.com/edgeward/edgeward/store/sqlitestore"
)

//go:embed memory.yaml
var homeConfig string

// A home is the folder of an Edgeward that remembers, with what has to be there
// before it starts: configuration, secret, key ring, and a store in which
// somebody may call the control API.
type home struct {
	dir                  string
	Proxy, Verify, Admin string // host:port
	Issuer, Audience     string
	root                 keyring.Root
	key                  edgeward.Secret // opens the control API
	cookies              []string        // of sessions in the store, as a Cookie field carries them
}

func (l *lab) home(name string) (*home, error) {
	h := &home{dir: l.file(name), Issuer: issuer, Audience: audience}
	if err := os.Mkdir(h.dir, 0o700); err != nil {
		return nil, err
	}
	for _, address := range []*string{&h.Proxy, &h.Verify, &h.Admin} {
		var err error
		if *address, err = freeAddress(); err != nil {
			return nil, err
		}
	}
	return h, errors.Join(h.configure(), h.secrets(), h.fill(h.operator))
}

func (h *home) file(name string) string { return filepath.Join(h.dir, name) }

func (h *home) configure() error {
	var text strings.Builder
	if err := template.Must(template.New("").Parse(homeConfig)).Execute(&text, h); err != nil {
		return err
	}
	return os.WriteFile(h.file("edgeward.yaml"), []byte(text.String()), 0o600)
}

func (h *home) secrets() error {
	secret := rand.Text() + rand.Text()
	var err error
	if h.root, err = keyring.NewRoot(edgeward.NewSecret(secret)); err != nil {
		return err
	}
	jwk, err := keyring.NewHMAC("HS256", nil)
	if err != nil {
		return err
	}
	ring, err := keyring.Rotate(nil, keyring.Rotation{Key: jwk, Now: time.Now().Add(-time.Hour)}) // it signs already
	if err != nil {
		return err
	}
	return errors.Join(os.WriteFile(h.file("secret"), []byte(secret), 0o600), os.WriteFile(h.file("keyring.jwks"), ring, 0o600))
}

// operator makes the key of who calls the control API.
func (h *home) operator(s *sqlitestore.Store) error {
	pepper, err := h.root.Derive(keyring.APIKeyPepper)
	if err != nil {
		return err
	}
	keys, err := apikey.New(apikey.Config{Store: s, Pepper: pepper, Environment: "live", Issuer: h.Issuer})
	if err != nil {
		return err
	}
	h.key, _, err = keys.Create(context.Background(), apikey.Grant{Subject: "bench", Permissions: []string{"admin"}})
	return err
}

// fill lends the store to who writes to it while no server runs.
func (h *home) fill(with func(*sqlitestore.Store) error) error {
	s, err := sqlitestore.Open(sqlitestore.Config{Path: h.file("store.db")})
	if err != nil {
		return err
	}
	return errors.Join(with(s), s.Close())
}

// open starts an Edgeward there and waits until it is ready, which means that
// it has checked the store and knows every revocation.
func (l *lab) open(h *home) (*server, error) {
	s, err := l.run(h.Admin, serverCore, l.file("edgeward"), "serve", "--config", h.file("edgeward.yaml"), "--log-level", "error")
	if err != nil {
		return nil, err
	}
	for {
		if res, err := http.Get("http://" + h.Admin + "/readyz"); err == nil {
			res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return s, nil
			}
		}
		select {
		case <-s.ended:
			return nil, s.err
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// resident returns the memory of a process in MB that is in RAM.
func (s *server) resident() (float64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	_, after, _ := strings.Cut(string(status), "\nVmRSS:")
	text, _, _ := strings.Cut(after, " kB")
	kib, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	return kib * 1024 / 1e6, err
}
