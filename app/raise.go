package app

import "errors"

// reason is why the bridge is raised. It is lowered while nothing holds it.
type reason int

const (
	byOwner  reason = iota // who said so
	bySignIn               // the owner has to sign in first
)

var errSignInFirst = errors.New("the bridge is raised until you sign in")

// Raise lets nothing pass: every session ends, and new ones are refused until Lower.
func (a *App) Raise() {
	a.hold(byOwner, true)
	a.note("raised the bridge")
}

// Lower lets approved agents in again, unless the owner has to sign in first.
func (a *App) Lower() {
	a.hold(byOwner, false)
	a.note("lowered the bridge")
}

// hold has the bridge held up, or not any more, for one reason. When it returns, so it is.
func (a *App) hold(by reason, up bool) {
	a.holding.Lock()
	defer a.holding.Unlock()
	if a.held[by] == up {
		return
	}
	was := a.isHeld()
	a.held[by] = up
	switch is := a.isHeld(); {
	case is && !was:
		a.bridge.Raise()
	case was && !is:
		a.bridge.Lower()
	}
	if by == bySignIn {
		var err error
		if up {
			err = errSignInFirst
		}
		a.wrong("sign-in", err)
	}
}

// isHeld reports whether anything holds the bridge up. The caller holds holding.
func (a *App) isHeld() bool { return a.held[byOwner] || a.held[bySignIn] }
