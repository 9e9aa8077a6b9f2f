//go:build unix

package stdio

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"strings"

	"golang.org/x/sys/unix"
)

// order is what the bridge tells its guardian.
type order struct {
	Do    string // start, terminate or kill
	Child uint64 // the bridge's number for the process

	// For start, which carries the process's standard input, output and error as descriptors.
	// Bytes, because the system's strings need not be UTF-8; lists joined by NUL, which none of them can hold.
	Path, Dir, Args, Env []byte `json:",omitempty"`
	Mark                 string `json:",omitempty"`
}

// report is what the guardian tells the bridge.
type report struct {
	What  string // started, failed, exited, or gone: nothing of the process's tree is left
	Child uint64
	PID   int    `json:",omitempty"` // started
	Errno int    `json:",omitempty"` // failed
	Exit  string `json:",omitempty"` // exited: how, in words
}

// frameMost bounds a frame: the system allows about as much for arguments and environment.
const frameMost = 8 << 20

func joined(list []string) []byte { return []byte(strings.Join(list, "\x00")) }

func split(b []byte) []string {
	if len(b) == 0 {
		return nil
	}
	return strings.Split(string(b), "\x00")
}

// writeFrame sends v, and duplicates of the descriptors fds. Frames must not be written at the same time.
func writeFrame(c *net.UnixConn, v any, fds ...int) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if len(body) > frameMost {
		return fmt.Errorf("a frame of %d bytes is too long", len(body))
	}
	frame := binary.BigEndian.AppendUint32(make([]byte, 0, 4+len(body)), uint32(len(body)))
	frame = append(frame, body...)
	var rights []byte
	if len(fds) > 0 {
		rights = unix.UnixRights(fds...)
	}
	n, _, err := c.WriteMsgUnix(frame, rights, nil)
	if err == nil && n < len(frame) {
		_, err = c.Write(frame[n:])
	}
	return err
}

// readFrame reads into v and returns the descriptors that came with it, which are then the caller's.
func readFrame(c *net.UnixConn, v any) (fds []int, err error) {
	var head [4]byte
	space := make([]byte, unix.CmsgSpace(3*4))
	n, oobn, _, _, err := c.ReadMsgUnix(head[:], space)
	if err != nil {
		return nil, err
	}
	if n == 0 {
		return nil, io.EOF
	}
	if oobn > 0 {
		if fds, err = rights(space[:oobn]); err != nil {
			return nil, err
		}
	}
	if _, err := io.ReadFull(c, head[n:]); err != nil {
		return fds, err
	}
	size := binary.BigEndian.Uint32(head[:])
	if size > frameMost {
		return fds, fmt.Errorf("a frame of %d bytes is too long", size)
	}
	body := make([]byte, size)
	if _, err := io.ReadFull(c, body); err != nil {
		return fds, err
	}
	return fds, json.Unmarshal(body, v)
}

func rights(oob []byte) (fds []int, err error) {
	messages, err := unix.ParseSocketControlMessage(oob)
	if err != nil {
		return nil, err
	}
	for _, m := range messages {
		got, err := unix.ParseUnixRights(&m)
		if err != nil {
			return fds, err
		}
		fds = append(fds, got...)
	}
	return fds, nil
}
