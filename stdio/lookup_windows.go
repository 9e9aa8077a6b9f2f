package stdio

import (
	"os"
	"path/filepath"
	"strings"
)

// wellKnown are places where programs are found although the owner's PATH may not say so.
func wellKnown(e environ) []string {
	var dirs []string
	below := func(variable string, places ...string) {
		if base, ok := e.get(variable); ok {
			for _, p := range places {
				dirs = append(dirs, filepath.Join(base, p))
			}
		}
	}
	below("USERPROFILE", `.local\bin`, `.cargo\bin`, `.bun\bin`, `.deno\bin`, `go\bin`, `scoop\shims`)
	below("LOCALAPPDATA", `Volta\bin`, `Microsoft\WindowsApps`, `mise\shims`)
	below("APPDATA", `npm`)
	below("PROGRAMFILES", `nodejs`, `Docker\Docker\resources\bin`)
	below("SYSTEMROOT", `System32`)
	return dirs
}

// program finds the file for path, with one of the endings of PATHEXT when it has none.
func program(path string, e environ) (string, bool) {
	exts, _ := e.get("PATHEXT")
	if exts == "" {
		exts = ".COM;.EXE;.BAT;.CMD"
	}
	endings := strings.Split(strings.ToLower(exts), ";")
	for _, ext := range endings {
		if ext != "" && strings.HasSuffix(strings.ToLower(path), ext) && isFile(path) {
			return path, true
		}
	}
	for _, ext := range endings {
		if strings.HasPrefix(ext, ".") && isFile(path+ext) {
			return path + ext, true
		}
	}
	return "", false
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}
