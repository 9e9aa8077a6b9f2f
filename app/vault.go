package app

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"drawbridge/internal/caller"
	"drawbridge/signin/authserver"
	"drawbridge/signin/keychain"
	"drawbridge/signin/token"
)

// vault is what needs the owner's secrets. It is opened when something asks for it: a keychain may be
// locked, and listing servers must not need a passphrase.
type vault struct {
	keychain keychain.Keychain
	root     keychain.Secret
	tokens   *token.Store
	oauth    *authserver.Server
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
	v := &vault{keychain: k, root: root, tokens: tokens}
	v.oauth, err = authserver.New(authserver.Config{
		DB: a.db, Secret: root.Derive("oauth"), Issuer: a.origin, Servers: a.serverNames, Approver: approver{a},
		Providers: a.providers, Taken: a.takenIn(v), Moved: a.moved, AccessLife: a.Settings().SignIn.AccessLife, Tell: a.noteAttempt,
		Log: a.log.With("room", "authserver"),
	})
	if err != nil {
		return nil, err
	}
	a.closeLater(v.oauth)
	return v, nil
}

// takenIn reports whether an agent that did not come in by OAuth has a name.
func (a *App) takenIn(v *vault) func(agent string) bool {
	return func(agent string) bool {
		return a.signIn.Load().trusted.has(agent) ||
			slices.ContainsFunc(v.tokens.List(), func(i token.Info) bool { return strings.EqualFold(i.Name, agent) })
	}
}

// serverNames are all servers that agents may ask for.
func (a *App) serverNames() []string {
	var names []string
	for _, s := range a.Settings().Servers {
		names = append(names, s.Name)
	}
	return names
}

// home is where state is kept.
func (a *App) home() string { return filepath.Dir(a.options.Places.StateDB) }

// moved tells the gate that a grant ends at another time, and the bridge when it has ended, and shows watchers the
// agents that are left.
func (a *App) moved(grant string, ends time.Time) {
	a.gate.Move(grant, ends)
	if !ends.IsZero() && !time.Now().Before(ends) {
		a.bridge.EndGrant(grant)
	}
	if a.isRunning() != nil {
		return
	}
	if v, err := a.vault(); err == nil {
		a.showAgents(v)
	}
}

// verifier knows every credential that is a way in: agents' tokens, those of the authorization server, and those
// of providers that the owner trusts.
type verifier struct{ app *App }

var errUnknownToken = errors.New("nobody has issued this token")

func (v verifier) Verify(text string) (*caller.Caller, time.Time, error) {
	opened, err := v.app.vault()
	if err != nil {
		return nil, time.Time{}, err
	}
	who, ends, err := opened.oauth.Verify(text)
	if !errors.Is(err, authserver.ErrMalformed) {
		return who, ends, err
	}
	if who, ends, err = opened.tokens.Verify(text); !errors.Is(err, token.ErrMalformed) {
		return who, ends, err
	}
	return v.app.signIn.Load().trusted.verify(text)
}
