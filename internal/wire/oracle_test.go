package wire

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
	"unicode/utf8"
)

// The oracle reads a message slowly and by other means than Parse: encoding/json finds the tokens, and all that
// it is lax about is looked at again in a tree of them.

// node is one JSON value with its place in the bytes it was read from.
type node struct {
	start, end int
	raw        string
	members    []member
	object     bool
}

type member struct {
	key   string
	whole bool // no half of a surrogate pair
	value node
}

// get is the value of the last member with exactly that key.
func (n node) get(key string) (v node) {
	for _, m := range n.members {
		if m.key == key {
			v = m.value
		}
	}
	return v
}

func (n node) here() bool { return n.raw != "" }

// grower builds the tree.
type grower struct {
	b       []byte
	d       *json.Decoder
	deepest int
	strict  []node // the objects in which all keys must be unique and whole
}

func (g *grower) token() (t json.Token, start, end int) {
	start = int(g.d.InputOffset())
	t, _ = g.d.Token()
	for strings.IndexByte(" \t\r\n,:", g.b[start]) >= 0 {
		start++
	}
	return t, start, int(g.d.InputOffset())
}

func (g *grower) value(depth int, strict bool) node {
	t, start, end := g.token()
	n := node{start: start, end: end}
	g.deepest = max(g.deepest, depth)
	switch t {
	case json.Delim('{'):
		n.object = true
		g.deepest = max(g.deepest, depth+1)
		for g.d.More() {
			key, from, to := g.token()
			whole := isWholeText(g.b[from:to])
			below := strict && !(depth == 0 && (key == "result" || key == "error"))
			n.members = append(n.members, member{key.(string), whole, g.value(depth+1, below)})
		}
		_, _, n.end = g.token()
		if strict {
			g.strict = append(g.strict, n)
		}
	case json.Delim('['):
		g.deepest = max(g.deepest, depth+1)
		for g.d.More() {
			g.value(depth+1, strict)
		}
		_, _, n.end = g.token()
	}
	n.raw = string(g.b[n.start:n.end])
	return n
}

// isWholeText reports whether decoding a JSON string needs no U+FFFD that is not written in it.
func isWholeText(raw []byte) bool {
	var s string
	_ = json.Unmarshal(raw, &s)
	written := bytes.Count(raw, []byte("\ufffd")) + len(regexp.MustCompile(`(?i)\\ufffd`).FindAll(withoutEscapedSlashes(raw), -1))
	return strings.Count(s, "\ufffd") == written
}

func withoutEscapedSlashes(raw []byte) []byte { return bytes.ReplaceAll(raw, []byte(`\\`), nil) }

var (
	integer   = regexp.MustCompile(`^-?[0-9]+$`)
	topKeys   = []string{"jsonrpc", "id", "method", "params", "result", "error"}
	paramKeys = []string{"name", "uri", "_meta", "progressToken", "requestId", "arguments", "ref", "inputResponses", "requestState"}
	metaKeys  = []string{"progressToken", mcp + "protocolVersion", mcp + "clientInfo", mcp + "clientCapabilities", mcp + "logLevel", mcp + "subscriptionId"}
)

const mcp = "io.modelcontextprotocol/"

// clear reports whether the keys that are read are there once at most, and nothing that looks like them.
func clear(n node, read ...string) bool {
	for _, key := range read {
		count := 0
		for _, m := range n.members {
			if m.key == key {
				count++
			} else if strings.EqualFold(m.key, key) {
				return false
			}
		}
		if count > 1 {
			return false
		}
	}
	return true
}

func unique(n node) bool {
	seen := map[string]bool{}
	for _, m := range n.members {
		if seen[m.key] || !m.whole {
			return false
		}
		seen[m.key] = true
	}
	return true
}

func isText(n node) bool  { return strings.HasPrefix(n.raw, `"`) && isWholeText([]byte(n.raw)) }
func isToken(n node) bool { return isText(n) || integer.MatchString(n.raw) }

func textOf(n node) (s string) {
	if strings.HasPrefix(n.raw, `"`) {
		_ = json.Unmarshal([]byte(n.raw), &s)
	}
	return s
}

// grow is the tree of b, if b is JSON and all keys are as they must be.
func grow(b []byte) (node, bool) {
	if !utf8.Valid(b) || !json.Valid(b) {
		return node{}, false
	}
	g := &grower{b: b, d: json.NewDecoder(bytes.NewReader(b))}
	g.d.UseNumber()
	top := g.value(0, true)
	for _, n := range g.strict {
		if !unique(n) {
			return node{}, false
		}
	}
	p, r, e := top.get("params"), top.get("result"), top.get("error")
	ok := top.object && g.deepest <= 128 && clear(top, topKeys...) &&
		clear(p, paramKeys...) && clear(p.get("_meta"), metaKeys...) && clear(p.get("ref"), "name", "uri") &&
		clear(r, "_meta", "resultType", "isError") && clear(r.get("_meta"), mcp+"subscriptionId") && clear(e, "code")
	return top, ok
}

// oracle is what a Message of b must say, if b is one.
func oracle(b []byte) (node, view, bool) {
	top, ok := grow(b)
	if !ok || top.get("jsonrpc").raw != `"2.0"` {
		return top, view{}, false
	}
	id, method, p, r, e := top.get("id"), top.get("method"), top.get("params"), top.get("result"), top.get("error")
	v := view{Method: textOf(method), Params: p.raw, Result: r.raw, Err: e.raw}
	switch {
	case method.here() && id.here() && !r.here() && !e.here():
		v.Kind = Request
	case method.here() && !r.here() && !e.here():
		v.Kind = Notification
	case r.here() && id.here() && !method.here() && !p.here() && !e.here():
		v.Kind = Result
	case e.here() && !method.here() && !p.here() && !r.here():
		v.Kind = Failure
	}
	if v.Kind == Failure && id.raw == "null" {
		id = node{}
	}
	v.ID = plainID(id.raw)
	switch {
	case v.Kind == Invalid,
		id.here() && !isToken(id),
		method.here() && (!isText(method) || v.Method == ""),
		p.here() && !p.object,
		e.here() && !e.object,
		!v.names(p) || !v.tokens(p, r) || !v.meta(p.get("_meta")):
		return top, view{}, false
	}
	v.Arguments = p.get("arguments").raw
	v.ResultType, v.IsError = textOf(r.get("resultType")), r.get("isError").raw == "true"
	return top, v, true
}

// named are the methods that must name something, and where.
var named = map[string]func(params node) node{
	"tools/call":          func(p node) node { return p },
	"prompts/get":         func(p node) node { return p },
	"resources/read":      func(p node) node { return p },
	"completion/complete": func(p node) node { return p.get("ref") },
}

func (v *view) names(p node) bool {
	in, must := p, false
	if where, ok := named[v.Method]; ok {
		in, must = where(p), true
	}
	for _, n := range []node{in.get("name"), in.get("uri"), p.get("requestState")} {
		quoted := strings.HasPrefix(n.raw, `"`)
		if quoted && !isText(n) || n.here() && !quoted && must {
			return false
		}
	}
	v.Name, v.URI = textOf(in.get("name")), textOf(in.get("uri"))
	return true
}

func (v *view) tokens(p, r node) bool {
	token := p.get("_meta").get("progressToken")
	subscription := p.get("_meta").get(mcp + "subscriptionId")
	var request node
	switch {
	case v.Method == "notifications/progress":
		token = p.get("progressToken")
	case v.Method == "notifications/cancelled":
		request = p.get("requestId")
	case v.Method == "":
		subscription = r.get("_meta").get(mcp + "subscriptionId")
	}
	for _, n := range []node{token, subscription, request} {
		if n.here() && !isToken(n) {
			return false
		}
	}
	v.Token, v.Subscription, v.Request = plainID(token.raw), plainID(subscription.raw), plainID(request.raw)
	return true
}

func (v *view) meta(meta node) bool {
	revision, level := meta.get(mcp+"protocolVersion"), meta.get(mcp+"logLevel")
	info, can := meta.get(mcp+"clientInfo"), meta.get(mcp+"clientCapabilities")
	v.Version, v.LogLevel, v.ClientInfo, v.Capabilities = textOf(revision), textOf(level), info.raw, can.raw
	return (!meta.here() || meta.object || meta.raw == "null") &&
		(!revision.here() || isText(revision)) && (!level.here() || isText(level)) &&
		(!info.here() || info.object) && (!can.here() || can.object)
}
