package keychain

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"sync"

	"filippo.io/age"
)

// maxFile bounds the file, in bytes.
const maxFile = 8 << 20

// File returns the keychain in the age file at path, which is made by the first Set. Its content
// is a JSON object of names and values (in base64), encrypted with passphrase.
//
// A wrong passphrase is an error here, not later. The content is read once and then kept in
// memory, so one process at a time may use a file.
func File(path, passphrase string) (Keychain, error) {
	if passphrase == "" {
		return nil, fmt.Errorf("open %q: the passphrase is empty", path)
	}
	f := &file{path: path, passphrase: passphrase, values: map[string][]byte{}}
	sealed, err := readBounded(path, maxFile)
	if errors.Is(err, os.ErrNotExist) {
		return f, nil
	}
	if err == nil {
		err = f.open(sealed)
		tidy(passphrase)
	}
	if err != nil {
		return nil, fmt.Errorf("open the encrypted keychain %q: %w", path, err)
	}
	return f, nil
}

type file struct {
	path, passphrase string

	mu     sync.Mutex // guards the fields below, and the file
	values map[string][]byte
}

func (f *file) Get(name string) (string, error) {
	if err := checkName(name); err != nil {
		return "", err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	v, ok := f.values[name]
	if !ok {
		return "", ErrNotFound
	}
	return string(v), nil
}

func (f *file) Set(name, value string) error {
	if err := checkEntry(name, value); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	values := maps.Clone(f.values)
	values[name] = []byte(value)
	return f.save(values)
}

func (f *file) Delete(name string) error {
	if err := checkName(name); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, ok := f.values[name]; !ok {
		return ErrNotFound
	}
	values := maps.Clone(f.values)
	delete(values, name)
	return f.save(values)
}

func (f *file) String() string   { return fmt.Sprintf("the encrypted file %q", f.path) }
func (f *file) GoString() string { return f.String() }

// stretch is the work factor of scrypt for a passphrase, as a power of two: 32 MiB and about a tenth of
// a second. Stretching makes up for what a passphrase lacks; one of 32 characters or more, as
// services are given, lacks nothing, and its service starts at once.
func stretch(passphrase string) int {
	if len(passphrase) >= 32 {
		return littleStretch
	}
	return 15
}

const littleStretch = 10

// tidy returns the memory that much stretching took to the system, which the runtime would do only
// after minutes.
func tidy(passphrase string) {
	if stretch(passphrase) > littleStretch {
		debug.FreeOSMemory()
	}
}

// maxStretch bounds the work that a file may ask for.
const maxStretch = 18

func (f *file) open(sealed []byte) error {
	id, err := age.NewScryptIdentity(f.passphrase)
	if err != nil {
		return err
	}
	id.SetMaxWorkFactor(maxStretch)
	r, err := age.Decrypt(bytes.NewReader(sealed), id)
	if wrong := (*age.NoIdentityMatchError)(nil); errors.As(err, &wrong) {
		return errors.New("the passphrase is wrong")
	}
	if err != nil {
		return err
	}
	plain, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(plain, &f.values); err != nil || f.values == nil {
		return errors.New("what it holds is no keychain") // the cause could quote a secret
	}
	return nil
}

// save makes values what f holds, on disk first. The file is replaced whole or not at all.
func (f *file) save(values map[string][]byte) error {
	sealed, err := seal(values, f.passphrase)
	tidy(f.passphrase)
	if err == nil {
		err = replace(f.path, sealed)
	}
	if err != nil {
		return fmt.Errorf("write the encrypted keychain %q: %w", f.path, err)
	}
	f.values = values
	return nil
}

func seal(values map[string][]byte, passphrase string) ([]byte, error) {
	plain, err := json.Marshal(values)
	if err != nil {
		return nil, err
	}
	to, err := age.NewScryptRecipient(passphrase)
	if err != nil {
		return nil, err
	}
	to.SetWorkFactor(stretch(passphrase))
	var sealed bytes.Buffer
	w, err := age.Encrypt(&sealed, to)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(plain); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	if sealed.Len() > maxFile {
		return nil, ErrTooBig
	}
	return sealed.Bytes(), nil
}

// replace puts content at path, readable by the owner alone, so that a crash leaves the old or the new one.
func replace(path string, content []byte) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	next := path + ".new"
	if err := os.Remove(next); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	w, err := os.OpenFile(next, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = w.Write(content)
	err = errors.Join(err, w.Sync(), w.Close())
	if err == nil {
		err = os.Rename(next, path)
	}
	if err != nil {
		_ = os.Remove(next)
		return err
	}
	return syncDir(dir)
}

// syncDir makes a rename in dir last. Windows has no such thing.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// readBounded reads the file at path, which may hold no more than limit bytes.
func readBounded(path string, limit int64) ([]byte, error) {
	r, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	b, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(b)) > limit {
		return nil, fmt.Errorf("%q is longer than %d bytes", path, limit)
	}
	return b, nil
}
