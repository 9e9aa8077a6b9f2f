package ui

import (
	"testing"
	"time"

	"fyne.io/fyne/v2/test"

	"drawbridge/app/found"
	"drawbridge/app/ui/look"
)

// TestFirstStart: what the owner has elsewhere is found, shown with its exact command, and taken over as ticked.
func TestFirstStart(t *testing.T) {
	a := newFake()
	a.found = houseFound()
	r := newRigOf(t, a)
	r.expect("Which of your servers shall agents use?")
	r.expect("npx -y @modelcontextprotocol/server-filesystem /home/ada/Documents")
	r.expect("Its environment holds secrets: BRAVE_API_KEY")
	r.expect("linear cannot be taken: it is a remote server")
	r.expect("It could not be read: it is no JSON")
	r.expect("Import 3 servers")
	tick(r, "filesystem")
	tick(r, "old")
	tick(r, "old")
	r.expect("Import 2 servers")
	test.Tap(button(r.window, "Import 2 servers"))
	r.asked(`import sqlite ["uvx" "mcp-server-sqlite" "--db-path" "${workspaceFolder}/x.db"] map[] hide []`)
	r.gone("Which of your servers shall agents use?")
	r.expect("brave-search")
	if _, ok := r.view.Servers["filesystem"]; ok {
		t.Error("a server came that was not ticked")
	}
}

func TestImportSaysWhereSecretsGo(t *testing.T) {
	a := newFake()
	a.found = houseFound()[:1]
	r := newRigOf(t, a)
	r.expect("Keep secrets in the keychain, not in the settings file")
	r.fake.failing("the keychain is locked")
	test.Tap(button(r.window, "Import 2 servers"))
	r.expect("Nothing was imported: the keychain is locked")
	r.fake.failing("")
	r.fake.mended()
	test.Tap(button(r.window, "Import 2 servers"))
	r.asked(`import brave-search ["npx" "-y" "@modelcontextprotocol/server-brave-search"] map[BRAVE_API_KEY:BSA0123456789] hide ["BRAVE_API_KEY"]`)
}

// TestImportKeepsNamesApart: a name that is taken here gets another, and what is here already is not ticked.
func TestImportKeepsNamesApart(t *testing.T) {
	r := newRig(t, house(time.Now()))
	r.importSheet([]found.Source{{Title: "Cursor", Servers: []found.Server{
		{Name: "github", Title: "github", Command: "other"},
		{Name: "time", Title: "time", Command: "uvx", Args: []string{"mcp-server-time"}},
	}}})
	r.expect("It is here already.")
	r.expect("Import 1 server")
	if _, ok := find(r.window, func(c *look.Check) bool { return c.Text == "github-2  (there: github)" && c.Checked }); !ok {
		t.Error("the name that is taken is used, or the server is not ticked")
	}
}

func TestDemoServer(t *testing.T) {
	r := newRig(t, newFake().state)
	r.expect("No servers yet")
	test.Tap(button(r.window, "Try the demo server"))
	r.until("the demo to be added", func() bool {
		for _, s := range r.fake.said() {
			if len(s) > 8 && s[:8] == "add demo" {
				return true
			}
		}
		return false
	})
}
