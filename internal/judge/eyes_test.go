package judge

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// zoom is by how much the picture is enlarged before it is read: small letters are hard to tell apart.
const zoom = 2

// word is a word in the window, and where its middle is.
type word struct {
	text string
	line string // the same for words beside each other
	x, y int
}

// read is what stands in the window, as a program that knows nothing of ours reads it. That takes seconds.
func (d *desktop) read() (all []word) {
	d.t.Helper()
	see := exec.Command("sh", "-c", fmt.Sprintf("import -window %s -colorspace gray -resize %d%% png:- | tesseract - - --psm 11 tsv", d.window(), zoom*100))
	see.Env = append(d.env, "OMP_THREAD_LIMIT=1")
	out, err := see.Output()
	if err != nil {
		d.t.Fatalf("read the window: %v", err)
	}
	for row := range strings.Lines(string(out)) {
		f := strings.Split(strings.TrimRight(row, "\r\n"), "\t")
		if len(f) != 12 || strings.TrimSpace(f[11]) == "" {
			continue
		}
		var box [4]int
		for i := range box {
			box[i], _ = strconv.Atoi(f[6+i])
		}
		all = append(all, word{f[11], strings.Join(f[1:5], "."), (box[0] + box[2]/2) / zoom, (box[1] + box[3]/2) / zoom})
	}
	return all
}

// find is the first place of a phrase, its words beside each other.
func find(all []word, phrase string) (x, y int, ok bool) {
	want := strings.Fields(phrase)
	for i := range all {
		n := 0
		for n < len(want) && i+n < len(all) && all[i+n].text == want[n] && all[i+n].line == all[i].line {
			n++
		}
		if n == len(want) {
			return (all[i].x + all[i+n-1].x) / 2, all[i].y, true
		}
	}
	return 0, 0, false
}

// shows waits until phrases can be read in the window.
func (d *desktop) shows(phrases ...string) {
	d.t.Helper()
	d.until(fmt.Sprintf("shows %q", phrases), func(all []word) bool {
		return !slices.ContainsFunc(phrases, func(phrase string) bool {
			_, _, ok := find(all, phrase)
			return !ok
		})
	})
}

// hides waits until a phrase cannot be read in the window.
func (d *desktop) hides(phrase string) {
	d.t.Helper()
	d.until(fmt.Sprintf("hides %q", phrase), func(all []word) bool {
		_, _, ok := find(all, phrase)
		return !ok
	})
}

// until reads the window again and again. When what is waited for does not happen, the test ends with what there is to see.
func (d *desktop) until(what string, ok func([]word) bool) {
	d.t.Helper()
	var all []word
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); {
		if all = d.read(); ok(all) {
			return
		}
	}
	d.picture("not-so")
	var text strings.Builder
	for i, w := range all {
		if i > 0 && w.line != all[i-1].line {
			text.WriteByte('\n')
		}
		text.WriteString(w.text + " ")
	}
	d.t.Fatalf("the window never %s; it reads\n%s", what, text.String())
}

// click clicks where a phrase stands.
func (d *desktop) click(phrase string) {
	d.t.Helper()
	var x, y int
	d.until(fmt.Sprintf("shows %q", phrase), func(all []word) (ok bool) {
		x, y, ok = find(all, phrase)
		return ok
	})
	d.hand("mousemove", "--window", d.window(), strconv.Itoa(x), strconv.Itoa(y))
	d.hand("click", "1")
}

// keys presses keys one after the other, each as xdotool calls it.
func (d *desktop) keys(keys ...string) {
	d.t.Helper()
	d.hand(append([]string{"key", "--delay", "60"}, keys...)...)
}

// types types a text.
func (d *desktop) types(text string) {
	d.t.Helper()
	d.hand("type", "--delay", "20", text)
}

func (d *desktop) hand(args ...string) {
	d.t.Helper()
	if _, err := d.xdotool(args...); err != nil {
		d.t.Errorf("xdotool %v: %v", args, err)
	}
}

// copied is what lies on the clipboard.
func (d *desktop) copied() string {
	cmd := exec.Command("xclip", "-selection", "clipboard", "-out")
	cmd.Env = d.env
	out, _ := cmd.Output()
	return string(out)
}

// picture keeps the window as it is, in the directory that JUDGE_PICTURES names.
func (d *desktop) picture(name string) {
	d.t.Helper()
	dir := os.Getenv("JUDGE_PICTURES")
	if dir == "" {
		return
	}
	d.pictures++
	path := filepath.Join(dir, fmt.Sprintf("desktop-%02d-%s.png", d.pictures, name))
	cmd := exec.Command("import", "-window", d.window(), path)
	cmd.Env = d.env
	if out, err := cmd.CombinedOutput(); err != nil {
		d.t.Errorf("take a picture: %v: %s", err, out)
	}
}
