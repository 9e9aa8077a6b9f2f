package app

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"drawbridge/app/found"
	"drawbridge/app/settings"
	"drawbridge/signin/keychain"
)

// FindServers are the servers that other applications on this computer have. Nothing is changed.
func (a *App) FindServers() []found.Source { return found.Find() }

// Choice is one of the owner's choices.
type Choice struct {
	settings.Choice
	Later bool // in force when the bridge starts anew
}

// Choices are all that the owner can choose, with what counts now, or will when the App runs.
func (a *App) Choices() (all []Choice, err error) {
	chosen, err := a.choices()
	if err != nil {
		return nil, err
	}
	a.mu.Lock()
	later := a.later()
	a.mu.Unlock()
	for _, c := range chosen.Choices() {
		all = append(all, Choice{c, slices.Contains(later, c.Key)})
	}
	return all, nil
}

// choices are the settings in force, and where the App does not run those of the file.
func (a *App) choices() (settings.Settings, error) {
	if a.isRunning() == nil {
		return a.Settings(), nil
	}
	s, _, err := settings.Load(a.options.Places.Config)
	return s, err
}

// Choose gives one of the owner's choices a value: text, a number, a truth, texts or JSON. nil is the default again, and so is null.
// key is its name in config.json, below `drawbridge`: "listen", "limits.calls". What would not be understood is refused.
func (a *App) Choose(key string, value any) error {
	if raw, ok := value.(json.RawMessage); ok && string(bytes.TrimSpace(raw)) == "null" {
		value = nil
	}
	what := "chose " + key + ": " + keptChoice(key, value)
	if value == nil {
		what = "chose the default of " + key
	}
	return a.edit(what, func(d *settings.Draft) error { return d.Set(key, value) })
}

// TryKeychain keeps a value, reads it back and takes it out again.
func (a *App) TryKeychain() error {
	v, err := a.vault()
	if err != nil {
		return err
	}
	k, name, value := keychain.Under(v.keychain, "try/"), "now", rand.Text()
	if err := k.Set(name, value); err != nil {
		return fmt.Errorf("keep a secret: %w", err)
	}
	got, err := k.Get(name)
	if err == nil && got != value {
		err = errors.New("it gave back something else")
	}
	return errors.Join(err, k.Delete(name))
}

// addressFor is how long the address may take to answer.
const addressFor = 10 * time.Second

// TryAddress asks the address that agents use whether the bridge is there.
func (a *App) TryAddress(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, addressFor)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, a.Address()+"/healthz", nil)
	if err != nil {
		return err
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true, Proxy: http.ProxyFromEnvironment}}
	answer, err := client.Do(r)
	if err != nil {
		return fmt.Errorf("no answer: %w", err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("somebody else answers there: %s", answer.Status)
	}
	return nil
}
