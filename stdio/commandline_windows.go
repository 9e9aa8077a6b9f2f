package stdio

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// cmdLine is a program and its command line, in the one text that the system knows.
type cmdLine struct{ program, text string }

// commandLine makes the text from which the program reads args again. Batch files, which npx and the like are,
// are read by cmd.exe, whose rules differ.
func commandLine(path string, args []string) (cmdLine, error) {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".bat", ".cmd":
		return batchLine(path, args[1:])
	}
	quoted := make([]string, len(args))
	for i, a := range args {
		quoted[i] = syscall.EscapeArg(a)
	}
	return cmdLine{path, strings.Join(quoted, " ")}, nil
}

// batchLine is for cmd.exe: within quotes only the quote itself and the percent sign have a meaning.
// A percent sign is followed by an expansion of nothing, so that it can't begin the name of a variable.
func batchLine(path string, args []string) (cmdLine, error) {
	shell := filepath.Join(os.Getenv("SYSTEMROOT"), "System32", "cmd.exe")
	var b strings.Builder
	b.WriteString(`cmd.exe /e:ON /v:OFF /d /c "`)
	for i, a := range append([]string{path}, args...) {
		if strings.ContainsAny(a, "\r\n") {
			return cmdLine{}, errors.New("a batch file cannot be given an argument of several lines")
		}
		if i > 0 {
			b.WriteByte(' ')
		}
		a = strings.ReplaceAll(a, "%", "%%cd:~,%")
		a = strings.ReplaceAll(a, `"`, `""`)
		// A backslash before the closing quote would take its meaning away for the program behind the batch file.
		trailing := len(a) - len(strings.TrimRight(a, `\`))
		b.WriteString(`"` + a + strings.Repeat(`\`, trailing) + `"`)
	}
	b.WriteString(`"`)
	return cmdLine{shell, b.String()}, nil
}
