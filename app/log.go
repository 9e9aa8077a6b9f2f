package app

import (
	"io"
	"log/slog"
	"os"

	"gopkg.in/natefinch/lumberjack.v2"
)

const (
	logSize  = 10 // MiB of one file
	logFiles = 5  // older ones that are kept
)

// openLog returns a logger that writes to the rotating file at path and, unless it is nil, to also.
// The caller closes what is returned second. What comes from agents and servers is logged at debug
// alone, and a token never. Debug is for DRAWBRIDGE_DEBUG.
func openLog(path string, also io.Writer) (*slog.Logger, io.Closer) {
	file := &lumberjack.Logger{Filename: path, MaxSize: logSize, MaxBackups: logFiles}
	options := &slog.HandlerOptions{Level: slog.LevelInfo}
	if os.Getenv("DRAWBRIDGE_DEBUG") != "" {
		options.Level = slog.LevelDebug
	}
	var h slog.Handler = slog.NewJSONHandler(file, options)
	if also != nil {
		h = slog.NewMultiHandler(h, slog.NewTextHandler(also, options))
	}
	return slog.New(h), file
}
