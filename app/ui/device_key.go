package ui

import (
	"fyne.io/fyne/v2"

	"drawbridge/app/ui/look"
)

// deviceKey shows the key by which relays know this computer.
type deviceKey struct {
	w     *window
	body  *fyne.Container
	block *look.CodeBlock
	moved func() // what is around it needs another place
}

func newDeviceKey(w *window, moved func()) *deviceKey {
	k := &deviceKey{w: w, block: look.NewCodeBlock(""), moved: moved}
	words := look.NewText("Give it to who runs the relay, who answers with the rest", look.Caption)
	k.body = look.Down(6, look.NewText("This computer's public key", look.Strong), k.block, look.Across(8, look.Fill(words), look.NewButton(look.Soft, "copy", "Copy key", w.copyDeviceKey)))
	return k
}

// get finds the key out; the first time it is made.
func (k *deviceKey) get() {
	k.w.work.Go(func() {
		key, err := k.w.app.DeviceKey()
		k.w.do(func() {
			k.block.SetText(plain(key))
			if err != nil {
				k.block.SetText(look.Plain("There is no key: "+err.Error(), 400))
			}
			k.moved()
		})
	})
}

// copyDeviceKey copies the key by which relays know this computer.
func (w *window) copyDeviceKey() {
	w.copyFrom(w.app.DeviceKey, "There is no key to copy", "The key is on the clipboard", "Give it to who runs the relay: it is a line for its authorized_keys.")
}
