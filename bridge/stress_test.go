package bridge

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"drawbridge/bridge/audit"
	"drawbridge/bridge/front"
	"drawbridge/bridge/policy"
	"drawbridge/internal/caller"
	"drawbridge/internal/wire"
)

// TestStress: agents of both eras, on sessions of every kind, do at random all that agents do, right or
// wrong, with chaotic servers behind the bridge and an owner who interferes. Whatever happens:
//
//   - every request has exactly one end: an answer with its own id, or none if it was cancelled; and nothing after it
//   - what a server says of a call reaches that call's agent alone, and a question only the call that it belongs to
//   - every call that is recorded has one beginning and one end
//   - at last no goroutine, session, call, parked call, lease or question is left
func TestStress(t *testing.T) {
	seeds := 8
	if testing.Short() {
		seeds = 2
	}
	for seed := range seeds {
		t.Run(strconv.Itoa(seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { stress(t, uint64(seed)) })
		})
	}
}

func stress(t *testing.T, seed uint64) {
	f := &fates{past: map[string]bool{}}
	h := &chaos{tb: t, r: rand.New(rand.NewPCG(seed, 1)), procs: map[string]*chaotic{}}
	l := &ledger{t: t, began: map[uint64]int{}, ended: map[uint64]int{}}
	b := New(Config{Backend: h, Record: l, Limits: Limits{Sessions: 6, Calls: 12, Asks: 4}})
	configure(b)
	snapshot, watch := b.Watch()
	var watched sync.WaitGroup
	watched.Go(func() {
		for e := range watch.Events() {
			snapshot.Apply(e)
		}
	})
	var wg sync.WaitGroup
	for i := range 6 {
		a := &wildAgent{t: t, b: b, r: rand.New(rand.NewPCG(seed, uint64(i+2))), name: fmt.Sprint("agent", i%4), number: i, fates: f}
		wg.Go(a.run)
	}
	wg.Go(func() { interfere(b, rand.New(rand.NewPCG(seed, 100)), f) })
	wg.Wait()
	b.Lower()
	<-time.After(15 * time.Minute) // calls run out of time, parked ones expire
	for _, s := range b.everySession() {
		s.Close()
	}
	<-time.After(11 * time.Minute) // cancelled ones are forgotten
	synctest.Wait()
	nothingRemains(t, b)
	b.Close()
	h.close()
	watch.Close()
	watched.Wait()
	for _, c := range snapshot.Calls {
		if !c.Ended {
			t.Errorf("call %d, %s of %s, is shown as running", c.ID, c.Method, c.Agent)
		}
	}
	l.check()
}

// configure makes the servers what they are at first.
func configure(b *Bridge) {
	b.SetServer(ServerConfig{Name: "old"})
	b.SetServer(ServerConfig{Name: "oldall", Share: ShareAll})
	b.SetServer(ServerConfig{Name: "oldagent", Share: ShareAgent, Parallel: ParallelNever, MaxCall: time.Minute})
	b.SetServer(ServerConfig{Name: "new"})
	b.SetServer(ServerConfig{Name: "newagent", Share: ShareAgent})
	learn(b)
}

// learn has it known that their tool asks.
func learn(b *Bridge) {
	for _, sv := range b.allServers() {
		sv.mu.Lock()
		sv.prompters[prompter{"tools/call", "a"}] = struct{}{}
		sv.mu.Unlock()
	}
}

// interfere is what the owner does meanwhile.
func interfere(b *Bridge, r *rand.Rand, f *fates) {
	for range 40 {
		<-time.After(time.Duration(r.IntN(int(2 * time.Second))))
		f.cut()
		switch r.IntN(8) {
		case 0:
			b.Raise()
			<-time.After(time.Duration(r.IntN(int(time.Second))))
			b.Lower()
		case 1, 2:
			b.Disconnect(fmt.Sprint("agent", r.IntN(4)))
		case 3:
			_ = b.CancelCall(uint64(r.IntN(400)))
		case 4:
			b.RemoveServer([]string{"old", "oldall", "new"}[r.IntN(3)])
			configure(b)
		case 5:
			b.SetServer(ServerConfig{Name: "oldall", Share: ShareAll, Version: strconv.Itoa(r.IntN(3))})
			learn(b)
		default:
			b.SetPolicy(&policy.Policy{})
		}
	}
}

// nothingRemains looks into every book of the bridge.
func nothingRemains(t *testing.T, b *Bridge) {
	b.mu.Lock()
	for what, n := range map[string]int{
		"sessions": len(b.sessions), "ids": len(b.byID), "grants": len(b.accounts), "shared sessions": len(b.shared), "parked calls": len(b.parking.by),
	} {
		if n > 0 {
			t.Errorf("%d %s are left", n, what)
		}
	}
	b.mu.Unlock()
	for _, sv := range b.allServers() {
		for _, l := range sv.allLinks() {
			l.mu.Lock()
			calls := 0
			for _, w := range l.waiting {
				if _, ok := originOf(w); ok {
					calls++
				}
			}
			if calls+len(l.asks)+len(l.held)+len(l.streams)+len(l.sessions) > 0 || l.taken {
				t.Errorf("%s: %d calls, %d questions (%d held), %d streams, %d sessions are left; turn taken %v",
					sv.name(), calls, len(l.asks), len(l.held), len(l.streams), len(l.sessions), l.taken)
			}
			l.mu.Unlock()
		}
	}
}

// fates is what became of calls, by their tags. Roots and log messages of a call that the bridge has ended may
// come under the agent's next one; what people are shown may not.
type fates struct {
	mu   sync.Mutex      // guards the fields below
	past map[string]bool // calls that ended before their answer; false: they wait for their agent
}

// end notes an answer.
func (f *fates) end(tag string, m wire.Message) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case m.ResultType() == "input_required":
		f.past[tag] = false
	case !strings.Contains(string(m.Bytes()), "tag "):
		f.past[tag] = true
	}
}

// cut notes that the owner may end what waits.
func (f *fates) cut() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for tag := range f.past {
		f.past[tag] = true
	}
}

func (f *fates) over(tag string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.past[tag]
}

// ledger is a Record that counts.
type ledger struct {
	t *testing.T

	mu           sync.Mutex // guards the fields below
	began, ended map[uint64]int
}

func (l *ledger) Append(e audit.Entry) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch e.Kind {
	case audit.CallBegin:
		l.began[e.Call]++
		if l.ended[e.Call] > 0 {
			l.t.Errorf("call %d begins after its end", e.Call)
		}
	case audit.CallEnd:
		l.ended[e.Call]++
	}
	return nil
}

func (l *ledger) check() {
	for id, n := range l.began {
		if n != 1 || l.ended[id] != 1 {
			l.t.Errorf("call %d has %d beginnings and %d ends", id, n, l.ended[id])
		}
	}
	if len(l.began) < 50 {
		l.t.Errorf("only %d calls were made", len(l.began))
	}
}

// wildAgent does at random what agents do.
type wildAgent struct {
	t      *testing.T
	b      *Bridge
	r      *rand.Rand
	name   string
	number int
	calls  int
	fates  *fates

	mu     sync.Mutex // guards the fields below
	asked  []asked
	states []string // requestState that came, with the request that it came for
}

type asked struct {
	session front.Session
	id      wire.ID
}

func (a *wildAgent) run() {
	who := &caller.Caller{Agent: a.name, Grant: "grant of " + a.name, Scopes: []caller.Scope{{Server: "*"}}}
	ctx := caller.With(context.Background(), who)
	for range 12 {
		server := []string{"", "old", "oldall", "oldall", "oldagent", "new", "newagent"}[a.r.IntN(7)]
		var s front.Session
		var err error
		modern := a.r.IntN(2) == 0
		if modern {
			s, err = a.b.Stateless(ctx, server)
		} else {
			s, err = a.b.Open(ctx, server, &wildSink{agent: a, tag: "", most: -1})
		}
		if err != nil {
			<-time.After(time.Second)
			continue
		}
		if !modern {
			a.send(s, a.id(), `"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{"elicitation":{"form":{},"url":{}},"sampling":{},"roots":{}},"clientInfo":{"name":"c","version":"1"}}`, "")
			<-time.After(time.Duration(a.r.IntN(int(8 * time.Second))))
			s.Handle(a.parse(`"method":"notifications/initialized"`), nil)
		}
		for range 8 {
			a.act(s, modern || a.r.IntN(6) == 0)
			<-time.After(time.Duration(a.r.IntN(int(500 * time.Millisecond))))
		}
		if a.r.IntN(2) == 0 && !modern {
			s.Close()
		}
	}
}

// id is a new id, or the one before.
func (a *wildAgent) id() string {
	if a.r.IntN(10) > 0 {
		a.calls++
	}
	return fmt.Sprintf(`"%d-%d"`, a.number, a.calls)
}

const wildMeta = `"_meta":{"progressToken":"t","io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/logLevel":"debug","io.modelcontextprotocol/clientCapabilities":{"elicitation":{"form":{},"url":{}},"sampling":{},"roots":{}}}`

// act does one thing in a session.
func (a *wildAgent) act(s front.Session, modern bool) {
	meta := `"_meta":{"progressToken":"t"}`
	if modern {
		meta = wildMeta
	}
	switch a.r.IntN(14) {
	case 0:
		a.send(s, a.id(), `"method":"tools/list","params":{`+meta+`}`, "")
	case 1:
		a.send(s, a.id(), `"method":"resources/subscribe","params":{"uri":"x:1",`+meta+`}`, "")
	case 2:
		a.send(s, a.id(), `"method":"subscriptions/listen","params":{"notifications":{"toolsListChanged":true,"resourceSubscriptions":["x:1"]},`+meta+`}`, "")
	case 3:
		a.send(s, a.id(), `"method":"tasks/get","params":{"taskId":"task 1",`+meta+`}`, "")
	case 4, 5:
		a.answer()
	case 6, 7:
		a.retry(s)
	case 8:
		s.Handle(a.parse(fmt.Sprintf(`"method":"notifications/cancelled","params":{"requestId":"%d-%d"}`, a.number, a.calls)), nil)
	default:
		id := a.id()
		tag := fmt.Sprintf("%s/%s/%d", a.name, strings.Trim(id, `"`), a.r.IntN(1e9))
		name := "a"
		if s.(opened).server() == nil {
			name = []string{"old__a", "oldall__a", "new__a"}[a.r.IntN(3)]
		}
		c := a.send(s, id, fmt.Sprintf(`"method":"tools/call","params":{"name":%q,"arguments":{"tag":%q},%s}`, name, tag, meta), tag)
		if a.r.IntN(5) == 0 {
			<-time.After(time.Duration(a.r.IntN(int(time.Second))))
			c.Cancel()
		}
	}
}

// answer answers a question of a server, again and again, with what may be no answer.
func (a *wildAgent) answer() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.asked) == 0 {
		return
	}
	q := a.asked[a.r.IntN(len(a.asked))]
	text := []string{`"result":{"action":"accept","content":{},"roots":[]}`, `"result":{}`, `"error":{"code":1,"message":"no"}`}[a.r.IntN(3)]
	m := a.parse(fmt.Sprintf(`"id":%s,%s`, q.id, text))
	go q.session.Handle(m, nil)
}

// retry makes a call again that was answered with input_required: as it should be, or with something changed,
// twice at the same time.
func (a *wildAgent) retry(s front.Session) {
	a.mu.Lock()
	var text string
	if len(a.states) > 0 {
		text = a.states[a.r.IntN(len(a.states))]
	}
	a.mu.Unlock()
	if text == "" {
		return
	}
	tag, _ := wire.String(wire.Get([]byte("{"+text+"}"), "params", "arguments", "tag"))
	if a.r.IntN(5) == 0 {
		text = strings.Replace(text, "drawbridge:", "drawbridge:A", 1)
	}
	for range 1 + a.r.IntN(2) {
		a.send(s, a.id(), text, tag)
	}
}

func (a *wildAgent) parse(text string) wire.Message {
	m, err := wire.Parse([]byte(`{"jsonrpc":"2.0",`+text+`}`), wire.Limits{})
	if err != nil {
		a.t.Errorf("%s: %v", text, err)
	}
	return m
}

func (a *wildAgent) send(s front.Session, id, text, tag string) front.Call {
	m := a.parse(`"id":` + id + `,` + text)
	out := &wildSink{agent: a, session: s, m: m, tag: tag, most: -1}
	if a.r.IntN(15) == 0 {
		out.most = a.r.IntN(3)
	}
	a.t.Cleanup(out.check)
	return s.Handle(m, out)
}

// wildSink is the stream of one request, or of a session. It looks at everything that comes.
type wildSink struct {
	agent   *wildAgent
	session front.Session
	m       wire.Message // zero for a session's
	tag     string

	mu   sync.Mutex // guards the fields below
	most int        // how many messages it takes before it takes no more; negative: all
	ends int
}

func (s *wildSink) Send(m wire.Message, last bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.agent.t
	if s.ends > 0 {
		t.Errorf("after the end of %s came %s", s.m.Bytes(), m.Bytes())
	}
	if last {
		s.ends++
		s.agent.fates.end(s.tag, m)
		if m.Kind() != wire.Invalid && m.ID() != s.m.ID() {
			t.Errorf("%s was answered with %s", s.m.Bytes(), m.Bytes())
		}
	}
	if m.ResultType() == "input_required" {
		for _, q := range wire.Fields(wire.Get(m.Result(), "inputRequests")) {
			s.tagged(m, q, string(wire.Get(q, "method")) == `"roots/list"`)
		}
	} else {
		s.tagged(m, m.Bytes(), true)
	}
	if last && m.ResultType() == "input_required" {
		s.state(m)
	}
	if s.most--; s.most == -1 {
		s.most = 0
		return false
	}
	if m.Kind() == wire.Request && s.session != nil {
		s.agent.mu.Lock()
		s.agent.asked = append(s.agent.asked, asked{s.session, m.ID()})
		s.agent.mu.Unlock()
	}
	return true
}

// tagged looks whether what a server said of a call came where it belongs. Loosely: an agent's next call may get it, after
// the call has ended that it is of.
func (s *wildSink) tagged(m wire.Message, said []byte, loosely bool) {
	_, tag, ok := strings.Cut(string(said), "tag ")
	if !ok {
		return
	}
	tag = tag[:strings.IndexAny(tag, `"\`)]
	switch {
	case tag == anybody:
	case !strings.HasPrefix(tag, s.agent.name+"/"):
		s.agent.t.Errorf("%s got what belongs to %s: %s", s.agent.name, tag, m.Bytes())
	case m.Kind() == wire.Request || s.m.Kind() == wire.Invalid: // a legacy session's questions may come beside the call
	case tag != s.tag && !(loosely && s.agent.fates.over(tag)):
		s.agent.t.Errorf("the call of %s got what belongs to %s: %s", s.tag, tag, m.Bytes())
	}
}

// state keeps a requestState for a retry.
func (s *wildSink) state(m wire.Message) {
	var answers []wire.Member
	for key := range wire.Fields(wire.Get(m.Result(), "inputRequests")) {
		answers = append(answers, wire.Member{Key: key, Value: []byte(`{"action":"accept","content":{},"roots":[]}`)})
	}
	params := wire.Set(s.m.Params(), wire.Get(m.Result(), "requestState"), "requestState")
	params = wire.Set(params, wire.Object(answers...), "inputResponses")
	s.agent.mu.Lock()
	defer s.agent.mu.Unlock()
	s.agent.states = append(s.agent.states, fmt.Sprintf(`"method":%q,"params":%s`, s.m.Method(), params))
}

// check is called when all is over.
func (s *wildSink) check() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ends != 1 {
		s.agent.t.Errorf("%s has %d ends", s.m.Bytes(), s.ends)
	}
}
