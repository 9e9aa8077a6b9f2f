package wire

// Conn is a two-way stream of messages: a server's pipes, or one end of a Pipe.
//
// Read may be called by one goroutine at a time, Write and Close by any number.
type Conn interface {
	// Read returns the next message. After the other side is gone it returns an error that says
	// how it went: io.EOF after a clean end, the process's exit for a server.
	Read() (Message, error)
	// Write sends one message and does not keep b. It never waits for a reader that does not read:
	// past the connection's bound it returns an error and nothing of the message is sent.
	// b needs no line end; line breaks in it are JSON white space and may become blanks.
	Write(b []byte) error
	// Close ends both directions and wakes a blocked Read. It does not wait for a process to die.
	Close() error
}
