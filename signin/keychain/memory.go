package keychain

import "sync"

// Memory returns an empty keychain that is gone with the process. It is for tests.
func Memory() Keychain { return &memory{values: map[string]string{}} }

type memory struct {
	mu     sync.Mutex // guards the fields below
	values map[string]string
}

func (m *memory) Get(name string) (string, error) {
	if err := checkName(name); err != nil {
		return "", err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	v, ok := m.values[name]
	if !ok {
		return "", ErrNotFound
	}
	return v, nil
}

func (m *memory) Set(name, value string) error {
	if err := checkEntry(name, value); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.values[name] = value
	return nil
}

func (m *memory) Delete(name string) error {
	if err := checkName(name); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.values[name]; !ok {
		return ErrNotFound
	}
	delete(m.values, name)
	return nil
}

func (m *memory) String() string { return "memory" }
