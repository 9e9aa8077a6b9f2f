package wire

// batchMost is how many messages a batch may hold.
const batchMost = 100

// IsBatch reports whether b is for Batch rather than for Parse: it begins with a bracket.
func IsBatch(b []byte) bool {
	i := skipSpace(b, 0)
	return i < len(b) && b[i] == '['
}

// Batch reads a JSON-RPC batch, which only revision 2025-03-26 has: up to 100 messages, each as
// strictly as Parse does. One that is malformed refuses the whole.
func Batch(b []byte, max Limits) ([]Message, error) {
	if len(b) > max.size() {
		return nil, malformed(tooLarge, max.size())
	}
	if !IsBatch(b) {
		return nil, malformed(notJSON, 0)
	}
	i := skipSpace(b, skipSpace(b, 0)+1)
	if i < len(b) && b[i] == ']' {
		return nil, malformed(emptyBatch, i)
	}
	p := parsers.Get().(*parser)
	defer p.release()
	var ms []Message
	for {
		if len(ms) == batchMost {
			return nil, malformed(longBatch, i)
		}
		m, end, err := p.message(b, i, max.depth())
		if err != nil {
			return nil, err
		}
		ms = append(ms, m)
		i = skipSpace(b, end)
		switch {
		case i < len(b) && b[i] == ',':
			i = skipSpace(b, i+1)
		case i < len(b) && b[i] == ']':
			if i = skipSpace(b, i+1); i < len(b) {
				return nil, malformed(trailingData, i)
			}
			return ms, nil
		default:
			return nil, malformed(notJSON, i)
		}
	}
}
