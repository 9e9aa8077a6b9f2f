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
	maxRules   = 10_000
	maxPattern = 256 // bytes of one field of a rule
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
//	[{"who": "agent:claude", "server": "files", "tool": "write_*", "verdict": "ask"}]
//
// verdict is required, the rest as in Rule. Empty input and null are no rules. Anything else that
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
	t, err := p.token()
	if err != nil {
		return r, err
	}
	if t != json.Delim('{') {
		return r, p.fail("must be an object with a verdict")
	}
	seen := map[string]bool{}
	for p.dec.More() {
		key, err := p.token()
		if err != nil {
			return r, err
		}
		name := key.(string) // where More says true, an object's token is a name
		if seen[name] {
			return r, p.fail("%q is given twice", name)
		}
		seen[name] = true
		if err := p.field(&r, name); err != nil {
			return r, err
		}
	}
	if !seen["verdict"] {
		return r, p.fail("has no verdict; add \"verdict\": \"allow\", \"ask\" or \"deny\"")
	}
	_, err = p.token()
	return r, err
}

// field reads the value of one key into r.
func (p *parser) field(r *Rule, name string) error {
	t, err := p.token()
	if err != nil {
		return err
	}
	text, ok := t.(string)
	if !ok || text == "" || len(text) > maxPattern {
		return p.fail("%q must be text of 1 to %d bytes", name, maxPattern)
	}
	switch name {
	case "who":
		kind, who, _ := strings.Cut(text, ":")
		if text != "*" && (who == "" || kind != "agent" && kind != "user" && kind != "group") {
			return p.fail("who is %q; write \"agent:NAME\", \"user:ISSUER|SUBJECT\", \"group:NAME\" or \"*\"", text)
		}
		r.Who = text
	case "server":
		r.Server = text
	case "tool":
		r.Tool = text
	case "verdict":
		return p.verdict(r, text)
	default:
		return p.fail("has no key %q; the keys are who, server, tool and verdict", name)
	}
	return nil
}

func (p *parser) verdict(r *Rule, text string) error {
	for _, v := range []Verdict{Deny, Ask, Allow} {
		if v.String() == text {
			r.Verdict = v
			return nil
		}
	}
	return p.fail("verdict is %q; write \"allow\", \"ask\" or \"deny\"", text)
}
