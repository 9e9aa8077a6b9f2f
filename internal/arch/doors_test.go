package arch

import (
	"go/build/constraint"
	"maps"
	"slices"
	"strings"
	"testing"
)

// door is where a library comes into the house, and why nowhere else.
type door struct {
	rooms []string // none: nowhere
	tests bool     // any test may use it
	why   string
}

// doors lists every package that needs a door, by import path or by a prefix that ends in "/".
// The longest entry decides.
var doors = map[string]door{
	"fyne.io/": {rooms: []string{"app/ui"}, why: "all else runs, and is tested, without a window"},

	"github.com/go-gl/glfw/v3.4/glfw": {rooms: []string{"app/ui"}, why: "the window's loop is Fyne's; one file has it wait"},
	"golang.org/x/image/":             {rooms: []string{"app/ui"}, why: "only a window draws"},

	"github.com/coder/websocket":       {rooms: []string{"bridge/front", "internal/judge"}, why: "a socket is one front of three; behind the front there are messages"},
	"github.com/zalando/go-keyring":    {rooms: []string{"signin/keychain"}, why: "secrets have one keeper"},
	"filippo.io/age":                   {rooms: []string{"signin/keychain"}, why: "secrets have one keeper"},
	"golang.org/x/oauth2":              {rooms: []string{"signin/oidc"}, tests: true, why: "one room talks with the company's identity provider"},
	"github.com/go-jose/go-jose/v4":    {rooms: []string{"signin/oidc", "signin/authserver"}, why: "one reads the keys of identity providers, the other what is signed with them"},
	"github.com/go-jose/go-jose/v4/":   {rooms: []string{"signin/oidc", "signin/authserver"}, why: "one reads the keys of identity providers, the other what is signed with them"},
	"github.com/coreos/go-oidc/":       {rooms: []string{"signin/oidc"}, why: "one room talks with the company's identity provider"},
	"github.com/ory/fosite":            {rooms: []string{"signin/authserver"}, why: "the library can then be replaced"},
	"github.com/ory/fosite/":           {rooms: []string{"signin/authserver"}, why: "the library can then be replaced"},
	"github.com/fsnotify/fsnotify":     {rooms: []string{"app/settings"}, why: "settings are the only file somebody else edits"},
	"github.com/tailscale/hujson":      {rooms: []string{"app/settings", "app/found"}, why: "only settings, ours and others', have comments"},
	"rsc.io/qr":                        {rooms: []string{"app/share"}, why: "a picture of an address is one more way to share it"},
	"github.com/BurntSushi/toml":       {rooms: []string{"app/found"}, why: "no file of ours is TOML"},
	"github.com/alecthomas/kong":       {rooms: []string{"app/cli"}, why: "the command line is one client of the application among others"},
	"github.com/gofrs/flock":           {rooms: []string{"app"}, why: "the application is what there is one of"},
	"github.com/Microsoft/go-winio":    {rooms: []string{"app"}, why: "the control socket is the application's"},
	"gopkg.in/natefinch/lumberjack.v2": {rooms: []string{"app"}, why: "rooms log to the slog.Logger they are given"},
	"github.com/caddyserver/certmagic": {rooms: []string{"tunnel"}, why: "certificates belong to an address"},
	"github.com/mholt/acmez/v3":        {rooms: []string{"tunnel"}, why: "certificates belong to an address"},
	"github.com/mholt/acmez/v3/acme":   {rooms: []string{"tunnel"}, why: "certificates belong to an address"},
	"go.uber.org/zap":                  {rooms: []string{"tunnel"}, why: "log/slog; one library there wants a silent one of these"},
	"github.com/pires/go-proxyproto":   {rooms: []string{"tunnel"}, why: "only a relay may say who a visitor is"},
	"golang.org/x/crypto/ssh":          {rooms: []string{"tunnel"}, why: "one driver reaches a relay by it"},
	"tailscale.com/":                   {rooms: []string{"tunnel"}, why: "one driver, in programs built with its tag, is a machine in a tailnet"},
	"github.com/godbus/dbus/v5":        {rooms: []string{"app/ui", "app", "internal/judge"}, why: "the session bus belongs to the desktop, and whether its owner is there to the application"},
	"github.com/godbus/dbus/v5/":       {rooms: []string{"internal/judge"}, why: "a tray to judge ours in"},
	"go.etcd.io/bbolt":                 {rooms: []string{"app", "signin/token", "signin/authserver"}, why: "a room that keeps something keeps it in a bucket it is given"},
	"golang.org/x/sys/":                {rooms: []string{"stdio", "app"}, why: "what only one platform has is said in as few rooms as can be"},
	"github.com/modelcontextprotocol/": {rooms: []string{"internal/judge"}, why: "the bridge forwards bytes; an SDK would decode them"},
	"github.com/google/go-cmp/cmp":     {tests: true, why: "it panics where a program should not"},
	"github.com/google/go-cmp/cmp/":    {tests: true, why: "it panics where a program should not"},
	"github.com/stretchr/":             {why: "plain ifs say what failed"},

	"os/exec":        {rooms: []string{"stdio", "internal/judge", "internal/arch"}, why: "one room starts programs, and ends the trees they leave; others get a function"},
	"C":              {why: "the headless program builds without cgo"},
	"net/http/pprof": {why: "importing it opens a route behind every mux"},
	"expvar":         {why: "importing it opens a route behind every mux"},
	"math/rand":      {why: "crypto/rand for secrets, math/rand/v2 for jitter"},
	"io/ioutil":      {why: "os and io have it"},
	"log":            {why: "log/slog, and the logger is given"},
}

// doorOf returns the entry of doors that decides about path.
func doorOf(path string) (door, bool) {
	if d, ok := doors[path]; ok {
		return d, true
	}
	best := ""
	for p := range maps.Keys(doors) {
		if strings.HasSuffix(p, "/") && strings.HasPrefix(path, p) && len(p) > len(best) {
			best = p
		}
	}
	return doors[best], best != ""
}

// ban says why a file of room may not import path; "" is that it may.
func ban(room string, test bool, path string) string {
	d, listed := doorOf(path)
	host, _, _ := strings.Cut(path, "/")
	foreign := strings.Contains(host, ".")
	switch {
	case !listed && foreign:
		return "it has no door: name the one room that needs it, and why"
	case !listed, test && d.tests, slices.Contains(d.rooms, hall(room)):
		return ""
	}
	return d.why
}

func TestDoors(t *testing.T) {
	for _, s := range sources(t) {
		for _, p := range s.imports() {
			if why := ban(s.room, s.test, p); why != "" {
				t.Errorf("%s imports %s: %s", s.path, p, why)
			}
		}
	}
}

// TestOneFileOpensTheWindow: fyne/v2/app alone pulls in cgo and OpenGL, so one file imports it and
// that file stays out of a build without cgo.
func TestOneFileOpensTheWindow(t *testing.T) {
	var with []string
	for _, s := range sources(t) {
		if !slices.Contains(s.imports(), "fyne.io/fyne/v2/app") {
			continue
		}
		with = append(with, s.path)
		if got := buildLine(s); got != "cgo && !nogui" {
			t.Errorf("%s: build constraint %q, want %q", s.path, got, "cgo && !nogui")
		}
	}
	if len(with) > 1 {
		t.Errorf("%v import fyne.io/fyne/v2/app: one file may", with)
	}
}

// buildLine is the expression of the file's //go:build line; "" when it has none.
func buildLine(s source) string {
	for _, group := range s.file.Comments {
		for _, c := range group.List {
			if c.Pos() < s.file.Package && constraint.IsGoBuild(c.Text) {
				return strings.TrimSpace(strings.TrimPrefix(c.Text, "//go:build"))
			}
		}
	}
	return ""
}

// TestBan shows that the doors can be missed.
func TestBan(t *testing.T) {
	for _, c := range []struct {
		room string
		test bool
		path string
		fine bool
	}{
		{"app/ui", false, "fyne.io/fyne/v2/widget", true},
		{"app/ui/card", false, "fyne.io/fyne/v2", true},
		{"stdio", false, "os/exec", true},
		{"bridge", true, "github.com/google/go-cmp/cmp", true},
		{"bridge", false, "net/http", true},
		{"app", false, "fyne.io/fyne/v2", false},
		{"bridge", true, "os/exec", false},
		{"bridge", false, "github.com/google/go-cmp/cmp", false},
		{"signin/authserver", false, "github.com/ory/fosite/handler/oauth2", true},
		{"signin", false, "github.com/ory/fosite/handler/oauth2", false},
		{"bridge", false, "example.org/anything", false},
	} {
		if why := ban(c.room, c.test, c.path); (why == "") != c.fine {
			t.Errorf("%s importing %s: %q", c.room, c.path, why)
		}
	}
}
