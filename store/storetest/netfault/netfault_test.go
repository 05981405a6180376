package netfault_test

import (
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"github.com/edgeward/edgeward/store/storetest/netfault"
)

// echo is a server that says what it hears.
func echo(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() { _, _ = io.Copy(c, c); _ = c.Close() }()
		}
	}()
	return l.Addr().String()
}

func dial(t *testing.T, p *netfault.Proxy) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", p.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// hears says something and waits for it.
func hears(c net.Conn, patience time.Duration) error {
	_ = c.SetDeadline(time.Now().Add(patience))
	if _, err := c.Write([]byte("x")); err != nil {
		return err
	}
	_, err := io.ReadFull(c, make([]byte, 1))
	return err
}

func TestAProxyPassesOnUntilItIsToldOtherwise(t *testing.T) {
	p := netfault.Listen(t, echo(t))
	c := dial(t, p)
	if err := hears(c, time.Minute); err != nil {
		t.Fatal(err)
	}
	p.Freeze(true)
	if err := hears(c, 50*time.Millisecond); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("frozen: %v", err)
	}
	p.Freeze(false)
	_ = c.SetDeadline(time.Now().Add(time.Minute))
	if _, err := io.ReadFull(c, make([]byte, 1)); err != nil {
		t.Errorf("thawed: what was held back did not come: %v", err)
	}
	p.Delay(time.Millisecond)
	if err := hears(c, time.Minute); err != nil {
		t.Errorf("delayed: %v", err)
	}
	p.Cut()
	if err := hears(c, time.Minute); err == nil {
		t.Error("cut, and it answers")
	}
	p.Refuse(true)
	if err := hears(dial(t, p), time.Minute); err == nil {
		t.Error("refused, and it answers")
	}
}

func TestWhatAClientSaidBeforeItWasAbandonedArrives(t *testing.T) {
	arrived := make(chan string, 1)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		b := make([]byte, 1)
		_, _ = io.ReadFull(c, b)
		arrived <- string(b)
		_, _ = io.Copy(io.Discard, c)
	}()
	p := netfault.Listen(t, l.Addr().String())
	c := dial(t, p)
	if _, err := c.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	if got := <-arrived; got != "x" {
		t.Errorf("%q", got)
	}
	p.Abandon()
	if err := hears(c, time.Minute); err == nil {
		t.Error("abandoned, and it answers")
	}
}
