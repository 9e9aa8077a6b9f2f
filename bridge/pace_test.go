package bridge

import (
	"strconv"
	"testing"
	"testing/synctest"

	"drawbridge/bridge/era"
)

// slowOut is the Out of an agent that reads only when the test does.
type slowOut struct {
	sink
	room chan struct{} // closed: there is room
}

func (n *slowOut) Room() <-chan struct{} {
	select {
	case <-n.room:
		return nil
	default:
		return n.room
	}
}

// TestSlowAgentHoldsUpItsServer: a process that is one session's alone waits for its agent; one that others use, too,
// waits for nobody. A session that ends lets its process go.
func TestSlowAgentHoldsUpItsServer(t *testing.T) {
	for _, share := range []Share{ShareSession, ShareAll} {
		synctest.Test(t, func(t *testing.T) {
			b := New(Config{Backend: newEchoing(t), Record: discard{}, Memory: memory{"s": {Era: era.Legacy}}})
			defer b.Close()
			b.SetServer(ServerConfig{Name: "s", Share: share})
			out := &slowOut{sink{make(chan string, 10), ""}, make(chan struct{})}
			close(out.room)
			s, err := b.Open(named("ann"), "s", out)
			if err != nil {
				t.Fatal(err)
			}
			say := func(id int, method string) {
				s.Handle(mustParse(t, `{"jsonrpc":"2.0","id":`+strconv.Itoa(id)+`,"method":"`+method+`","params":{"name":"x"}}`), out)
				synctest.Wait()
			}
			heard := func() (n int) {
				for ; len(out.to) > 0; n++ {
					<-out.to
				}
				return n
			}
			say(1, "initialize")
			say(2, "tools/call")
			if n := heard(); n != 2 {
				t.Fatalf("%d answers before much waits", n)
			}
			out.room = make(chan struct{})
			say(3, "tools/call") // it is being read for already
			say(4, "tools/call")
			say(5, "tools/call")
			want := 3
			if share == ShareSession {
				want = 1
			}
			if n := heard(); n != want {
				t.Errorf("share %v: %d answers while much waits, want %d", share, n, want)
			}
			close(out.room)
			synctest.Wait()
			if n := heard(); n != 3-want {
				t.Errorf("share %v: %d answers after that, want %d", share, n, 3-want)
			}
			out.room = make(chan struct{})
			say(6, "tools/call")
			say(7, "tools/call")
			s.Close()
			synctest.Wait()
		})
	}
}
