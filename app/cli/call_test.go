package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"
)

// TestAnswers: what a call is answered with is kept and printed while somebody follows, and not otherwise.
func TestAnswers(t *testing.T) {
	s := newStage(t)
	s.play("$ servers add demo --env GORACE=atexit_sleep_ms=0 -- <self> demo-server\n& serve --listen 127.0.0.1:0\n$ token new ada\n@ demo draw {}")
	run := func(ctx context.Context, to io.Writer, line string) {
		if code := Run(ctx, Config{Args: s.args(line), Stdout: to, Stderr: io.Discard}); code != exitOK {
			t.Errorf("%s: exit %d", line, code)
		}
	}
	shown := func(line string) string {
		var out bytes.Buffer
		run(t.Context(), &out, line)
		return out.String()
	}
	if text := shown("calls show 1"); strings.Contains(text, "Answer") {
		t.Errorf("nobody looked, and it is kept: %s", text)
	}

	ctx, stop := context.WithCancel(t.Context())
	read, write := io.Pipe()
	ended := make(chan struct{}) // closed when nobody follows any more
	go func() {
		defer close(ended)
		run(ctx, write, "calls list --follow --answers --json")
		write.Close()
	}()
	lines := json.NewDecoder(read)
	until := func(id uint64, result string) (r callRow) {
		for r.ID != id || r.Result != result {
			r = callRow{}
			if err := lines.Decode(&r); err != nil {
				t.Fatal(err)
			}
		}
		return r
	}
	until(1, "ok")
	go s.call("demo draw {}")
	r := until(2, "ok")
	if i := len(r.Content) - 1; i < 0 || r.Content[i].MIMEType != "image/png" || !bytes.HasPrefix(r.Content[i].Data, []byte("\x89PNG")) {
		t.Errorf("it was answered with %s, %+v", r.Answer, r.Content)
	}
	if text := shown("calls show 2"); !strings.Contains(text, ", image: image/png, ") || !strings.Contains(text, "kB") || len(text) > 2_000 {
		t.Errorf("while somebody looks: %s", text)
	}
	if text := shown("calls show 2 --json"); !strings.Contains(text, `"data": "iVBO`) {
		t.Errorf("the picture is not in %s", text)
	}
	if data := shown(fmt.Sprint("calls show 2 --part ", len(r.Content))); !strings.HasPrefix(data, "\x89PNG") {
		t.Errorf("the picture alone is %.20q", data)
	}
	go s.call(`demo slow {"seconds":0.3}`)
	until(3, "running")
	if text := shown("calls show 3 --wait"); !strings.Contains(text, "Result   ok") || !strings.Contains(text, "Answer\n   That took") {
		t.Errorf("waited for: %s", text)
	}
	until(3, "ok")
	stop()
	_, _ = io.Copy(io.Discard, read)
	<-ended
}
