package bench

import (
	"bufio"
	"bytes"
	"cmp"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// connection is one kept-alive HTTP/1.1 connection, by hand: the client's share of what is measured is to be small.
type connection struct {
	conn net.Conn
	in   *bufio.Reader
	out  []byte
	body bytes.Buffer
}

// dial connects, for patience at most.
func dial(host string) (*connection, error) {
	c, err := net.DialTimeout("tcp", host, patience)
	if err != nil {
		return nil, err
	}
	_ = c.SetDeadline(time.Now().Add(patience))
	return &connection{conn: c, in: bufio.NewReaderSize(c, 16<<10)}, nil
}

// ask sends head, which ends within Content-Length, and body. What it returns is good until the next.
func (c *connection) ask(head string, body []byte) (*http.Response, []byte, error) {
	c.out = append(strconv.AppendInt(append(c.out[:0], head...), int64(len(body)), 10), "\r\n\r\n"...)
	var err error
	if len(body) <= 32<<10 {
		c.out = append(c.out, body...)
		_, err = c.conn.Write(c.out)
	} else {
		_, err = (&net.Buffers{c.out, body}).WriteTo(c.conn)
	}
	resp, silent := http.ReadResponse(c.in, nil) // who refuses a body may say so before its end
	if silent != nil {
		return nil, nil, cmp.Or(err, silent)
	}
	c.body.Reset()
	c.body.Grow(max(0, int(resp.ContentLength)) + bytes.MinRead)
	if _, err := c.body.ReadFrom(resp.Body); err != nil {
		return nil, nil, err
	}
	if resp.StatusCode/100 != 2 {
		return nil, nil, fmt.Errorf("%s: %.300s", resp.Status, c.body.Bytes())
	}
	return resp, c.body.Bytes(), nil
}

// head is a request up to its length.
func head(method, host, path, token string, more ...string) string {
	h := []string{method + " " + path + " HTTP/1.1", "Host: " + host, "Content-Type: application/json", "Accept: application/json, text/event-stream"}
	if token != "" {
		h = append(h, "Authorization: Bearer "+token)
	}
	return strings.Join(append(h, more...), "\r\n") + "\r\nContent-Length: "
}

// streamable is a talk over Streamable HTTP.
type streamable struct {
	host, path, token string
	session           string // "" for modern talks, and at the floor
	post              string
}

func openLegacy(host, path, token string) (talk, error) {
	s := &streamable{host: host, path: path, token: token, post: head("POST", host, path, token)}
	c, err := s.caller()
	if err != nil {
		return nil, err
	}
	defer c.close()
	return s, greet(c)
}

// openModern says nothing to anybody: there is no session.
func openModern(host, path, token string) (talk, error) {
	post := head("POST", host, path, token, "MCP-Protocol-Version: 2026-07-28", "Mcp-Method: tools/call", "Mcp-Name: echo")
	return &streamable{host: host, path: path, token: token, post: post}, nil
}

func (s *streamable) caller() (caller, error) {
	c, err := dial(s.host)
	if err != nil {
		return nil, err
	}
	return &poster{talk: s, connection: c}, nil
}

func (s *streamable) close() {
	if s.session == "" {
		return
	}
	if c, err := dial(s.host); err == nil {
		_, _, _ = c.ask(head("DELETE", s.host, s.path, s.token, "Mcp-Session-Id: "+s.session), nil)
		_ = c.conn.Close()
	}
}

// poster is a connection that makes the calls of a streamable talk.
type poster struct {
	talk *streamable
	*connection
}

func (p *poster) close() { _ = p.conn.Close() }

func (p *poster) tell(msg []byte) error {
	_, _, err := p.ask(p.talk.post, msg)
	return err
}

func (p *poster) call(_ int64, msg []byte) ([]byte, error) {
	resp, body, err := p.ask(p.talk.post, msg)
	if err != nil {
		return nil, err
	}
	if s, id := p.talk, resp.Header.Get("Mcp-Session-Id"); s.session == "" && id != "" { // greet's call, which nothing else is beside
		s.session = id
		s.post = head("POST", s.host, s.path, s.token, "Mcp-Session-Id: "+id, "MCP-Protocol-Version: 2025-11-25")
	}
	if strings.HasPrefix(resp.Header.Get("Content-Type"), "text/event-stream") {
		body = body[bytes.LastIndex(body, []byte("data:"))+len("data:"):] // the answer ends the stream
	}
	return body, nil
}
