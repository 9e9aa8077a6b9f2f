package settings

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

const day = 24 * time.Hour

// ParseDuration reads what time.ParseDuration does, days before it, and weeks alone: "30d", "1d12h", "2w".
func ParseDuration(s string) (time.Duration, error) {
	if weeks, found := strings.CutSuffix(s, "w"); found {
		n, err := strconv.ParseUint(weeks, 10, 13)
		return time.Duration(n) * 7 * day, err
	}
	days, rest, found := strings.Cut(s, "d")
	if !found {
		return time.ParseDuration(s)
	}
	n, err := strconv.ParseUint(days, 10, 16)
	if err != nil || rest == "" {
		return time.Duration(n) * day, err
	}
	d, err := time.ParseDuration(rest)
	if err != nil || d < 0 {
		return 0, errors.Join(err, strconv.ErrSyntax)
	}
	return time.Duration(n)*day + d, nil
}

// formatDuration is the shortest form that ParseDuration reads back.
func formatDuration(d time.Duration) string {
	if d >= day && d%day == 0 {
		return strconv.FormatInt(int64(d/day), 10) + "d"
	}
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

var sizes = [...]struct {
	unit  string
	bytes int64
}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"B", 1}, {"", 1}}

// parseSize reads a number of bytes, with a unit or without.
func parseSize(s string) (int64, error) {
	for _, u := range sizes {
		digits, ok := strings.CutSuffix(s, u.unit)
		if !ok {
			continue
		}
		n, err := parseWhole(strings.TrimSuffix(digits, " "))
		if err == nil && n > (1<<62)/u.bytes {
			err = strconv.ErrRange
		}
		return n * u.bytes, err
	}
	return 0, strconv.ErrSyntax
}

func formatSize(n int64) string {
	for _, u := range sizes {
		if n >= u.bytes && n%u.bytes == 0 {
			return strconv.FormatInt(n/u.bytes, 10) + u.unit
		}
	}
	return "0"
}

// parseWhole reads a number without sign, fraction or exponent.
func parseWhole(s string) (int64, error) {
	n, err := strconv.ParseUint(s, 10, 62)
	return int64(n), err
}
