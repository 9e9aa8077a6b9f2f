package policy

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
)

// Condition is what one argument of a call must be. All that it says must hold. An argument that is a list must not be
// empty, and each of its elements must fit. One that is missing, of another kind, or longer than 8 KiB does not fit, nor
// does one that comes in two spellings, as path and Path: the server may read the other.
type Condition struct {
	// Argument is the argument's name, or for one within another a JSON pointer, which begins with "/" (RFC 6901).
	Argument string
	// Under is a directory that the argument must be an absolute path in, or itself. Paths are compared as
	// they read once "." and ".." are done away with; where a symbolic link leads is not looked at.
	Under string
	// In are the values that it may have: texts, numbers, true, false or null, as JSON. Numbers are compared as written.
	In []json.RawMessage
	// Matches is a regular expression (RE2) that its whole text must match.
	Matches string
}

// String is the condition in words.
func (c Condition) String() string {
	var says []string
	if c.Under != "" {
		says = append(says, "is under "+c.Under)
	}
	if c.In != nil {
		var values []string
		for _, v := range c.In {
			values = append(values, string(v))
		}
		says = append(says, "is one of "+strings.Join(values, ", "))
	}
	if c.Matches != "" {
		says = append(says, "matches "+c.Matches)
	}
	return c.Argument + " " + strings.Join(says, " and ")
}

// conditions is the where of a rule, in its order.
type conditions []Condition

// MarshalJSON implements json.Marshaler.
func (cs conditions) MarshalJSON() ([]byte, error) {
	var members []string
	for _, c := range cs {
		var says []string
		if c.Under != "" {
			says = append(says, `"under": `+string(quoted(c.Under)))
		}
		if c.In != nil {
			says = append(says, `"in": `+string(quoted(c.In)))
		}
		if c.Matches != "" {
			says = append(says, `"matches": `+string(quoted(c.Matches)))
		}
		members = append(members, string(quoted(c.Argument))+": {"+strings.Join(says, ", ")+"}")
	}
	return []byte("{" + strings.Join(members, ", ") + "}"), nil
}

// test is a Condition in the form that decisions use.
type test struct {
	argument string
	path     []string // to the argument
	under    string   // cleaned; "" is any
	in       []string
	limited  bool // in counts
	matches  *regexp.Regexp
}

// test prepares a condition that Parse has checked.
func (c Condition) test() test {
	t := test{argument: c.Argument, path: pointer(c.Argument), limited: c.In != nil}
	if c.Under != "" {
		t.under, _ = cleanPath(c.Under)
	}
	for _, raw := range c.In {
		if s, ok := canonical(raw); ok {
			t.in = append(t.in, s)
		}
	}
	if c.Matches != "" {
		t.matches = regexp.MustCompile(entire(c.Matches))
	}
	return t
}

// entire has an expression match whole texts alone.
func entire(expression string) string { return `\A(?:` + expression + `)\z` }

// pointer takes an argument's name apart; see Condition.Argument.
func pointer(argument string) []string {
	if !strings.HasPrefix(argument, "/") {
		return []string{argument}
	}
	path := strings.Split(argument[1:], "/")
	for i, key := range path {
		path[i] = strings.NewReplacer("~1", "/", "~0", "~").Replace(key)
	}
	return path
}

// holds reports whether the arguments are as the condition wants.
func (t *test) holds(q *lookup) bool {
	values := q.values(t)
	for i := range values {
		if !t.fits(&values[i]) {
			return false
		}
	}
	return len(values) > 0
}

// fits reports whether one value is as the condition wants.
func (t *test) fits(v *value) bool {
	switch {
	case t.limited && (v.canonical() == "" || !slices.Contains(t.in, v.canonical())):
		return false
	case t.under != "" && (v.clean() == "" || !isUnder(v.clean(), t.under)):
		return false
	}
	return t.matches == nil || v.isText && t.matches.MatchString(v.text)
}
