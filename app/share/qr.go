package share

import (
	"strings"

	"rsc.io/qr"
)

// QR is a text as the squares of a QR code, true for dark, without the light edge that it needs around it. Too long a text
// is an error.
func QR(text string) ([][]bool, error) {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return nil, err
	}
	rows := make([][]bool, code.Size)
	for y := range rows {
		rows[y] = make([]bool, code.Size)
		for x := range rows[y] {
			rows[y][x] = code.Black(x, y)
		}
	}
	return rows, nil
}

// Blocks is a QR code for a terminal: two rows a line, light on dark, its edge included.
func Blocks(squares [][]bool) string {
	const edge = 2
	size := len(squares)
	dark := func(x, y int) bool {
		x, y = x-edge, y-edge
		return x >= 0 && y >= 0 && x < size && y < size && squares[y][x]
	}
	var b strings.Builder
	for y := 0; y < size+2*edge; y += 2 {
		for x := range size + 2*edge {
			switch upper, lower := dark(x, y), dark(x, y+1); {
			case upper && lower:
				b.WriteRune(' ')
			case upper:
				b.WriteRune('▄')
			case lower:
				b.WriteRune('▀')
			default:
				b.WriteRune('█')
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}
