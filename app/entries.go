package app

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"drawbridge/app/settings"
)

// ErrEntry is returned by ChangeEntry when the entry is not in the list as the owner has seen it.
var ErrEntry = errors.New("it has been changed or removed meanwhile; look at it again")

// EntryChange is what the owner does to one entry of a list among the choices. Its zero value changes nothing.
type EntryChange struct {
	At   int             // where the owner has seen the entry; what others did to the list meanwhile may have moved it
	Seen json.RawMessage // what it said there; nil is a new one, which comes last
	Now  json.RawMessage // what it says from then on; nil is that it goes
	Step int             // -1 is a place up, 1 a place down, 0 where it is
	Past json.RawMessage // what stood in that place, as the owner has seen it
}

// In is the list with the change. all stays as it is. The error is ErrEntry.
func (c EntryChange) In(all []json.RawMessage) ([]json.RawMessage, error) {
	if c.Seen == nil && c.Now == nil {
		return all, nil
	}
	if c.Seen == nil {
		return append(slices.Clone(all), c.Now), nil
	}
	is := func(other json.RawMessage) bool { return bytes.Equal(other, c.Seen) }
	at := c.At
	if at < 0 || at >= len(all) || !is(all[at]) {
		at = slices.IndexFunc(all, is)
	}
	to := at + c.Step
	if at < 0 || to < 0 || to >= len(all) || c.Step != 0 && !bytes.Equal(all[to], c.Past) {
		return nil, ErrEntry
	}
	all = slices.Clone(all)
	if c.Now == nil {
		return slices.Delete(all, at, at+1), nil
	}
	all[at], all[to] = all[to], c.Now
	return all, nil
}

// ChangeEntry changes one entry of the list that key names, as Choose takes it. What else has changed in the list meanwhile stays; where the
// entry itself has, nothing is changed and the error is ErrEntry. What would not be understood is refused.
func (a *App) ChangeEntry(key string, c EntryChange) error {
	return a.edit(c.line(key), func(d *settings.Draft) error {
		all, err := c.In(entriesOf(d.Settings, key))
		if err != nil {
			return err
		}
		if len(all) == 0 {
			return d.Set(key, nil)
		}
		return d.Set(key, json.RawMessage(slices.Concat([]byte{'['}, bytes.Join(asBytes(all), []byte{','}), []byte{']'})))
	})
}

// line is the change in a line of the record.
func (c EntryChange) line(key string) string {
	kept := func(entry json.RawMessage) string { return keptChoice(key, entry) }
	switch {
	case c.Seen == nil:
		return fmt.Sprintf("added to %s: %s", key, kept(c.Now))
	case c.Now == nil:
		return fmt.Sprintf("removed from %s: %s", key, kept(c.Seen))
	case c.Step < 0:
		return fmt.Sprintf("moved up in %s: %s", key, kept(c.Now))
	case c.Step > 0:
		return fmt.Sprintf("moved down in %s: %s", key, kept(c.Now))
	}
	return fmt.Sprintf("changed in %s: %s; it was: %s", key, kept(c.Now), kept(c.Seen))
}

// entriesOf are the entries of a list among the settings; nil is none.
func entriesOf(s settings.Settings, key string) (all []json.RawMessage) {
	for _, c := range s.Choices() {
		if c.Key == key {
			_ = json.Unmarshal(c.Value, &all) // nothing is a list of none
		}
	}
	return all
}

func asBytes(all []json.RawMessage) (raw [][]byte) {
	for _, one := range all {
		raw = append(raw, one)
	}
	return raw
}
