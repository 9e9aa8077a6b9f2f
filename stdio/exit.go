package stdio

import (
	"crypto/rand"
	"fmt"
)

// ExitError says that a server's process is gone, and how. Error may be shown to agents; Stderr is for the owner alone.
type ExitError struct {
	Server   string
	Incident string // what the owner finds the death by, in the log and in Status; "" when Ended
	Status   string // "exited with status 3", "was killed by SIGKILL", "was stopped by its owner"
	Ended    bool   // the owner or the bridge ended it, for the reason that Status gives
	Stderr   string // the end of what it wrote to standard error, without the secrets it was given
}

func (e *ExitError) Error() string {
	if e.Incident == "" {
		return fmt.Sprintf("server %q %s", e.Server, e.Status)
	}
	return fmt.Sprintf("server %q %s (incident %s)", e.Server, e.Status, e.Incident)
}

// LastWords is Stderr, for entries that let agents read it.
func (e *ExitError) LastWords() string { return e.Stderr }

// newIncident is short enough to be read out, and unlikely enough to come twice in one log.
func newIncident() string { return rand.Text()[:5] }

// newMark is a value of markName that no other process has.
func newMark() string { return rand.Text() }
