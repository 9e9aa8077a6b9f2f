package bridge

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"drawbridge/bridge/era"

	"github.com/google/go-cmp/cmp"
)

// TestDuets: a random conversation of calls beside each other gives a client the same results whether the server behind
// the bridge is of its own era or of the other. Calls answer, fail, tell of their progress, ask for one thing or several in
// one round or several, are cancelled, given up while they ask, or lose their process; between them resources are
// read, changed and subscribed to. No client is ever asked for another call than the one that it is asked under.
func TestDuets(t *testing.T) {
	for _, client := range []era.Era{era.Modern, era.Legacy} {
		for _, share := range []Share{ShareDefault, ShareAgent, ShareAll} {
			for seed := range uint64(4) {
				t.Run(fmt.Sprint(client, share, seed), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						plot := newPlot(rand.New(rand.NewPCG(seed, 3)))
						same := perform(t, client, client, share, plot)
						other := perform(t, client, era.Both&^client, share, plot)
						if diff := cmp.Diff(same, other); diff != "" {
							t.Errorf("the server of the other era differs:\n%s", diff)
						}
					})
				})
			}
		}
	}
}

// scene is what happens at the same time.
type scene struct {
	Calls     []role
	Method    string // a request that is no call
	Params    string
	Subscribe string // to that resource; "-x" ends it
	Wait      time.Duration
}

// role is one call and what the client does with it.
type role struct {
	script
	Method string
	Begin  time.Duration // after the scene's
	Cancel time.Duration // after its own beginning; 0: never
	GiveUp bool          // it is cancelled when it asks
	Thrice bool          // answers are given one by one
}

// newPlot makes a conversation up.
func newPlot(r *rand.Rand) (all []scene) {
	// Which call a question is of is certain once it is known which calls ask.
	for _, method := range []string{"tools/call", "prompts/get"} {
		tag := "first " + method
		ask := act{Ask: []query{{"elicitation/create", words(tag, 0, 0)}}}
		all = append(all, scene{Calls: []role{{Method: method, script: script{Tag: tag, Steps: []act{ask}}}}})
	}
	ghosts := 0
	for n := range 40 {
		switch r.IntN(8) {
		case 0:
			all = append(all, scene{Method: "resources/read", Params: fmt.Sprintf(`{"uri":"x:%d"}`, r.IntN(3))})
		case 1:
			all = append(all, scene{Method: []string{"tools/list", "resources/list"}[r.IntN(2)], Params: `{}`},
				scene{Method: "resources/list", Params: `{"cursor":"é"}`})
		case 2:
			all = append(all, scene{Subscribe: []string{"x:0", "x:1", "-x:0", "-x:1"}[r.IntN(4)]})
		case 3:
			all = append(all, scene{Method: "completion/complete", Params: `{"ref":{"type":"ref/prompt","name":"p"},"argument":{"name":"a","value":""}}`})
		case 4: // alone, as what it tells could be of others
			tag := fmt.Sprintf("%d alone", n)
			s := scene{Calls: []role{{Method: "tools/call", script: script{Tag: tag, Steps: append([]act{{Log: "l1"}, {Touch: fmt.Sprintf("x:%d", r.IntN(3))}}, newSteps(r, tag)...)}}}}
			if r.IntN(3) == 0 {
				s.Calls[0].Steps = append(s.Calls[0].Steps, act{Die: true})
			}
			all = append(all, s)
		default:
			var s scene
			for k := range 1 + r.IntN(4) {
				c := newPart(r, fmt.Sprintf("%d.%d", n, k), k == 0)
				if c.Cancel > 0 || c.GiveUp {
					ghosts++
				}
				s.Calls = append(s.Calls, c)
			}
			all = append(all, s)
		}
		if ghosts == 3 { // a client has so many processes at most that it must not be asked in; they are let go of
			all, ghosts = append(all, scene{Wait: 20 * time.Minute}), 0
		}
	}
	return all
}

func newPart(r *rand.Rand, tag string, mayEnd bool) role {
	p := role{Method: []string{"tools/call", "prompts/get"}[r.IntN(2)], Begin: time.Duration(r.IntN(300)) * time.Millisecond, script: script{Tag: tag}}
	switch n := r.IntN(8); {
	case n == 0 && mayEnd:
		p.Cancel = time.Duration(1+r.IntN(3000)) * time.Millisecond
		p.Steps = []act{{Progress: 1}, {Pause: 1 + r.IntN(500)}, {Never: []string{"nothing", "answers", "asks", "asks"}[r.IntN(4)]}}
	case n == 1 && mayEnd:
		p.GiveUp = true
		p.Steps = append(newSteps(r, tag), act{Ask: []query{{"elicitation/create", words(tag, 9, 0)}}}, act{Never: "nothing"})
	default:
		p.Thrice = r.IntN(3) == 0
		p.Steps = newSteps(r, tag)
		if r.IntN(5) == 0 {
			p.Steps = append([]act{{Page: "https://example.com/"}}, p.Steps...)
		}
	}
	return p
}

// newSteps are steps that come to an end.
func newSteps(r *rand.Rand, tag string) (all []act) {
	for n := range r.IntN(6) {
		switch r.IntN(3) {
		case 0:
			all = append(all, act{Progress: n + 1})
		case 1:
			all = append(all, act{Pause: 1 + r.IntN(200)})
		case 2:
			var a act
			for k := range 1 + r.IntN(3) {
				a.Ask = append(a.Ask, query{[]string{"elicitation/create", "sampling/createMessage", "roots/list"}[r.IntN(3)], words(tag, n, k)})
			}
			all = append(all, a)
		}
	}
	switch r.IntN(8) {
	case 0:
		all = append(all, act{Fail: []int{-32602, -32000, 7}[r.IntN(3)]})
	case 1:
		all = append(all, act{Wrong: true})
	}
	return all
}

// words are the params of a question; they say which one it is.
func words(tag string, round, n int) json.RawMessage {
	return object("message", quote(fmt.Sprintf("%s, round %d: é %d?", tag, round, n)), "_meta", string(object("tag", quote(tag))))
}

// result is all that a client has of one scene.
type result struct {
	Scene string
	Calls []*told
	Heard []string // of changes and log messages
}

// told is all that a client has of one request.
type told struct {
	Answer   string
	Asked    []string // in the order of the script, each once
	Progress []string
}

// perform plays the conversation between a client and a server, each of one era.
func perform(t *testing.T, client, server era.Era, share Share, plot []scene) (all []result) {
	w := newWorld(t, server)
	b := New(Config{Backend: w, Record: discard{}, Memory: memory{"s": {Era: server, Asks: true}}})
	defer func() { b.Close(); w.close() }()
	b.SetServer(ServerConfig{Name: "s", Share: share})
	c := newSinger(t, b, client)
	for _, s := range plot {
		all = append(all, c.play(s))
	}
	return all
}
