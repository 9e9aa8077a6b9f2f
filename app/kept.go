package app

import (
	"encoding/json"
	"slices"
	"strings"

	"drawbridge/bridge/audit"
)

// What of the owner's choices the record keeps.

const keptBack = "[redacted]"

// sentAlong reports whether all that stands under key in config.json may be a secret, whatever it is called there.
func sentAlong(key string) bool { return key == "env" || key == "headers" || key == "params" }

// keptChoice is the value of a choice as the record may keep it.
func keptChoice(key string, value any) string {
	if slices.ContainsFunc(strings.Split(key, "."), sentAlong) {
		return keptBack
	}
	raw, err := json.Marshal(value)
	if err != nil {
		return keptBack
	}
	return string(audit.Redact(raw, sentAlong, 0))
}

// keptCommand is a command line as the record may keep it. What follows an option that is called like a secret is one.
func keptCommand(words []string) string {
	kept := make([]string, len(words))
	for i, word := range words {
		name, value, together := strings.Cut(word, "=")
		switch {
		case i > 0 && isSecretOption(words[i-1]) && !strings.HasPrefix(word, "-"):
			kept[i] = keptBack
		case together && value != "" && isSecretOption(name):
			kept[i] = name + "=" + keptBack
		default:
			kept[i] = audit.RedactText(word)
		}
	}
	return strings.Join(kept, " ")
}

// isSecretOption reports whether a word of a command line is an option that is called like a secret.
func isSecretOption(word string) bool {
	name := strings.TrimLeft(word, "-")
	return name != word && !strings.Contains(name, "=") && looksSecret(map[string]string{name: ""})
}
