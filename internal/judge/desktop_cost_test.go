package judge

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// BenchmarkDesktop is what the window costs: percent of one core and resident memory, of the program alone, while nothing happens and
// while agents make a thousand calls a second, which are two thousand events. ./dev cost runs it. GL is software's, so that pixels are
// paid for here as well.
func BenchmarkDesktop(b *testing.B) {
	d := newDesktop(b)
	host, err := newTrayHost(d.bus)
	if err != nil {
		b.Skip(err)
	}
	defer host.close()
	d.command("servers", "add", "demo", "--", d.program, "demo-server")
	d.start()
	agents := d.agents()
	d.shut()
	sees(b, "the window to go", func() bool { return !d.visible() })
	b.Run("hidden/idle", func(b *testing.B) { d.cost(b, 20*time.Second) })
	press(b, host, "Open Drawbridge")
	sees(b, "the window to come back", d.visible)

	pages := []string{"servers", "agents", "calls", "audit", "settings"}
	for i, page := range pages {
		b.Run("idle/"+page, func(b *testing.B) {
			d.key(fmt.Sprintf("ctrl+%d", i+1))
			d.cost(b, 10*time.Second)
		})
	}
	for i, page := range pages[:3] {
		b.Run("busy/"+page, func(b *testing.B) {
			d.key(fmt.Sprintf("ctrl+%d", i+1))
			defer agents.call()()
			d.cost(b, 10*time.Second)
		})
	}
	d.shut()
	sees(b, "the window to go", func() bool { return !d.visible() })
	b.Run("hidden/busy", func(b *testing.B) {
		defer agents.call()()
		d.cost(b, 10*time.Second)
	})
}

// cost measures what the program takes of one core for so long, once what was just done has come to rest.
func (d *desktop) cost(b *testing.B, span time.Duration) {
	<-time.After(3 * time.Second)
	for b.Loop() {
		before := d.spent()
		<-time.After(span)
		b.ReportMetric(float64(d.spent()-before)/float64(span)*100, "%cpu")
	}
	b.ReportMetric(d.resident(), "MB-rss")
	b.ReportMetric(0, "ns/op")
}

// spent is the time that the program's threads have run.
func (d *desktop) spent() (sum time.Duration) {
	d.t.Helper()
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", d.app.Process.Pid))
	if err != nil || len(threads) == 0 {
		d.t.Skip("there is no /proc")
	}
	for _, name := range threads {
		text, _ := os.ReadFile(name) // a thread may have ended
		var ns int64
		_, _ = fmt.Sscan(string(text), &ns)
		sum += time.Duration(ns)
	}
	return sum
}

// resident is the memory that the program holds, in megabytes.
func (d *desktop) resident() (mb float64) {
	d.t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", d.app.Process.Pid))
	if err != nil {
		d.t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "VmRSS:")
	_, _ = fmt.Sscan(rest, &mb)
	return mb * 1024 / 1e6
}

// key presses a key in the window.
func (d *desktop) key(name string) {
	d.t.Helper()
	if _, err := d.xdotool("search", "--onlyvisible", "--name", "^Drawbridge$", "windowactivate", "--sync", "key", name); err != nil {
		d.t.Fatal(err)
	}
}

// command runs the program's command line, and returns what it prints.
func (d *desktop) command(args ...string) string {
	d.t.Helper()
	cmd := exec.Command(d.program, args...)
	cmd.Env = d.env
	out, err := cmd.Output()
	if err != nil {
		d.t.Fatalf("%s: %v", args, err)
	}
	return strings.TrimSpace(string(out))
}

// desktopAgents are agents of the desktop's bridge.
type desktopAgents struct {
	t       testing.TB
	address string
	tokens  []string
}

func (d *desktop) agents() *desktopAgents {
	d.t.Helper()
	url := regexp.MustCompile(`"url": *"([^"]*)"`).FindStringSubmatch(d.command("status", "--json"))
	if url == nil {
		d.t.Fatal("the bridge has no address")
	}
	a := &desktopAgents{t: d.t, address: url[1] + "/demo/mcp"}
	for _, name := range []string{"claude", "cursor"} {
		a.tokens = append(a.tokens, d.command("token", "new", name))
	}
	return a
}

// call has the agents make a thousand calls a second until the returned function is called.
func (a *desktopAgents) call() (stop func()) {
	const at, every = 20, 20 * time.Millisecond
	ctx, cancel := context.WithCancel(a.t.Context())
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: at}}
	var wg sync.WaitGroup
	for i := range at {
		wg.Go(func() {
			tick := time.NewTicker(every)
			defer tick.Stop()
			for {
				select {
				case <-tick.C:
					if err := a.one(ctx, client, a.tokens[i%len(a.tokens)]); err != nil && ctx.Err() == nil {
						a.t.Error(err)
						return
					}
				case <-ctx.Done():
					return
				}
			}
		})
	}
	return func() {
		cancel()
		wg.Wait()
		client.CloseIdleConnections()
	}
}

// one is one call of the demo server's echo.
func (a *desktopAgents) one(ctx context.Context, client *http.Client, token string) error {
	const body = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"text":"lower the bridge"},"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"judge","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}}}}`
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, a.address, strings.NewReader(body))
	if err != nil {
		return err
	}
	for k, v := range map[string]string{
		"Authorization": "Bearer " + token, "Content-Type": "application/json", "Accept": "application/json, text/event-stream",
		"MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": "echo",
	} {
		r.Header.Set(k, v)
	}
	answer, err := client.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if _, err := io.Copy(io.Discard, answer.Body); err != nil || answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %w", answer.Status, err)
	}
	return nil
}
