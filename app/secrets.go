package app

import (
	"errors"
	"fmt"
	"strings"

	"drawbridge/signin/keychain"
)

// environment is where in the keychain the values are that ${keychain:NAME} stands for.
const environment = "env/"

// SetSecret keeps a value in the keychain that ${keychain:NAME} stands for in config.json. Servers that are
// running have the value from before until they start anew.
func (a *App) SetSecret(name, value string) error {
	v, err := a.vault()
	if err != nil {
		return err
	}
	if name == "" || strings.ContainsAny(name, "{}") {
		return &fault{fmt.Sprintf("set secret %q: a name is not empty and has no braces", name), usage}
	}
	if value == "" {
		return &fault{fmt.Sprintf("set secret %q: there is no value", name), usage}
	}
	if err := keychain.Under(v.keychain, environment).Set(name, value); err != nil {
		return fmt.Errorf("set secret %q: %w", name, err)
	}
	return nil
}

// RemoveSecret takes a value out of the keychain.
func (a *App) RemoveSecret(name string) error {
	v, err := a.vault()
	if err != nil {
		return err
	}
	err = keychain.Under(v.keychain, environment).Delete(name)
	if errors.Is(err, keychain.ErrNotFound) {
		return fmt.Errorf("remove secret %q: %w", name, ErrUnknown)
	}
	return err
}

// reference returns what looks ${keychain:NAME} up; nil where text is no such thing.
func (a *App) reference(text string) func() (string, error) {
	name, ok := strings.CutPrefix(text, "${keychain:")
	if !ok {
		return nil
	}
	return func() (string, error) { return a.secret(strings.TrimSuffix(name, "}")) }
}

// secret is the value that ${keychain:NAME} stands for.
func (a *App) secret(name string) (string, error) {
	v, err := a.vault()
	if err != nil {
		return "", err
	}
	return keychain.Under(v.keychain, environment).Get(name)
}
