package found

import (
	"fmt"
	"slices"
	"strings"
)

// dialect is how an application writes references in an entry.
type dialect int

const (
	literal dialect = iota // it has none
	shell                  // ${NAME} and ${NAME:-default}
	editor                 // ${env:NAME}, ${input:ID}, ${userHome}, ${workspaceFolder}
)

// translator puts an application's references into Drawbridge's own form, and notes what has none.
type translator struct {
	dialect dialect
	home    string
	notes   []string
}

func (t *translator) note(format string, args ...any) {
	if n := fmt.Sprintf(format, args...); !slices.Contains(t.notes, n) {
		t.notes = append(t.notes, n)
	}
}

// text is a command, an argument or a directory. References are not looked up there when a server starts.
func (t *translator) text(s string) string {
	return t.replace(s, func(kind, name string) (string, bool) {
		switch {
		case kind == "home":
			return t.home, true
		case kind == "env":
			t.note("Its command uses the variable %s, which is not looked up here: write the value instead.", name)
		default:
			t.note("Its command uses ${%s}, which only that application knows: write the value instead.", name)
		}
		return "", false
	})
}

// value is a variable's value.
func (t *translator) value(s string) string {
	if name, ok := strings.CutPrefix(s, "$"); ok && t.dialect == shell && isVariable(name) {
		return "${env:" + name + "}"
	}
	return t.replace(s, func(kind, name string) (string, bool) {
		switch kind {
		case "home":
			return t.home, true
		case "env":
			return "${env:" + name + "}", true
		}
		t.note("Its environment uses ${%s}, which only that application knows: write the value instead.", name)
		return "", false
	})
}

// replace puts the result of each reference in its place; one without a result stays.
func (t *translator) replace(s string, with func(kind, name string) (string, bool)) string {
	if t.dialect == literal {
		return s
	}
	var b strings.Builder
	for {
		i := strings.Index(s, "${")
		if i < 0 {
			return b.String() + s
		}
		inner, rest, closed := strings.Cut(s[i+2:], "}")
		if !closed {
			return b.String() + s
		}
		b.WriteString(s[:i])
		kind, name := t.reference(inner)
		if put, ok := with(kind, name); ok {
			b.WriteString(put)
		} else {
			b.WriteString("${" + inner + "}")
		}
		s = rest
	}
}

// reference says what stands between the braces: env and a variable's name, home, or "" and the whole.
func (t *translator) reference(inner string) (kind, name string) {
	if t.dialect == editor {
		variable, isEnv := strings.CutPrefix(inner, "env:")
		switch {
		case isEnv && variable != "":
			return "env", variable
		case inner == "userHome":
			return "home", ""
		}
		return "", inner
	}
	variable, otherwise, hasDefault := strings.Cut(inner, ":-")
	if variable == "" || strings.ContainsAny(variable, ":{$") {
		return "", inner
	}
	if hasDefault {
		t.note("Where %s is not set it would use %q there; here it needs to be set.", variable, otherwise)
	}
	return "env", variable
}

// isVariable reports whether a shell would take name for a variable's.
func isVariable(name string) bool {
	for i, r := range name {
		if r != '_' && (r|' ' < 'a' || r|' ' > 'z') && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return name != ""
}
