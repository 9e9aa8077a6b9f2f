package settings

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/tailscale/hujson"
)

// InsertRule puts a rule among those of the file, as the one with that index. Comments stay with the rules that they
// stand above or behind.
func (d *Draft) InsertRule(at int, rule json.RawMessage) error {
	v, err := hujson.Parse(rule)
	if err != nil {
		return fmt.Errorf("rule: %w", err)
	}
	v.BeforeExtra, v.AfterExtra = nil, nil
	rules := d.root.Find("/drawbridge/rules")
	if rules == nil {
		return d.Set("rules", json.RawMessage("["+string(rule)+"]"))
	}
	list, ok := rules.Value.(*hujson.Array)
	if !ok || at < 0 || at >= len(list.Elements) {
		return errors.New("the rules are not as they were; try again")
	}
	next := &list.Elements[at]
	behind, above := splitComments(next.BeforeExtra)
	v.BeforeExtra = hujson.Extra(behind)
	switch {
	case above != "":
		v.BeforeExtra = hujson.Extra(behind + "\n" + lastLine(next.BeforeExtra))
		next.BeforeExtra = hujson.Extra(above)
	case len(list.Elements[at].BeforeExtra) == 0:
		next.BeforeExtra = hujson.Extra(" ") // all in one line, and this was the first
	}
	list.Elements = append(list.Elements[:at:at], append([]hujson.ArrayElement{v}, list.Elements[at:]...)...)
	return nil
}

// splitComments splits what stands before an element into what belongs to the line of the one before it and the rest.
func splitComments(extra hujson.Extra) (behind, above string) {
	i := strings.IndexByte(string(extra), '\n')
	if i < 0 {
		return string(extra), ""
	}
	return string(extra[:i]), string(extra[i:])
}
