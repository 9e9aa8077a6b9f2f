package ui

import (
	"context"
	"strings"
	"sync"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"drawbridge/app/ui/look"
)

const (
	logKept  = 32 << 10               // bytes that are shown
	logPause = 100 * time.Millisecond // how long lines wait for others
)

// serverLog shows what a server writes to standard error, as it comes.
type serverLog struct {
	w      *window
	block  *look.CodeBlock
	scroll *container.Scroll

	mu      sync.Mutex // guards the fields below
	text    string
	pending bool // a look is on its way
}

// logs opens what a server wrote to standard error, and follows what it writes.
func (w *window) logs(name string) {
	l := &serverLog{w: w, block: look.NewCodeBlock("It has written nothing to standard error.").Selectable()}
	l.scroll = container.NewVScroll(l.block)
	l.scroll.SetMinSize(fyne.NewSize(0, 380))
	ctx, cancel := context.WithCancel(w.life)
	s := &look.Sheet{Title: "Logs of " + plain(name), Note: "What its processes write to standard error, as it comes", Width: 760, Body: l.scroll, Rolls: l.scroll, Closed: cancel}
	done := look.NewButton(look.Primary, "", "Done", s.Close)
	s.Acts = []fyne.CanvasObject{look.NewButton(look.Soft, "copy", "Copy", func() { w.copy(l.said()) }), done}
	w.sheet(s, done)
	w.work.Go(func() {
		for line, err := range w.app.ServerLog(ctx, name, true) {
			if err != nil {
				line = "(" + err.Error() + ")"
			}
			l.add(line)
		}
	})
}

func (l *serverLog) said() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text
}

// add takes one more line. Any goroutine may call it.
func (l *serverLog) add(line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = tail(l.text+look.Block(line, 4_000)+"\n", logKept)
	if !l.pending {
		l.pending = true
		time.AfterFunc(logPause, func() { l.w.do(l.look) })
	}
}

// look shows what there is now, and stays at the end if it was there.
func (l *serverLog) look() {
	l.mu.Lock()
	text := l.text
	l.pending = false
	l.mu.Unlock()
	room := l.block.MinSize().Height - l.scroll.Size().Height
	atEnd := l.scroll.Offset.Y >= room-20
	l.block.SetText(strings.TrimSuffix(text, "\n"))
	l.scroll.Refresh()
	if atEnd {
		l.scroll.ScrollToBottom()
	}
}
