package settings

import (
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestChoices: all that may stand below `drawbridge` is listed, each under the key by which it is set. full.json chooses everything, so
// that a key which is new needs a place there, and a field of Settings that none of them chooses shows.
func TestChoices(t *testing.T) {
	s, _, err := Load("testdata/full.json")
	if err != nil {
		t.Fatal(err)
	}
	all := s.Choices()
	for _, c := range all {
		if !c.Chosen || c.Value == nil {
			t.Errorf("full.json does not choose %s", c.Key)
		}
	}
	now, before := reflect.ValueOf(s), reflect.ValueOf(Default())
	for i := range now.NumField() {
		if f := now.Type().Field(i); f.IsExported() && reflect.DeepEqual(now.Field(i).Interface(), before.Field(i).Interface()) {
			t.Errorf("no key chooses %s", f.Name)
		}
	}
	path := filepath.Join(t.TempDir(), "config.json")
	if err := Edit(path, func(d *Draft) error {
		for _, c := range all {
			if err := d.Set(c.Key, c.Value); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	again, _, err := Load(path)
	again.Servers = s.Servers
	if err != nil || !again.Equal(s) {
		t.Errorf("set one by one they are %+v, %v", again, err)
	}
}

// TestDefaults: where the file says nothing the default counts, and shows as such.
func TestDefaults(t *testing.T) {
	s, _, err := read("c.json", []byte(`{"drawbridge": {"limits": {"calls": 12, /* mine */}, "audit": {"keep": "90d"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	got := map[string][2]string{}
	for _, c := range s.Choices() {
		if c.Value != nil {
			got[c.Key] = [2]string{c.Text(), c.DefaultText()}
		}
	}
	want := map[string][2]string{
		"audit.keep": {"90d", ""}, "limits.calls": {"12", "256"}, "limits.messageSize": {"32MiB", "32MiB"}, "limits.sessions": {"256", "256"},
		"listen": {"127.0.0.1:7040", "127.0.0.1:7040"}, "theme": {"system", "system"},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// TestUnknownChoice: a key that means nothing is not put into the file, and can be taken out of it.
func TestUnknownChoice(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.json")
	write(t, path, `{"drawbridge": {"thene": "dark"}}`)
	for _, key := range []string{"thene", "limits.call", "audit.keep.x", ""} {
		if err := Edit(path, func(d *Draft) error { return d.Set(key, 1) }); err == nil {
			t.Errorf("%q was set", key)
		}
	}
	if err := Edit(path, func(d *Draft) error { return d.Set("thene", nil) }); err != nil || strings.Contains(content(t, path), "thene") {
		t.Errorf("%v: %s", err, content(t, path))
	}
	for _, key := range []string{"thene", "limit.calls", "limits.", ""} {
		if err := Edit(path, func(d *Draft) error { return d.Set(key, nil) }); err == nil || !strings.Contains(err.Error(), "no setting") {
			t.Errorf("%q, which is not there, is taken out: %v", key, err)
		}
	}
}
