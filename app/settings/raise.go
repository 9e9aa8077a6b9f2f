package settings

// RaiseOn says what raises the bridge by itself, for as long as it lasts.
type RaiseOn struct {
	Lock  bool // the screen is locked
	Sleep bool // the machine sleeps
}

func (r *RaiseOn) read(n node) error {
	var all []string
	if err := texts(&all)(n); err != nil {
		return err
	}
	for i, what := range all {
		switch what {
		case "lock":
			r.Lock = true
		case "sleep":
			r.Sleep = true
		default:
			return n.fail("[%d] is %q; write lock or sleep", i, what)
		}
	}
	return nil
}
