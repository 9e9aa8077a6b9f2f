package stdio

import (
	"os"
	"strconv"
	"time"
)

// child is a started process as the keeper that started it hands it out: our ends of its pipes and
// what became of it. Whoever has it closes the pipes.
type child struct {
	pid                   int
	stdin, stdout, stderr *os.File

	exited chan struct{} // closed by the keeper after exit is set
	exit   string        // how the process ended, in words that follow its name
	gone   chan struct{} // closed by the keeper when nothing of its tree is left; after exited

	terminate func() // asks the whole tree to end; does nothing where a system has no way to ask
	kill      func() // ends the whole tree
}

// drainFor is how long what a dead process wrote may still be read: a child of its own may hold the other end
// and never stop.
const drainFor = 100 * time.Millisecond

// end is for the keeper: the process has ended.
func (c *child) end(how string) {
	c.exit = how
	limit := time.Now().Add(drainFor)
	_ = c.stdout.SetReadDeadline(limit)
	_ = c.stderr.SetReadDeadline(limit)
	close(c.exited)
}

// abandon is for a child that nobody takes.
func (c *child) abandon() {
	for _, f := range []*os.File{c.stdin, c.stdout, c.stderr} {
		_ = f.Close()
	}
	c.kill()
}

func exitedWith(code int) string { return "exited with status " + strconv.Itoa(code) }
