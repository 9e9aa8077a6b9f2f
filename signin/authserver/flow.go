package authserver

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"drawbridge/internal/limit"
)

// flow is one authorization, from the request to the code. It lives in memory alone: who restarts
// the bridge in the middle of one asks again.
type flow struct {
	id      string   // in addresses
	secret  [32]byte // digest of the cookie that binds it to its browser
	csrf    string   // in the form
	ask     *request
	address string
	place   string // its neighbourhood
	began   time.Time
	ends    time.Time
	stage   stage

	provider Provider // nil without company sign-in
	state    string   // one time, for the way back from the provider
	memory   []byte
	signInAt string // where the browser goes to sign in

	user    User
	session []byte
	code    string // what the owner compares or types
	asked   bool   // the owner is shown it

	approval *Approval // one of these two decides
	failure  *problem
	timer    *time.Timer // tells the owner when it is over
}

// stage is how far a flow is. Each is reached once, from the one before or an earlier one.
type stage int

const (
	stageConsent stage = iota // the person at the browser is asked
	stageSignIn               // at the provider
	stageFinish               // the provider's answer is looked at
	stageWaiting              // for the owner
	stageDecided
)

const (
	flowLife    = 10 * time.Minute
	maxFlows    = 1000
	maxPerPlace = 20 // flows of one address
	maxAsked    = 20 // flows that the owner is shown at once
	maxPerUser  = 3  // flows that wait for one user
	maxTyped    = 200
)

// flows are the ones that are under way.
type flows struct {
	over func(id string)

	mu   sync.Mutex // guards the fields below and the flows
	live map[string]*flow
}

func newFlows(over func(id string)) *flows { return &flows{over: over, live: map[string]*flow{}} }

// begin starts a flow, and returns the secret for its browser's cookie, unless there are too many.
func (x *flows) begin(ask *request, address string) (f flow, secret string, ok bool) {
	now := time.Now()
	secret = newID()
	f = flow{
		id: newID(), secret: sha256.Sum256([]byte(secret)), csrf: newID(), ask: ask, address: address,
		place: limit.Neighbourhood(address), began: now, ends: now.Add(flowLife),
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if !x.makeRoom(f.place, now) {
		return flow{}, "", false
	}
	kept := f
	x.live[f.id] = &kept
	return f, secret, true
}

// makeRoom forgets what is over, and the oldest flows to which nobody has agreed yet where there are
// too many, in all or of one place. With x.mu held.
func (x *flows) makeRoom(place string, now time.Time) bool {
	near := 0
	for id, f := range x.live {
		if !now.Before(f.ends) {
			delete(x.live, id)
		} else if f.place == place && f.stage < stageWaiting {
			near++
		}
	}
	if near >= maxPerPlace {
		x.forget(func(f *flow) bool { return f.place == place })
	}
	return len(x.live) < maxFlows || x.forget(func(*flow) bool { return true })
}

// forget drops the oldest flow among some to which nobody has agreed yet. With x.mu held.
func (x *flows) forget(among func(*flow) bool) bool {
	var oldest *flow
	for _, f := range x.live {
		if f.stage == stageConsent && among(f) && (oldest == nil || f.began.Before(oldest.began)) {
			oldest = f
		}
	}
	if oldest == nil {
		return false
	}
	delete(x.live, oldest.id)
	return true
}

// open returns the flow with that id, if the cookie is that of its browser.
func (x *flows) open(id, secret string) (flow, bool) {
	digest := sha256.Sum256([]byte(secret))
	f, ok := x.copyOf(id)
	if !ok || subtle.ConstantTimeCompare(digest[:], f.secret[:]) != 1 {
		return flow{}, false
	}
	return f, true
}

func (x *flows) copyOf(id string) (flow, bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	f := x.live[id]
	if f == nil || !time.Now().Before(f.ends) {
		return flow{}, false
	}
	return *f, true
}

// step moves a flow on from one stage, unless it is not there, or not any more, or may says no.
func (x *flows) step(id string, from stage, change func(f *flow) bool) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	f := x.live[id]
	return f != nil && f.stage == from && time.Now().Before(f.ends) && change(f)
}

// await makes a flow wait for the owner. A user who has signed in makes the owner see it. It reports
// false where too many wait already.
func (x *flows) await(id string, from stage, in SignIn) bool {
	return x.step(id, from, func(f *flow) bool {
		signedIn, alike, all := in.User.Subject != "", 0, 0
		for _, other := range x.live {
			if other.stage == stageWaiting && other.asked == signedIn {
				all++
				if signedIn && other.user.Subject == in.User.Subject {
					alike++
				}
			}
		}
		if signedIn && (all >= maxAsked || alike >= maxPerUser) || all >= maxTyped {
			return false
		}
		f.stage, f.user, f.session, f.asked = stageWaiting, in.User, in.Session, signedIn
		f.ends, f.code = time.Now().Add(flowLife), x.newCode()
		if signedIn {
			f.timer = time.AfterFunc(flowLife, func() { x.over(id) })
		}
		return true
	})
}

// decide ends the waiting of a flow.
func (x *flows) decide(id string, a *Approval, failure *problem) bool {
	return x.step(id, stageWaiting, func(f *flow) bool {
		f.stage, f.approval, f.failure = stageDecided, a, failure
		if f.timer != nil {
			f.timer.Stop()
		}
		return true
	})
}

// fail ends a flow that has come to some other stage.
func (x *flows) fail(id string, from stage, failure *problem) {
	x.step(id, from, func(f *flow) bool { f.stage, f.failure = stageDecided, failure; return true })
}

// take takes out a flow that is decided.
func (x *flows) take(id string) bool {
	return x.step(id, stageDecided, func(*flow) bool { delete(x.live, id); return true })
}

// waiting returns the flows that wait for the owner and pass, oldest first.
func (x *flows) waiting(passes func(*flow) bool) []flow {
	x.mu.Lock()
	defer x.mu.Unlock()
	now := time.Now()
	var list []flow
	for _, f := range x.live {
		if f.stage == stageWaiting && now.Before(f.ends) && passes(f) {
			list = append(list, *f)
		}
	}
	slices.SortFunc(list, func(a, b flow) int { return a.began.Compare(b.began) })
	return list
}

func (x *flows) close() {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, f := range x.live {
		if f.timer != nil {
			f.timer.Stop()
		}
	}
	clear(x.live)
}

// shown is the flow as the owner sees it, without what was approved before.
func (f *flow) shown() Pending {
	p := Pending{
		ID: f.id, Code: f.code, Client: f.ask.client.public(), RedirectHost: hostOf(f.ask.redirect), Loopback: leadsHome(f.ask.redirect),
		Address: f.address, User: f.user, Audience: f.ask.audience, Servers: slices.Clone(f.ask.servers), Began: f.began, Ends: f.ends,
	}
	p.User.Groups = slices.Clone(f.user.Groups)
	if f.provider != nil {
		p.Provider = f.provider.Issuer()
	}
	return p
}

// codeLetters are those that nobody mistakes for another.
const codeLetters = "23456789ABCDEFGHJKMNPQRSTVWXYZ"

// newCode returns a code that no flow has. With x.mu held.
func (x *flows) newCode() string {
	for {
		code := make([]byte, 0, 7)
		for len(code) < 7 {
			var b [1]byte
			rand.Read(b[:])
			if n := int(b[0]); n < len(codeLetters)*8 {
				code = append(code, codeLetters[n%len(codeLetters)])
			}
			if len(code) == 3 {
				code = append(code, '-')
			}
		}
		text := string(code)
		if !slices.ContainsFunc(slices.Collect(maps.Values(x.live)), func(f *flow) bool { return f.code == text }) {
			return text
		}
	}
}

// plainCode is a code as it is compared, however it was typed.
func plainCode(typed string) string {
	return strings.ToUpper(strings.NewReplacer("-", "", " ", "").Replace(typed))
}
