package ship

import (
	"bytes"
	"strconv"
	"time"
	"unicode/utf8"
)

// Origin is who sends, for the collector.
type Origin struct {
	Host    string // "" is unknown
	Version string // of the program
	PID     int
}

const (
	facility = 13 // log audit
	info     = 6
	warning  = 4

	maxSequence = 1<<31 - 1
	stamp       = "2006-01-02T15:04:05.000000Z"
)

// byteOrderMark says, before a message, that it is UTF-8.
const byteOrderMark = "\uFEFF"

// appendSyslog appends r as a syslog message of [RFC 5424]; the text is the record as it is stored. It is cut where the message would
// be longer than most, unless that is 0.
//
// [RFC 5424]: https://www.rfc-editor.org/rfc/rfc5424#section-6
func (o Origin) appendSyslog(b []byte, r Record, most int) []byte {
	from, severity := len(b), info
	if r.Bad {
		severity = warning
	}
	b = strconv.AppendInt(append(b, '<'), int64(facility*8+severity), 10)
	b = append(b, ">1 "...)
	b = r.Time.UTC().AppendFormat(b, stamp)
	b = appendWord(append(b, ' '), o.Host, 255)
	b = append(b, " drawbridge "...)
	b = strconv.AppendInt(b, int64(o.PID), 10)
	b = appendWord(append(b, ' '), r.Kind, 32)
	b = append(b, ` [meta sequenceId="`...)
	b = strconv.AppendUint(b, (max(r.Seq, 1)-1)%maxSequence+1, 10)
	b = append(b, `"] `...)
	if !isASCII(r.Line) {
		b = append(b, byteOrderMark...)
	}
	b = append(b, r.Line...)
	if end := from + most; most > 0 && len(b) > end {
		for !utf8.RuneStart(b[end]) { // half a character is none
			end--
		}
		b = b[:end]
	}
	return b
}

// appendWord appends s as far as it may stand in a header; where nothing of it may, a dash.
func appendWord(b []byte, s string, most int) []byte {
	from := len(b)
	for i := 0; i < len(s) && len(b)-from < most; i++ {
		if s[i] > ' ' && s[i] < 0x7f {
			b = append(b, s[i])
		}
	}
	if len(b) == from {
		return append(b, '-')
	}
	return b
}

func isASCII(b []byte) bool {
	return bytes.IndexFunc(b, func(r rune) bool { return r >= utf8.RuneSelf }) < 0
}

// appendCounted appends r behind its length, as streams have it: octet counting of [RFC 6587].
//
// [RFC 6587]: https://www.rfc-editor.org/rfc/rfc6587#section-3.4.1
func (o Origin) appendCounted(b []byte, r Record) []byte {
	message := o.appendSyslog(nil, r, 0)
	b = strconv.AppendInt(b, int64(len(message)), 10)
	return append(append(b, ' '), message...)
}

// sendFor is how long a collector may take with one batch.
const sendFor = 30 * time.Second
