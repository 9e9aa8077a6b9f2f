package judge

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
)

// shim is a server of both eras that is made to look as if it knew one: `shim legacy PROGRAM…` answers server/discover
// with an error, `shim modern PROGRAM…` answers initialize so. All else passes.
func shim(args []string) int {
	refused, reply := "server/discover", `{"jsonrpc":"2.0","id":%s,"error":{"code":-32601,"message":"Method not found"}}`
	if args[0] == "modern" {
		refused, reply = "initialize", `{"jsonrpc":"2.0","id":%s,"error":{"code":-32022,"message":"Unsupported protocol version","data":{"supported":["2026-07-28"]}}}`
	}
	child := exec.Command(args[1], args[2:]...)
	child.Stderr = os.Stderr
	in, err := child.StdinPipe()
	if err != nil {
		return 1
	}
	out, err := child.StdoutPipe()
	if err != nil || child.Start() != nil {
		return 1
	}
	var mu sync.Mutex // lines of the two sources do not mix
	print := func(line []byte) {
		mu.Lock()
		defer mu.Unlock()
		_, _ = os.Stdout.Write(line)
	}
	var copying sync.WaitGroup
	copying.Go(func() { lines(out, print) })
	lines(os.Stdin, func(line []byte) {
		var m message
		if json.Unmarshal(line, &m) == nil && m.Method == refused {
			print(fmt.Appendf(nil, reply+"\n", m.ID))
			return
		}
		_, _ = in.Write(line)
	})
	_ = in.Close()
	copying.Wait()
	if child.Wait() != nil {
		return 1
	}
	return 0
}

// lines hands on each line with its end.
func lines(r io.Reader, each func([]byte)) {
	for b := bufio.NewReaderSize(r, 1<<20); ; {
		line, err := b.ReadBytes('\n')
		if len(line) > 0 {
			each(line)
		}
		if err != nil {
			return
		}
	}
}

// shimmed is e behind a shim that leaves it one era.
func shimmed(era string, e entry) entry {
	self, err := os.Executable()
	if err != nil {
		panic(err)
	}
	e.Args = append([]string{"shim", era, e.Command}, e.Args...)
	e.Command = self
	e.Env = map[string]string{"GORACE": "atexit_sleep_ms=0"}
	return e
}
