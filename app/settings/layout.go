package settings

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/tailscale/hujson"
)

// layout is how the file is laid out, so that what is put into it looks like the rest.
type layout struct {
	indent string // of one level
}

// layoutOf finds out how doc is laid out by its first member.
func layoutOf(doc *document) layout {
	l := layout{indent: "  "}
	obj := doc.root.Value.(*hujson.Object) // parse accepts nothing else
	if len(obj.Members) > 0 {
		if indent := lastLine(obj.Members[0].Name.BeforeExtra); indent != "" {
			l.indent = indent
		}
	}
	return l
}

// lastLine returns the blanks after the last line end of extra; "" when there is none.
func lastLine(extra hujson.Extra) string {
	i := bytes.LastIndexByte(extra, '\n')
	if i < 0 || strings.Trim(string(extra[i+1:]), " \t") != "" {
		return ""
	}
	return string(extra[i+1:])
}

// find returns the place of a member, or -1.
func find(obj *hujson.Object, name string) int {
	return slices.IndexFunc(obj.Members, func(m hujson.ObjectMember) bool {
		return m.Name.Value.(hujson.Literal).String() == name
	})
}

// put makes the member f of obj, which is depth levels deep, as it should be.
func (l layout) put(obj *hujson.Object, f field, depth int) error {
	at := find(obj, f.name)
	if o, ok := f.value.(object); ok {
		return l.putObject(obj, f.name, o, depth)
	}
	if f.value == nil {
		if at < 0 || isEmpty(obj.Members[at].Value) {
			return nil // it says as much
		}
		return remove(obj, f.name)
	}
	v, err := literal(f.value)
	if err != nil {
		return fmt.Errorf("%s: %w", f.name, err)
	}
	if at < 0 {
		l.insert(obj, f.name, v.Value, depth)
	} else if old := &obj.Members[at].Value; !same(*old, v) && !putElements(*old, v) {
		old.Value = v.Value
	}
	return nil
}

// putObject makes the member name of obj an object as it should be, and removes it when it is left empty.
func (l layout) putObject(obj *hujson.Object, name string, want object, depth int) error {
	if find(obj, name) < 0 {
		if want.empty() {
			return nil
		}
		l.insert(obj, name, &hujson.Object{}, depth)
	}
	child, ok := obj.Members[find(obj, name)].Value.Value.(*hujson.Object)
	if !ok {
		return fmt.Errorf("%s is no object", name)
	}
	if len(child.Members) == 0 && want.empty() {
		return nil
	}
	for _, f := range want.fields {
		if err := l.put(child, f, depth+1); err != nil {
			return err
		}
	}
	if want.only {
		for _, m := range slices.Clone(child.Members) {
			key := m.Name.Value.(hujson.Literal).String()
			if !slices.ContainsFunc(want.fields, func(f field) bool { return f.name == key }) {
				if err := remove(child, key); err != nil {
					return err
				}
			}
		}
	}
	if len(child.Members) == 0 && child.AfterExtra.IsStandard() {
		return remove(obj, name)
	}
	return nil
}

// insert adds a member at the end of obj, which is depth levels deep. Comments behind the last member stay with that one.
func (l layout) insert(obj *hujson.Object, name string, v hujson.ValueTrimmed, depth int) {
	m := hujson.ObjectMember{Name: hujson.Value{Value: hujson.String(name)}, Value: hujson.Value{BeforeExtra: hujson.Extra(" "), Value: v}}
	outer := "\n" + strings.Repeat(l.indent, depth)
	inner := outer + l.indent
	n := len(obj.Members)
	switch {
	case n > 0 && !bytes.Contains(obj.Members[n-1].Name.BeforeExtra, []byte("\n")):
		m.Name.BeforeExtra = hujson.Extra(" ") // all in one line
	default:
		if n > 0 {
			if indent := lastLine(obj.Members[n-1].Name.BeforeExtra); indent != "" {
				inner = "\n" + indent
			}
		}
		comments, end := splitEnd(obj.AfterExtra)
		if end == "" {
			end = outer
		}
		m.Name.BeforeExtra, obj.AfterExtra = hujson.Extra(comments+inner), hujson.Extra(end)
	}
	if n > 0 && obj.Members[n-1].Value.AfterExtra != nil {
		m.Value.AfterExtra = hujson.Extra{} // the file has commas behind the last member
	}
	obj.Members = append(obj.Members, m)
}

// splitEnd splits what stands before a closing brace into comments and the blanks of its own line.
func splitEnd(extra hujson.Extra) (comments, end string) {
	s := string(extra)
	i := strings.LastIndexByte(s, '\n')
	if i < 0 || strings.Trim(s[i+1:], " \t") != "" {
		return strings.TrimRight(s, " \t\r\n"), ""
	}
	return strings.TrimRight(s[:i], " \t\r\n"), s[i:]
}

// remove removes a member together with the comments that belong to it.
func remove(obj *hujson.Object, name string) error {
	n := len(obj.Members)
	trailingComma := n > 0 && obj.Members[n-1].Value.AfterExtra != nil
	pointer := "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
	patch, err := json.Marshal([]map[string]string{{"op": "remove", "path": pointer}})
	if err != nil {
		return err
	}
	v := hujson.Value{Value: obj}
	if err := v.Patch(patch); err != nil {
		return err
	}
	if n := len(obj.Members); n > 0 && !trailingComma && obj.Members[n-1].Value.AfterExtra.IsStandard() {
		obj.Members[n-1].Value.AfterExtra = nil
	}
	return nil
}

// literal returns v as the file should have it.
func literal(v any) (hujson.Value, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return hujson.Value{}, err
	}
	parsed, err := hujson.Parse(b.Bytes())
	if err != nil {
		return parsed, err
	}
	parsed.BeforeExtra, parsed.AfterExtra = nil, nil
	space(&parsed)
	return parsed, nil
}

// space puts blanks where a person would.
func space(v *hujson.Value) {
	switch c := v.Value.(type) {
	case *hujson.Array:
		for i := range c.Elements {
			if i > 0 {
				c.Elements[i].BeforeExtra = hujson.Extra(" ")
			}
			space(&c.Elements[i])
		}
	case *hujson.Object:
		for i := range c.Members {
			m := &c.Members[i]
			if i > 0 {
				m.Name.BeforeExtra = hujson.Extra(" ")
			}
			m.Value.BeforeExtra = hujson.Extra(" ")
			space(&m.Value)
		}
	}
}

// isEmpty reports whether v says nothing that leaving it out would not.
func isEmpty(v hujson.Value) bool {
	switch plain(v) {
	case "false", "0", `""`, "[]", "{}":
		return true
	}
	return false
}

// same reports whether a and b mean the same, written in the same order.
func same(a, b hujson.Value) bool { return plain(a) == plain(b) }

// plain returns v without comments, trailing commas and blanks.
func plain(v hujson.Value) string {
	v = v.Clone()
	v.BeforeExtra, v.AfterExtra = nil, nil
	v.Minimize()
	return string(v.Pack())
}
