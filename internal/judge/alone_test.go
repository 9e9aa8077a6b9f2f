package judge

import (
	"os"
	"os/exec"
	"testing"
)

// aloneEnv names the test that runs alone.
const aloneEnv = "JUDGE_ALONE"

// alone has the test that calls it run in a network, with mounts and processes that nobody else sees: there it
// reports true, and everywhere else false when that run is over. Where there are no such namespaces t is skipped.
func alone(t *testing.T) bool {
	t.Helper()
	if os.Getenv(aloneEnv) == t.Name() {
		return true
	}
	spaces := []string{"--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"}
	if os.Getuid() != 0 {
		spaces = append(spaces, "--map-root-user")
	}
	if out, err := exec.Command("unshare", append(spaces, "true")...).CombinedOutput(); err != nil {
		t.Skipf("a network of its own takes root, or a system that lets everybody make namespaces: %v\n%s", err, out)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "unshare", append(spaces, self, "-test.run", "^"+t.Name()+"$", "-test.v")...)
	cmd.Env = append(os.Environ(), aloneEnv+"="+t.Name(), "JUDGE_DRAWBRIDGE="+program(t, drawbridge))
	out, err := cmd.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Fatal(err)
	}
	return false
}
