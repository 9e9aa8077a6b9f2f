package stdio

import (
	"os"
	"strconv"
)

// self is a path of the program that runs, also after an update has replaced its file. It is good
// for other processes while this one lives.
func self() string { return "/proc/" + strconv.Itoa(os.Getpid()) + "/exe" }
