package pin

import (
	"slices"
	"strings"
	"unicode"
)

// Piece is a stretch of text that is in both texts, or in one of them.
type Piece struct {
	In   string `json:"in"` // Both, Old or New
	Text string `json:"text"`
}

// Where a Piece is.
const (
	Both = "both"
	Old  = "old"
	New  = "new"
)

// cellsMax bounds the work of comparing two texts; past it what differs is shown as one piece each.
const cellsMax = 1 << 20

// pieces is old and now word by word: put together, the pieces that are not in New alone are old, and those that are
// not in Old alone are now.
func pieces(old, now string) []Piece {
	a, b := words(old), words(now)
	head := 0
	for head < min(len(a), len(b)) && a[head] == b[head] {
		head++
	}
	tail := 0
	for tail < min(len(a), len(b))-head && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	var p []Piece
	p = add(p, Both, a[:head]...)
	p = compare(p, a[head:len(a)-tail], b[head:len(b)-tail])
	return add(p, Both, a[len(a)-tail:]...)
}

// words cuts s into words and what is between them.
func words(s string) (w []string) {
	for len(s) > 0 {
		first := true
		var space bool
		end := strings.IndexFunc(s, func(r rune) bool {
			if first {
				first, space = false, unicode.IsSpace(r)
				return false
			}
			return unicode.IsSpace(r) != space || r == '\n'
		})
		if end < 0 {
			end = len(s)
		}
		w, s = append(w, s[:end]), s[end:]
	}
	return w
}

// compare appends what differs and what does not, by the longest common subsequence.
func compare(p []Piece, a, b []string) []Piece {
	if len(a) == 0 || len(b) == 0 || len(a)*len(b) > cellsMax {
		return add(add(p, Old, a...), New, b...)
	}
	width := len(b) + 1
	longest := make([]int32, (len(a)+1)*width) // of a[i:] and b[j:], at i*width+j
	for i := range slices.Backward(a) {
		for j := range slices.Backward(b) {
			if a[i] == b[j] {
				longest[i*width+j] = longest[(i+1)*width+j+1] + 1
			} else {
				longest[i*width+j] = max(longest[(i+1)*width+j], longest[i*width+j+1])
			}
		}
	}
	i, j := 0, 0
	for i < len(a) && j < len(b) {
		switch {
		case a[i] == b[j]:
			p = add(p, Both, a[i])
			i, j = i+1, j+1
		case longest[(i+1)*width+j] >= longest[i*width+j+1]:
			p = add(p, Old, a[i])
			i++
		default:
			p = add(p, New, b[j])
			j++
		}
	}
	return add(add(p, Old, a[i:]...), New, b[j:]...)
}

// add appends text to the last piece, or begins another.
func add(p []Piece, in string, text ...string) []Piece {
	s := strings.Join(text, "")
	switch {
	case s == "":
		return p
	case len(p) > 0 && p[len(p)-1].In == in:
		p[len(p)-1].Text += s
		return p
	}
	return append(p, Piece{in, s})
}
