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
