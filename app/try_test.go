package app

import (
	"os"
	"strings"
	"testing"
)

func TestTryServer(t *testing.T) {
	h := newHouse(t, entries("demo")).run()
	before, _ := os.ReadFile(h.options.Places.Config)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	got, err := h.TryServer(t.Context(), NewServer{Name: "new", Command: []string{self, "demo-server"}})
	if err != nil || got.Error != "" || len(got.Tools) < 3 || got.Era == "" || got.Took <= 0 {
		t.Errorf("%+v, %v", got, err)
	}
	got, err = h.TryServer(t.Context(), NewServer{Name: "gone", Command: []string{"no-such-program-anywhere"}})
	if err != nil || !strings.Contains(got.Error, `"gone"`) || !strings.Contains(got.Error, "not found; looked in") {
		t.Errorf("%+v, %v", got, err)
	}
	got, err = h.TryServer(t.Context(), NewServer{Name: "dies", Command: []string{"sh", "-c", "echo no key >&2; exit 3"}})
	if err != nil || got.Error == "" || !strings.Contains(got.Stderr, "no key") {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := h.TryServer(t.Context(), NewServer{Name: "none"}); err == nil {
		t.Error("no command is tried")
	}
	after, _ := os.ReadFile(h.options.Places.Config)
	if all, err := h.Servers(); string(before) != string(after) || len(all) != 1 || err != nil {
		t.Errorf("config.json is\n%s\nafter\n%s, %d servers, %v", after, before, len(all), err)
	}
}
