package wire

import "slices"

// Member is a member of an object: a key and its value as JSON.
type Member struct {
	Key   string
	Value []byte
}

// Set is the object raw with value under those keys, one within the other. Objects are made where
// there are none, also in place of raw. raw itself stays as it is.
func Set(raw, value []byte, path ...string) []byte {
	if len(path) == 0 {
		return value
	}
	if !isObject(raw) {
		return nest(path, value)
	}
	c := setting(raw, path, value)
	start := offset(raw, c.Old)
	return slices.Concat(raw[:start], c.New, raw[start+len(c.Old):])
}

// setting is the cut in the object raw that puts value under path.
func setting(raw []byte, path []string, value []byte) Cut {
	old := get(raw, path[0])
	switch {
	case old == nil:
		return insertion(raw, Member{path[0], nest(path[1:], value)})
	case len(path) == 1:
		return Cut{old, value}
	case !isObject(old):
		return Cut{old, nest(path[1:], value)}
	}
	return setting(old, path[1:], value)
}

// nest is value within an object for each key of path.
func nest(path []string, value []byte) []byte {
	for _, key := range slices.Backward(path) {
		value = object(Member{key, value})
	}
	return value
}

func object(ms ...Member) []byte {
	b := []byte{'{'}
	for _, m := range ms {
		b = appendMember(b, m.Key, string(m.Value))
	}
	return append(b, '}')
}

// insertion is the cut that puts ms before the members of the object raw.
func insertion(raw []byte, ms ...Member) Cut {
	text := object(ms...)
	text = text[1 : len(text)-1]
	if i := skipSpace(raw, 1); i < len(raw) && raw[i] != '}' {
		text = append(text, ',')
	}
	return Cut{raw[1:1], text}
}

// metaCuts are the cuts in m that put ms into its _meta.
func (m Message) metaCuts(ms []Member) []Cut {
	body, old := m.Params(), m.raw(meta)
	if m.kind == Result {
		body, old = m.Result(), Get(m.Result(), "_meta")
	}
	switch {
	case body == nil && m.method != "":
		return []Cut{insertion(m.b, Member{"params", object(Member{"_meta", object(ms...)})})}
	case !isObject(body):
		return nil
	case !isObject(old):
		return []Cut{setting(body, []string{"_meta"}, object(ms...))}
	}
	var cs []Cut
	var added []Member
	for _, member := range ms {
		if value := get(old, member.Key); value != nil {
			cs = append(cs, Cut{value, member.Value})
		} else {
			added = append(added, member)
		}
	}
	if added != nil {
		cs = append(cs, insertion(old, added...))
	}
	return cs
}

// offset is where part lies in whole, which it was sliced from without a change of capacity.
func offset(whole, part []byte) int { return cap(whole) - cap(part) }
