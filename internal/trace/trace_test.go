package trace

import (
	"encoding/hex"
	"strings"
	"testing"
)

const good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

func TestParseParent(t *testing.T) {
	p, ok := ParseParent(good)
	if !ok || hex.EncodeToString(p.Trace[:]) != good[3:35] || hex.EncodeToString(p.Span[:]) != good[36:52] || !p.Sampled {
		t.Errorf("%+v, %v", p, ok)
	}
	for text, want := range map[string]bool{
		good[:53] + "00":                true,
		good[:53] + "fe":                true, // flags that are not known
		"01" + good[2:] + "-what comes": true,
		"01" + good[2:]:                 true,
		"":                              false,
		good[:54]:                       false,
		good + "-more":                  false,
		good + " ":                      false,
		"01" + good[2:] + "more":        false,
		"ff" + good[2:]:                 false,
		strings.ToUpper(good):           false,
		"00-" + strings.Repeat("0", 32) + good[35:]: false,
		good[:36] + strings.Repeat("0", 16) + "-01": false,
		"0g" + good[2:]:                    false,
		strings.ReplaceAll(good, "-", "_"): false,
	} {
		if p, ok := ParseParent(text); ok != want || !ok && p != (Parent{}) {
			t.Errorf("%q: %+v, %v", text, p, ok)
		}
	}
}

// FuzzParseParent: what is read is what is written.
func FuzzParseParent(f *testing.F) {
	f.Add(good)
	f.Add("cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00-x")
	f.Fuzz(func(t *testing.T, text string) {
		p, ok := ParseParent(text)
		if !ok {
			return
		}
		if want := hex.EncodeToString(p.Trace[:]) + "-" + hex.EncodeToString(p.Span[:]); text[3:52] != want {
			t.Errorf("%q is read as %s", text, want)
		}
	})
}

func TestUnder(t *testing.T) {
	p, _ := ParseParent(good)
	var child, first, other Span
	child.Under(p)
	first.Under(Parent{})
	other.Under(Parent{})
	if child.Trace != p.Trace || child.Parent != p.Span || child.ID == [8]byte{} || child.ID == p.Span {
		t.Errorf("%+v", child)
	}
	if first.Trace == [16]byte{} || first.Trace == other.Trace || first.ID == [8]byte{} || first.Parent != [8]byte{} {
		t.Errorf("%+v", first)
	}
}
