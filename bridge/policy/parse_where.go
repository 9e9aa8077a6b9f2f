package policy

import (
	"encoding/json"
	"regexp"
)

// where reads the conditions of a rule.
func (p *parser) where() (all []Condition, err error) {
	_, err = p.members(`"where" must be an object of arguments, like {"path": {"under": "/srv"}}`, func(argument string) error {
		if argument == "" || len(argument) > maxPattern {
			return p.fail("an argument's name in where must have 1 to %d bytes", maxPattern)
		}
		c := Condition{Argument: argument}
		said, err := p.members("where."+argument+` must be an object with "under", "in" or "matches"`, func(key string) error {
			return p.condition(&c, key)
		})
		if err != nil {
			return err
		}
		if len(said) == 0 {
			return p.fail(`where.%s says nothing; add "under", "in" or "matches"`, argument)
		}
		if all = append(all, c); len(all) > maxList {
			return p.fail("where has more than %d arguments", maxList)
		}
		_, err = p.token()
		return err
	})
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, p.fail("where is empty; leave it out")
	}
	_, err = p.token()
	return all, err
}

// condition reads one key of what an argument must be.
func (p *parser) condition(c *Condition, key string) (err error) {
	switch key {
	case "under":
		if c.Under, err = p.text(key); err != nil {
			return err
		}
		if _, ok := cleanPath(c.Under); !ok {
			return p.fail("%q is no absolute path; write the directory from the root on", c.Under)
		}
	case "in":
		c.In, err = p.values()
	case "matches":
		if c.Matches, err = p.text(key); err != nil {
			return err
		}
		for _, e := range []string{c.Matches, entire(c.Matches)} { // a)|(b is one only within brackets
			if _, err := regexp.Compile(e); err != nil {
				return p.fail("%q is no regular expression (RE2): %v", c.Matches, err)
			}
		}
	default:
		err = p.fail("where.%s has no key %q; the keys are under, in and matches", c.Argument, key)
	}
	return err
}

// values reads a list of texts, numbers, true, false and null.
func (p *parser) values() (all []json.RawMessage, err error) {
	if err := p.decode(&all); err != nil || len(all) == 0 || len(all) > maxList {
		return nil, p.fail(`"in" must be a list of 1 to %d values`, maxList)
	}
	for _, v := range all {
		if _, ok := canonical(v); !ok || v[0] == '{' || v[0] == '[' || len(v) > maxPattern {
			return nil, p.fail(`"in" must hold texts, numbers, true, false or null, each of %d bytes at most`, maxPattern)
		}
	}
	return all, nil
}

// arguments reads an object that arguments must equal.
func (p *parser) arguments() (all json.RawMessage, err error) {
	if err := p.decode(&all); err != nil {
		return nil, err
	}
	canon, ok := canonical(all)
	if !ok || canon[0] != '{' || len(canon) > maxArguments {
		return nil, p.fail("arguments must be an object of %d bytes at most in which no key comes twice", maxArguments)
	}
	return json.RawMessage(canon), nil
}

func (p *parser) decode(to any) error {
	if err := p.dec.Decode(to); err != nil {
		return p.fail("%v", err)
	}
	return nil
}
