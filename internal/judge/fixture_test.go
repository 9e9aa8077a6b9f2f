package judge

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"
)

// fixture is a small legacy server on stdin and stdout, with tools that misbehave. Its first
// argument is its manner; what follows only marks the process for who looks for it.
//
//	plain     answers, and ends with its input
//	parent    plain, with two children that ignore every end: one in its group, one in a session of its own
//	linger    such a child
//	exits     says why on stderr and leaves at once
//	mute      reads and never answers
//	deaf      does not even read
//	chatty    plain, with lines on stdout that are no messages
//	swaps     plain; the description of its echo is what the file says that is its next argument, at each list anew
//	floods    writes lines without end, and answers nothing
//	endless   writes one line without end
func fixture(args []string) int {
	manner := "plain"
	if len(args) > 0 {
		manner = args[0]
	}
	switch manner {
	case "linger":
		signal.Ignore(syscall.SIGTERM, os.Interrupt, syscall.SIGHUP)
		<-time.After(2 * time.Minute)
	case "exits":
		fmt.Fprintln(os.Stderr, "fixture: the moat is dry")
		return 3
	case "mute":
		_, _ = io.Copy(io.Discard, os.Stdin)
	case "deaf":
		<-time.After(2 * time.Minute)
	case "floods", "endless":
		chunk := bytes.Repeat([]byte("x"), 64<<10)
		if manner == "floods" {
			chunk[len(chunk)-1] = '\n'
		}
		for {
			if _, err := os.Stdout.Write(chunk); err != nil {
				return 1
			}
		}
	default:
		if manner == "parent" {
			bear(args[1:])
		}
		s := &server{out: os.Stdout, chatty: manner == "chatty", asked: map[string]chan json.RawMessage{}}
		if manner == "swaps" {
			s.says = args[1]
		}
		s.serve(os.Stdin)
	}
	return 0
}

// bear starts two children that outlive their parent unless somebody sees to them.
func bear(marks []string) {
	self, err := os.Executable()
	if err != nil {
		return
	}
	linger := append([]string{self, "fixture", "linger"}, marks...)
	for _, argv := range [][]string{linger, append([]string{"setsid"}, linger...)} {
		if err := exec.Command(argv[0], argv[1:]...).Start(); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	}
}

// server is the fixture's side of one conversation.
type server struct {
	chatty bool
	says   string // the file that describes echo; "" is none
	calls  sync.WaitGroup

	mu    sync.Mutex // guards the fields below
	out   io.Writer
	next  int
	asked map[string]chan json.RawMessage // our own requests by id; room for the one answer
}

// message is one JSON-RPC message, its parts undecoded.
type message struct {
	JSONRPC string          `json:"jsonrpc"`
	ID      json.RawMessage `json:"id,omitempty"`
	Method  string          `json:"method,omitempty"`
	Params  json.RawMessage `json:"params,omitempty"`
	Result  json.RawMessage `json:"result,omitempty"`
	Error   *failure        `json:"error,omitempty"`
}

type failure struct {
	Code    int             `json:"code"`
	Message string          `json:"message"`
	Data    json.RawMessage `json:"data,omitempty"`
}

func (s *server) serve(in io.Reader) {
	for r := bufio.NewReaderSize(in, 1<<20); ; {
		line, err := r.ReadBytes('\n')
		if err != nil {
			s.calls.Wait()
			return
		}
		var m message
		if json.Unmarshal(line, &m) != nil {
			continue
		}
		switch {
		case m.Method == "" && m.ID != nil:
			s.answered(m)
		case m.ID != nil:
			s.calls.Go(func() { s.handle(m) })
		}
	}
}

// send writes one message, with noise around it when the server is chatty.
func (s *server) send(m message) {
	m.JSONRPC = "2.0"
	text, err := json.Marshal(m)
	if err != nil {
		panic(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.chatty {
		fmt.Fprintf(s.out, "Listening on nothing…\n{not json\n\n[]\n\"a string\"\n")
	}
	_, _ = s.out.Write(append(text, '\n'))
}

// ask sends a request of the server's own and waits for its answer.
func (s *server) ask(method, params string) json.RawMessage {
	answer := make(chan json.RawMessage, 1)
	s.mu.Lock()
	s.next++
	id := fmt.Sprintf("%d", s.next)
	s.asked[id] = answer
	s.mu.Unlock()
	s.send(message{ID: json.RawMessage(id), Method: method, Params: json.RawMessage(params)})
	return <-answer
}

func (s *server) answered(m message) {
	s.mu.Lock()
	answer := s.asked[string(m.ID)]
	delete(s.asked, string(m.ID))
	s.mu.Unlock()
	switch {
	case answer == nil:
	case m.Error != nil:
		answer <- json.RawMessage(fmt.Sprintf(`{"error":%d}`, m.Error.Code))
	default:
		answer <- m.Result
	}
}

func (s *server) handle(m message) {
	switch m.Method {
	case "initialize":
		s.send(message{ID: m.ID, Result: json.RawMessage(`{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"fixture","version":"1"}}`)})
	case "ping":
		s.send(message{ID: m.ID, Result: json.RawMessage(`{}`)})
	case "tools/list":
		var tools []string
		for _, name := range []string{"echo", "pid", "slow", "never", "crash", "elicit", "sample"} {
			text := ""
			if name == "echo" && s.says != "" {
				says, _ := os.ReadFile(s.says)
				text = fmt.Sprintf(`"description":%s,`, quoted(string(says)))
			}
			tools = append(tools, fmt.Sprintf(`{"name":%q,%s"inputSchema":{"type":"object"}}`, name, text))
		}
		s.send(message{ID: m.ID, Result: json.RawMessage(`{"tools":[` + strings.Join(tools, ",") + `]}`)})
	case "tools/call":
		s.call(m)
	default:
		s.send(message{ID: m.ID, Error: &failure{Code: -32601, Message: "Method not found"}})
	}
}

// call runs one tool. Where the caller wants progress it hears at once that the tool has begun.
func (s *server) call(m message) {
	var p struct {
		Name      string `json:"name"`
		Arguments struct {
			Text string `json:"text"`
			MS   int    `json:"ms"`
		} `json:"arguments"`
		Meta struct {
			Token json.RawMessage `json:"progressToken"`
		} `json:"_meta"`
	}
	_ = json.Unmarshal(m.Params, &p)
	if p.Meta.Token != nil {
		s.send(message{Method: "notifications/progress", Params: json.RawMessage(fmt.Sprintf(`{"progressToken":%s,"progress":0}`, p.Meta.Token))})
	}
	text := p.Arguments.Text
	switch p.Name {
	case "pid":
		text = fmt.Sprint(os.Getpid())
	case "slow":
		<-time.After(time.Duration(p.Arguments.MS) * time.Millisecond)
	case "never":
		return
	case "crash":
		fmt.Fprintln(os.Stderr, "fixture: the chain broke")
		os.Exit(7)
	case "elicit":
		text = string(s.ask("elicitation/create", fmt.Sprintf(`{"mode":"form","message":%q,"requestedSchema":{"type":"object","properties":{}}}`, text)))
	case "sample":
		text = string(s.ask("sampling/createMessage", fmt.Sprintf(`{"messages":[{"role":"user","content":{"type":"text","text":%q}}],"maxTokens":9}`, text)))
	}
	quoted, err := json.Marshal(text)
	if err != nil {
		panic(err)
	}
	s.send(message{ID: m.ID, Result: json.RawMessage(`{"content":[{"type":"text","text":` + string(quoted) + `}]}`)})
}
