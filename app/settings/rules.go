package settings

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/tailscale/hujson"
)

// PlacedRule is a rule of the list that PlaceRules makes.
type PlacedRule struct {
	Of   int             // the index of the rule in the file that it is; -1 for a new one
	Rule json.RawMessage // what it says; nil is what it says already
}

var errRules = errors.New("the rules are not as they were; look at them again")

// PlaceRules makes the file's rules those, in that order. What the file has and none of them is goes. Comments stay with the
// rules that they stand above or behind.
func (d *Draft) PlaceRules(rules []PlacedRule) error {
	if len(rules) == 0 && d.root.Find("/drawbridge/rules") == nil {
		return nil
	}
	list, inner, err := d.rules()
	if err != nil {
		return err
	}
	old := apart(list)
	now := old
	now.all = nil
	if len(old.all) == 0 {
		now.inner = inner
		if now.end == "" && inner != " " {
			now.end = strings.TrimSuffix(inner, d.look.indent)
		}
	}
	for _, r := range rules {
		l := line{above: now.inner}
		switch {
		case r.Of >= len(old.all), r.Of < 0 && r.Rule == nil:
			return errRules
		case r.Of >= 0:
			l = old.all[r.Of]
		}
		if r.Rule != nil {
			v, err := hujson.Parse(r.Rule)
			if err != nil {
				return fmt.Errorf("rule: %w", err)
			}
			l.element.Value = v.Value
		}
		now.all = append(now.all, l)
	}
	now.together(list)
	return nil
}

// rules are the rules in the file, an empty list made where there are none, and what stands before each in a list that is new.
func (d *Draft) rules() (list *hujson.Array, inner string, err error) {
	if v := d.root.Find("/drawbridge/rules"); v == nil || v.Value.Kind() == 'n' {
		if err := d.Set("rules", json.RawMessage("[]")); err != nil {
			return nil, "", err
		}
	}
	own := d.root.Find("/drawbridge").Value.(*hujson.Object) // else it would have no rules
	rules := own.Members[find(own, "rules")]
	list, ok := rules.Value.Value.(*hujson.Array)
	if !ok {
		return nil, "", errRules
	}
	inner = " "
	if indent := lastLine(rules.Name.BeforeExtra); indent != "" {
		inner = "\n" + indent + d.look.indent
	}
	return list, inner, nil
}

// lines are the elements of a list, each with what is written around it.
type lines struct {
	open  string // behind the opening bracket
	all   []line
	inner string // what stands before an element that nothing else is said of
	end   string // before the closing bracket
	comma bool   // one stands behind the last element
}

type line struct {
	above   string // comments, and the blanks before the element
	element hujson.ArrayElement
	behind  string // a comment on the rest of its line
}

// apart takes a list apart.
func apart(list *hujson.Array) lines {
	l := lines{inner: " "}
	for i, e := range list.Elements {
		behind, above := splitComments(e.BeforeExtra)
		if i == 0 {
			l.open = behind
		} else {
			l.all[i-1].behind = behind
		}
		if above != "" && l.inner == " " {
			l.inner = "\n" + lastLine(e.BeforeExtra)
		}
		l.all = append(l.all, line{above: above, element: e})
		l.comma = e.AfterExtra != nil
	}
	behind, end := splitComments(list.AfterExtra)
	l.end = end
	if n := len(l.all); n > 0 {
		l.all[n-1].behind = behind
	} else {
		l.open = behind
	}
	return l
}

// together makes list of the lines.
func (l *lines) together(list *hujson.Array) {
	list.Elements = nil
	before := l.open
	for i, one := range l.all {
		e := one.element
		above := one.above
		if above == "" && (i > 0 || strings.HasPrefix(l.inner, "\n")) {
			above = l.inner // it stood behind the bracket, or in a line with others
		}
		if i == 0 && above == " " {
			above = ""
		}
		e.BeforeExtra = hujson.Extra(before + above)
		switch last := i == len(l.all)-1; {
		case last && !l.comma && e.AfterExtra.IsStandard():
			e.AfterExtra = nil
		case e.AfterExtra == nil && (!last || l.comma):
			e.AfterExtra = hujson.Extra{}
		}
		before = one.behind
		list.Elements = append(list.Elements, e)
	}
	list.AfterExtra = hujson.Extra(before + l.end)
}

// splitComments splits what stands before an element into the comment that belongs to the line of the one before it, "" for
// none, and the rest, which begins with a line end or is empty.
func splitComments(extra hujson.Extra) (behind, above string) {
	s := string(extra)
	i := strings.IndexByte(s, '\n')
	if i < 0 {
		i = len(s)
	}
	behind, above = s[:i], s[i:]
	if strings.TrimSpace(behind) == "" {
		behind = ""
	}
	return behind, above
}
