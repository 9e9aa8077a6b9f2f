package audit

import (
	"fmt"
	"slices"
)

// verifier follows the chain line by line.
//
// Every intact line says itself which record it is, so that a line that is out of order, a gap and
// a line that was changed can be told apart. prev then shows whether neighbours belong together.
type verifier struct {
	Report
	sealer     *sealer
	checkpoint Head
	last       uint64 // where to stop; 0 is the end

	at    Problem // segment and line of where we are
	next  uint64  // the record that should come
	prev  MAC     // of the record before it
	blind bool    // prev is not known
	bad   int     // lines since that one which are no record
}

func (v *verifier) note(fault Fault, from, to uint64, text string) {
	p := v.at
	p.Fault, p.From, p.To, p.Text = fault, from, to, text
	v.problem(p)
}

func (v *verifier) problem(p Problem) {
	if len(v.Problems) == maxProblems {
		v.Unlisted++
		return
	}
	v.Problems = append(v.Problems, p)
}

// line checks one line.
func (v *verifier) line(line []byte) {
	h, ok := readHeader(line)
	seal, intact := v.sealer.open(line)
	if !ok || !intact {
		v.note(FaultChanged, v.next+uint64(v.bad), v.next+uint64(v.bad), "the line is not what was signed")
		v.bad++
		return
	}
	if h.seq < v.next {
		v.late(h.seq)
		return
	}
	v.gap(h.seq)
	if h.seq == v.next && !v.blind && seal.prev != v.prev {
		v.note(FaultForeign, h.seq, h.seq, "it does not follow the record before it: one of them is of another history")
	}
	if c := v.checkpoint; h.seq == c.Seq && seal.mac != c.MAC {
		v.note(FaultForeign, h.seq, h.seq, "the checkpoint saw another record here")
	}
	if h.kind == Lost || h.kind == Damaged {
		v.note(FaultNoted, h.seq, h.seq, fmt.Sprintf("when the log was opened it found %s records; see its note", h.kind))
	}
	v.count(h)
	v.next, v.prev, v.blind, v.bad = h.seq+1, seal.mac, false, 0
}

func (v *verifier) count(h header) {
	if v.Records == 0 {
		v.First, v.From = h.seq, h.time
	}
	v.Records++
	v.Last, v.Until = h.seq, h.time
}

// gap notes the records between what should come and seq. Lines that are no records may be
// what became of them.
func (v *verifier) gap(seq uint64) {
	if from := v.next + uint64(v.bad); seq > from {
		v.note(FaultMissing, from, seq-1, "they should stand before this line")
	}
}

// late notes a record that should have come before. If it was thought missing, it no longer is.
func (v *verifier) late(seq uint64) {
	missing := func(p Problem) bool { return p.Fault == FaultMissing && p.From <= seq && seq <= p.To }
	i := slices.IndexFunc(v.Problems, missing)
	if i < 0 {
		v.note(FaultMoved, seq, seq, "it was there before: a second copy, or lines were put in before it")
		return
	}
	before, after := v.Problems[i], v.Problems[i]
	before.To, after.From = seq-1, seq+1
	var left []Problem
	for _, p := range []Problem{before, after} {
		if p.From <= p.To {
			left = append(left, p)
		}
	}
	v.Problems = slices.Replace(v.Problems, i, i+1, left...)
	v.note(FaultMoved, seq, seq, "it should stand before records that it follows")
}

// end notes what the checkpoint knows and the files lack: where in the newest of them it should stand.
func (v *verifier) end() {
	if v.checkpoint.Seq >= v.next {
		if v.at.Segment != "" {
			v.at.Line++
		}
		v.note(FaultMissing, v.next, v.checkpoint.Seq, "the end of the record was cut off")
	}
}
