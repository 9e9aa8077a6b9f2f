package settings

import (
	"slices"
	"strings"

	"github.com/tailscale/hujson"
)

// putElements makes the elements of a list others. One that stays keeps what is written around it, and so does the place of one that
// was changed. It reports false when the two are no lists.
func putElements(old, v hujson.Value) bool {
	was, isArray := old.Value.(*hujson.Array)
	now, willBe := v.Value.(*hujson.Array)
	if !isArray || !willBe {
		return false
	}
	before := apart(was)
	left := map[string][]int{} // the places of elements, by what they say
	for i, l := range before.all {
		left[plain(l.element)] = append(left[plain(l.element)], i)
	}
	after, stays := before, make([]bool, len(now.Elements))
	after.all = make([]line, len(now.Elements))
	for i, e := range now.Elements {
		after.all[i] = line{above: before.inner, element: e}
		if places := left[plain(e)]; len(places) > 0 {
			after.all[i], stays[i] = before.all[places[0]], true
			left[plain(e)] = places[1:]
		}
	}
	for i, l := range before.all {
		gone := slices.Contains(left[plain(l.element)], i)
		if gone && len(before.all) == len(after.all) && !stays[i] {
			l.element.Value = after.all[i].element.Value
			after.all[i] = l
		}
	}
	after.together(was)
	return true
}

// lines are the elements of a list, each with what is written around it.
type lines struct {
	open  string // behind the opening bracket
	all   []line
	inner string // what stands before an element that nothing else is said of
	end   string // before the closing bracket
	comma bool   // one stands behind the last element
}

type line struct {
	above   string // comments, and the blanks before the element
	element hujson.ArrayElement
	behind  string // a comment on the rest of its line
}

// apart takes a list apart.
func apart(list *hujson.Array) lines {
	l := lines{inner: " "}
	for i, e := range list.Elements {
		behind, above := splitComments(e.BeforeExtra)
		if i == 0 {
			l.open = behind
		} else {
			l.all[i-1].behind = behind
		}
		if above != "" && l.inner == " " {
			l.inner = "\n" + lastLine(e.BeforeExtra)
		}
		l.all = append(l.all, line{above: above, element: e})
		l.comma = e.AfterExtra != nil
	}
	behind, end := splitComments(list.AfterExtra)
	l.end = end
	if n := len(l.all); n > 0 {
		l.all[n-1].behind = behind
	} else {
		l.open = behind
	}
	return l
}

// together makes list of the lines.
func (l *lines) together(list *hujson.Array) {
	list.Elements = nil
	before := l.open
	for i, one := range l.all {
		e := one.element
		above := one.above
		if above == "" && (i > 0 || strings.HasPrefix(l.inner, "\n")) {
			above = l.inner // it stood behind the bracket, or in a line with others
		}
		if i == 0 && above == " " {
			above = ""
		}
		e.BeforeExtra = under(before, above)
		switch last := i == len(l.all)-1; {
		case last && !l.comma && e.AfterExtra.IsStandard():
			e.AfterExtra = nil
		case e.AfterExtra == nil && (!last || l.comma):
			e.AfterExtra = hujson.Extra{}
		}
		before = one.behind
		list.Elements = append(list.Elements, e)
	}
	list.AfterExtra = under(before, l.end)
}

// under puts above below what ends a line: a comment there would take in what came on the same one.
func under(behind, above string) hujson.Extra {
	if strings.Contains(behind, "//") && !strings.HasPrefix(above, "\n") {
		behind += "\n"
	}
	return hujson.Extra(behind + above)
}

// splitComments splits what stands before an element into the comment that belongs to the line of the one before it, "" for
// none, and the rest, which begins with a line end or is empty.
func splitComments(extra hujson.Extra) (behind, above string) {
	i := 0
	for i < len(extra) && extra[i] != '\n' {
		if i = commentEnd(extra, i); i < len(extra) && extra[i] != '\n' {
			i++
		}
	}
	behind, above = string(extra[:i]), string(extra[i:])
	if strings.TrimSpace(behind) == "" {
		behind = ""
	}
	return behind, above
}
