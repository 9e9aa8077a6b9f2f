package pin

import (
	"fmt"
	"slices"
	"strings"

	"drawbridge/internal/wire"
)

// Diff is what became another, for the owner to read. All its texts went through Visible.
type Diff struct {
	Form    Digest   `json:"form"` // what is new: to approve what was looked at, name it
	Changes []Change `json:"changes"`
	More    int      `json:"more,omitempty"`   // changes that are left out
	Unseen  bool     `json:"unseen,omitempty"` // something differs that is not kept, and so cannot be shown
	Hidden  bool     `json:"hidden,omitempty"` // what is new has characters that a reader would not see
}

// What happened to a member.
const (
	Added   = "added"
	Removed = "removed"
	Changed = "changed"
)

// Change is one member that is not as it was.
type Change struct {
	Path string `json:"path"` // as in inputSchema.properties.path.type; "" is the whole
	What string `json:"what"` // Added, Removed or Changed
	// Old and New are text, or JSON where it is none; "" where there is none.
	Old string `json:"old,omitempty"`
	New string `json:"new,omitempty"`
	// Pieces are Old and New in one, where both are text.
	Pieces []Piece `json:"pieces,omitempty"`
}

const (
	// changesMax bounds the changes of a Diff; shownMax each text in it, in bytes.
	changesMax, shownMax = 200, 32 << 10
)

// Compare tells what differs between two forms. old nil is nothing: all of now is new.
func Compare(old *Form, now Form) Diff {
	d := Diff{Form: now.Digest}
	if old == nil {
		d.value("", nil, now.Text)
	} else {
		d.value("", old.Text, now.Text)
		d.Unseen = old.Digest != now.Digest && len(d.Changes) == 0
	}
	d.Unseen = d.Unseen || now.Text == nil || old != nil && old.Text == nil
	return d
}

// value compares two values; nil is none.
func (d *Diff) value(path string, old, now []byte) {
	oldText, wasText := wire.String(old)
	newText, isText := wire.String(now)
	switch {
	case old == nil && now == nil || string(old) == string(now):
	case kindOf(now) == '{' && (kindOf(old) == '{' || path == "" && old == nil):
		d.members(path, old, now)
	case kindOf(old) == '[' && kindOf(now) == '[':
		d.elements(path, old, now)
	case wasText && isText:
		d.add(Change{Path: path, What: Changed, Old: oldText, New: newText})
	default:
		c := Change{Path: path, What: Changed, Old: readable(old), New: readable(now)}
		if old == nil {
			c.What = Added
		} else if now == nil {
			c.What = Removed
		}
		d.add(c)
	}
}

// kindOf is the first character of a value; 0 of none.
func kindOf(raw []byte) byte {
	if len(raw) == 0 {
		return 0
	}
	return raw[0]
}

// readable is a value as a person reads it; "" for none.
func readable(raw []byte) string {
	if text, ok := wire.String(raw); ok {
		return text
	}
	return string(raw)
}

func (d *Diff) members(path string, old, now []byte) {
	var keys []string
	for _, raw := range [][]byte{old, now} {
		for key := range wire.Fields(raw) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	for _, key := range slices.Compact(keys) {
		d.value(join(path, key), wire.Get(old, key), wire.Get(now, key))
	}
}

// elements compares arrays: those of texts and numbers as sets whose order counts little, others one by one.
func (d *Diff) elements(path string, old, now []byte) {
	was, is := slices.Collect(wire.Elements(old)), slices.Collect(wire.Elements(now))
	if slices.ContainsFunc(slices.Concat(was, is), func(raw []byte) bool { return kindOf(raw) == '{' || kindOf(raw) == '[' }) {
		for i := range max(len(was), len(is)) {
			d.value(fmt.Sprintf("%s[%d]", path, i), at(was, i), at(is, i))
		}
		return
	}
	before := len(d.Changes) + d.More
	for _, raw := range missing(was, is) {
		d.value(path+"[]", raw, nil)
	}
	for _, raw := range missing(is, was) {
		d.value(path+"[]", nil, raw)
	}
	if len(d.Changes)+d.More == before {
		d.add(Change{Path: path, What: Changed, Old: string(old), New: string(now)})
	}
}

func at(all [][]byte, i int) []byte {
	if i < len(all) {
		return all[i]
	}
	return nil
}

// missing are those of all that others lack.
func missing(all, others [][]byte) (m [][]byte) {
	there := map[string]bool{}
	for _, raw := range others {
		there[string(raw)] = true
	}
	for _, raw := range all {
		if !there[string(raw)] {
			m = append(m, raw)
		}
	}
	return m
}

// join is path with another key. A key that is not a plain word is quoted.
func join(path, key string) string {
	if key == "" || strings.ContainsAny(key, ".[]\" \n\t") || Hidden(key) {
		key = string(wire.Quote(Visible(key)))
	}
	if path == "" {
		return key
	}
	return path + "." + key
}

func (d *Diff) add(c Change) {
	if len(d.Changes) == changesMax {
		d.More++
		return
	}
	d.Hidden = d.Hidden || Hidden(c.New) || Hidden(c.Path)
	c.Old, c.New = Visible(cut(c.Old)), Visible(cut(c.New))
	if c.What == Changed && c.Old != "" && c.New != "" {
		c.Pieces = pieces(c.Old, c.New)
	}
	d.Changes = append(d.Changes, c)
}

func cut(s string) string {
	if len(s) <= shownMax {
		return s
	}
	return strings.ToValidUTF8(s[:shownMax], "") + fmt.Sprintf("… (cut; %d bytes in all)", len(s))
}
