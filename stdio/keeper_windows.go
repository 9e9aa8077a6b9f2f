package stdio

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
)

// keeper starts processes and sees to it that none outlives this one: each is in a Job Object
// of its own, with all that it starts, whose only handle is here. The system ends what is in the job when that
// handle is closed, be it by the end of this process.
type keeper struct {
	wg sync.WaitGroup // one for each process

	mu     sync.Mutex // guards the fields below
	jobs   map[*job]struct{}
	closed bool
}

func newKeeper(*slog.Logger) *keeper { return &keeper{jobs: map[*job]struct{}{}} }

// warm has nothing to do here.
func (k *keeper) warm() {}

func (k *keeper) start(l launch) (*child, error) {
	p, err := newPipes()
	if err != nil {
		return nil, err
	}
	defer p.handOver()
	c, err := k.startIn(l, p)
	if err != nil {
		p.close()
		return nil, fmt.Errorf("%q did not start: %w", l.path, err)
	}
	return c, nil
}

func (k *keeper) startIn(l launch, p *pipes) (*child, error) {
	j, err := newJob()
	if err != nil {
		return nil, err
	}
	line, err := commandLine(l.path, l.args)
	if err != nil {
		j.close()
		return nil, err
	}
	process, err := os.StartProcess(line.program, l.args, &os.ProcAttr{
		Dir: l.dir, Env: l.env, Files: p.theirs[:],
		Sys: &syscall.SysProcAttr{
			HideWindow: true, CmdLine: line.text,
			// Suspended: it can start nothing before it is in the job.
			CreationFlags: windows.CREATE_NO_WINDOW | windows.CREATE_SUSPENDED | windows.CREATE_NEW_PROCESS_GROUP,
		},
	})
	if err != nil {
		j.close()
		return nil, err
	}
	c := &child{
		pid: process.Pid, stdin: p.stdin, stdout: p.stdout, stderr: p.stderr,
		exited: make(chan struct{}), gone: make(chan struct{}),
		terminate: func() {}, kill: j.kill,
	}
	if err := k.admit(j, process, c); err != nil {
		_ = process.Kill()
		_, _ = process.Wait()
		j.close()
		return nil, err
	}
	return c, nil
}

// admit puts the process into the job, lets it run and goes with it to its end.
func (k *keeper) admit(j *job, process *os.Process, c *child) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.closed {
		return errors.New("the bridge is closing")
	}
	var err error
	if e := process.WithHandle(func(h uintptr) { err = windows.AssignProcessToJobObject(j.handle, windows.Handle(h)) }); e != nil {
		return e
	}
	if err != nil {
		return os.NewSyscallError("AssignProcessToJobObject", err)
	}
	if err := resume(uint32(process.Pid)); err != nil {
		return err
	}
	k.jobs[j] = struct{}{}
	k.wg.Go(func() { k.watch(j, process, c) })
	return nil
}

// watch waits for the end of the process and ends what it left.
func (k *keeper) watch(j *job, process *os.Process, c *child) {
	how := "ended"
	if state, err := process.Wait(); err == nil {
		how = exitedWith(state.ExitCode())
	}
	c.end(how)
	j.kill()
	k.mu.Lock()
	delete(k.jobs, j)
	k.mu.Unlock()
	j.close()
	close(c.gone)
}

// close ends every process that is left and returns when all are gone.
func (k *keeper) close() {
	k.mu.Lock()
	k.closed = true
	for j := range k.jobs {
		j.kill()
	}
	k.mu.Unlock()
	k.wg.Wait()
}

// job is a Job Object that ends what is in it when its handle is closed.
type job struct {
	mu     sync.Mutex // guards the field below
	handle windows.Handle
}

func newJob() (*job, error) {
	h, err := windows.CreateJobObject(nil, nil)
	if err != nil {
		return nil, os.NewSyscallError("CreateJobObject", err)
	}
	info := windows.JOBOBJECT_EXTENDED_LIMIT_INFORMATION{}
	info.BasicLimitInformation.LimitFlags = windows.JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE
	_, err = windows.SetInformationJobObject(h, windows.JobObjectExtendedLimitInformation,
		uintptr(unsafe.Pointer(&info)), uint32(unsafe.Sizeof(info)))
	if err != nil {
		_ = windows.CloseHandle(h)
		return nil, os.NewSyscallError("SetInformationJobObject", err)
	}
	return &job{handle: h}, nil
}

func (j *job) kill() {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.handle != 0 {
		_ = windows.TerminateJobObject(j.handle, 1)
	}
}

func (j *job) close() {
	j.mu.Lock()
	defer j.mu.Unlock()
	_ = windows.CloseHandle(j.handle)
	j.handle = 0
}

// resume lets a process run that was started suspended: it has one thread.
func resume(pid uint32) error {
	snapshot, err := windows.CreateToolhelp32Snapshot(windows.TH32CS_SNAPTHREAD, 0)
	if err != nil {
		return os.NewSyscallError("CreateToolhelp32Snapshot", err)
	}
	defer windows.CloseHandle(snapshot)
	entry := windows.ThreadEntry32{}
	entry.Size = uint32(unsafe.Sizeof(entry))
	for err = windows.Thread32First(snapshot, &entry); err == nil; err = windows.Thread32Next(snapshot, &entry) {
		if entry.OwnerProcessID != pid {
			continue
		}
		thread, err := windows.OpenThread(windows.THREAD_SUSPEND_RESUME, false, entry.ThreadID)
		if err != nil {
			return os.NewSyscallError("OpenThread", err)
		}
		defer windows.CloseHandle(thread)
		_, err = windows.ResumeThread(thread)
		return os.NewSyscallError("ResumeThread", err)
	}
	return errors.New("the new process has no thread")
}

// runGuardian has nothing to do here: the system itself does it.
func runGuardian() {}
