package app

import (
	"log/slog"
	"path/filepath"
	"testing"

	"go.etcd.io/bbolt"

	"drawbridge/bridge"
	"drawbridge/bridge/audit"
	"drawbridge/bridge/era"
)

func newState(t *testing.T) *bbolt.DB {
	t.Helper()
	db, err := openState(filepath.Join(t.TempDir(), "state.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func TestCheckpoint(t *testing.T) {
	c := checkpoint{db: newState(t)}
	if h, err := c.Load(); err != nil || h != (audit.Head{}) {
		t.Errorf("before the first: %v, %v", h, err)
	}
	for seq := range uint64(3) {
		want := audit.Head{Seq: seq + 1, MAC: audit.MAC{byte(seq), 7}}
		if err := c.Save(want); err != nil {
			t.Fatal(err)
		}
		if h, err := c.Load(); err != nil || h != want {
			t.Errorf("got %v, %v, want %v", h, err, want)
		}
	}
	if err := put(c.db, "audit", "head", []byte("short")); err != nil {
		t.Fatal(err)
	}
	if h, err := c.Load(); err == nil {
		t.Errorf("a damaged one: %v", h)
	}
}

func TestMemory(t *testing.T) {
	m := memory{newState(t), slog.New(slog.DiscardHandler)}
	for _, f := range []bridge.Facts{{Era: era.Legacy}, {Era: era.Legacy, Asks: true}, {Era: era.Both}, {Era: era.Modern, Asks: true}} {
		m.Remember("files", "v1", f)
		if got := m.Recall("files", "v1"); got != f {
			t.Errorf("learned %v, remembers %v", f, got)
		}
	}
	for _, c := range [][2]string{{"files", "v2"}, {"other", "v1"}, {"", ""}} {
		if got := m.Recall(c[0], c[1]); got != (bridge.Facts{}) {
			t.Errorf("of %v: %v", c, got)
		}
	}
	for _, damaged := range []string{"v1 baroque", "v1", ""} {
		if err := put(m.db, "era", "files", []byte(damaged)); err != nil {
			t.Fatal(err)
		}
		if got := m.Recall("files", "v1"); got != (bridge.Facts{}) {
			t.Errorf("of %q: %v", damaged, got)
		}
	}
}
