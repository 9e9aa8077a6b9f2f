package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"drawbridge/app"
	"drawbridge/bridge/policy"
)

type policyListCmd struct{ listing }

func (l *policyListCmd) Run(c *console) error {
	return c.do(c.any, func(o owner) error {
		rules, err := o.Rules()
		if err != nil {
			return err
		}
		for i, texts := range strange(o, rules) {
			for _, text := range texts {
				c.hint("Rule %d: %s.", i+1, plain(text))
			}
		}
		number := 0
		return show(c.Stdout, l.JSON, rules, "RULE\tSAYS", "There are no rules: what an agent's approval allows, it may do.", func(r policy.Rule) string {
			number++
			return cells(strconv.Itoa(number), cut(r.String(), 160))
		})
	})
}

// ruleFlags are what a rule says.
type ruleFlags struct {
	Verdict    string   `arg:"" help:"What becomes of calls that the rule is about: allow, ask or deny. Or the whole rule, a JSON object as in config.json, in place of flags."`
	Who        []string `placeholder:"WHO" sep:"none" help:"agent:NAME, user:ISSUER|SUBJECT or group:NAME. Of several all must hold; everybody when left out."`
	Server     string   `placeholder:"GLOB" help:"Which servers."`
	Tool       string   `placeholder:"GLOB" help:"Which tools."`
	Prompt     string   `placeholder:"GLOB" help:"Which prompts."`
	Resource   string   `placeholder:"GLOB" help:"Which resources, by URI."`
	Annotation string   `placeholder:"CLASS" help:"Tools of a class: read-only, destructive or open-world."`
	Where      string   `placeholder:"JSON" help:"What arguments must be, as in config.json. Where they are others the rule is passed over: a later one decides, or else what you approved the agent for."`
	Arguments  string   `placeholder:"JSON" help:"Exactly which arguments; others as with --where."`
}

// rule is the rule that the flags describe, or that stands in place of the verdict.
func (f *ruleFlags) rule() (r policy.Rule, err error) {
	switch {
	case strings.HasPrefix(strings.TrimSpace(f.Verdict), "{"):
		if !reflect.DeepEqual(*f, ruleFlags{Verdict: f.Verdict}) {
			return r, usage("write the rule as JSON or by flags, not both")
		}
		return toRule([]byte(f.Verdict))
	case !slices.Contains([]string{"allow", "ask", "deny"}, f.Verdict):
		return r, usage(fmt.Sprintf("%q is no verdict; write allow, ask or deny", f.Verdict))
	}
	said := map[string]any{"verdict": f.Verdict}
	for key, value := range map[string]string{"server": f.Server, "tool": f.Tool, "prompt": f.Prompt, "resource": f.Resource, "annotation": f.Annotation} {
		if value != "" {
			said[key] = value
		}
	}
	for key, value := range map[string]string{"where": f.Where, "arguments": f.Arguments} {
		switch {
		case value == "":
		case !json.Valid([]byte(value)):
			return r, usage("--" + key + `: write JSON, like {"path": {"under": "/srv"}}`)
		default:
			said[key] = json.RawMessage(value)
		}
	}
	if f.Who != nil {
		said["who"] = f.Who
	}
	raw, err := json.Marshal(said)
	if err != nil {
		return r, usage(err.Error())
	}
	return toRule(raw)
}

// toRule reads one rule.
func toRule(raw []byte) (r policy.Rule, err error) {
	if err := json.Unmarshal(raw, &r); err != nil {
		text := err.Error()
		if syntax := (*policy.SyntaxError)(nil); errors.As(err, &syntax) {
			text = syntax.Text
		}
		return r, usage("the rule: " + text)
	}
	return r, nil
}

type policyAddCmd struct {
	ruleFlags
	At int `placeholder:"N" help:"Which rule it becomes; the last one when left out."`
}

func (a *policyAddCmd) Run(c *console) error {
	r, err := a.rule()
	if err != nil {
		return err
	}
	return c.changeRules(func(rules []policy.Rule) ([]policy.Rule, string, error) {
		at := len(rules) + 1
		if a.At != 0 {
			at = a.At
		}
		if at < 1 || at > len(rules)+1 {
			return nil, "", usage(fmt.Sprintf("--at is 1 to %d", len(rules)+1))
		}
		return slices.Insert(rules, at-1, r), fmt.Sprintf("Rule %d: %s.", at, r), nil
	})
}

type policyChangeCmd struct {
	Rule int `arg:"" help:"The rule's number."`
	ruleFlags
}

func (ch *policyChangeCmd) Run(c *console) error {
	r, err := ch.rule()
	if err != nil {
		return err
	}
	return c.changeRules(func(rules []policy.Rule) ([]policy.Rule, string, error) {
		if err := isRule(ch.Rule, rules); err != nil {
			return nil, "", err
		}
		rules[ch.Rule-1] = r
		return rules, fmt.Sprintf("Rule %d: %s.", ch.Rule, r), nil
	})
}

type policyRemoveCmd struct {
	Rule int `arg:"" help:"The rule's number."`
}

func (rm *policyRemoveCmd) Run(c *console) error {
	return c.changeRules(func(rules []policy.Rule) ([]policy.Rule, string, error) {
		if err := isRule(rm.Rule, rules); err != nil {
			return nil, "", err
		}
		gone := fmt.Sprintf("Gone is: %s.", rules[rm.Rule-1])
		return slices.Delete(rules, rm.Rule-1, rm.Rule), gone, nil
	})
}

type policyMoveCmd struct {
	Rule int `arg:"" help:"The rule's number."`
	To   int `arg:"" help:"The number that it gets."`
}

func (m *policyMoveCmd) Run(c *console) error {
	return c.changeRules(func(rules []policy.Rule) ([]policy.Rule, string, error) {
		if err := errors.Join(isRule(m.Rule, rules), isRule(m.To, rules)); err != nil {
			return nil, "", err
		}
		r := rules[m.Rule-1]
		rules = slices.Insert(slices.Delete(rules, m.Rule-1, m.Rule), m.To-1, r)
		return rules, fmt.Sprintf("Rule %d: %s.", m.To, r), nil
	})
}

func isRule(n int, rules []policy.Rule) error {
	if n < 1 || n > len(rules) {
		return fmt.Errorf("rule %d: %w; there are %d", n, app.ErrUnknown, len(rules))
	}
	return nil
}

// changeRules has change make other rules of those that there are, and says what it did.
func (c *console) changeRules(change func([]policy.Rule) (now []policy.Rule, did string, err error)) error {
	return c.do(c.any, func(o owner) error {
		seen, err := o.Rules()
		if err != nil {
			return err
		}
		now, did, err := change(slices.Clone(seen))
		if err != nil {
			return err
		}
		if err := o.SetRules(seen, now); err != nil {
			return err
		}
		c.hint("%s", plain(did))
		for _, r := range now {
			if !slices.ContainsFunc(seen, r.Equal) {
				c.mind(o, r)
			}
		}
		return nil
	})
}

// mind says what the owner should know of a new rule.
func (c *console) mind(o owner, r policy.Rule) {
	if otherwise := app.Otherwise(r); otherwise != "" {
		c.hint("Mind: %s.", otherwise)
	}
	for _, text := range strange(o, []policy.Rule{r})[0] {
		c.hint("Mind: %s.", plain(text))
	}
}

// strange are the names in each of the rules that nobody has. Of what cannot be read nothing is said.
func strange(o owner, rules []policy.Rule) (all [][]string) {
	var agents []string
	if slices.ContainsFunc(rules, namesAgent) { // to know them the keychain is needed, where no bridge runs
		if known, err := o.Agents(); err == nil {
			agents = []string{}
			for _, a := range known {
				agents = append(agents, a.Name)
			}
		}
	}
	servers, err := o.Servers()
	if err != nil {
		servers = nil
	}
	for _, r := range rules {
		all = append(all, app.Strange(r, agents, servers))
	}
	return all
}

func namesAgent(r policy.Rule) bool {
	return slices.ContainsFunc(r.Who, func(who string) bool { return strings.HasPrefix(who, "agent:") })
}
