package judge

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestDesktop: the road of somebody who has never seen the program, at a real window. They take over the server that Claude
// Desktop has, share it, let in a client of the TypeScript SDK of each era, watch its call, are asked about calls, and send it away.
func TestDesktop(t *testing.T) {
	d := newDesktop(t, "tesseract", "xclip")
	node := npm(t)
	theirs := fmt.Sprintf(`{"mcpServers": {"Demo": {"command": %q, "args": ["demo-server"]}}}`, d.program)
	d.file(".config/Claude/claude_desktop_config.json", theirs)
	d.start()
	d.front()
	d.shows("Which of your servers")
	d.picture("first-start")
	d.keys("shift+Tab", "Return") // the last thing on the page
	d.shows("Running")
	d.picture("imported")
	d.owner("Share demo")
	d.shows("Signs in")
	d.picture("share")
	d.keys("Return") // copies
	var url string
	sees(t, "an address on the clipboard", func() bool {
		url = regexp.MustCompile(`http://127\.0\.0\.1:\d+/[^\s"']*`).FindString(d.copied())
		return url != ""
	})
	d.keys("Escape")
	d.hides("Signs in")
	for _, sdk := range []string{"v1", "v2"} {
		t.Run(sdk, func(t *testing.T) {
			defer func(whole testing.TB) { d.t = whole }(d.t)
			d.t = t
			o := &windowOwner{desktop: d, agent: "Judge " + sdk}
			node.talk(t, "desktop.mjs", o.do, "JUDGE_SDK="+sdk, "JUDGE_URL="+url)
		})
	}
}

// owner does something by typing what it is.
func (d *desktop) owner(what string) {
	d.t.Helper()
	d.keys("ctrl+k")
	d.shows("Show servers") // the list of what can be done
	d.types(what)
	d.keys("Return")
}

// windowOwner does at the window what a client waits for.
type windowOwner struct {
	*desktop
	agent string
}

func (o *windowOwner) do(what, detail string) error {
	switch what {
	case "approve":
		who := newPerson(o.t, nil)
		who.tell = o.approve
		_, err := who.visit(o.t.Context(), detail)
		return err
	case "see":
		o.click("Live calls")
		o.shows("clock")
		o.picture("its-call")
		o.keys("ctrl+1")
	case "rule":
		o.ask()
	case "allow":
		o.asked(detail)
		o.picture("asks")
		o.keys("Tab", "Tab")
		o.answer(detail)
	case "deny":
		o.asked(detail)
		o.keys("shift+Tab")
		o.types("not today")
		o.picture("reason")
		o.keys("Tab", "Tab")
		o.answer(detail)
	case "wait":
		o.asked(detail)
		o.picture("asks")
	case "gone":
		o.hides("asks to use echo")
		o.picture("gone")
	case "revoke":
		o.owner("Revoke " + o.agent)
		o.shows("It cannot come back unless")
		o.picture("revoke")
		o.keys("Tab", "Return")
		sees(o.t, o.agent+" to be out", func() bool { return !strings.Contains(o.run("agents", "list"), o.agent) })
		o.click("Agents")
		o.shows("No agents yet")
		o.picture("revoked")
	}
	return nil
}

// approve lets in whoever shows that code.
func (o *windowOwner) approve(code string) error {
	o.owner("Let an agent in by its code") // nobody who has not signed in comes to the window by themselves
	o.shows("Let an agent in", "Cancel")
	o.picture("code")
	o.types(code)
	o.keys("Return")
	o.shows(o.agent + " wants to connect") // the code is random, and such a 9 may be read as a Q
	o.picture("wants-to-connect")
	o.keys("Tab", "Tab", "Return")
	o.hides("wants to connect")
	return nil
}

// asked waits for the question about the call that says what. It is quicker than to read the window: the call does not wait
// long. The window shows the question by itself; if it did not, the keys that follow would answer nothing.
func (o *windowOwner) asked(what string) {
	o.t.Helper()
	sees(o.t, "the question about "+what, func() bool { return o.waits(what) })
	<-time.After(guarded)
}

// guarded is how long a person takes to read a question, at least. The window takes no answer before.
const guarded = time.Second

func (o *windowOwner) waits(what string) bool {
	return strings.Contains(o.run("calls", "waiting"), what)
}

// answer presses the button that the keyboard is on, until the question is gone.
func (o *windowOwner) answer(what string) {
	o.t.Helper()
	sees(o.t, "the answer about "+what, func() bool {
		o.keys("Return")
		<-time.After(guarded)
		return !o.waits(what)
	})
}

// run is a command of the same program, on the application that runs.
func (d *desktop) run(args ...string) string {
	d.t.Helper()
	cmd := exec.Command(d.program, append(args, "--json")...)
	cmd.Env = d.env
	out, err := cmd.Output()
	if err != nil || !json.Valid(out) {
		d.t.Fatalf("drawbridge %v: %v: %s", args, err, out)
	}
	return string(out)
}

// ask has the owner want to be asked about echo, by a rule that they write in the window.
func (o *windowOwner) ask() {
	if strings.Contains(o.config(), `"verdict": "ask"`) {
		return
	}
	o.keys("ctrl+shift+r")
	o.shows("Add a rule")
	o.keys("Tab", "Tab", "Tab", "Right", "Tab") // past who and server, to tools, to which of them
	o.types("echo")
	o.picture("rule")
	o.keys("Return")
	want := `{"tool": "echo", "verdict": "ask"}`
	sees(o.t, "the rule to be kept", func() bool { return strings.Contains(o.config(), want) })
	if said := o.run("policy", "explain", o.agent, "demo", "echo"); !strings.Contains(said, `"ask"`) {
		o.t.Errorf("the rule does not count: %s\n%s", said, o.config())
	}
}

// config is the owner's settings file.
func (d *desktop) config() string {
	text, err := os.ReadFile(filepath.Join(d.home, "drawbridge/config.json"))
	if err != nil {
		d.t.Fatal(err)
	}
	return string(text)
}
