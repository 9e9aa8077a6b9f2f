package found

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
)

// readFile reads a regular file of at most so many bytes. Nothing else is opened: reading a pipe may never end.
func readFile(path string, most int64) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("it is no file")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && int64(len(b)) > most {
		return nil, fmt.Errorf("it has more than %d MB", most>>20)
	}
	return b, err
}

func isMissing(err error) bool { return errors.Is(err, fs.ErrNotExist) }

// absolute reports whether dir is a directory that means the same wherever the program runs.
func (s system) absolute(dir string) bool {
	if s.goos == "windows" {
		return len(dir) > 2 && dir[1] == ':' || strings.HasPrefix(dir, `\\`)
	}
	return strings.HasPrefix(dir, "/")
}

// join is filepath.Join for the system that s is about.
func (s system) join(parts ...string) string {
	if s.goos == "windows" {
		return strings.ReplaceAll(strings.Join(parts, `\`), "/", `\`)
	}
	return strings.Join(parts, "/")
}
