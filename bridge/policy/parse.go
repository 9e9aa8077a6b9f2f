package policy

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// Bounds of what Parse takes. They are far above what a person writes.
const (
	maxRules     = 10_000
	maxPattern   = 256     // bytes of one field of a rule
	maxList      = 64      // of who, conditions, or values
	maxArguments = 4 << 10 // bytes of arguments
)

// SyntaxError is why Parse refused a set of rules.
type SyntaxError struct {
	Offset int    // the byte in Parse's input where it went wrong
	Rule   int    // the rule's number, from 1; 0 when the fault is outside of any
	Text   string // what is wrong and what would be right
}

func (e *SyntaxError) Error() string {
	if e.Rule == 0 {
		return "rules: " + e.Text
	}
	return fmt.Sprintf("rule %d: %s", e.Rule, e.Text)
}

// Parse reads rules from JSON:
//
//	[
//	  {"who": "agent:claude", "server": "files", "tool": "write_*", "where": {"path": {"under": "/srv"}}, "verdict": "allow"},
//	  {"who": ["agent:claude", "group:staff"], "annotation": "destructive", "verdict": "ask"}
//	]
//
// verdict is required, the rest as in Rule and Condition. Empty input and null are no rules. Anything else that
// cannot be read, a key that is not known or given twice included, refuses the whole set with a *SyntaxError:
// a rule is never guessed.
func Parse(raw []byte) (*Policy, error) {
	if len(bytes.TrimSpace(raw)) == 0 {
		return &Policy{}, nil
	}
	p := parser{dec: json.NewDecoder(bytes.NewReader(raw))}
	rules, err := p.rules()
	if err != nil {
		return nil, err
	}
	return of(rules), nil
}

type parser struct {
	dec  *json.Decoder
	rule int
}

func (p *parser) fail(format string, args ...any) *SyntaxError {
	return &SyntaxError{Offset: int(p.dec.InputOffset()), Rule: p.rule, Text: fmt.Sprintf(format, args...)}
}

func (p *parser) token() (json.Token, error) {
	t, err := p.dec.Token()
	if err != nil {
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return nil, p.fail("%v", err)
	}
	return t, nil
}

func (p *parser) rules() (rules []Rule, err error) {
	t, err := p.token()
	if err != nil {
		return nil, err
	}
	if t != json.Delim('[') && t != nil {
		return nil, p.fail("must be a list, like [{%q: %q}]", "verdict", "deny")
	}
	for t != nil && p.dec.More() {
		p.rule++
		if p.rule > maxRules {
			return nil, p.fail("more than %d rules", maxRules)
		}
		r, err := p.one()
		if err != nil {
			return nil, err
		}
		rules = append(rules, r)
	}
	p.rule = 0
	if t != nil {
		if _, err := p.token(); err != nil {
			return nil, err
		}
	}
	if _, err := p.dec.Token(); err != io.EOF {
		return nil, p.fail("something stands behind the list")
	}
	return rules, nil
}

// one reads one rule.
func (p *parser) one() (r Rule, err error) {
	seen, err := p.members("must be an object with a verdict", func(name string) error { return p.field(&r, name) })
	if err != nil {
		return r, err
	}
	if !seen["verdict"] {
		return r, p.fail("has no verdict; add \"verdict\": \"allow\", \"ask\" or \"deny\"")
	}
	if err := p.fitsTogether(r); err != nil {
		return r, err
	}
	_, err = p.token()
	return r, err
}

// members calls read with each key of the object that comes next, up to its closing brace, which is left. otherwise is the
// complaint about what is no object.
func (p *parser) members(otherwise string, read func(name string) error) (seen map[string]bool, err error) {
	t, err := p.token()
	if err != nil {
		return nil, err
	}
	if t != json.Delim('{') {
		return nil, p.fail("%s", otherwise)
	}
	seen = map[string]bool{}
	for p.dec.More() {
		key, err := p.token()
		if err != nil {
			return nil, err
		}
		name := key.(string) // where More says true, an object's token is a name
		if seen[name] {
			return nil, p.fail("%q is given twice", name)
		}
		seen[name] = true
		if err := read(name); err != nil {
			return nil, err
		}
	}
	return seen, nil
}

// fitsTogether refuses a rule whose fields contradict each other.
func (p *parser) fitsTogether(r Rule) error {
	about := 0
	for _, name := range []string{r.Tool, r.Prompt, r.Resource} {
		if name != "" {
			about++
		}
	}
	conditional := r.Where != nil || r.Arguments != nil
	switch {
	case about > 1:
		return p.fail("names more than one of tool, prompt and resource; write a rule for each")
	case r.Annotation != "" && (r.Prompt != "" || r.Resource != ""):
		return p.fail("has an annotation, which only tools have")
	case conditional && r.Verdict == Deny:
		return p.fail("denies under a condition, which could be got round by writing an argument in another way; allow or ask under the condition, and deny the rest in the next rule")
	case conditional && (r.Resource != "" || about == 0 && r.Annotation == ""):
		return p.fail("has a condition on arguments; say of which tool or prompt, \"tool\": \"*\" is every one")
	}
	return nil
}

// field reads the value of one key into r.
func (p *parser) field(r *Rule, name string) (err error) {
	switch name {
	case "who":
		r.Who, err = p.who()
	case "server":
		r.Server, err = p.text(name)
	case "tool":
		r.Tool, err = p.text(name)
	case "prompt":
		r.Prompt, err = p.text(name)
	case "resource":
		r.Resource, err = p.text(name)
	case "annotation":
		if r.Annotation, err = p.text(name); err == nil && !isAnnotation(r.Annotation) {
			err = p.fail("annotation is %q; write %q, %q or %q", r.Annotation, ReadOnly, Destructive, OpenWorld)
		}
	case "where":
		r.Where, err = p.where()
	case "arguments":
		r.Arguments, err = p.arguments()
	case "verdict":
		r.Verdict, err = p.verdict()
	default:
		err = p.fail("has no key %q; the keys are who, server, tool, prompt, resource, annotation, where, arguments and verdict", name)
	}
	return err
}

// text reads one text that is not empty.
func (p *parser) text(name string) (string, error) {
	t, err := p.token()
	if err != nil {
		return "", err
	}
	return p.isText(name, t)
}

func (p *parser) isText(name string, t json.Token) (string, error) {
	text, ok := t.(string)
	if !ok || text == "" || len(text) > maxPattern {
		return "", p.fail("%q must be text of 1 to %d bytes", name, maxPattern)
	}
	return text, nil
}

// who reads one text or a list of them.
func (p *parser) who() (all []string, err error) {
	t, err := p.token()
	if err != nil {
		return nil, err
	}
	if t != json.Delim('[') {
		one, err := p.isWho(t)
		return []string{one}, err
	}
	for p.dec.More() {
		if t, err = p.token(); err != nil {
			return nil, err
		}
		who, err := p.isWho(t)
		if err != nil {
			return nil, err
		}
		if all = append(all, who); len(all) > maxList {
			return nil, p.fail("who has more than %d entries", maxList)
		}
	}
	if len(all) == 0 {
		return nil, p.fail("who is an empty list; leave it out for everybody")
	}
	if err := p.somebody(all); err != nil {
		return nil, err
	}
	_, err = p.token()
	return all, err
}

// somebody refuses what nobody can be: one agent and another.
func (p *parser) somebody(all []string) error {
	only := map[string]string{}
	for _, who := range all {
		kind, _, _ := strings.Cut(who, ":")
		if other := only[kind]; other != "" && other != who && kind != "group" {
			return p.fail("who is both %q and %q, which nobody is: all of who must hold; write a rule for each", other, who)
		}
		only[kind] = who
	}
	return nil
}

func (p *parser) isWho(t json.Token) (string, error) {
	text, err := p.isText("who", t)
	if err != nil {
		return "", err
	}
	kind, who, _ := strings.Cut(text, ":")
	if text != "*" && (who == "" || kind != "agent" && kind != "user" && kind != "group") {
		return "", p.fail("who is %q; write \"agent:NAME\", \"user:ISSUER|SUBJECT\", \"group:NAME\" or \"*\"", text)
	}
	return text, nil
}

func (p *parser) verdict() (Verdict, error) {
	text, err := p.text("verdict")
	if err != nil {
		return Deny, err
	}
	for _, v := range []Verdict{Deny, Ask, Allow} {
		if v.String() == text {
			return v, nil
		}
	}
	return Deny, p.fail("verdict is %q; write \"allow\", \"ask\" or \"deny\"", text)
}
