package judge

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	recordedCalls = 1000
	callEvery     = time.Second / 50
)

// TestKilledWhileRecording kills the bridge at random moments of 1,000 calls at 50 a second. The record is whole each
// time, and has every call that was answered, from its beginning to its end. What is then done to it is found.
func TestKilledWhileRecording(t *testing.T) {
	b := serve(t, map[string]entry{"all": ourselves(t, "all", "plain")})
	token := b.token(t, "recorded")
	client := b.client(t)
	var kills []int
	for range 5 {
		kills = append(kills, 1+rand.IntN(recordedCalls-1))
	}
	t.Logf("killed at calls %v", kills)
	var wg sync.WaitGroup
	var mu sync.Mutex // guards the field below
	answered := map[int]bool{}
	l := b.open(t, client, "all", token)
	tick := time.NewTicker(callEvery)
	defer tick.Stop()
	for n := 1; n <= recordedCalls; n++ {
		<-tick.C
		to := *l
		wg.Go(func() {
			text := "call number " + strconv.Itoa(n)
			got, err := to.tool(deadline(t, 30*time.Second), strconv.Itoa(n), "echo", `{"text":"`+text+`"}`)
			if err == nil && got == text {
				mu.Lock()
				answered[n] = true
				mu.Unlock()
			}
		})
		if slices.Contains(kills, n) {
			<-time.After(rand.N(callEvery)) // anywhere between two calls
			b.kill()
			wg.Wait()
			checkRecord(t, b, answered)
			b.begin(t)
			l = b.open(t, client, "all", token)
		}
	}
	wg.Wait()
	checkRecord(t, b, answered)
	if len(answered) < recordedCalls*9/10 {
		t.Errorf("%d of %d calls were answered", len(answered), recordedCalls)
	}
	b.stop()
	checkRecord(t, b, answered)
	tampering(t, b)
}

// checkRecord holds that the record is whole and has each of these calls.
func checkRecord(t *testing.T, b *bridge, answered map[int]bool) {
	t.Helper()
	if said := b.run(t, "audit", "verify"); !strings.HasSuffix(said, "all as they were written.") {
		t.Fatalf("audit verify: %s", said)
	}
	var begun map[uint64]int // numbers of calls begin anew with each run
	ended := map[int]bool{}
	for line := range strings.Lines(b.run(t, "audit", "export")) {
		var r struct {
			Kind, Outcome string
			Call          uint64
			Arguments     struct{ Text string }
		}
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		switch r.Kind {
		case "opened":
			begun = map[uint64]int{}
		case "call-begin":
			begun[r.Call], _ = strconv.Atoi(strings.TrimPrefix(r.Arguments.Text, "call number "))
		case "call-end":
			ended[begun[r.Call]] = r.Outcome == "ok"
		}
	}
	for n := range answered {
		if !ended[n] {
			t.Errorf("call %d was answered and is not in the record", n)
		}
	}
}

// tampering changes the record of a bridge that does not run, in ways that have to be found and named.
func tampering(t *testing.T, b *bridge) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(b.home, "audit", "*.jsonl"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	file := files[len(files)-1]
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	lines := slices.Collect(bytes.Lines(whole))
	at := len(lines) / 2
	flipped := slices.Clone(whole)
	flipped[len(bytes.Join(lines[:at], nil))+len(lines[at])/2] ^= 1
	rewritten := bytes.ReplaceAll(whole, []byte(`"agent":"recorded"`), []byte(`"agent":"somebody"`))
	name := filepath.Base(file)
	for what, c := range map[string]struct {
		text []byte
		says string
	}{
		"a flipped byte":   {flipped, fmt.Sprintf("%s:%d: record", name, at+1)},
		"a dropped line":   {bytes.Join(slices.Delete(slices.Clone(lines), at, at+1), nil), fmt.Sprintf("%s:%d: record", name, at+1)},
		"a cut tail":       {bytes.Join(lines[:len(lines)-3], nil), "the end of the record was cut off"},
		"a torn tail":      {whole[:len(whole)-10], "an unfinished line"},
		"a rewritten file": {rewritten, name + ":"},
		"an emptied file":  {nil, "the end of the record was cut off"},
	} {
		if err := os.WriteFile(file, c.text, 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := b.command("audit", "verify").Output()
		exit := new(exec.ExitError)
		if !errors.As(err, &exit) || exit.ExitCode() != 4 || !contains(out, c.says) {
			t.Errorf("%s: %v: %.500s", what, err, out)
		}
	}
	if err := os.WriteFile(file, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	if said := b.run(t, "audit", "verify"); !strings.HasSuffix(said, "all as they were written.") {
		t.Errorf("put back: %s", said)
	}
}
