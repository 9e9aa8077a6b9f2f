package app

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"drawbridge/bridge/audit"
)

// Search is what a person types to find records: words, each of which stands somewhere in a record, and demands on a field, such
// as agent:claude or kind:refused. What is in double quotes is one word or one value: "a phrase", agent:"the laptop".
type Search string

// demands are the fields that a search can name, each with what has a filter demand a value of it. They are called as the flags of
// `audit list` are.
var demands = map[string]func(f *audit.Filter, value string, now time.Time) error{
	"agent":   textOf(func(f *audit.Filter) *string { return &f.Agent }),
	"user":    textOf(func(f *audit.Filter) *string { return &f.User }),
	"group":   textOf(func(f *audit.Filter) *string { return &f.Group }),
	"address": textOf(func(f *audit.Filter) *string { return &f.Address }),
	"server":  textOf(func(f *audit.Filter) *string { return &f.Server }),
	"method":  textOf(func(f *audit.Filter) *string { return &f.Method }),
	"tool":    textOf(func(f *audit.Filter) *string { return &f.Name }),
	"rule":    textOf(func(f *audit.Filter) *string { return &f.Rule }),
	"outcome": textOf(func(f *audit.Filter) *string { return &f.Outcome }),
	"verdict": textOf(func(f *audit.Filter) *string { return &f.Verdict }, "allow", "ask", "deny"),
	"front":   textOf(func(f *audit.Filter) *string { return &f.Front }, "streamable", "sse", "websocket"),
	"era":     textOf(func(f *audit.Filter) *string { return &f.Era }, "legacy", "modern"),
	"session": numberOf(func(f *audit.Filter) *uint64 { return &f.Session }),
	"call":    numberOf(func(f *audit.Filter) *uint64 { return &f.Call }),
	"since":   momentOf(func(f *audit.Filter) *time.Time { return &f.Since }),
	"until":   momentOf(func(f *audit.Filter) *time.Time { return &f.Until }),
	"kind": func(f *audit.Filter, value string, _ time.Time) error {
		k, err := audit.ParseKind(value)
		f.Kinds = append(f.Kinds, k)
		return err
	},
}

var errTwice = errors.New("it is asked for twice, and no record can be both")

// textOf demands a value of a field that is text, or one of those.
func textOf(of func(*audit.Filter) *string, among ...string) func(*audit.Filter, string, time.Time) error {
	return func(f *audit.Filter, value string, _ time.Time) error {
		switch {
		case *of(f) != "":
			return errTwice
		case among != nil && !slices.Contains(among, value):
			return fmt.Errorf("there is no %q; there are %s", value, strings.Join(among, ", "))
		}
		*of(f) = value
		return nil
	}
}

// numberOf demands a value of a field that counts from 1.
func numberOf(of func(*audit.Filter) *uint64) func(*audit.Filter, string, time.Time) error {
	return func(f *audit.Filter, value string, _ time.Time) error {
		n, err := strconv.ParseUint(value, 10, 64)
		switch {
		case *of(f) != 0:
			return errTwice
		case err != nil || n == 0:
			return fmt.Errorf("%q is no number", value)
		}
		*of(f) = n
		return nil
	}
}

// momentOf demands one end of a stretch of time.
func momentOf(of func(*audit.Filter) *time.Time) func(*audit.Filter, string, time.Time) error {
	return func(f *audit.Filter, value string, now time.Time) error {
		if !of(f).IsZero() {
			return errTwice
		}
		t, err := Moment(value, now)
		*of(f) = t
		return err
	}
}

// Narrow has f demand what the search says, beside what it demands already. Lengths of time count back from now. The error says which
// word cannot be understood, and what to write; f is of no use then.
func (s Search) Narrow(f *audit.Filter, now time.Time) error {
	for _, w := range s.words() {
		demand, known := demands[w.field]
		switch {
		case w.field == "" && w.value != "":
			f.Texts = append(f.Texts, w.value)
		case w.field == "":
		case !known:
			fields := strings.Join(slices.Sorted(maps.Keys(demands)), ", ")
			return fmt.Errorf("there is no field %q; there are %s. What stands in quotes is found as it is", w.field, fields)
		case w.value == "":
			return fmt.Errorf("write behind %s: what it shall be", w.field)
		default:
			if err := demand(f, w.value, now); err != nil {
				return fmt.Errorf("%s: %w", w.field, err)
			}
		}
	}
	return nil
}

// Value is what the search demands of a field; "" is nothing.
func (s Search) Value(field string) string {
	for _, w := range s.words() {
		if w.field == field {
			return w.value
		}
	}
	return ""
}

// With is the search with that demand on a field in place of those it has; "" is none.
func (s Search) With(field, value string) Search {
	var all []string
	one := word{field, value}
	for _, w := range s.words() {
		if w.field == field {
			w, one.value = one, ""
		}
		if w.value != "" || w.field != field {
			all = append(all, w.String())
		}
	}
	if one.value != "" {
		all = append(all, one.String())
	}
	return Search(strings.Join(all, " "))
}

// word is one word of a search. Without a field it is to be found as it stands.
type word struct{ field, value string }

// demanding is how a demand on a field begins. Paths of Windows and times of day do not begin so.
var demanding = regexp.MustCompile(`^[a-z]+:`)

// beginning is how text begins where that is a demand on a field; "" is that it is none, as a URL.
func beginning(text string) string {
	name := demanding.FindString(text)
	if strings.HasPrefix(text[len(name):], "//") {
		return ""
	}
	return name
}

func (s Search) words() (all []word) {
	for rest := string(s); ; {
		rest = strings.TrimLeftFunc(rest, unicode.IsSpace)
		if rest == "" {
			return all
		}
		name := beginning(rest)
		value, n := firstValue(rest[len(name):])
		all = append(all, word{strings.TrimSuffix(name, ":"), value})
		rest = rest[len(name)+n:]
	}
}

// firstValue reads what stands in quotes at the beginning of text, else what goes on to the next blank, and says how long that is.
func firstValue(text string) (value string, n int) {
	if !strings.HasPrefix(text, `"`) {
		if n = strings.IndexFunc(text, unicode.IsSpace); n < 0 {
			n = len(text)
		}
		return text[:n], n
	}
	var b strings.Builder
	for n = 1; n < len(text) && text[n] != '"'; n++ {
		if text[n] == '\\' && n+1 < len(text) && strings.IndexByte(`"\`, text[n+1]) >= 0 {
			n++
		}
		b.WriteByte(text[n])
	}
	return b.String(), min(n+1, len(text))
}

// String is the word as it is typed.
func (w word) String() string {
	value := w.value
	if value == "" || value[0] == '"' || strings.ContainsFunc(value, unicode.IsSpace) || w.field == "" && beginning(value) != "" {
		value = `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(value) + `"`
	}
	if w.field == "" {
		return value
	}
	return w.field + ":" + value
}
