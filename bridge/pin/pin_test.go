package pin

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// tools is a page of tools, each written as JSON.
func tools(t testing.TB, all ...string) []Shown {
	t.Helper()
	page, err := List(Tool, []byte(`{"tools":[`+strings.Join(all, ",")+`]}`))
	if err != nil {
		t.Fatal(err)
	}
	return page
}

func TestDigestCountsWhatIsSaid(t *testing.T) {
	base := `{"name":"a","description":"é","inputSchema":{"type":"object","properties":{"n":{"minimum":1}}}}`
	for other, same := range map[string]bool{
		`{"inputSchema":{"properties":{"n":{"minimum":1}},"type":"object"},"description":"\u00e9","name":"\u0061"}`:                                  true,
		`{ "name" : "a", "description":"é","execution":{"taskSupport":"optional"},"inputSchema":{"type":"object","properties":{"n":{"minimum":1}}}}`: true,
		`{"name":"a","description":"é","inputSchema":{"type":"object","properties":{"n":{"minimum":1.0}}}}`:                                          false,
		`{"name":"a","description":"e\u0301","inputSchema":{"type":"object","properties":{"n":{"minimum":1}}}}`:                                      false,
		`{"name":"a","description":"é","inputSchema":{"type":"object","properties":{"n":{"minimum":1}}},"_meta":{"x":"read me"}}`:                    false,
		`{"name":"a","description":"é","inputSchema":{"type":"object","properties":{"n":{"minimum":1}}},"icons":[{"src":"x:"}]}`:                     false,
		`{"name":"a","description":"é","inputSchema":{"type":"object","execution":1,"properties":{"n":{"minimum":1}}}}`:                              false,
		`{"name":"a","description":"é","title":"A","inputSchema":{"type":"object","properties":{"n":{"minimum":1}}}}`:                                false,
	} {
		if got := tools(t, base)[0].Digest == tools(t, other)[0].Digest; got != same {
			t.Errorf("same as the first: %v, want %v: %s", got, same, other)
		}
	}
}

func TestAmbiguousListsAreRefused(t *testing.T) {
	for _, result := range []string{`{"tools":[],"tools":[{"name":"evil"}]}`, `{"Tools":[{"name":"evil"}]}`, `{"toolſ":[]}`} {
		if _, err := List(Tool, []byte(result)); !errors.Is(err, ErrAmbiguous) {
			t.Errorf("%s: %v", result, err)
		}
	}
	for _, element := range []string{`{"name":"a","name":"b"}`, `{"name":"a","Name":"b"}`, `{"Name":"b"}`, `7`, `{"name":""}`, `{"name":"` + strings.Repeat("x", nameMax+1) + `"}`} {
		if s := tools(t, element); !s[0].Nameless {
			t.Errorf("%s can be pinned", element)
		}
	}
	if _, err := Greeting([]byte(`{"instructions":"a","Instructions":"b"}`)); !errors.Is(err, ErrAmbiguous) {
		t.Error(err)
	}
	if got := string(WithoutInstructions([]byte(`{"instructions":"a","INSTRUCTIONS":"b","x":1}`))); got != `{"x":1}` {
		t.Error(got)
	}
}

// look shows the book one whole page and returns the names that are held.
func look(t testing.TB, b *Book, from Source, all ...string) string {
	t.Helper()
	page := tools(t, all...)
	names := map[string]bool{}
	for _, s := range page {
		names[s.Name] = true
	}
	v := b.Look(Tool, from, page, time.Unix(1, 0))
	b.Ended(Tool, from, names)
	var held []string
	for _, i := range v.Held {
		held = append(held, page[i].Name)
	}
	return strings.Join(held, " ")
}

const (
	read      = `{"name":"read","description":"Reads."}`
	readOther = `{"name":"read","description":"Reads, and sends."}`
	write     = `{"name":"write"}`
)

func TestBook(t *testing.T) {
	b := &Book{}
	want := func(held, want string) {
		t.Helper()
		if held != want {
			t.Errorf("held %q, want %q", held, want)
		}
	}
	want(look(t, b, nil, read, write), "")
	want(look(t, b, nil, write, read), "")
	want(look(t, b, 1, readOther, write), "read")
	if err := b.Accept(Thing{Tool, "write"}, ""); !errors.Is(err, ErrNothingHeld) {
		t.Error(err)
	}
	if err := b.Accept(Thing{Tool, "read"}, tools(t, read)[0].Digest); !errors.Is(err, ErrChangedAgain) {
		t.Error(err)
	}

	if err := b.Accept(Thing{Tool, "read"}, ""); !errors.Is(err, ErrUnseen) {
		t.Errorf("it is approved unseen: %v", err)
	}
	if err := b.Accept(Thing{Tool, "read"}, tools(t, readOther)[0].Digest[:4]); !errors.Is(err, ErrUnseen) {
		t.Errorf("it is approved by four letters: %v", err)
	}

	// Another process shows it as it was approved: that one's may be used, the first one's not.
	want(look(t, b, 2, read, write), "")
	if n := b.Count(); n != 1 {
		t.Errorf("%d are held", n)
	}
	b.Gone(1)
	want(look(t, b, 2, read, write), "")
	if n := b.Count(); n != 0 {
		t.Errorf("%d are held", n)
	}

	// Rejected: it stays held and is told of no more, until it is another.
	want(look(t, b, nil, readOther), "read")
	if err := b.Reject(Thing{Tool, "read"}, ""); err != nil {
		t.Error(err)
	}
	if n := b.Count(); n != 0 {
		t.Errorf("%d wait for the owner", n)
	}
	want(look(t, b, nil, readOther), "read")
	want(look(t, b, nil, `{"name":"read","description":"3"}`), "read")
	if n := b.Count(); n != 1 {
		t.Errorf("%d wait for the owner", n)
	}

	// Kept and read again it is the same.
	data, err := json.Marshal(b)
	if err != nil {
		t.Fatal(err)
	}
	again := &Book{}
	if err := json.Unmarshal(data, again); err != nil {
		t.Fatal(err)
	}
	mine, _ := b.Items()
	others, _ := again.Items()
	if diff := cmp.Diff(mine, others); diff != "" {
		t.Error(diff)
	}
	if err := again.Accept(Thing{Tool, "read"}, heldOf(again, "read")); err != nil {
		t.Error(err)
	}
	want(look(t, again, nil, `{"name":"read","description":"3"}`, write), "")
	want(look(t, again, nil, read, `{"name":"new"}`), "new")
	want(look(t, Closed(), nil, read), "read")
}

func TestOneNameTwiceIsHeldOnce(t *testing.T) {
	if held := look(t, &Book{}, nil, read, readOther, read); held != "read" {
		t.Errorf("held %q", held)
	}
}

// heldOf is the form in which a tool is held.
func heldOf(b *Book, name string) Digest {
	items, _ := b.Items()
	for _, it := range items {
		if it.Name == name && it.Held != nil {
			return it.Held.Digest
		}
	}
	return ""
}

// TestServersThatNeverStandStill: what is kept, and how often somebody is told, has an end.
func TestServersThatNeverStandStill(t *testing.T) {
	b := &Book{}
	look(t, b, nil, read)
	became, back := 0, 0
	for i := range 100 {
		page := tools(t, fmt.Sprintf(`{"name":"read","description":"%d"}`, i), fmt.Sprintf(`{"name":"tool-%d"}`, i))
		if i%2 == 0 {
			page = tools(t, read)
		}
		v := b.Look(Tool, nil, page, time.Unix(1, 0))
		became, back = became+len(v.Became), back+len(v.Back)
		if v.Changed && i > 60 && len(v.New) == 0 {
			t.Errorf("list %d is still worth keeping", i)
		}
	}
	if became > steadyFor || back > steadyFor {
		t.Errorf("became held %d times, came back %d times", became, back)
	}
	items, _ := b.Items()
	if i := items[0]; i.Name != "read" && !i.Unsteady {
		t.Errorf("not unsteady: %+v", i)
	}
	if held := look(t, b, nil, read); held != "read" {
		t.Error("it comes back although it never stands still")
	}
	if err := b.Accept(Thing{Tool, "read"}, heldOf(b, "read")); err != nil {
		t.Error(err)
	}
	if held := look(t, b, nil, read); held != "" {
		t.Errorf("after the owner looked: held %q", held)
	}
	for i := range 2 * heldMax {
		look(t, b, i, fmt.Sprintf(`{"name":"more-%d"}`, i))
	}
	if items, _ := b.Items(); len(items) > heldMax+100 {
		t.Errorf("%d things are kept", len(items))
	}
}

func TestMuchTextIsNotKept(t *testing.T) {
	b := &Book{}
	huge := func(end string) string {
		return `{"name":"a","description":"` + strings.Repeat("blah ", 2<<20) + end + `"}`
	}
	look(t, b, nil, huge("one"))
	if held := look(t, b, nil, huge("two")); held != "a" {
		t.Errorf("held %q", held)
	}
	items, _ := b.Items()
	if n := len(items[0].Held.Text); n > 2*stringMax {
		t.Errorf("%d bytes are kept", n)
	}
	if d := Compare(items[0].Approved, *items[0].Held); len(d.Changes) != 1 || d.Changes[0].Path != "description" {
		t.Errorf("a change beyond what is kept does not show: %+v", d)
	}
	for i := range 400 {
		look(t, b, i, fmt.Sprintf(`{"name":"t%d","description":%q,"x":%q,"y":%q}`, i, strings.Repeat("x", stringMax), strings.Repeat("y", stringMax), strings.Repeat("z", stringMax)))
	}
	if b.text > textSum+textMax {
		t.Errorf("%d bytes are kept", b.text)
	}
}

func FuzzLook(f *testing.F) {
	f.Add([]byte(`{"tools":[{"name":"a","description":"\ud800\u200b","inputSchema":{"a":[1,{}]}},7,{"name":"a"}]}`))
	f.Add([]byte(`{"tools":[{"name":"a`))
	f.Fuzz(func(t *testing.T, result []byte) {
		b := &Book{}
		page, err := List(Tool, result)
		if err != nil {
			return
		}
		b.Look(Tool, nil, page, time.Unix(1, 0))
		b.Ended(Tool, nil, nil)
		if !json.Valid(result) {
			return
		}
		for _, i := range b.Look(Tool, nil, page, time.Unix(1, 0)).Held {
			if s := page[i]; !s.Nameless && len(page) == 1 {
				t.Errorf("the same is held: %s", s.raw)
			}
		}
		items, _ := b.Items()
		for _, i := range items {
			if i.Approved != nil && !json.Valid(i.Approved.Text) {
				t.Errorf("kept text is no JSON: %s", i.Approved.Text)
			}
			Compare(nil, *i.Approved)
		}
	})
}

func BenchmarkLook(b *testing.B) {
	var all []string
	for i := range 50 {
		all = append(all, fmt.Sprintf(`{"name":"tool-%d","description":%q,"inputSchema":{"type":"object","properties":{"path":{"type":"string","description":"where"}}}}`, i, strings.Repeat("what it does ", 60)))
	}
	result := []byte(`{"tools":[` + strings.Join(all, ",") + `]}`)
	book := &Book{}
	b.SetBytes(int64(len(result)))
	for b.Loop() {
		page, err := List(Tool, result)
		if err != nil {
			b.Fatal(err)
		}
		book.Look(Tool, nil, page, time.Unix(1, 0))
	}
}
