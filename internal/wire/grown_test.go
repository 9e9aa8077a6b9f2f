package wire

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// Words that messages are grown of: mostly good ones, so that some of the messages are.
var (
	goodTop = []string{`"jsonrpc":"2.0"`, `"id":1`, `"id":"a\u0062"`, `"method":METHOD`, `"params":PARAMS`, `"result":RESULT`, `"error":{"code":1,"a":2,"a":3}`}
	oddTop  = []string{`"jsonrpc":"2\u002e0"`, `"id":null`, `"id":1e2`, `"i\u0064":2`, `"ID":1`, `"Method":"ping"`, `"param\u017f":{}`, `"x":VALUE`, `"error":[]`, `"method":""`}
	calls   = []string{`"tools/call"`, `"completion/complete"`, `"notifications/progress"`, `"notifications/cancelled"`, `"resources/re\u0061d"`, `"x"`, `"\ud800"`}
	inside  = []string{`"name":STRING`, `"uri":STRING`, `"_meta":META`, `"arguments":VALUE`, `"ref":{"name":STRING,"uri":STRING}`, `"progressToken":TOKEN`, `"requestId":TOKEN`, `"requestState":STRING`, `"inputResponses":VALUE`}
	oddIn   = []string{`"Name":1`, `"n\u0061me":"b"`, `"_meta":null`, `"_Meta":{}`, `"ref":{"Name":1}`, `"ref":{"name":"a","name":"b"}`, `"name":7`, `"x":VALUE`}
	inMetas = []string{`"progressToken":TOKEN`, `"` + mcp + `protocolVersion":STRING`, `"` + mcp + `clientInfo":VALUE`, `"` + mcp + `clientCapabilities":{}`, `"` + mcp + `logLevel":STRING`, `"` + mcp + `subscriptionId":TOKEN`, `"x":VALUE`}
	results = []string{`{}`, `null`, `{"isError":true,"x":1,"x":2}`, `{"isError":true,"isError":false}`, `{"resultType":STRING,"_meta":META}`, `{"IsError":1}`, `{"_meta":{"x":1,"x":2}}`}
	strs    = []string{`"a"`, `"\u0061\/"`, `"ü😀"`, `"\ud83d\ude00"`, `"\ud800"`, `"\ufffd"`, `"\\ud800"`, `7`}
	tokens  = []string{`1`, `-0`, `"t"`, `"\u0074"`, `12345678901234567890123`, `1.0`, `null`}
	values  = []string{`1`, `{}`, `{"a":VALUE,"b":VALUE}`, `{"a":1,"\u0061":2}`, `[VALUE,VALUE]`, `"\ud800"`, `{"\ud800":1}`, `{"Name":1,"name":2}`, "[\n]"}
)

// growText replaces the words in capitals.
func growText(r *rand.Rand, s string) string {
	for _, w := range []struct {
		word string
		from func() string
	}{
		{"PARAMS", func() string { return "{" + pick(r, inside, oddIn) + "}" }},
		{"RESULT", func() string { return one(r, results) }},
		{"META", func() string { return "{" + pick(r, inMetas, nil) + "}" }},
		{"METHOD", func() string { return one(r, calls) }},
		{"STRING", func() string { return one(r, strs[:2+r.IntN(len(strs)-1)]) }},
		{"TOKEN", func() string { return one(r, tokens[:2+r.IntN(len(tokens)-1)]) }},
		{"VALUE", func() string { return one(r, values) }},
		{"VALUE", func() string { return one(r, values[:2]) }},
	} {
		for range strings.Count(s, w.word) {
			s = strings.Replace(s, w.word, w.from(), 1)
		}
	}
	return strings.ReplaceAll(s, "VALUE", "0")
}

func one(r *rand.Rand, from []string) string { return from[r.IntN(len(from))] }

// pick takes some of the good words, in any order, and rarely an odd one.
func pick(r *rand.Rand, good, odd []string) string {
	var picked []string
	for _, i := range r.Perm(len(good))[:r.IntN(len(good))] {
		picked = append(picked, good[i])
	}
	if len(odd) > 0 && r.IntN(8) == 0 {
		picked = append(picked, one(r, odd))
	}
	return strings.Join(picked, one(r, []string{",", " , ", ",\n"}))
}

// topMembers are the members of a message of some kind.
func topMembers(r *rand.Rand) string {
	kinds := [][]int{{0, 1, 3, 4}, {0, 2, 3, 4}, {0, 3, 4}, {0, 1, 5}, {0, 2, 6}, {0, 6}, {0, 1, 3}}
	var picked []string
	for _, i := range kinds[r.IntN(len(kinds))] {
		picked = append(picked, goodTop[i])
	}
	if r.IntN(8) == 0 {
		picked = append(picked, one(r, append(goodTop, oddTop...)))
	}
	r.Shuffle(len(picked), func(i, j int) { picked[i], picked[j] = picked[j], picked[i] })
	return strings.Join(picked, ",")
}

// Bytes that a fuzzer changes seldom are a message with much in it; these are.
func TestParseGrown(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	good := 0
	const all = 6_000
	for range all {
		b := []byte(growText(r, "{"+topMembers(r)+"}"))
		if !agree(t, b) {
			continue
		}
		good++
		m := mustParse(t, string(b))
		checkOne(t, m, b, `"new"`, "other")
		checkAll(t, m, `77`, "other")
		checkMeta(t, m, "key")
	}
	if good < all/10 || good > all*9/10 {
		t.Errorf("%d of %d accepted: both kinds are wanted", good, all)
	}
}
