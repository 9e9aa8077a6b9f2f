package app

// Desktop is what a desktop is started with.
type Desktop struct {
	App    *App         // runs, or is about to
	Hidden bool         // it begins in the tray, where there is one
	Failed <-chan error // a receive is why Run ended too early; the owner reads it before the desktop ends
}
