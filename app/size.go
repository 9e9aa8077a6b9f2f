package app

import "fmt"

// Size is a number of bytes for people: "1 byte", "18.1 kB", "2.0 MB".
func Size(n int) string {
	switch {
	case n == 1:
		return "1 byte"
	case n < 1_000:
		return fmt.Sprint(n, " bytes")
	case n < 1_000_000:
		return fmt.Sprintf("%.1f kB", float64(n)/1e3)
	}
	return fmt.Sprintf("%.1f MB", float64(n)/1e6)
}
