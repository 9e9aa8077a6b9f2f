package settings

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// TestListAmongComments: wherever a person has put comments and commas, a list that is changed says what it was made to say, and no
// comment of an entry that stays takes in another.
func TestListAmongComments(t *testing.T) {
	dice := rand.New(rand.NewPCG(1, 2))
	gap := func() string {
		all := []string{"", " ", "\n", "\n  ", " // a\n", "// b\n// c\n  ", " /* d */ ", "/* e\n */", "/* // */"}
		return all[dice.IntN(len(all))]
	}
	quotas := func() (all []string) {
		for range dice.IntN(5) {
			all = append(all, fmt.Sprintf(`{"atOnce":%d}`, 1+dice.IntN(4)))
		}
		return all
	}
	for range 5_000 {
		src := `{"drawbridge": {"limits": {"quotas": [`
		before, want := quotas(), quotas()
		for i, q := range before {
			src += gap() + q + gap()
			if i < len(before)-1 || dice.IntN(4) == 0 {
				src += ","
			}
		}
		src += gap() + "]}}}"
		d, err := newDraft("c.json", []byte(src), Settings{})
		if err != nil {
			t.Fatal(err)
		}
		err = d.Set("limits.quotas", json.RawMessage("["+strings.Join(want, ",")+"]"))
		s, wrong := d.Result()
		var got []string
		for _, q := range s.Quotas {
			got = append(got, fmt.Sprintf(`{"atOnce":%d}`, q.AtOnce))
		}
		if err != nil || wrong != nil || !slices.Equal(got, want) {
			t.Fatalf("%s\nwas to have %v, and became, %v, %v:\n%s", src, want, err, wrong, d.pack())
		}
	}
}
