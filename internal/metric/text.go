package metric

import (
	"strconv"
	"strings"
)

// ContentType is the media type of what a Text holds.
const ContentType = "text/plain; version=0.0.4; charset=utf-8"

// Kind is the type of a metric.
type Kind string

const (
	Counter   Kind = "counter"   // only grows, until the program starts anew
	Gauge     Kind = "gauge"     // as it is now
	Durations Kind = "histogram" // a Distribution of seconds
)

// Text is metrics in the [Prometheus text format]. The zero Text is empty. All samples of a metric follow its Metric.
//
// [Prometheus text format]: https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
type Text struct {
	b    []byte
	name string
}

// Metric begins a metric. Names are letters, digits and underscores.
func (t *Text) Metric(name string, kind Kind, help string) {
	t.name = name
	t.b = append(append(append(append(t.b, "# HELP "...), name...), ' '), help...)
	t.b = append(append(append(append(t.b, "\n# TYPE "...), name...), ' '), kind...)
	t.b = append(t.b, '\n')
}

// Sample adds a value of the metric, under labels that are given as name, value, name, value. A value may be any text.
func (t *Text) Sample(value float64, labels ...string) {
	t.line("", strconv.AppendFloat(nil, value, 'f', -1, 64), labels)
}

// Distribution adds the distribution of the metric, a histogram in seconds.
func (t *Text) Distribution(d Distribution, labels ...string) {
	var count uint64
	bucket := append([]string{"le", ""}, labels...)
	for i, n := range d.buckets {
		count += n
		bucket[1] = "+Inf"
		if i < len(bounds) {
			bucket[1] = strconv.FormatFloat(bounds[i].Seconds(), 'f', -1, 64)
		}
		t.line("_bucket", strconv.AppendUint(nil, count, 10), bucket)
	}
	t.line("_sum", strconv.AppendFloat(nil, d.sum.Seconds(), 'f', -1, 64), labels)
	t.line("_count", strconv.AppendUint(nil, count, 10), labels)
}

// line adds one sample of the metric or, with a suffix, of a part of it.
func (t *Text) line(suffix string, value []byte, labels []string) {
	t.b = append(append(t.b, t.name...), suffix...)
	for i := 0; i+1 < len(labels); i += 2 {
		t.b = append(t.b, "{,"[min(i, 1)])
		t.b = append(append(t.b, labels[i]...), `="`...)
		t.b = append(append(t.b, escaped.Replace(strings.ToValidUTF8(labels[i+1], "\uFFFD"))...), '"')
	}
	if len(labels) > 1 {
		t.b = append(t.b, '}')
	}
	t.b = append(append(append(t.b, ' '), value...), '\n')
}

var escaped = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)

// String is all that was added.
func (t *Text) String() string { return string(t.b) }
