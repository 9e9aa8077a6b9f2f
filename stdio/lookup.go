package stdio

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// searchPath is where programs are looked for: the owner's PATH, then the places where installers put
// things that a PATH often lacks. It is also the PATH that servers get, so that a script finds its interpreter
// where the script itself was found.
func (e environ) searchPath() []string {
	path, _ := e.get("PATH")
	dirs := splitPath(path)
	for _, dir := range wellKnown(e) {
		if info, err := os.Stat(dir); err == nil && info.IsDir() && !slices.Contains(dirs, dir) {
			dirs = append(dirs, dir)
		}
	}
	return dirs
}

// splitPath is the absolute directories of a PATH, each once: what a relative one means depends on
// where it is read.
func splitPath(path string) []string {
	var dirs []string
	for _, dir := range filepath.SplitList(path) {
		if filepath.IsAbs(dir) && !slices.Contains(dirs, dir) {
			dirs = append(dirs, dir)
		}
	}
	return dirs
}

// lookUp finds the program that path names. A path with a separator is taken from dir, a bare name is looked for in search.
func lookUp(path, dir string, search []string, owner environ) (string, error) {
	if strings.ContainsFunc(path, func(r rune) bool { return r < 0x80 && os.IsPathSeparator(uint8(r)) }) {
		if !filepath.IsAbs(path) {
			path = filepath.Join(dir, path)
		}
		if file, ok := program(path, owner); ok {
			return file, nil
		}
		if _, err := os.Stat(path); err != nil {
			return "", fmt.Errorf("%q does not exist; check the command's path", path)
		}
		return "", fmt.Errorf("%q is not a program that can be started; make it executable, or start it with its interpreter", path)
	}
	for _, d := range search {
		if file, ok := program(filepath.Join(d, path), owner); ok {
			return file, nil
		}
	}
	return "", fmt.Errorf("%q not found; looked in %s; install it or give its full path, then scan again", path, strings.Join(search, ", "))
}
