package settings

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/tailscale/hujson"
)

var (
	// ErrChanged is returned by Edit when somebody else kept changing the file meanwhile.
	ErrChanged = errors.New("the file is being changed by another program; try again")
	// ErrNoServer is returned by RemoveServer for a name that is not there.
	ErrNoServer = errors.New("no such server")
)

// Edit changes the file at path: change is called with a draft of it, and what it made of the draft replaces the file as a whole.
// Comments, order and keys that are not known stay as they are. A file that is missing is made. Nothing is
// written when change returns an error, when the file is refused by Load, or when the result would be.
//
// When the file was changed by somebody else in between, change is called again with a draft of the new one.
// Two Edits of one program must not run at once.
func Edit(path string, change func(*Draft) error) error {
	for range 5 {
		done, err := edit(path, change)
		if err != nil {
			return fmt.Errorf("edit %q: %w", path, err)
		}
		if done {
			return nil
		}
	}
	return fmt.Errorf("edit %q: %w", path, ErrChanged)
}

// edit tries once. done is false when the file was changed meanwhile.
func edit(path string, change func(*Draft) error) (done bool, err error) {
	s, _, before, err := load(path)
	if err != nil {
		return false, err
	}
	d, err := newDraft(path, before, s)
	if err != nil {
		return false, err
	}
	same := d.pack()
	if err := change(d); err != nil {
		return false, err
	}
	after := d.pack()
	if bytes.Equal(after, same) {
		return true, nil
	}
	if _, err := d.Result(); err != nil {
		return false, err
	}
	_, _, now, err := load(path)
	if err != nil || !bytes.Equal(now, before) || (now == nil) != (before == nil) {
		return false, nil
	}
	return true, writeFile(path, after)
}

// Draft is the file while Edit changes it. It is used by the function that Edit calls and not after.
type Draft struct {
	// Settings is what the file said when it was read. Changes to it have no effect.
	Settings Settings

	path string
	root hujson.Value
	look layout
	crlf bool // lines end as on Windows; not so in root
}

const emptyFile = "{\n}\n"

func newDraft(path string, src []byte, s Settings) (*Draft, error) {
	if src == nil {
		src = []byte(emptyFile)
	}
	lines := bytes.Count(src, []byte("\n"))
	crlf := lines > 0 && lines == bytes.Count(src, []byte("\r\n"))
	src = bytes.Clone(src)
	if crlf {
		src = bytes.ReplaceAll(src, []byte("\r\n"), []byte("\n"))
	}
	doc, err := parse(path, src)
	if err != nil {
		return nil, err
	}
	return &Draft{Settings: s, path: path, root: doc.root, look: layoutOf(doc), crlf: crlf}, nil
}

// Result is what the file would say as it is now. The error is why it would be refused.
func (d *Draft) Result() (Settings, error) {
	s, _, err := read(d.path, d.pack())
	return s, err
}

// pack returns the file as it is now.
func (d *Draft) pack() []byte {
	if d.crlf {
		return bytes.ReplaceAll(d.root.Pack(), []byte("\n"), []byte("\r\n"))
	}
	return d.root.Pack()
}

// SetServer adds s, or makes the entry of that name say what s says. Only what differs is touched. The name of a
// remote server is taken.
func (d *Draft) SetServer(s Server) error {
	if err := CheckName(s.Name); err != nil {
		return err
	}
	if old := d.root.Find("/mcpServers/" + s.Name); old != nil && remote(old) {
		return fmt.Errorf("mcpServers.%s is a remote server in this file; give the new one another name", s.Name)
	}
	return d.put([]string{"mcpServers", s.Name}, s.entry())
}

// RemoveServer removes the entry called name. The error is ErrNoServer when there is none.
func (d *Draft) RemoveServer(name string) error {
	entries := d.root.Find("/mcpServers")
	if entries == nil {
		return ErrNoServer
	}
	obj, ok := entries.Value.(*hujson.Object)
	if !ok || find(obj, name) < 0 {
		return ErrNoServer
	}
	return remove(obj, name)
}

// Set gives one of Drawbridge's own choices a value: text, bool, int, []string or json.RawMessage. nil removes it, so that
// its default counts. key is as in the file, below `drawbridge`: "listen", "limits.calls". One that means nothing can only be removed, if
// the file has it.
func (d *Draft) Set(key string, value any) error {
	inFile := value == nil && membersOf([]byte(d.Settings.own.plain)).lookUp(key) != nil
	if !inFile && !d.Settings.choices().has(key) {
		return fmt.Errorf("%q is no setting; `drawbridge settings list` shows those that there are", key)
	}
	return d.put(append([]string{"drawbridge"}, strings.Split(key, ".")...), value)
}

// put sets the value at path and makes the objects that are missing on the way.
func (d *Draft) put(path []string, value any) error {
	obj, depth := d.root.Value.(*hujson.Object), 0
	for _, name := range path[:len(path)-1] {
		if find(obj, name) < 0 {
			if value == nil {
				return nil
			}
			d.look.insert(obj, name, &hujson.Object{}, depth)
		}
		child, ok := obj.Members[find(obj, name)].Value.Value.(*hujson.Object)
		if !ok {
			return fmt.Errorf("%s is no object", name)
		}
		obj, depth = child, depth+1
	}
	return d.look.put(obj, field{path[len(path)-1], value}, depth)
}
