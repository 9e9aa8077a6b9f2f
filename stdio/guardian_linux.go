package stdio

import "syscall"

// serverAttr puts a server into a group of its own. Should the guardian be killed, the server dies too.
func serverAttr() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
