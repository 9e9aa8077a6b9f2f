package settings

import (
	"encoding/json"
	"fmt"
	"strings"
)

// defaults is what stands below `drawbridge` where the file says nothing.
const defaults = `{
	"listen": "127.0.0.1:7040",
	"theme": "system",
	"limits": {"messageSize": "32MiB", "sessions": 256, "calls": 256}
}`

// Default returns the settings of an empty file.
func Default() (s Settings) {
	d, err := parse("", []byte(defaults))
	if err == nil {
		err = s.choices().read(node{doc: d, v: &d.root})
	}
	if err != nil {
		panic(fmt.Sprintf("settings: defaults: %v", err))
	}
	return s
}

// Choice is one of Drawbridge's own settings, in JSON as the file has it.
type Choice struct {
	Key     string          // as Draft.Set takes it
	Value   json.RawMessage `json:",omitempty"` // what counts; nil is nothing
	Default json.RawMessage `json:",omitempty"` // likewise, where the file says nothing
	Chosen  bool            // the file says it
}

// Text is the value as a person reads it: texts without quotes, and nothing as "".
func (c Choice) Text() string { return textOf(c.Value) }

// DefaultText is Text of the default.
func (c Choice) DefaultText() string { return textOf(c.Default) }

func textOf(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return string(raw)
	}
	return s
}

// Choices are all that there are, in the order of their keys.
func (s Settings) Choices() (all []Choice) {
	own, usual := membersOf([]byte(s.own.plain)), membersOf([]byte(defaults))
	for _, key := range s.choices().keys() {
		c := Choice{Key: key, Value: own.lookUp(key), Default: usual.lookUp(key)}
		if c.Chosen = c.Value != nil; !c.Chosen {
			c.Value = c.Default
		}
		all = append(all, c)
	}
	return all
}

// members are those of a JSON object.
type members map[string]json.RawMessage

// membersOf reads an object; what is none has no members.
func membersOf(raw []byte) (m members) {
	_ = json.Unmarshal(raw, &m)
	return m
}

// lookUp is the value under a key; nil is that there is none.
func (m members) lookUp(key string) json.RawMessage {
	name, rest, within := strings.Cut(key, ".")
	if !within {
		return m[name]
	}
	return membersOf(m[name]).lookUp(rest)
}
