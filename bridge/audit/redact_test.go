package audit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

func TestRedact(t *testing.T) {
	long := strings.Repeat("x", 2000)
	cases := []struct{ in, want string }{
		{`{"path":"/etc/hosts","n":1.5e3,"ok":true,"none":null,"list":[1,"a",{}]}`, `{"path":"/etc/hosts","n":1.5e3,"ok":true,"none":null,"list":[1,"a",{}]}`},
		{" { \"a\" :\n[ 1 ,\t2 ] } ", `{"a":[1,2]}`},
		{`{"password":"hunter2","PassWord ":"x","db_passwd":7}`, `{"password":"[redacted]","PassWord ":"[redacted]","db_passwd":"[redacted]"}`},
		{`{"api-key":"x","apiKey":["x"],"X-API-KEY":{"a":"}"},"b":1}`, `{"api-key":"[redacted]","apiKey":"[redacted]","X-API-KEY":"[redacted]","b":1}`},
		{`{"author":"ann","compass":"n","authToken":"x","auth":"x","basic_auth":"x","sessionId":"x","obsession":"x"}`,
			`{"author":"ann","compass":"n","authToken":"[redacted]","auth":"[redacted]","basic_auth":"[redacted]","sessionId":"[redacted]","obsession":"x"}`},
		{`{"maxTokens":100,"max_tokens":"x","tokens":[1]}`, `{"maxTokens":100,"max_tokens":"[redacted]","tokens":"[redacted]"}`},
		{`{"p\u0061ssword":"x"}`, `{"password":"[redacted]"}`},
		{`{"pin":"1234","other":"1"}`, `{"pin":"[redacted]","other":"1"}`},
		{`{"a":{"b":[{"secret":{"c":[1,2,"]"]}}]}}`, `{"a":{"b":[{"secret":"[redacted]"}]}}`},
		{`[{"name":"Authorization","value":"abc"},{"name":"Accept","value":"abc"},{"Key":"API_KEY","Value":{"x":1}}]`,
			`[{"name":"Authorization","value":"[redacted]"},{"name":"Accept","value":"abc"},{"Key":"API_KEY","Value":"[redacted]"}]`},
		{`"use dbk_Ab3 now"`, `"use dbk_[redacted] now"`},
		{`"\u0064bk_Ab3"`, `"dbk_[redacted]"`},
		{`"xdbk_Ab3,y"`, `"xdbk_[redacted],y"`},
		{`"curl -H 'Authorization: Bearer abc.def' http://x"`, `"curl -H 'Authorization: Bearer [redacted]' http://x"`},
		{`"KEY=sk-aaaaaaaaaaaaaaaaaaaa task-list-of-things-to-do-today"`, `"KEY=[redacted] task-list-of-things-to-do-today"`},
		{`"https://ann:pw@host/x https://host:80/a@b"`, `"https://ann:[redacted]@host/x https://host:80/a@b"`},
		{`"https://h/x?a=b&api_key=abc&c=d#e https://h?token=abc"`, `"https://h/x?a=b&api_key=[redacted]&c=d#e https://h?token=[redacted]"`},
		{`"is it so? token=abc &token &amp;tokens x?token="`, `"is it so? token=abc &token &amp;tokens x?token="`},
		{`"-----BEGIN RSA PRIVATE KEY-----\nabc"`, `"[redacted]"`},
		{`{"ghp_aaaaaaaaaaaaaaaaaaaaaaaa":1}`, `{"[redacted]":1}`},
		{`"é\u00e9\ud83d\ude00\ud83d\n\"\\\/\u0007"`, `"éé😀` + "\uFFFD" + `\n\"\\/\u0007"`},
		{`"` + long + `"`, `"` + long[:maxString] + `…"`},
		{`{"a":"` + long + `","b":2}`, `{"a":"` + long[:maxString] + `…","b":2}`},
		{``, `null`},
		{`nul`, `null`},
		{`{"a":1`, `{"a":1,"…":"…"}`},
		{`{"a":`, `{"…":"…"}`},
		{`[1 2]`, `[1,"…"]`},
		{`[1,]`, `[1,"…"]`},
		{`{"password":"x`, `{"…":"…"}`},
		{`{"a":"x`, `{"a":"x…"}`},
		{strings.Repeat("[", 40) + strings.Repeat("]", 40), strings.Repeat("[", 32) + `"…"` + strings.Repeat("]", 32)},
	}
	hint := func(key string) bool { return key == "pin" }
	for _, c := range cases {
		if got := string(Redact([]byte(c.in), hint, 0)); got != c.want {
			t.Errorf("%.200s\n got %s\nwant %s", c.in, got, c.want)
		}
	}
}

func TestRedactIsCapped(t *testing.T) {
	var members []string
	for i := range 1000 {
		members = append(members, fmt.Sprintf(`"key%d":{"a":[%d,"text"]}`, i, i))
	}
	raw := []byte("{" + strings.Join(members, ",") + "}")
	for limit := minRedacted; limit < 300; limit++ {
		got := Redact(raw, nil, limit)
		if !json.Valid(got) || len(got) > limit || len(got) < limit/2 || !strings.HasPrefix(string(got), `{"key0":{"a":[0`) {
			t.Fatalf("limit %d: %d bytes %s", limit, len(got), got)
		}
	}
}

// TestRedactAcrossTheCut puts a token at every place around the one where long strings are cut.
func TestRedactAcrossTheCut(t *testing.T) {
	token := "dbk_" + strings.Repeat("Z", 60)
	for at := maxString - 80; at <= maxString+10; at++ {
		got := Redact([]byte(`"`+strings.Repeat(" ", at)+token+`"`), nil, 0)
		if bytes.Contains(got, []byte("ZZ")) {
			t.Fatalf("at %d: %s", at, got)
		}
	}
}

func TestHints(t *testing.T) {
	secret := Hints([]byte(`{"type":"object","properties":{
		"pin":{"type":"string","format":"password"}, "user":{"type":"string"},
		"deep":{"anyOf":[{"properties":{"once":{"writeOnly":true}}}]}}}`))
	if secret == nil || !secret("pin") || !secret("once") || secret("user") || secret("deep") {
		t.Error("wrong hints")
	}
	for _, none := range []string{``, `[]`, `{"properties":{"a":true}}`, `{"properties":7}`} {
		if Hints([]byte(none)) != nil {
			t.Errorf("%s has hints", none)
		}
	}
}

func FuzzRedact(f *testing.F) {
	f.Add([]byte(`{"a":[1,"b\u00e9\n",{"token":[{}]}],"c":-1.5e7}`), 100)
	f.Add([]byte(`[[[[["`+strings.Repeat("dbk_x ", 200)+`"]]]]]`), 64)
	f.Add([]byte(`{"a":"\ud83d`), 70)
	f.Fuzz(func(t *testing.T, raw []byte, limit int) {
		limit %= 10_000
		got := Redact(raw, nil, limit)
		most := max(limit, minRedacted)
		if limit <= 0 {
			most = defaultRedacted
		}
		if !json.Valid(got) || len(got) > most || bytes.IndexByte(got, '\n') >= 0 {
			t.Fatalf("limit %d: %d bytes %q", limit, len(got), got)
		}
		// A secret put around whatever it is never comes through.
		if json.Valid(raw) {
			wrapped := append(append([]byte(`{"x":1,"password":`), raw...), `,"z":2}`...)
			if got := Redact(wrapped, nil, 1<<20); len(wrapped) < 1<<20 && string(got) != `{"x":1,"password":"[redacted]","z":2}` {
				t.Fatalf("%s", got)
			}
		}
	})
}

func BenchmarkRedact(b *testing.B) {
	for name, text := range map[string]string{
		"typical": `{"path":"/home/ann/notes/today.md","query":"budget 2026","limit":20,"tags":["a","b"]}`,
		"5MiB":    `{"data":"` + strings.Repeat("abcdefgh", 5<<17) + `","password":"x"}`,
		"wide":    `[` + strings.Repeat(`{"a":1,"b":"c"},`, 100_000) + `1]`,
	} {
		raw := []byte(text)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Redact(raw, nil, 0)
			}
		})
	}
}
