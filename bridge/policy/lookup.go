package policy

import (
	"bytes"
	"slices"
	"strings"
	"unicode/utf8"

	"drawbridge/internal/wire"
)

// Bounds of what conditions look at. What is longer meets none: however many rules there are, no call can make them slow.
const (
	longestValue = 8 << 10  // bytes of JSON of one argument
	mostElements = 256      // of a list
	longestWhole = 64 << 10 // bytes of all arguments, where they must equal others
)

// lookup is a Query while it is decided. The arguments are taken apart when the first condition asks for
// them, and only once.
type lookup struct {
	*Query
	fields object             // the members of the arguments; nil before
	parts  map[string][]value // what conditions have asked for, by their spelling of the argument
	whole  string             // the arguments in canonical form
	known  bool               // whole is set
}

// value is an argument, or an element of one that is a list, in the forms that conditions want. The costly ones are made
// when the first asks for them.
type value struct {
	raw    []byte
	isText bool
	text   string
	canon  *string
	path   *string
}

// canonical is the value in canonical form; "" where it has none.
func (v *value) canonical() string {
	if v.canon == nil {
		canon, _ := canonical(v.raw)
		v.canon = &canon
	}
	return *v.canon
}

// clean is the value's text as a clean path; "" where it is none.
func (v *value) clean() string {
	if v.path == nil {
		path := ""
		if p, ok := cleanPath(v.text); ok {
			path = p
		}
		v.path = &path
	}
	return *v.path
}

// values are those of the argument that t is about. There are none where nothing can fit.
func (q *lookup) values(t *test) []value {
	if all, ok := q.parts[t.argument]; ok {
		return all
	}
	if q.parts == nil {
		q.parts = map[string][]value{}
	}
	raw := bounded(q.argument(t.path[0]))
	for _, key := range t.path[1:] {
		raw = members(raw).get(key)
	}
	all := valuesOf(raw)
	q.parts[t.argument] = all
	return all
}

func bounded(raw []byte) []byte {
	if len(raw) > longestValue {
		return nil
	}
	return raw
}

func valuesOf(raw []byte) (all []value) {
	if len(raw) == 0 || raw[0] != '[' {
		if v, ok := valueOf(raw); ok {
			return []value{v}
		}
		return nil
	}
	for element := range wire.Elements(raw) {
		v, ok := valueOf(element)
		if !ok || len(all) == mostElements {
			return nil
		}
		all = append(all, v)
	}
	return all
}

func valueOf(raw []byte) (v value, ok bool) {
	if len(raw) == 0 || raw[0] == '{' || raw[0] == '[' {
		return v, false
	}
	v.raw = raw
	v.text, v.isText = exactText(raw)
	return v, true
}

// argument is the JSON of an argument; nil when there is none.
func (q *lookup) argument(name string) []byte {
	if q.fields == nil {
		q.fields = members(q.Arguments)
	}
	return q.fields.get(name)
}

// object is the members of a JSON object by their folded names.
type object map[string]member

type member struct {
	name  string
	value []byte
	twice bool // another's name differs only in case
}

func members(raw []byte) object {
	o := object{}
	for name, value := range wire.Fields(raw) {
		key := folded(name)
		_, twice := o[key]
		o[key] = member{name, value, twice}
	}
	return o
}

// get is the JSON of the member of exactly that name; nil when there is none. One whose name differs from another's only in case is none
// either: many servers take either for the other, and read the last.
func (o object) get(name string) []byte {
	m := o[folded(name)]
	if m.twice || m.name != name {
		return nil
	}
	return m.value
}

// folded is the same for names that differ only in case, and most often the name itself.
func folded(name string) string {
	for i := range len(name) {
		if c := name[i]; c >= utf8.RuneSelf || 'A' <= c && c <= 'Z' {
			return strings.ToLower(strings.ToUpper(name))
		}
	}
	return name
}

// equal reports whether the arguments are those, which are in canonical form. No arguments are an empty object.
func (q *lookup) equal(canon string) bool {
	if !q.known {
		q.known = true
		switch {
		case q.Arguments == nil:
			q.whole = "{}"
		case len(q.Arguments) <= longestWhole:
			q.whole, _ = canonical(q.Arguments)
		}
	}
	return q.whole != "" && q.whole == canon
}

// canonical is JSON in a form that is the same for what means the same: without blanks, keys in order, texts in one
// spelling, numbers as they are written. It is "" and false for what has no such form: keys that come twice, half a
// surrogate pair, no JSON at all.
func canonical(raw []byte) (string, bool) {
	b, ok := appendCanonical(nil, bytes.TrimSpace(raw))
	if !ok {
		return "", false
	}
	return string(b), true
}

func appendCanonical(b, raw []byte) (_ []byte, ok bool) {
	switch {
	case len(raw) == 0:
		return b, false
	case raw[0] == '{':
		return appendObject(b, raw)
	case raw[0] == '[':
		b = append(b, '[')
		for element := range wire.Elements(raw) {
			if b[len(b)-1] != '[' {
				b = append(b, ',')
			}
			if b, ok = appendCanonical(b, element); !ok {
				return b, false
			}
		}
		return append(b, ']'), true
	case raw[0] == '"':
		text, ok := exactText(raw)
		return append(b, wire.Quote(text)...), ok
	}
	return append(b, raw...), true
}

func appendObject(b, raw []byte) (_ []byte, ok bool) {
	var members []wire.Member
	for key, value := range wire.Fields(raw) {
		members = append(members, wire.Member{Key: key, Value: value})
	}
	slices.SortFunc(members, func(x, y wire.Member) int { return strings.Compare(x.Key, y.Key) })
	b = append(b, '{')
	for i, m := range members {
		if i > 0 && m.Key == members[i-1].Key {
			return b, false
		}
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(b, wire.Quote(m.Key)...), ':')
		if b, ok = appendCanonical(b, m.Value); !ok {
			return b, false
		}
	}
	return append(b, '}'), true
}

// exactText is the text of a JSON string, unless that may hold bytes or escapes that stand for no text.
func exactText(raw []byte) (string, bool) {
	text, ok := wire.String(raw)
	if !utf8.ValidString(text) || strings.ContainsRune(text, '\uFFFD') && bytes.Contains(raw, []byte(`\u`)) {
		return "", false
	}
	return text, ok
}
