package ui

import (
	"fmt"
	"runtime"
	"strings"
)

// onWindows says how command lines are written here.
const onWindows = runtime.GOOS == "windows"

// splitCommand takes a command line apart into the program and its arguments. Quotes keep spaces; a
// backslash keeps the quote, space or backslash after it, but on Windows only a double quote: paths are
// full of them there. Nothing else that a shell does is done.
func splitCommand(line string, windows bool) ([]string, error) {
	var words []string
	var word strings.Builder
	open, begun := rune(0), false
	runes := []rune(line)
	for i := 0; i < len(runes); i++ {
		r := runes[i]
		switch {
		case r == '\\' && open != '\'' && i+1 < len(runes) && escapes(runes[i+1], open, windows):
			i++
			word.WriteRune(runes[i])
			begun = true
		case open != 0 && r == open:
			open = 0
		case open == 0 && (r == '"' || r == '\''):
			open, begun = r, true
		case open == 0 && (r == ' ' || r == '\t' || r == '\n' || r == '\r'):
			if begun {
				words = append(words, word.String())
			}
			word.Reset()
			begun = false
		default:
			word.WriteRune(r)
			begun = true
		}
	}
	if open != 0 {
		return nil, reason(fmt.Sprintf("A quote (%c) is opened and never closed.", open))
	}
	if begun {
		words = append(words, word.String())
	}
	if len(words) == 0 || words[0] == "" {
		return nil, reason("Type the command that starts the server, such as npx -y @modelcontextprotocol/server-everything")
	}
	return words, nil
}

// escapes reports whether a backslash before r stands for r alone.
func escapes(r, open rune, windows bool) bool {
	switch r {
	case '"':
		return true
	case '\\':
		return !windows
	case ' ', '\'':
		return !windows && open == 0
	}
	return false
}

// joinCommand is the line that splitCommand takes apart into these words again.
func joinCommand(words []string, windows bool) string {
	special := " \t\r\n\"'\\"
	if windows {
		special = " \t\r\n\"'"
	}
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = w
		if w == "" || strings.ContainsAny(w, special) {
			quoted[i] = "'" + strings.ReplaceAll(w, "'", `'"'"'`) + "'"
		}
	}
	return strings.Join(quoted, " ")
}

// splitEnv takes lines of NAME=value apart. Empty lines are skipped.
func splitEnv(text string) (map[string]string, error) {
	env := map[string]string{}
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		if strings.TrimSpace(line) == "" {
			continue
		}
		name, value, ok := strings.Cut(line, "=")
		if name = strings.TrimSpace(name); !ok || name == "" {
			return nil, reason(fmt.Sprintf("Write NAME=value, one a line; %q is none.", line))
		}
		env[name] = value
	}
	if len(env) == 0 {
		return nil, nil
	}
	return env, nil
}
