package app

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"net/http"
	"time"

	"drawbridge/app/settings"
	"drawbridge/bridge"
	"drawbridge/bridge/audit"
	"drawbridge/bridge/pin"
	"drawbridge/bridge/policy"
	"drawbridge/tunnel"
)

// The control socket is how the command line, and a second start of the program, reach the App that
// runs. It is a file, or on Windows a named pipe, that only the owner can open; it is never a TCP port. On it each
// command is a path: a POST with a JSON body, answered with JSON, or with one JSON frame a line for
// commands that go on.

const (
	controlBody = 1 << 20 // bytes of a command at most
	controlHead = 64 << 10
)

// frame is one answer on the control socket.
type frame struct {
	Item  json.RawMessage `json:"item,omitempty"`
	Error *fault          `json:"error,omitempty"`
}

// fault is an error on its way through the control socket. Only the errors in kinds are still
// themselves on the other side.
type fault struct {
	Text string `json:"text"`
	Kind string `json:"kind,omitempty"`
}

// The kinds of a fault.
const (
	notRunning = "not-running"
	unknown    = "unknown"
	usage      = "usage"
)

func kinds() map[string]error {
	return map[string]error{notRunning: ErrNotRunning, unknown: ErrUnknown, usage: ErrUsage}
}

func faultOf(err error) *fault {
	for kind, e := range kinds() {
		if errors.Is(err, e) {
			return &fault{err.Error(), kind}
		}
	}
	return &fault{Text: err.Error()}
}

func (f *fault) Error() string { return f.Text }

// Unwrap is the error of kinds that f is, or nil.
func (f *fault) Unwrap() error { return kinds()[f.Kind] }

// route gives every command its path.
func (a *App) route(mux *http.ServeMux) {
	for path, h := range map[string]http.HandlerFunc{
		"status":  once(func(nothing) (Status, error) { return a.Status() }),
		"metrics": once(func(nothing) (string, error) { return a.Metrics() }),
		"show":    once(func(nothing) (nothing, error) { return nothing{}, a.Show() }),
		"quit":    many(a.quitting),

		"servers":            once(func(nothing) ([]bridge.Server, error) { return a.Servers() }),
		"servers/add":        once(func(s NewServer) (nothing, error) { return nothing{}, a.PutServer(s) }),
		"servers/import":     once(func(all []Import) (nothing, error) { return nothing{}, a.ImportServers(all) }),
		"servers/change":     once(func(s NewServer) (nothing, error) { return nothing{}, a.ChangeServer(s) }),
		"servers/configured": once(a.ConfiguredServer),
		"servers/rescan":     once(func(nothing) (nothing, error) { a.RescanPrograms(); return nothing{}, nil }),
		"servers/remove":     once(func(name string) (nothing, error) { return nothing{}, a.RemoveServer(name) }),
		"servers/start":      once(func(name string) (nothing, error) { return nothing{}, a.StartServer(name) }),
		"servers/stop":       once(func(name string) (nothing, error) { return nothing{}, a.StopServer(name) }),
		"servers/restart":    once(func(name string) (nothing, error) { return nothing{}, a.RestartServer(name) }),
		"servers/try":        onceOf(func(ctx context.Context, s NewServer) (Trial, error) { return a.TryServer(ctx, s) }),
		"servers/lock":       once(a.LockServer),
		"servers/logs": many(func(ctx context.Context, w which) iter.Seq2[string, error] {
			return a.ServerLog(ctx, w.Name, w.Follow)
		}),

		"agents":            once(func(nothing) ([]Agent, error) { return a.Agents() }),
		"agents/disconnect": once(func(name string) (nothing, error) { return nothing{}, a.DisconnectAgent(name) }),
		"agents/waiting":    once(func(nothing) ([]bridge.Applicant, error) { return a.Applicants() }),
		"agents/find":       once(a.Applicant),
		"agents/approve":    once(func(y yes) (string, error) { return a.ApproveAgent(y.Key, y.Approval) }),
		"agents/deny":       once(func(key string) (nothing, error) { return nothing{}, a.DenyAgent(key) }),
		"agents/revoke":     once(func(name string) (nothing, error) { return nothing{}, a.RevokeAgent(name) }),
		"token/new": once(func(t grant) (string, error) {
			return a.NewToken(t.Agent, t.Servers, t.Tools, t.Time)
		}),
		"token/rotate": once(func(t grant) (string, error) { return a.RotateToken(t.Agent, t.Time) }),

		"tunnels":            once(func(nothing) ([]Tunnel, error) { return a.Tunnels() }),
		"tunnels/add":        once(func(t settings.Tunnel) (nothing, error) { return nothing{}, a.PutTunnel(t) }),
		"tunnels/change":     once(func(t settings.Tunnel) (nothing, error) { return nothing{}, a.ChangeTunnel(t) }),
		"tunnels/remove":     once(func(name string) (nothing, error) { return nothing{}, a.RemoveTunnel(name) }),
		"tunnels/configured": once(a.ConfiguredTunnel),
		"tunnels/up":         once(func(name string) (nothing, error) { return nothing{}, a.RaiseTunnel(name) }),
		"tunnels/down":       once(func(name string) (nothing, error) { return nothing{}, a.DropTunnel(name) }),
		"tunnels/key":        once(func(nothing) (string, error) { return a.DeviceKey() }),
		"tunnels/examine":    once(func(name string) ([]tunnel.Finding, error) { return a.ExamineTunnel(a.ctx, name) }),

		"owner":   once(func(nothing) (Owner, error) { return a.Owner() }),
		"signin":  many(a.signInSteps),
		"signout": once(func(nothing) (nothing, error) { return nothing{}, a.SignOut(a.ctx) }),

		"secrets/set":    once(func(s secretValue) (nothing, error) { return nothing{}, a.SetSecret(s.Name, s.Value) }),
		"secrets/remove": once(func(name string) (nothing, error) { return nothing{}, a.RemoveSecret(name) }),

		"raise":       once(func(r raise) (nothing, error) { return nothing{}, a.SetRaised(r.Agent, r.Up) }),
		"pins":        once(a.Pins),
		"pins/diff":   once(func(w pinOf) (pin.Diff, error) { return a.PinDiff(w.Server, w.Thing) }),
		"pins/accept": once(func(w pinsOf) (nothing, error) { return nothing{}, a.AcceptPins(w.Server, w.Pins...) }),
		"pins/reject": once(func(w pinsOf) (nothing, error) { return nothing{}, a.RejectPins(w.Server, w.Pins...) }),

		"policy/explain": once(a.ExplainPolicy),
		"policy/rules":   once(func(nothing) ([]policy.Rule, error) { return a.Rules() }),
		"policy/set":     once(func(r ruleSets) (nothing, error) { return nothing{}, a.SetRules(r.Seen, r.Rules) }),

		"calls": many(func(ctx context.Context, w which) iter.Seq2[bridge.CallInfo, error] {
			return a.Calls(ctx, w.Follow)
		}),
		"calls/keep":    many(a.keepPayloads),
		"calls/payload": once(func(id uint64) (bridge.Payload, error) { return a.Payload(id), nil }),
		"calls/waiting": once(func(nothing) ([]bridge.Question, error) { return a.Questions() }),
		"calls/answer": once(func(w ownerAnswer) (nothing, error) {
			w.Answer.By = "command line"
			return nothing{}, a.AnswerCall(w.ID, w.Answer)
		}),
		"calls/cancel": once(func(id uint64) (nothing, error) { return nothing{}, a.CancelCall(id) }),

		"settings":          once(func(nothing) ([]Choice, error) { return a.Choices() }),
		"settings/choose":   once(func(c choice) (nothing, error) { return nothing{}, a.Choose(c.Key, c.Value) }),
		"settings/keychain": once(func(nothing) (nothing, error) { return nothing{}, a.TryKeychain() }),
		"settings/address":  onceOf(func(ctx context.Context, _ nothing) (nothing, error) { return nothing{}, a.TryAddress(ctx) }),
		"settings/at-login": once(func(nothing) (bool, error) { return a.StartsAtLogin() }),
		"settings/login":    once(func(on bool) (nothing, error) { return nothing{}, a.StartAtLogin(on) }),

		"audit":        many(a.Audit),
		"audit/verify": once(func(nothing) (audit.Report, error) { return a.VerifyAudit() }),
	} {
		mux.HandleFunc("POST /"+path, h)
	}
}

// What commands are given on the control socket.
type (
	nothing struct{}
	which   struct {
		Name   string
		Follow bool
	}
	grant struct {
		Agent          string
		Servers, Tools []string
		Time           time.Duration // until a new token expires, or an old one ends
	}
	yes struct {
		Key      string
		Approval Approval
	}
	pinOf struct {
		Server string
		Thing  pin.Thing
	}
	pinsOf struct {
		Server string
		Pins   []bridge.PinForm
	}
	secretValue struct{ Name, Value string }
	ruleSets    struct{ Seen, Rules []policy.Rule }
	choice      struct {
		Key   string
		Value json.RawMessage
	}
	// signInStep is first the page that the owner has to open, then who came back.
	signInStep struct {
		Open  string
		Owner Owner
	}
)

// signInSteps is SignIn for an owner at a command line.
func (a *App) signInSteps(ctx context.Context, _ nothing) iter.Seq2[signInStep, error] {
	return func(yield func(signInStep, error) bool) {
		gone := errors.New("the command that began the sign-in has ended")
		who, err := a.SignIn(ctx, func(address string) error {
			if !yield(signInStep{Open: address}, nil) {
				return gone
			}
			return nil
		})
		if !errors.Is(err, gone) {
			yield(signInStep{Owner: who}, err)
		}
	}
}

// raise is whether the bridge is to be raised, for an agent or, with "", for all.
type raise struct {
	Agent string
	Up    bool
}

// ownerAnswer is the owner's answer to the question of that number.
type ownerAnswer struct {
	ID     uint64
	Answer bridge.Answer
}

// once serves a command that has one answer.
func once[In, Out any](do func(In) (Out, error)) http.HandlerFunc {
	return onceOf(func(_ context.Context, in In) (Out, error) { return do(in) })
}

// onceOf is once for a command that ends when whoever gave it has gone.
func onceOf[In, Out any](do func(context.Context, In) (Out, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		in, err := body[In](r)
		var out Out
		if err == nil {
			out, err = do(r.Context(), in)
		}
		_ = writeFrame(w, newFrame(out, err)) // whoever has gone gets nothing
	}
}

// many serves a command with a stream of answers, which may have no end.
func many[In, Out any](do func(context.Context, In) iter.Seq2[Out, error]) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		in, err := body[In](r)
		if err != nil {
			_ = writeFrame(w, newFrame(in, err))
			return
		}
		flush := http.NewResponseController(w)
		_ = flush.Flush() // the client learns at once that it is heard
		for out, err := range do(r.Context(), in) {
			if writeFrame(w, newFrame(out, err)) != nil || flush.Flush() != nil || err != nil {
				return
			}
		}
	}
}

func body[In any](r *http.Request) (in In, err error) {
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	if err := d.Decode(&in); err != nil {
		return in, &fault{"read command: " + err.Error() + "; are both programs of the same version?", usage}
	}
	return in, nil
}

func newFrame(v any, err error) frame {
	if err != nil {
		return frame{Error: faultOf(err)}
	}
	b, err := json.Marshal(v)
	if err != nil {
		return frame{Error: faultOf(err)}
	}
	return frame{Item: b}
}

func writeFrame(w io.Writer, f frame) error { return json.NewEncoder(w).Encode(f) }
