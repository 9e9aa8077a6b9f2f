package pin

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDiff(t *testing.T) {
	old := tools(t, `{"name":"a","description":"Reads a file.","annotations":{"readOnlyHint":true},"inputSchema":{"type":"object","properties":{"path":{"type":"string"},"old":{"type":"number"}},"required":["path"],"anyOf":[{"a":1},{"b":2}]}}`)[0].form()
	now := tools(t, `{"name":"a","description":"Reads a\u200b secret file.","annotations":{"readOnlyHint":false},"inputSchema":{"type":"object","properties":{"path":{"type":"number"},"a.b":{}},"required":["path","key"],"anyOf":[{"a":1},{"b":3},{}]}}`)[0].form()
	want := Diff{Form: now.Digest, Hidden: true, Changes: []Change{
		{Path: "annotations.readOnlyHint", What: Changed, Old: "true", New: "false", Pieces: []Piece{{Old, "true"}, {New, "false"}}},
		{Path: "description", What: Changed, Old: "Reads a file.", New: "Reads a⟨U+200B⟩ secret file.", Pieces: []Piece{{Both, "Reads "}, {Old, "a"}, {New, "a⟨U+200B⟩ secret"}, {Both, " file."}}},
		{Path: "inputSchema.anyOf[1].b", What: Changed, Old: "2", New: "3", Pieces: []Piece{{Old, "2"}, {New, "3"}}},
		{Path: "inputSchema.anyOf[2]", What: Added, New: "{}"},
		{Path: `inputSchema.properties."a.b"`, What: Added, New: "{}"},
		{Path: "inputSchema.properties.old", What: Removed, Old: `{"type":"number"}`},
		{Path: "inputSchema.properties.path.type", What: Changed, Old: "string", New: "number", Pieces: []Piece{{Old, "string"}, {New, "number"}}},
		{Path: "inputSchema.required[]", What: Added, New: "key"},
	}}
	if diff := cmp.Diff(want, Compare(&old, now)); diff != "" {
		t.Error(diff)
	}
	a := tools(t, `{"name":"a","title":"A"}`)[0].form()
	fresh := Compare(nil, a)
	if diff := cmp.Diff(Diff{Form: a.Digest, Changes: []Change{{Path: "name", What: Added, New: "a"}, {Path: "title", What: Added, New: "A"}}}, fresh); diff != "" {
		t.Error(diff)
	}
	if d := Compare(&Form{Digest: "1", Text: []byte(`{}`)}, Form{Digest: "2", Text: []byte(`{}`)}); !d.Unseen {
		t.Error("a change that is not kept is not told of")
	}
}

func TestVisible(t *testing.T) {
	for text, want := range map[string]string{
		"plain\ttext\n": "plain\ttext\n",
		"⚠️ 1️⃣ 👩‍💻 naïve 漢字": "⚠️ 1️⃣ 👩‍💻 naïve 漢字",
		"a\u200bb":               "a⟨U+200B⟩b",
		"a\u202eb\u2066c":        "a⟨U+202E⟩b⟨U+2066⟩c",
		"x\U000E0068\U000E0069y": "x⟨hidden: hi⟩y",
		"a\ufe0f":                "a⟨U+FE0F⟩",
		"😀\ufe01\U000E0102":      "😀⟨U+FE01⟩⟨U+E0102⟩",
		"a\u00a0b\u3164":         "a⟨U+00A0⟩b⟨U+3164⟩",
		"a\x1b[31m\r":            "a⟨U+001B⟩[31m⟨U+000D⟩",
		"a\u200db":               "a⟨U+200D⟩b",
	} {
		if got := Visible(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func FuzzPieces(f *testing.F) {
	f.Add("the quick fox", "the slow\nfox")
	f.Fuzz(func(t *testing.T, old, now string) {
		var was, is strings.Builder
		for _, p := range pieces(old, now) {
			if p.In != New {
				was.WriteString(p.Text)
			}
			if p.In != Old {
				is.WriteString(p.Text)
			}
		}
		if was.String() != old || is.String() != now {
			t.Errorf("%q and %q became %q and %q", old, now, was.String(), is.String())
		}
	})
}
