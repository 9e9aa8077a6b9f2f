package audit

import (
	"bytes"
	"encoding/json"
	"strings"
)

// secretParts make a key a secret's wherever they stand in it, separators and case left out.
var secretParts = [...]string{
	"password", "passwd", "passphrase", "passcode", "secret", "token", "apikey", "accesskey", "privatekey", "signingkey",
	"encryptionkey", "authorization", "credential", "cookie", "bearer", "connectionstring",
}

const shortestPart = len("token")

// secretKey reports whether a value under key is to be taken for a secret.
func secretKey(key string) bool {
	var buf [128]byte
	joined, word := buf[:0], 0
	for i := 0; i < len(key) && len(joined) < len(buf); i++ {
		c := key[i]
		upper, lower := 'A' <= c && c <= 'Z', 'a' <= c && c <= 'z' || '0' <= c && c <= '9'
		if !lower && (!upper || i > 0 && 'a' <= key[i-1] && key[i-1] <= 'z') {
			if secretWord(joined[word:]) {
				return true
			}
			word = len(joined)
		}
		if upper || lower {
			joined = append(joined, c|' ')
		}
	}
	if secretWord(joined[word:]) {
		return true
	}
	if len(joined) < shortestPart {
		return false
	}
	for _, part := range secretParts {
		if bytes.Contains(joined, []byte(part)) {
			return true
		}
	}
	return false
}

// secretWord reports whether w, as a word of a key, makes it a secret's. These are too short to be
// looked for inside of words: author, compass.
func secretWord(w []byte) bool {
	switch string(w) {
	case "auth", "pass", "pwd", "session", "jwt", "otp", "creds", "cred", "pat", "cvv", "cvc":
		return true
	}
	return false
}

// isCount reports whether key is one of those that count tokens: maxTokens.
func isCount(key string) bool { return strings.HasSuffix(strings.ToLower(key), "tokens") }

// isName reports whether a member called key says what the object's "value" is.
func isName(key string) bool {
	switch strings.ToLower(key) {
	case "name", "key", "header":
		return true
	}
	return false
}

// Hints returns which keys a tool's input schema marks as secret: properties with the format
// "password" or with writeOnly, at any depth. It is nil, which Redact takes, when there is none.
func Hints(schema []byte) func(key string) bool {
	var root any
	if len(schema) > 1<<20 || json.Unmarshal(schema, &root) != nil {
		return nil
	}
	names := map[string]bool{}
	gather(names, root, 0)
	if len(names) == 0 {
		return nil
	}
	return func(key string) bool { return names[key] }
}

func gather(names map[string]bool, v any, depth int) {
	if depth > maxNesting {
		return
	}
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			gather(names, e, depth+1)
		}
	case map[string]any:
		properties, _ := v["properties"].(map[string]any)
		for name, p := range properties {
			if p, ok := p.(map[string]any); ok && (p["format"] == "password" || p["writeOnly"] == true) {
				names[name] = true
			}
		}
		for _, e := range v {
			gather(names, e, depth+1)
		}
	}
}

// tokens are how well-known tokens and keys begin, and how many more characters make one.
var tokens = [...]struct {
	prefix string
	more   int
}{
	{"sk-", 16}, {"sk_live_", 8}, {"sk_test_", 8}, {"rk_live_", 8}, {"pk_live_", 8}, {"whsec_", 8},
	{"ghp_", 16}, {"gho_", 16}, {"ghu_", 16}, {"ghs_", 16}, {"ghr_", 16}, {"github_pat_", 16}, {"glpat-", 16},
	{"xoxb-", 8}, {"xoxp-", 8}, {"xoxa-", 8}, {"xoxs-", 8}, {"xapp-", 8},
	{"AKIA", 16}, {"ASIA", 16}, {"AIza", 30}, {"ya29.", 16}, {"eyJ", 24}, {"npm_", 30}, {"pypi-", 30}, {"hf_", 20}, {"SG.", 20},
	{"AGE-SECRET-KEY-", 16}, {"tskey-", 16},
}

// Where in a text a byte may begin a secret.
const (
	nowhere  = iota
	atWord   // at the beginning of a word, or behind = or /
	anywhere // in the middle of a word too: our own tokens, and what a URL holds
)

// begins says of each byte whether a secret may begin with it.
var begins = func() (where [256]uint8) {
	for _, t := range tokens {
		where[t.prefix[0]] = atWord
	}
	for _, c := range []byte("-Bb") { // of a private key, Bearer and Basic
		where[c] = atWord
	}
	for _, c := range []byte("d:?&") {
		where[c] = anywhere
	}
	return where
}()

// mayBeSecret reports whether a secret may begin with c where before is the byte in front of it, 0 when there is none.
func mayBeSecret(c, before byte) bool {
	return begins[c] == anywhere || begins[c] == atWord && (!isTokenByte(before) || before == '=' || before == '/')
}

// secretAt returns how many bytes at the beginning of s are a secret, and how many before that are not.
func secretAt(s string) (plain, secret int) {
	switch {
	case s[0] == 'd' && strings.HasPrefix(s, "dbk_"):
		return 4, tokenRun(s[4:])
	case s[0] == ':' && strings.HasPrefix(s, "://"):
		return userinfo(s)
	case s[0] == '?' || s[0] == '&':
		return parameter(s)
	}
	for _, t := range tokens {
		if t.prefix[0] == s[0] && strings.HasPrefix(s, t.prefix) && tokenRun(s[len(t.prefix):]) >= t.more {
			return 0, len(t.prefix) + tokenRun(s[len(t.prefix):])
		}
	}
	switch {
	case strings.HasPrefix(s, "-----BEGIN ") && strings.Contains(s, "PRIVATE KEY"):
		return 0, len(s)
	case len(s) > 7 && strings.EqualFold(s[:7], "Bearer "):
		return 7, tokenRun(s[7:])
	case len(s) > 6 && strings.EqualFold(s[:6], "Basic ") && tokenRun(s[6:]) >= 8:
		return 6, tokenRun(s[6:])
	}
	return 0, 0
}

// parameter finds the value of a secret in the query of a URL, which begins with ? or &.
func parameter(s string) (plain, secret int) {
	const end = "&#? \t\n\"'<>"
	key, value, ok := strings.Cut(s[1:], "=")
	if !ok || strings.ContainsAny(key, end) || !secretKey(key) {
		return 0, 0
	}
	if i := strings.IndexAny(value, end); i >= 0 {
		value = value[:i]
	}
	return len("?") + len(key) + len("="), len(value)
}

// userinfo finds the password in what follows the scheme of a URL.
func userinfo(s string) (plain, secret int) {
	end := strings.IndexAny(s[3:], "/?# \t\n\"'<>")
	if end < 0 {
		end = len(s) - 3
	}
	host := s[3 : 3+end]
	at, colon := strings.LastIndexByte(host, '@'), strings.IndexByte(host, ':')
	if colon < 0 || at < colon {
		return 0, 0
	}
	return 3 + colon + 1, at - colon - 1
}

func tokenRun(s string) int {
	n := 0
	for n < len(s) && isTokenByte(s[n]) {
		n++
	}
	return n
}

func isTokenByte(c byte) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '-' <= c && c <= '9', c == '_', c == '+', c == '=', c == '~':
		return true
	}
	return false
}
