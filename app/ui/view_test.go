package ui

import (
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"testing"
	"time"

	"drawbridge/bridge"
)

// TestEveryEventIsSeen: each kind of event that the bridge has changes something in the view. A new kind
// fails here until it has its place.
func TestEveryEventIsSeen(t *testing.T) {
	known := map[string]bridge.Event{}
	for _, e := range []bridge.Event{
		bridge.ServerChanged{Server: bridge.Server{Name: "x"}}, bridge.ServerRemoved{Name: "x"},
		bridge.AgentChanged{Agent: bridge.Agent{Name: "x"}}, bridge.AgentRemoved{Name: "x"},
		bridge.AgentAsked{Applicant: bridge.Applicant{ID: "x"}}, bridge.AgentAnswered{ID: "x"},
		bridge.SessionOpened{Session: bridge.SessionInfo{ID: 1}}, bridge.SessionClosed{ID: 1},
		bridge.CallStarted{Call: bridge.CallInfo{ID: 1}}, bridge.CallProgressed{ID: 1}, bridge.CallEnded{ID: 1},
		bridge.CallAsked{Question: bridge.Question{ID: 1}}, bridge.QuestionClosed{ID: 1},
		bridge.Raised{},
	} {
		known[reflect.TypeOf(e).Name()] = e
	}
	for _, name := range eventKinds(t) {
		e, ok := known[name]
		if !ok {
			t.Errorf("the window knows no %s", name)
			continue
		}
		v := view{Snapshot: newFake().state}
		if c := v.fold(e); c&everything == 0 {
			t.Errorf("%s touches nothing that is shown", name)
		}
	}
}

// eventKinds reads the kinds from the bridge's source: the types with the method that makes an Event.
func eventKinds(t *testing.T) (names []string) {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), "../../bridge/event.go", nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range f.Decls {
		if m, ok := d.(*ast.FuncDecl); ok && m.Name.Name == "isEvent" {
			names = append(names, m.Recv.List[0].Type.(*ast.Ident).Name)
		}
	}
	if len(names) < 10 {
		t.Fatalf("found only the kinds %v", names)
	}
	return names
}

func TestInUseLingers(t *testing.T) {
	now := time.Now()
	v := view{Snapshot: newFake().state, now: now}
	if v.inUse() {
		t.Error("in use without a call")
	}
	v.fold(bridge.CallStarted{Call: bridge.CallInfo{ID: 1, Started: now}})
	if !v.inUse() {
		t.Error("not in use while a call runs")
	}
	v.fold(bridge.CallEnded{ID: 1, End: bridge.Outcome{Result: bridge.OK, Took: time.Second}})
	for wait, want := range map[time.Duration]bool{time.Second: true, time.Second + linger - 1: true, time.Second + linger: false} {
		v.now = now.Add(wait)
		if got := v.inUse(); got != want {
			t.Errorf("after %v: in use %v, want %v", wait, got, want)
		}
	}
}
