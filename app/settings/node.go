package settings

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tailscale/hujson"
)

// node is a value of the document under the name by which a person finds it: mcpServers.files.args.
type node struct {
	doc  *document
	name string
	v    *hujson.Value
}

// reader takes a node's value. Its error is an *Error.
type reader func(node) error

func (n node) fail(format string, args ...any) error {
	text := fmt.Sprintf(format, args...)
	if n.name != "" {
		text = n.name + " " + text
	}
	return n.doc.fail(n.v.StartOffset, "%s", text)
}

// member returns the node of a member of n.
func (n node) member(name string, v *hujson.Value) node {
	if n.name != "" {
		name = n.name + "." + name
	}
	return node{n.doc, name, v}
}

// each calls read with every member of the object n, in order. A key that comes twice is refused: who
// reads the file first would decide what it means.
func (n node) each(read func(key string, at int, member node) error) error {
	obj, ok := n.v.Value.(*hujson.Object)
	if !ok {
		return n.fail("must be an object: { … }")
	}
	seen := make(map[string]bool, len(obj.Members))
	for i := range obj.Members {
		m := &obj.Members[i]
		key := m.Name.Value.(hujson.Literal).String()
		if seen[key] {
			return n.doc.fail(m.Name.StartOffset, "%s is given twice; remove one of them", n.member(key, nil).name)
		}
		seen[key] = true
		if err := read(key, m.Name.StartOffset, n.member(key, &m.Value)); err != nil {
			return err
		}
	}
	return nil
}

// fields reads the object n whose keys are known. Others are warned of, and checked for keys that come twice. One that is nearly a
// guarding one, or has strayed, is refused: without what it says, agents might do what the owner has forbidden.
func (n node) fields(known map[string]reader, guarding ...string) error {
	return n.each(func(key string, at int, m node) error {
		if read := known[key]; read != nil {
			return read(m)
		}
		if i := slices.IndexFunc(guarding, func(k string) bool { return nearly(key, k) }); i >= 0 {
			return n.doc.fail(at, "%s is not known; did you mean %s? It decides who may enter or do what, so it is not passed over", m.name, guarding[i])
		}
		if where := strayed[key]; where != "" {
			return n.doc.fail(at, "%s is not read there; move it to %s", m.name, where)
		}
		if n.doc.warns() {
			n.doc.warn(at, "%s is not used%s", m.name, meant(key, known))
		}
		return m.unused()
	})
}

// only is fields for what must not be misspelled: a key that is not known is refused.
func (n node) only(known map[string]reader) error {
	return n.each(func(key string, at int, m node) error {
		if read := known[key]; read != nil {
			return read(m)
		}
		return n.doc.fail(at, "%s is not known%s; it decides who may enter or do what, so it is not passed over", m.name, meant(key, known))
	})
}

// strayed are keys that only what bounds agents has, and where that is read.
var strayed = map[string]string{
	"verdict": "drawbridge.rules", "callsPerMinute": "drawbridge.limits.quotas", "bytesPerMinute": "drawbridge.limits.quotas",
}

// unused refuses what bounds agents where nobody reads it: it would seem to be in force. Keys must not come twice there either.
func (n node) unused() error {
	return n.walk(func(in node, key string, at int) error {
		if where := strayed[key]; where != "" {
			return n.doc.fail(at, "%s is not read there; move it to %s", in.name, where)
		}
		return nil
	})
}

// unique refuses a key that comes twice, at any depth.
func (n node) unique() error { return n.walk(func(node, string, int) error { return nil }) }

// walk calls visit with every key in n, at any depth, and the object that has it. A key that comes twice is refused.
func (n node) walk(visit func(in node, key string, at int) error) error {
	switch v := n.v.Value.(type) {
	case *hujson.Object:
		return n.each(func(key string, at int, m node) error {
			if err := visit(n, key, at); err != nil {
				return err
			}
			return m.walk(visit)
		})
	case *hujson.Array:
		for i := range v.Elements {
			if err := (node{n.doc, n.name, &v.Elements[i]}).walk(visit); err != nil {
				return err
			}
		}
	}
	return nil
}

// meant guesses which known key was meant by key.
func meant(key string, known map[string]reader) string {
	for k := range known {
		if squeeze(k) == squeeze(key) {
			return fmt.Sprintf("; did you mean %s?", k)
		}
	}
	return ""
}

// squeeze is a key in small letters, without what separates its words.
func squeeze(key string) string {
	return strings.ToLower(strings.NewReplacer("-", "", "_", "").Replace(key))
}

// nearly reports whether key is another, but for how its words are put together and one letter too many, too few or wrong, or two of them
// that have changed places.
func nearly(key, other string) bool {
	a, b := squeeze(key), squeeze(other)
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	return len(a) <= 1 && len(b) <= 1 || len(a) == 2 && len(b) == 2 && a[0] == b[1] && a[1] == b[0]
}

func (n node) string() (string, error) {
	lit, ok := n.v.Value.(hujson.Literal)
	if !ok || lit.Kind() != '"' {
		return "", n.fail("must be text in quotes, not %s", n.kind())
	}
	s := lit.String()
	if strings.IndexByte(s, 0) >= 0 {
		return "", n.fail("holds a NUL character, which no program can be given")
	}
	return s, nil
}

// kind names what the value is, for a complaint.
func (n node) kind() string {
	switch n.v.Value.Kind() {
	case '{':
		return "an object"
	case '[':
		return "a list"
	}
	return string(n.v.Value.(hujson.Literal))
}

// text reads a string.
func text(to *string) reader {
	return func(n node) (err error) {
		*to, err = n.string()
		return err
	}
}

// oneOf reads a string that must be one of words.
func oneOf(to *string, words ...string) reader {
	return func(n node) error {
		s, err := n.string()
		if err != nil {
			return err
		}
		for _, w := range words {
			if s == w {
				*to = s
				return nil
			}
		}
		return n.fail("is %q; write one of %s", s, strings.Join(words, ", "))
	}
}

// texts reads a list of strings.
func texts(to *[]string) reader {
	return func(n node) error {
		list, ok := n.v.Value.(*hujson.Array)
		if !ok {
			return n.fail("must be a list of texts: [\"…\"]")
		}
		*to = nil
		for i := range list.Elements {
			s, err := (node{n.doc, fmt.Sprintf("%s[%d]", n.name, i), &list.Elements[i]}).string()
			if err != nil {
				return err
			}
			*to = append(*to, s)
		}
		return nil
	}
}

// truth reads true or false.
func truth(to *bool) reader {
	return func(n node) error {
		switch n.kind() {
		case "true", "false":
			*to = n.kind() == "true"
			return nil
		}
		return n.fail("must be true or false")
	}
}

// whole reads a whole number from least to most.
func whole(to *int, least, most int) reader {
	return func(n node) error {
		lit, _ := n.v.Value.(hujson.Literal)
		i, err := parseWhole(string(lit))
		if err != nil || i < int64(least) || i > int64(most) {
			return n.fail("must be a whole number from %d to %d", least, most)
		}
		*to = int(i)
		return nil
	}
}

// duration reads a time span from least to most.
func duration(to *time.Duration, least, most time.Duration) reader {
	return func(n node) error {
		s, err := n.string()
		if err != nil {
			return n.fail("must be a time span in quotes, like \"90s\", \"5m\" or \"30d\"")
		}
		d, err := ParseDuration(s)
		if err != nil || d < least || d > most {
			return n.fail("is %q; write a time span from %s to %s, like \"90s\", \"5m\" or \"30d\"", s, formatDuration(least), formatDuration(most))
		}
		*to = d
		return nil
	}
}

// size reads a number of bytes from least to most.
func size(to *int64, least, most int64) reader {
	return func(n node) error {
		lit, _ := n.v.Value.(hujson.Literal)
		i, err := parseSize(lit.String())
		if err != nil || i < least || i > most {
			return n.fail("must be a size from %s to %s, like \"32MiB\", or a number of bytes", formatSize(least), formatSize(most))
		}
		*to = i
		return nil
	}
}

// raw reads whatever it is for another room.
func raw(to *Raw) reader {
	return func(n node) error {
		if err := n.unique(); err != nil {
			return err
		}
		v := n.v.Clone()
		v.BeforeExtra, v.AfterExtra = nil, nil
		v.Standardize()
		*to = Raw{JSON: v.Pack(), path: n.doc.path}
		to.line, to.column = position(n.doc.src, n.v.StartOffset)
		to.plain = plain(v)
		return nil
	}
}
