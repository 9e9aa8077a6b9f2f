package keychain

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

func TestRootIsMadeOnce(t *testing.T) {
	k := Memory()
	first, err := Root(k)
	if err != nil {
		t.Fatal(err)
	}
	second, err := Root(k)
	if err != nil {
		t.Fatal(err)
	}
	other, err := Root(Memory())
	if err != nil {
		t.Fatal(err)
	}
	pepper := first.Derive("token pepper")
	if len(pepper) != 32 || !bytes.Equal(pepper, second.Derive("token pepper")) {
		t.Errorf("the same root gives %x and %x", pepper, second.Derive("token pepper"))
	}
	if bytes.Equal(pepper, first.Derive("audit")) || bytes.Equal(pepper, other.Derive("token pepper")) {
		t.Error("two labels or two roots give the same key")
	}
}

// forgetful says that all is well and keeps nothing.
type forgetful struct{ Keychain }

func (forgetful) Set(string, string) error { return nil }

type broken struct{ Keychain }

func (broken) Get(string) (string, error) { return "", errors.New("locked") }

func TestRootIsNotReplaced(t *testing.T) {
	damaged := Memory()
	damaged.Set(rootName, "c2hvcnQ")
	for name, k := range map[string]Keychain{"damaged": damaged, "locked": broken{Memory()}, "forgetful": forgetful{Memory()}} {
		if _, err := Root(k); err == nil {
			t.Errorf("%s: no error", name)
		} else if strings.Contains(err.Error(), "c2hvcnQ") {
			t.Errorf("%s: the error quotes the secret: %v", name, err)
		}
	}
	if v, _ := damaged.Get(rootName); v != "c2hvcnQ" {
		t.Errorf("the damaged entry was replaced by %q", v)
	}
}

func TestSecretIsNotShown(t *testing.T) {
	s := Secret{bytes.Repeat([]byte("K"), rootSize)}
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d"} {
		fmt.Fprintf(&out, verb+" ", s)
		fmt.Fprintf(&out, verb+" ", &s)
		fmt.Fprintf(&out, verb+" ", struct{ S Secret }{s})
	}
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "s", s)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "s", s)
	for _, shape := range []string{"KKKK", "4b4b", "75 75", "S0tL"} {
		if strings.Contains(out.String(), shape) {
			t.Errorf("the secret shows as %s in\n%s", shape, out.String())
		}
	}
}

func TestTheZeroSecretDerivesNothing(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("Derive on the zero Secret returned")
		}
	}()
	Secret{}.Derive("x")
}
