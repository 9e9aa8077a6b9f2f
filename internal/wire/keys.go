package wire

import (
	"hash/maphash"
	"slices"
)

// keys are those keys of all objects that are open which the parser does not know, innermost last: the upper half of each entry is a
// hash of the key as it reads, the lower half where it begins. The seed is secret, so that no
// sender can make keys collide.
type keys struct {
	seed    maphash.Seed
	entries []uint64
}

func newKeys() keys { return keys{seed: maphash.MakeSeed()} }

// reset forgets everything, and memory beyond what usual messages need.
func (k *keys) reset() {
	const kept = 16 << 10
	if cap(k.entries) > kept {
		k.entries = nil
	}
	k.entries = k.entries[:0]
}

// mark is what close takes when the object ends that opens now.
func (k *keys) mark() int { return len(k.entries) }

func (k *keys) add(key []byte, at int) {
	h := maphash.Bytes(k.seed, key)
	k.entries = append(k.entries, h&^(1<<32-1)|uint64(at))
}

// close forgets the keys since mark. If two of them are the same, it returns where one is.
func (k *keys) close(b []byte, mark int) (at int, twice bool) {
	const few = 16
	of := k.entries[mark:]
	k.entries = k.entries[:mark]
	if len(of) > few {
		slices.Sort(of)
	}
	for i, e := range of {
		for _, other := range of[i+1:] {
			if e>>32 == other>>32 && sameKey(b, e, other) {
				return int(max(uint32(e), uint32(other))), true
			}
			if len(of) > few && e>>32 != other>>32 {
				break
			}
		}
	}
	return 0, false
}

func sameKey(b []byte, e, other uint64) bool {
	s, _ := String(b[uint32(e):skip(b, int(uint32(e)))])
	t, _ := String(b[uint32(other):skip(b, int(uint32(other)))])
	return s == t
}
