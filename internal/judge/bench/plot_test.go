package bench

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"
)

// panel is one curve: its points stand side by side, however far they are from each other.
type panel struct {
	title  string
	labels []string
	series [][]float64 // each as long as labels; what is not above 0 is left out
}

// The measures of a panel, in pixels.
const (
	panelWidth, panelHeight = 380, 260
	left, right, top, below = 56, 20, 40, 44
	panelsInRow             = 2
	legendHeight            = 36
)

// beside is how far under its dot a value of each series stands, so that two that are near can be read.
var beside = [...]float64{-8, 18}

// style is read by whoever shows the picture, in light and in dark.
const style = `<style>
text{font:12px system-ui,sans-serif;fill:#24292f}.title{font-weight:600}.tick{fill:#57606a}
.paper{fill:#fff}.grid{stroke:#d0d7de}path{fill:none;stroke-width:2}
.s0{stroke:#0969da}.s1{stroke:#bc4c00}circle.s0{fill:#0969da}circle.s1{fill:#bc4c00}
@media (prefers-color-scheme:dark){text{fill:#e6edf3}.tick{fill:#9198a1}.paper{fill:#0d1117}.grid{stroke:#30363d}
.s0{stroke:#58a6ff}.s1{stroke:#f0883e}circle.s0{fill:#58a6ff}circle.s1{fill:#f0883e}}
</style>
`

// plot draws panels as SVG, two in a row, with a legend above; the vertical axes are logarithmic.
func plot(legend []string, panels []panel) string {
	var s strings.Builder
	rows := (len(panels) + panelsInRow - 1) / panelsInRow
	width, height := panelsInRow*panelWidth, legendHeight+rows*panelHeight
	fmt.Fprintf(&s, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" role="img" aria-label="How the cost of a call grows">`+"\n", width, height)
	fmt.Fprintf(&s, "%s<rect class=\"paper\" width=\"%d\" height=\"%d\"/>\n", style, width, height)
	for i, name := range legend {
		x := left + i*230
		fmt.Fprintf(&s, `<circle class="s%d" cx="%d" cy="22" r="4"/><text x="%d" y="26">%s</text>`+"\n", i, x, x+10, escaped(name))
	}
	for i, p := range panels {
		fmt.Fprintf(&s, `<g transform="translate(%d %d)">`+"\n", i%panelsInRow*panelWidth, legendHeight+i/panelsInRow*panelHeight)
		p.draw(&s)
		s.WriteString("</g>\n")
	}
	s.WriteString("</svg>\n")
	return s.String()
}

func (p panel) draw(s *strings.Builder) {
	fmt.Fprintf(s, `<text class="title" x="%d" y="22">%s</text>`+"\n", left, escaped(p.title))
	low, high := p.decades()
	y := func(v float64) float64 {
		return panelHeight - below - (math.Log10(v)-low)/(high-low)*(panelHeight-below-top)
	}
	x := func(i int) float64 {
		return left + (float64(i)+0.5)*(panelWidth-left-right)/float64(len(p.labels))
	}
	for d := low; d <= high; d++ {
		at := y(math.Pow(10, d))
		fmt.Fprintf(s, `<line class="grid" x1="%d" x2="%d" y1="%.1f" y2="%.1f"/>`, left, panelWidth-right, at, at)
		fmt.Fprintf(s, `<text class="tick" text-anchor="end" x="%d" y="%.1f">%s</text>`+"\n", left-8, at+4, power(d))
	}
	for i, label := range p.labels {
		fmt.Fprintf(s, `<text class="tick" text-anchor="middle" x="%.1f" y="%d">%s</text>`+"\n", x(i), panelHeight-below+28, escaped(label))
	}
	for n, values := range p.series {
		step := "M"
		var line, dots strings.Builder
		for i, v := range values {
			if v > 0 {
				fmt.Fprintf(&line, "%s%.1f %.1f", step, x(i), y(v))
				fmt.Fprintf(&dots, `<circle class="s%d" cx="%.1f" cy="%.1f" r="3"/><text text-anchor="middle" x="%.1f" y="%.1f">%s</text>`+"\n", n, x(i), y(v), x(i), y(v)+beside[n%len(beside)], number(v))
				step = "L"
			}
		}
		fmt.Fprintf(s, `<path class="s%d" d="%s"/>`+"\n%s", n, line.String(), dots.String())
	}
}

// decades are the powers of ten below and above all values.
func (p panel) decades() (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, values := range p.series {
		for _, v := range values {
			if v > 0 {
				low, high = min(low, math.Floor(math.Log10(v))), max(high, math.Ceil(math.Log10(v)))
			}
		}
	}
	if high < low {
		return 0, 1
	}
	return low, max(high, low+1)
}

// power is ten to the power of d, short.
func power(d float64) string {
	switch {
	case d >= 6:
		return fmt.Sprintf("%.0fM", math.Pow(10, d-6))
	case d >= 3:
		return fmt.Sprintf("%.0fk", math.Pow(10, d-3))
	}
	return fmt.Sprint(math.Pow(10, d))
}

func escaped(text string) string {
	var s strings.Builder
	_ = xml.EscapeText(&s, []byte(text)) // a Builder takes everything
	return s.String()
}

// TestPlot: a picture is well formed, whatever is in it, and every value above 0 has its dot.
func TestPlot(t *testing.T) {
	text := plot([]string{"a < b"}, []panel{
		{"many & few", []string{"0", "1", "2"}, [][]float64{{0.5, 0, 3e6}, {1, math.NaN(), 1}}},
		{"nothing", nil, nil},
	})
	dots := 0
	for d := xml.NewDecoder(strings.NewReader(text)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if e, ok := token.(xml.StartElement); ok && e.Name.Local == "circle" {
			dots++
		}
	}
	if dots != 1+4 {
		t.Errorf("%d dots, want the legend's and 4\n%s", dots, text)
	}
	if strings.Contains(text, "NaN") || strings.Contains(text, "Inf") {
		t.Errorf("a value that is no number is drawn:\n%s", text)
	}
}
