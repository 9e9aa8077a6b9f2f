package settings

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// writeFile replaces the file at path by data, in a directory that is made where there is none.
func writeFile(path string, data []byte) error {
	real, err := target(path)
	if err == nil {
		err = os.MkdirAll(filepath.Dir(real), 0o700)
	}
	if err != nil {
		return err
	}
	return Replace(path, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

// Replace has write fill a file that only the owner can read, and puts it in the place of the one at path once all is written:
// whoever reads it sees the old content or the new, also after a power failure. Where path is a symbolic link the file that it
// leads to is replaced.
func Replace(path string, write func(io.Writer) error) error {
	path, err := target(path)
	if err != nil {
		return err
	}
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, "."+filepath.Base(path)+"-*") // with 0600
	if err != nil {
		return err
	}
	if err := errors.Join(write(f), f.Sync(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return syncDir(dir)
}

// target follows symbolic links to a file that may not be there yet.
func target(path string) (string, error) {
	real, err := filepath.EvalSymlinks(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return real, err
	}
	link, err := os.Readlink(path)
	if err != nil {
		return path, nil // no link: the file itself is missing
	}
	if !filepath.IsAbs(link) {
		link = filepath.Join(filepath.Dir(path), link)
	}
	return link, nil
}
