//go:build !windows

package settings

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// syncDir makes the names of new files in dir last.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// own makes sure that dir is a directory of this user that nobody else can enter.
func own(dir string) error {
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !info.IsDir() || !ok || int(stat.Uid) != os.Getuid() {
		return fmt.Errorf("%s is not a directory of yours; remove it, or set DRAWBRIDGE_HOME to another place", dir)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return os.Chmod(dir, fs.FileMode(0o700))
	}
	return nil
}
