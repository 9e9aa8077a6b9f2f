package stdio

import (
	"encoding/json"
	"os"
)

// Roles that a program plays when it is started again by itself, as its first argument.
const (
	guardianRole = "__drawbridge-guardian"
	environRole  = "__drawbridge-environment"
)

// Reexec reports whether this process was started by Host for a part of its own, which has then been
// played to its end: the caller returns from main. It must run before anything else in main, and in TestMain
// of tests that start processes.
func Reexec() bool {
	switch {
	case len(os.Args) == 2 && os.Args[1] == guardianRole:
		runGuardian()
	case len(os.Args) == 3 && os.Args[1] == environRole:
		printEnviron(os.Args[2])
	default:
		return false
	}
	return true
}

// printEnviron tells our parent what environment a login shell gave us. The marks tell it from what
// the shell's start-up files print.
func printEnviron(mark string) {
	list, err := json.Marshal(os.Environ())
	if err != nil {
		return
	}
	out := append([]byte(mark), list...)
	_, _ = os.Stdout.Write(append(out, mark...))
}
