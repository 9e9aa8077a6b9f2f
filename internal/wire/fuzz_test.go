package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func seed(f *testing.F) {
	for _, c := range refused {
		f.Add([]byte(c.b))
	}
	for _, c := range accepted {
		f.Add([]byte(c.b))
	}
	f.Add(reply(2))
}

func FuzzParse(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, b []byte) { agree(t, b) })
}

// agree checks that Parse accepts what the oracle accepts, with the same fields, and gives a listed reason for the rest.
// It reports whether b is accepted.
func agree(t *testing.T, b []byte) bool {
	t.Helper()
	before := bytes.Clone(b)
	m, err := Parse(b, Limits{})
	if !bytes.Equal(b, before) {
		t.Fatal("Parse changed its input")
	}
	_, want, ok := oracle(b)
	if ok != (err == nil) {
		t.Fatalf("%q: %v, and the oracle says %v", b, err, ok)
	}
	if ok {
		if d := cmp.Diff(want, viewOf(m)); d != "" {
			t.Fatalf("%q: (-oracle +Parse)\n%s", b, d)
		}
		return true
	}
	var e *Error
	var why reason
	if !errors.As(err, &e) || !errors.As(err, &why) || why == fine || why >= reasons || e.Code != why.code() {
		t.Fatalf("%q: %v has no listed reason", b, err)
	}
	if why.code() == ParseError && utf8.Valid(b) && json.Valid(b) {
		t.Fatalf("%q: is JSON, yet refused as %q", b, why)
	}
	return false
}

// An edited message is the message with other values in their places, and nothing else.
func FuzzEdit(f *testing.F) {
	f.Add([]byte(accepted[0].b), "7", "name", "key")
	for _, c := range accepted {
		f.Add([]byte(c.b), "new", "other\n\"name\"", "k")
	}
	f.Fuzz(func(t *testing.T, b []byte, token, text, key string) {
		m, err := Parse(b, Limits{})
		if err != nil || !utf8.ValidString(text) || !utf8.ValidString(key) || !utf8.ValidString(token) {
			return
		}
		checkOne(t, m, b, ID(appendQuote(nil, token)), text)
		checkAll(t, m, ID(appendQuote(nil, token)), text)
		checkMeta(t, m, key)
	})
}

// checkOne edits one part at a time.
func checkOne(t *testing.T, m Message, b []byte, own ID, text string) {
	t.Helper()
	top, _, _ := oracle(b)
	same(t, m.With(Edit{}), onOneLine(m.Bytes()))
	same(t, m.WithID(own), put(b, top, top.get("id"), m.ID() != "", string(own)))
	naming := top.get("params")
	if where, ok := named[m.Method()]; ok {
		naming = where(naming)
	}
	if text != "" {
		name := naming.get("name")
		same(t, m.With(Edit{Name: text}), put(b, top, name, isText(name), string(appendQuote(nil, text))))
	}
}

// put is b on one line with text in place of n, if it is there.
func put(b []byte, top, n node, there bool, text string) string {
	if !there {
		return onOneLine(b[top.start:top.end])
	}
	return onOneLine(b[top.start:n.start]) + text + onOneLine(b[n.end:top.end])
}

func onOneLine(b []byte) string { return strings.NewReplacer("\n", " ", "\r", " ").Replace(string(b)) }

// same checks the bytes of an edited message, and that it knows its parts as if it had been parsed.
func same(t *testing.T, m Message, want string) {
	t.Helper()
	if string(m.Bytes()) != want {
		t.Fatalf("edited: %q\nwant:   %q", m.Bytes(), want)
	}
	parsed, err := Parse(m.Bytes(), Limits{})
	if err != nil {
		t.Fatalf("%q: edited, and now %v", m.Bytes(), err)
	}
	if parsed.env != m.env || parsed.kind != m.kind || parsed.method != m.method || m.breaks {
		t.Fatalf("%q: the parts are elsewhere than With says", m.Bytes())
	}
}

// checkAll edits everything that can be edited at once.
func checkAll(t *testing.T, m Message, own ID, text string) {
	t.Helper()
	e := Edit{ID: own, ProgressToken: own, RequestID: own, SubscriptionID: own, Name: text, URI: text}
	n := m.With(e)
	same(t, n, string(m.AppendTo(nil, e)))
	before, after := viewOf(m), viewOf(n)
	for _, id := range []struct{ before, after string }{
		{before.ID, after.ID}, {before.Token, after.Token},
		{before.Request, after.Request}, {before.Subscription, after.Subscription},
	} {
		if (id.before == "") != (id.after == "") || id.after != "" && id.after != plainID(string(own)) {
			t.Fatalf("%q: an id became %q, want %q", n.Bytes(), id.after, own)
		}
	}
	if after.Method != before.Method || after.Version != before.Version || onOneLine([]byte(after.Arguments)) != onOneLine([]byte(before.Arguments)) {
		t.Fatalf("%q: became %q", m.Bytes(), n.Bytes())
	}
}

// checkMeta puts two members into _meta.
func checkMeta(t *testing.T, m Message, key string) {
	t.Helper()
	body := Message.Params
	switch {
	case m.Kind() == Failure, m.Kind() == Result && !isObject(m.Result()):
		return
	case m.Kind() == Result:
		body = Message.Result
	}
	key = "x" + key // none that is read
	n := m.With(Edit{Meta: []Member{{key, []byte(`[1]`)}, {"yy", []byte(`"2"`)}}})
	if n.Kind() != m.Kind() {
		t.Fatalf("%q: no message any more with %q in its _meta", m.Bytes(), key)
	}
	if got := string(Get(body(n), "_meta", key)); got != `[1]` {
		t.Fatalf("%q: _meta[%q] is %q", n.Bytes(), key, got)
	}
	for k, v := range Fields(body(m)) {
		if k != "_meta" && string(Get(body(n), k)) != onOneLine(Get(body(m), k)) {
			t.Fatalf("%q: %q is no longer %q", n.Bytes(), k, v)
		}
	}
	for k, v := range Fields(Get(body(m), "_meta")) {
		if k != key && k != "yy" && Get(body(n), "_meta", k) == nil {
			t.Fatalf("%q: _meta lost %q: %q", n.Bytes(), k, v)
		}
	}
}

// Fields, Elements and String agree with encoding/json on JSON, and survive anything else.
func FuzzRaw(f *testing.F) {
	seed(f)
	for _, s := range []string{`[1,"a" , [2,{}],null]`, `{"a\u0041":[],"":{"b":1}}`, `[}`, `{"a"`, `"\`, `"\ud800\ud801x"`, ` [ ] `, `{"a":1,}`, `[,]`, `tru`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var keys, values, elements []string
		for k, v := range Fields(b) {
			keys, values = append(keys, k), append(values, string(v))
		}
		for v := range Elements(b) {
			elements = append(elements, string(v))
		}
		text, isString := String(b)
		Set(b, []byte(`1`), "a", "b")
		if !json.Valid(b) || !utf8.Valid(b) {
			return
		}
		var wantElements []json.RawMessage
		_ = json.Unmarshal(b, &wantElements)
		if len(elements) != len(wantElements) {
			t.Fatalf("%q: elements %q, want %q", b, elements, wantElements)
		}
		for i, e := range wantElements {
			if elements[i] != string(e) {
				t.Fatalf("%q: element %q, want %q", b, elements[i], e)
			}
		}
		var wantText *string
		if json.Unmarshal(b, &wantText) == nil && wantText != nil && len(bytes.TrimSpace(b)) == len(b) {
			if !isString || text != *wantText {
				t.Fatalf("%q: String is %q, want %q", b, text, *wantText)
			}
		}
		wantKeys, wantValues := membersOf(b)
		if !slices.Equal(keys, wantKeys) || !slices.Equal(values, wantValues) {
			t.Fatalf("%q: fields %q %q, want %q %q", b, keys, values, wantKeys, wantValues)
		}
	})
}

// membersOf reads an object by means of encoding/json.
func membersOf(b []byte) (keys, values []string) {
	g := &grower{b: b, d: json.NewDecoder(bytes.NewReader(b))}
	g.d.UseNumber()
	for _, m := range g.value(0, false).members {
		keys, values = append(keys, m.key), append(values, m.value.raw)
	}
	return keys, values
}

// Batch accepts what is an array of messages that Parse accepts.
func FuzzBatch(f *testing.F) {
	for i, c := range accepted {
		f.Add([]byte("[" + c.b + "]"))
		f.Add([]byte(" [ " + c.b + " , " + accepted[i/2].b + " ] "))
	}
	for _, c := range refused {
		f.Add([]byte("[" + accepted[0].b + "," + c.b + "]"))
	}
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := Batch(b, Limits{})
		var raw []json.RawMessage
		ok := json.Unmarshal(b, &raw) == nil && 0 < len(raw) && len(raw) <= batchMost
		for i, r := range raw {
			m, err := Parse(r, Limits{})
			ok = ok && err == nil
			if ok && i < len(got) && string(m.Bytes()) != string(got[i].Bytes()) {
				t.Fatalf("%q: message %d is %q", b, i, got[i].Bytes())
			}
		}
		if ok != (err == nil) || err == nil && len(got) != len(raw) {
			t.Fatalf("%q: %d messages, %v; encoding/json has %d", b, len(got), err, len(raw))
		}
		if err != nil && !errors.Is(err, ErrMalformed) {
			t.Fatalf("%q: %v has no listed reason", b, err)
		}
	})
}
