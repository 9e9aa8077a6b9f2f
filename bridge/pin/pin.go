// Package pin keeps what the owner approved of a server: each tool, prompt and resource template as it was
// shown, and the server's instructions. The first sight of a server approves what is there. What is another
// later, or new, is held until the owner accepts it.
//
// A Book is what is pinned of one server; a Form is one thing as it was shown at one time. The package knows
// neither processes nor agents: who shows things, and what held means for a request, is its user's to say.
package pin

import (
	"errors"
	"strings"

	"drawbridge/internal/wire"
)

// Kind is what a thing is.
type Kind string

// The kinds that are pinned. A server has at most one thing of the kind Instructions, and its name is "".
const (
	Tool         Kind = "tool"
	Prompt       Kind = "prompt"
	Template     Kind = "template" // of resources; its name is the URI template
	Instructions Kind = "instructions"
)

// Kinds are all kinds, in the order in which a person reads them.
var Kinds = [...]Kind{Instructions, Tool, Prompt, Template}

// lists say where a kind is in the result of its list, and what names an element.
var lists = map[Kind]struct{ field, name string }{
	Tool:     {"tools", "name"},
	Prompt:   {"prompts", "name"},
	Template: {"resourceTemplates", "uriTemplate"},
}

// Thing names what is pinned.
type Thing struct {
	Kind Kind   `json:"kind"`
	Name string `json:"name,omitempty"`
}

// nameMax is the longest name of a thing, in bytes. What is called longer cannot be pinned.
const nameMax = 1 << 10

// Shown is one thing as a server shows it.
type Shown struct {
	Thing
	Digest   Digest
	Nameless bool // it has no name, or one that is too long: it can be neither pinned nor approved
	raw      []byte
}

var (
	// ErrNothingHeld is the error for accepting or rejecting what is not held.
	ErrNothingHeld = errors.New("nothing of that name is held")
	// ErrChangedAgain is the error for accepting what is not any more as it was when the owner looked.
	ErrChangedAgain = errors.New("it has changed again; look at it once more")
	// ErrUnseen is the error for accepting without a digest, or with too little of one to tell forms apart.
	ErrUnseen = errors.New("name the digest of what you have looked at")
	// ErrAmbiguous is the error for a list that two readers may read as two lists.
	ErrAmbiguous = errors.New("the server sent a list that can be read in two ways")
)

// List reads a page of a list: a result of tools/list, prompts/list or resources/templates/list. What it
// returns is as long as the list, in its order, and shares the result's memory. The error is ErrAmbiguous.
func List(k Kind, result []byte) (all []Shown, err error) {
	field := lists[k].field
	if twice(result) {
		return nil, ErrAmbiguous
	}
	for key := range wire.Fields(result) {
		if key != field && fold(key) == fold(field) {
			return nil, ErrAmbiguous
		}
	}
	for raw := range wire.Elements(wire.Get(result, field)) {
		all = append(all, show(k, raw))
	}
	return all, nil
}

func show(k Kind, raw []byte) Shown {
	name, ok := wire.String(wire.Get(raw, lists[k].name))
	if !ok || name == "" || len(name) > nameMax || twice(raw) {
		return Shown{Thing: Thing{Kind: k}, Nameless: true}
	}
	return Shown{Thing: Thing{k, name}, Digest: digest(raw), raw: raw}
}

// twice reports whether the object raw has a member twice, in capital letters or small ones: two readers may
// then read two things.
func twice(raw []byte) bool {
	seen := map[string]bool{}
	for key := range wire.Fields(raw) {
		if key = fold(key); seen[key] {
			return true
		}
		seen[key] = true
	}
	return false
}

// fold makes keys alike that some readers take for one.
func fold(key string) string { return strings.ToLower(strings.ToUpper(key)) }

// Field is where the things of a kind are in the result of their list.
func Field(k Kind) string { return lists[k].field }

const instructions = "instructions"

// Greeting reads the instructions in a result of initialize or server/discover; nothing where there are none. The
// error is ErrAmbiguous.
func Greeting(result []byte) ([]Shown, error) {
	count := 0
	for key := range wire.Fields(result) {
		if fold(key) == fold(instructions) {
			count++
		}
	}
	raw := wire.Get(result, instructions)
	if count > 1 || count == 1 && raw == nil {
		return nil, ErrAmbiguous
	}
	if text, ok := wire.String(raw); !ok || text == "" {
		return nil, nil
	}
	return []Shown{{Thing: Thing{Kind: Instructions}, Digest: digest(raw), raw: raw}}, nil
}

// WithoutInstructions is such a result without its instructions, however they are written.
func WithoutInstructions(result []byte) []byte {
	var keys []string
	for key := range wire.Fields(result) {
		if fold(key) == fold(instructions) {
			keys = append(keys, key)
		}
	}
	return wire.Without(result, keys...)
}
