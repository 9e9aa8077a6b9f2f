package keychain

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// split keeps values longer than one item of the system's keychain may be. Such a value lies in
// several items, and the item under its name tells where: `drawbridge-parts GENERATION COUNT`. Parts are
// written before that item and removed after it, so a value is replaced whole or not at all. Shorter values lie
// under their name as they are: other tools can read and write them.
type split struct{ items Keychain }

const (
	// partSize fits every system: Windows takes 2,560 bytes an item, macOS 4,096 for a whole command line with the value in base64.
	partSize    = 2048
	maxParts    = MaxValue / partSize
	partsMarker = "drawbridge-parts "
)

func (s split) Get(name string) (string, error) {
	head, err := s.items.Get(name)
	if err != nil {
		return "", err
	}
	parts, err := partsOf(name, head)
	if err != nil || parts == nil {
		return head, err
	}
	var value strings.Builder
	for _, p := range parts {
		v, err := s.items.Get(p)
		if err != nil {
			// Not ErrNotFound: the entry is there, and damaged.
			return "", fmt.Errorf("a part is missing: %v", err)
		}
		value.WriteString(v)
	}
	return value.String(), nil
}

func (s split) Set(name, value string) error {
	old := s.partsUnder(name)
	head := value
	if len(value) > partSize || strings.HasPrefix(value, partsMarker) {
		head = newHead(len(value))
		parts, err := partsOf(name, head)
		if err != nil {
			return err
		}
		for i, p := range parts {
			if err := s.items.Set(p, value[i*partSize:min((i+1)*partSize, len(value))]); err != nil {
				s.remove(parts[:i])
				return err
			}
		}
	}
	if err := s.items.Set(name, head); err != nil {
		// Whether the item was written is not known, so its parts stay.
		return err
	}
	s.remove(old)
	return nil
}

func (s split) Delete(name string) error {
	old := s.partsUnder(name)
	if err := s.items.Delete(name); err != nil {
		return err
	}
	s.remove(old)
	return nil
}

// partsUnder returns the items that the value now under name lies in, none when in doubt.
func (s split) partsUnder(name string) []string {
	head, err := s.items.Get(name)
	if err != nil {
		return nil
	}
	parts, _ := partsOf(name, head)
	return parts
}

// remove clears items that nothing points to any more; one that stays is only clutter.
func (s split) remove(parts []string) {
	for _, p := range parts {
		_ = s.items.Delete(p)
	}
}

func newHead(length int) string {
	var generation [4]byte
	rand.Read(generation[:])
	count := (length + partSize - 1) / partSize
	return partsMarker + hex.EncodeToString(generation[:]) + " " + strconv.Itoa(count)
}

// partsOf returns the names of the items that head points to; nil when head is itself the value.
func partsOf(name, head string) ([]string, error) {
	where, ok := strings.CutPrefix(head, partsMarker)
	if !ok {
		return nil, nil
	}
	generation, count, _ := strings.Cut(where, " ")
	n, err := strconv.Atoi(count)
	if err != nil || n < 1 || n > maxParts || len(generation) != 8 {
		return nil, errors.New("the entry is damaged")
	}
	parts := make([]string, n)
	for i := range parts {
		parts[i] = fmt.Sprintf("%s#%s.%d", name, generation, i)
	}
	return parts, nil
}
