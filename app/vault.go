package app

import (
	"fmt"
	"path/filepath"
	"time"

	"drawbridge/internal/caller"
	"drawbridge/signin/keychain"
	"drawbridge/signin/token"
)

// vault is what needs the owner's secrets. It is opened when something asks for it: a keychain may be
// locked, and listing servers must not need a passphrase.
type vault struct {
	keychain keychain.Keychain
	root     keychain.Secret
	tokens   *token.Store
}

// openVault opens the keychain and the tokens, whose digests it has the key to.
func (a *App) openVault() (*vault, error) {
	k := a.options.Secrets
	if k == nil {
		var err error
		if k, err = keychain.Open(keychain.Config{Kind: a.options.Keychain, Home: a.home()}); err != nil {
			return nil, err
		}
	}
	root, err := keychain.Root(k)
	if err != nil {
		return nil, fmt.Errorf("open keychain: %w", err)
	}
	tokens, err := token.Open(token.Config{DB: a.db, Pepper: root.Derive("token pepper"), Keychain: k, Moved: a.moved})
	if err != nil {
		return nil, err
	}
	a.closeLater(tokens)
	return &vault{k, root, tokens}, nil
}

// home is where state is kept.
func (a *App) home() string { return filepath.Dir(a.options.Places.StateDB) }

// secret is the value of ${keychain:NAME} in a server's environment.
func (a *App) secret(name string) (string, error) {
	v, err := a.vault()
	if err != nil {
		return "", err
	}
	return keychain.Under(v.keychain, "env/").Get(name)
}

// moved tells the gate that a grant ends at another time.
func (a *App) moved(grant string, ends time.Time) { a.gate.Move(grant, ends) }

// verifier knows the agents' tokens.
type verifier struct{ vault func() (*vault, error) }

func (v verifier) Verify(token string) (*caller.Caller, time.Time, error) {
	opened, err := v.vault()
	if err != nil {
		return nil, time.Time{}, err
	}
	return opened.tokens.Verify(token)
}
