//go:build unix

package stdio

import (
	"os"
	"path/filepath"
	"runtime"

	"golang.org/x/sys/unix"
)

// wellKnown are places where programs are found although the owner's PATH may not say so.
func wellKnown(e environ) []string {
	var dirs []string
	if runtime.GOOS == "darwin" {
		dirs = append(dirs, "/opt/homebrew/bin", "/opt/local/bin")
	} else {
		dirs = append(dirs, "/home/linuxbrew/.linuxbrew/bin", "/snap/bin")
	}
	home := e.home()
	for _, below := range []string{
		".local/bin", "bin", ".cargo/bin", ".bun/bin", ".volta/bin", ".deno/bin", "go/bin",
		".local/share/mise/shims", ".asdf/shims", ".nix-profile/bin", ".docker/bin", ".orbstack/bin", ".rd/bin",
	} {
		dirs = append(dirs, filepath.Join(home, below))
	}
	return append(dirs, "/usr/local/bin", "/usr/bin", "/bin", "/usr/local/sbin", "/usr/sbin", "/sbin")
}

// program reports whether path is a file that may be executed.
func program(path string, _ environ) (string, bool) {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() || unix.Access(path, unix.X_OK) != nil {
		return "", false
	}
	return path, true
}
