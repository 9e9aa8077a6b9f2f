package found

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/BurntSushi/toml"
	"github.com/tailscale/hujson"
)

// group are the entries that stand together in a file.
type group struct {
	project string // the directory that they are for; "" is everywhere
	entries map[string]rawEntry
}

// rawEntry is one entry, not looked at yet.
type rawEntry struct {
	json json.RawMessage
	toml *toml.Primitive
	meta toml.MetaData
}

// into reads the entry.
func (r rawEntry) into(e *entry) error {
	if r.toml != nil {
		return r.meta.PrimitiveDecode(*r.toml, e)
	}
	return json.Unmarshal(r.json, e)
}

// parse takes the file apart into entries.
func (a application) parse(b []byte) ([]group, error) {
	if a.toml {
		return parseTOML(b)
	}
	b, err := plainJSON(bytes.TrimPrefix(b, []byte("\xef\xbb\xbf")))
	if err != nil {
		return nil, err
	}
	var groups []group
	for _, path := range a.under {
		if entries := entriesAt(b, path); entries != nil {
			groups = append(groups, group{"", entries})
			break
		}
	}
	if !a.projects {
		return groups, nil
	}
	projects := entriesAt(b, []string{"projects"})
	for _, dir := range slices.Sorted(maps.Keys(projects)) {
		groups = append(groups, group{dir, entriesAt(projects[dir].json, []string{"mcpServers"})})
	}
	return groups, nil
}

// entriesAt are the members of the object at path; nil where there is none.
func entriesAt(b json.RawMessage, path []string) map[string]rawEntry {
	var members map[string]json.RawMessage
	for _, name := range path {
		members = nil
		if json.Unmarshal(b, &members) != nil || members[name] == nil {
			return nil
		}
		b = members[name]
	}
	members = nil
	if json.Unmarshal(b, &members) != nil {
		return nil
	}
	entries := make(map[string]rawEntry, len(members))
	for name, m := range members {
		entries[name] = rawEntry{json: m}
	}
	return entries
}

// mostBrackets bounds how deep a file with comments can be nested, whatever is a comment in it.
const mostBrackets = 50_000

// plainJSON is b without comments and trailing commas.
func plainJSON(b []byte) ([]byte, error) {
	if len(bytes.TrimSpace(b)) == 0 {
		return []byte("{}"), nil
	}
	if json.Valid(b) {
		return b, nil
	}
	if bytes.Count(b, []byte("["))+bytes.Count(b, []byte("{")) > mostBrackets {
		return nil, errors.New("it is no JSON that can be read")
	}
	plain, err := hujson.Standardize(append(bytes.Clone(b), '\n'))
	if err != nil {
		return nil, fmt.Errorf("it is no JSON: %w", err)
	}
	return plain, nil
}

func parseTOML(b []byte) ([]group, error) {
	var file struct {
		Servers map[string]toml.Primitive `toml:"mcp_servers"`
	}
	meta, err := toml.Decode(string(b), &file)
	if err != nil {
		return nil, fmt.Errorf("it is no TOML: %w", err)
	}
	g := group{entries: map[string]rawEntry{}}
	for name, p := range file.Servers {
		g.entries[name] = rawEntry{toml: &p, meta: meta}
	}
	return []group{g}, nil
}
