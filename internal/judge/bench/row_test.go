package bench

import (
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
)

// row is what one repetition measured of one contender, by name. "$name/floor" and "$name/stdio" are ratios within the repetition.
type row map[string]float64

// against adds the ratios of r to another row of the same repetition.
func (r row) against(name string, other row) {
	for key, v := range other {
		if mine, ok := r[key]; ok && v > 0 && !strings.Contains(key, "/") {
			r[key+"/"+name] = mine / v
		}
	}
}

// medians is the row in the middle of repetitions, value by value.
func medians(rows []row) row {
	all := map[string][]float64{}
	for _, r := range rows {
		for key, v := range r {
			all[key] = append(all[key], v)
		}
	}
	m := row{}
	for key, values := range all {
		m[key] = median(values)
	}
	return m
}

// text is a cell: each $name in it is its value in r, and "–" where there is none.
func (r row) text(cell string) string {
	return os.Expand(cell, func(key string) string {
		v, ok := r[key]
		if !ok {
			return "–"
		}
		return number(v)
	})
}

// number is v in three figures.
func number(v float64) string {
	switch a := math.Abs(v); {
	case math.IsNaN(v):
		return "–"
	case a >= 999_500:
		return fmt.Sprintf("%.2fM", v/1e6)
	case a >= 99_950:
		return fmt.Sprintf("%.0fk", v/1000)
	case a >= 9_995:
		return fmt.Sprintf("%.1fk", v/1000)
	case a >= 99.5:
		return fmt.Sprintf("%.0f", v)
	case a >= 9.95:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.2f", v)
}

// sheet is a Markdown table.
type sheet struct{ strings.Builder }

func newSheet(heads ...string) *sheet {
	s := new(sheet)
	s.add(heads...)
	s.add(slices.Repeat([]string{"---"}, len(heads))...)
	return s
}

func (s *sheet) add(cells ...string) { fmt.Fprintf(s, "| %s |\n", strings.Join(cells, " | ")) }
