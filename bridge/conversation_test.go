package bridge

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"drawbridge/bridge/audit"
	"drawbridge/bridge/era"
	"drawbridge/bridge/front"
	"drawbridge/bridge/policy"
	"drawbridge/internal/caller"
	"drawbridge/internal/wire"

	"github.com/google/go-cmp/cmp"
)

// The conversations in testdata are played in a bubble of fake time. A line is one step:
//
//	server files share=all era=legacy    a server of the configuration; without era= it is probed; asks=yes: it is known to ask
//	open ann files                       ann opens a session (files may be "joined"); tools=a,b narrows what she may call
//	modern ann files                     ann's requests need no session
//	ann> {…}                             ann sends a message
//	ann< {…}                             the next thing that ann gets on the stream of a request
//	ann* {…}                             the next thing that ann gets beside her requests
//	ann| 7                               ann's request 7 ended without an answer
//	files.1< {…}                         the next message that the first process of files gets
//	files.1> {…}                         that process says something
//	files.1 dies                         that process dies
//	files.1 leased 2                     that many leases on the process are held
//	cancel ann 7                         ann gives request 7 up (its stream is closed)
//	rules […]                            the owner's rules from now on
//	remove files                         the owner takes the server away
//	answer 3 once                        the owner answers question 3; "deny so" denies with a reason
//	cannot answer 3: so                  the owner's answer is refused with an error that says so
//	asked 3 ann.write                    question 3 is open and ann's call to write waits; with "late" no call does any more
//	nothing asked                        no question is open
//	recorded asked 1 roots/list - {…}    the next record of something asked, answered or refused: its call, method and
//	                                     outcome ("-" is none), what was said, and behind "!" the error
//	recorded 0                           there is none
//	close ann · raise (ann) · lower (ann) · disconnect ann · owner cancels 3 · wait 5s
//	pins                                 from now on servers' tools, prompts and so on are pinned; pins=note: not held
//	restart                              the bridge ends and begins anew, with what it keeps between runs
//	held files tool read, prompt x (new) what of files is held
//	accept files tool read               the owner accepts it; reject likewise
//
// Messages are JSON without "jsonrpc". "…" as a value matches anything, "$1" any text, which it then stands
// for. At the end nobody may have anything left that was not looked at.
func TestConversations(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no conversations", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { play(t, file) })
		})
	}
}

func play(t *testing.T, file string) {
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	st := &stage{
		t: t, host: newHost(t),
		memory: memory{}, agents: map[string]*agent{}, record: &record{}, bound: map[string]string{},
	}
	st.bridge = New(Config{Backend: st.host, Record: st.record, Memory: st.memory})
	defer func() { st.bridge.Close(); st.host.close() }()
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		st.at = fmt.Sprintf("%s:%d: %s", filepath.Base(file), n, line)
		st.step(line)
		synctest.Wait()
	}
	st.at = file + ": at the end"
	st.nothingLeft()
}

// stage is everything that plays.
type stage struct {
	t      *testing.T
	at     string
	bridge *Bridge
	host   *host
	memory memory
	record *record
	agents map[string]*agent
	bound  map[string]string // what "$1" and the like stand for
	read   int               // how many records were looked at
}

func (st *stage) fail(format string, args ...any) {
	st.t.Helper()
	st.t.Fatalf("%s\n\t%s", st.at, fmt.Sprintf(format, args...))
}

func (st *stage) step(line string) {
	word, rest, _ := strings.Cut(line, " ")
	switch who := word[:len(word)-1]; word[len(word)-1] {
	case '>':
		st.says(who, rest)
		return
	case '<':
		st.hears(who, rest)
		return
	case '*':
		st.expect(st.agents[who].beside, rest)
		return
	case '|':
		if got := st.agents[who].next(st); got != "end "+rest {
			st.fail("got %s", got)
		}
		return
	}
	args := strings.Fields(rest)
	switch word {
	case "server":
		st.server(args)
	case "open", "modern":
		st.open(word, args)
	case "cancel":
		st.agents[args[0]].calls[args[1]].Cancel()
	case "close":
		st.agents[args[0]].session.Close()
	case "raise":
		if len(args) > 0 {
			st.bridge.RaiseFor(args[0])
		} else {
			st.bridge.Raise()
		}
	case "lower":
		if len(args) > 0 {
			st.bridge.LowerFor(args[0])
		} else {
			st.bridge.Lower()
		}
	case "rules":
		p, err := policy.Parse([]byte(rest))
		if err != nil {
			st.fail("%v", err)
		}
		st.bridge.SetPolicy(p)
	case "remove":
		st.bridge.RemoveServer(args[0])
	case "pins":
		st.bridge.pins = shelves{}
	case "restart":
		pins := st.bridge.pins
		st.bridge.Close()
		st.bridge = New(Config{Backend: st.host, Record: st.record, Memory: st.memory, Pins: pins})
	case "held":
		if got := st.held(args[0]); got != strings.Join(args[1:], " ") {
			st.fail("held: %s", got)
		}
	case "accept", "reject":
		st.decide(word, args)
	case "disconnect":
		st.bridge.Disconnect(args[0])
	case "answer":
		id, _ := strconv.ParseUint(args[0], 10, 64)
		if err := st.bridge.Answer(id, answerOf(args[1:])); err != nil {
			st.fail("%v", err)
		}
	case "cannot":
		id, want, _ := strings.Cut(strings.TrimPrefix(rest, "answer "), ": ")
		n, _ := strconv.ParseUint(id, 10, 64)
		if err := st.bridge.Answer(n, Answer{Choice: AllowOnce}); err == nil || !strings.Contains(err.Error(), want) {
			st.fail("got %v", err)
		}
	case "asked", "nothing":
		st.asked(args)
	case "recorded":
		if got := st.recorded(); got != rest {
			st.fail("recorded: %s", got)
		}
	case "owner":
		id, _ := strconv.ParseUint(args[1], 10, 64)
		if err := st.bridge.CancelCall(id); err != nil {
			st.fail("%v", err)
		}
	case "wait":
		d, err := time.ParseDuration(args[0])
		if err != nil {
			st.fail("%v", err)
		}
		<-time.After(d)
	default:
		switch what, n, _ := strings.Cut(rest, " "); what {
		case "dies":
			st.proc(word).end.Close()
		case "leased":
			if got := strconv.Itoa(st.host.leases(st.proc(word))); got != n {
				st.fail("%s leases", got)
			}
		default:
			st.fail("no such step")
		}
	}
}

func answerOf(words []string) Answer {
	if words[0] == "deny" {
		return Answer{Reason: strings.Join(words[1:], " "), By: "test"}
	}
	return Answer{Choice: Choice(words[0]), By: "test"}
}

// asked compares the open questions with one, or with none.
func (st *stage) asked(args []string) {
	snapshot, sub := st.bridge.Watch()
	sub.Close()
	if args[0] == "asked" {
		if len(snapshot.Questions) > 0 {
			st.fail("there is %v", snapshot.Questions)
		}
		return
	}
	id, _ := strconv.ParseUint(args[0], 10, 64)
	q, ok := snapshot.Questions[id]
	waits := q.Call != 0 && snapshot.Call(q.Call).Waits
	if got := q.Agent + "." + q.Name; !ok || got != args[1] || waits == (len(args) > 2) {
		st.fail("there is %+v", snapshot.Questions)
	}
}

// recorded is the next record of something asked, answered or refused.
func (st *stage) recorded() string {
	for _, e := range st.record.from(st.read) {
		st.read++
		switch e.Kind {
		case audit.Asked, audit.Answered, audit.Refused:
		default:
			continue
		}
		if e.Outcome == "" {
			e.Outcome = "-"
		}
		line := fmt.Sprintf("%s %d %s %s %s", e.Kind, e.Call, e.Method, e.Outcome, e.Arguments)
		if e.Error != "" {
			line += "! " + e.Error
		}
		return strings.TrimSpace(line)
	}
	return "0"
}

func (st *stage) server(args []string) {
	c := ServerConfig{Name: args[0], Version: "1"}
	for _, a := range args[1:] {
		key, value, _ := strings.Cut(a, "=")
		switch key {
		case "share":
			c.Share = Share(value)
		case "era":
			st.memory[c.Name] = Facts{Era: map[string]era.Era{"legacy": era.Legacy, "modern": era.Modern, "both": era.Both}[value]}
		case "asks":
			st.memory[c.Name] = Facts{Era: st.memory[c.Name].Era, Asks: true}
		case "trust":
			c.TrustAnnotations = value == "annotations"
		case "stderr":
			c.StderrToAgents = value == "agents"
		case "pins":
			c.Pins = Pinning(value)
		case "max":
			c.MaxCall, _ = time.ParseDuration(value)
		}
	}
	st.bridge.SetServer(c)
}

func (st *stage) open(how string, args []string) {
	a := &agent{name: args[0], inbox: make(chan string, 100), beside: make(chan string, 100), calls: map[string]front.Call{}, modern: how == "modern"}
	st.agents[a.name] = a
	name := args[1]
	if name == "joined" {
		name = ""
	}
	who := &caller.Caller{Agent: a.name, Grant: "grant of " + a.name, Scopes: []caller.Scope{{Server: "*"}}}
	for _, arg := range args[2:] {
		if tools, ok := strings.CutPrefix(arg, "tools="); ok {
			who.Scopes[0].Tools = strings.Split(tools, ",")
		}
	}
	ctx := caller.With(context.Background(), who)
	var err error
	if a.modern {
		a.session, err = st.bridge.Stateless(ctx, name)
	} else {
		a.session, err = st.bridge.Open(ctx, name, sink{a.beside, ""})
	}
	if err != nil {
		st.fail("%v", err)
	}
}

// says is a message of an agent or a process.
func (st *stage) says(who, text string) {
	for name, value := range st.bound {
		text = strings.ReplaceAll(text, strconv.Quote(name), strconv.Quote(value))
	}
	m := parse(st, text)
	if a := st.agents[who]; a != nil {
		if call := a.session.Handle(m, sink{a.inbox, string(m.ID())}); call != nil {
			a.calls[string(m.ID())] = call
		}
		return
	}
	if err := st.proc(who).end.Write(m.Bytes()); err != nil {
		st.fail("%v", err)
	}
}

func (st *stage) hears(who, text string) {
	if a := st.agents[who]; a != nil {
		st.expect(a.inbox, text)
		return
	}
	st.expect(st.proc(who).inbox, text)
}

// expect compares the next message with a pattern.
func (st *stage) expect(from chan string, pattern string) {
	st.t.Helper()
	select {
	case got := <-from:
		var want, have any
		if err := json.Unmarshal([]byte(pattern), &want); err != nil {
			st.fail("%v", err)
		}
		if err := json.Unmarshal([]byte(got), &have); err != nil {
			st.fail("%v in %s", err, got)
		}
		if m, ok := have.(map[string]any); ok {
			delete(m, "jsonrpc")
		}
		want = st.bind(want, have)
		if diff := cmp.Diff(want, wild(want, have)); diff != "" {
			st.fail("got %s\n%s", got, diff)
		}
	default:
		st.fail("got nothing")
	}
}

// bind puts into want what its variables stand for; one that stands for nothing yet takes what have has.
func (st *stage) bind(want, have any) any {
	switch w := want.(type) {
	case string:
		if len(w) == 2 && w[0] == '$' {
			if text, ok := have.(string); ok && st.bound[w] == "" {
				st.bound[w] = text
			}
			return st.bound[w]
		}
	case map[string]any:
		h, _ := have.(map[string]any)
		for k := range w {
			w[k] = st.bind(w[k], h[k])
		}
	}
	return want
}

// wild is have with everything taken from want that want does not care about.
func wild(want, have any) any {
	if want == "…" {
		return want
	}
	switch w := want.(type) {
	case map[string]any:
		if h, ok := have.(map[string]any); ok {
			for k := range h {
				h[k] = wild(w[k], h[k])
			}
		}
	case []any:
		if h, ok := have.([]any); ok && len(h) == len(w) {
			for i := range h {
				h[i] = wild(w[i], h[i])
			}
		}
	}
	return have
}

func (st *stage) nothingLeft() {
	for name, a := range st.agents {
		for _, box := range []chan string{a.inbox, a.beside} {
			if len(box) > 0 {
				st.fail("%s still has %s", name, <-box)
			}
		}
	}
	for name, procs := range st.host.all {
		for i, p := range procs {
			if len(p.inbox) > 0 {
				st.fail("%s.%d still has %s", name, i+1, <-p.inbox)
			}
		}
	}
}

func (st *stage) proc(name string) *proc {
	server, n, _ := strings.Cut(name, ".")
	i, _ := strconv.Atoi(n)
	procs := st.host.all[server]
	if i < 1 || i > len(procs) {
		st.fail("%s has %d processes", server, len(procs))
	}
	return procs[i-1]
}

func parse(st *stage, text string) wire.Message {
	m, err := wire.Parse([]byte(`{"jsonrpc":"2.0",`+strings.TrimPrefix(text, "{")), wire.Limits{})
	if err != nil {
		st.fail("%v", err)
	}
	return m
}

// agent is one who plays.
type agent struct {
	name    string
	session front.Session
	modern  bool
	inbox   chan string // what belongs to requests
	beside  chan string // what belongs to none
	calls   map[string]front.Call
}

func (a *agent) next(st *stage) string {
	select {
	case got := <-a.inbox:
		return got
	default:
		return "nothing"
	}
}

type sink struct {
	to      chan string
	request string
}

func (s sink) Send(m wire.Message, last bool) bool {
	if m.Kind() == wire.Invalid {
		s.to <- "end " + s.request
		return true
	}
	s.to <- string(m.Bytes())
	return true
}
