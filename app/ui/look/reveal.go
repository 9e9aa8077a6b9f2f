package look

import (
	"reflect"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
)

// reveal scrolls what o lies in until it is in sight, with a little of what is around it: its label, or what is wrong with it.
// Nobody can use with the keyboard what they do not see.
func reveal(o fyne.CanvasObject) {
	const margin = 34
	driver := fyne.CurrentApp().Driver()
	c := driver.CanvasForObject(o)
	if c == nil {
		return
	}
	for _, s := range scrollsAround(c, o) {
		top := driver.AbsolutePositionForObject(o).Y - driver.AbsolutePositionForObject(s).Y - margin
		below := top + o.Size().Height + 2*margin - s.Size().Height
		by := fyne.Min(fyne.Max(0, below), top)
		if top < 0 || below > 0 {
			most := fyne.Max(0, s.Content.MinSize().Height-s.Size().Height)
			s.ScrollToOffset(fyne.NewPos(s.Offset.X, fyne.Min(most, fyne.Max(0, s.Offset.Y+by))))
		}
	}
}

// Below is how far below the top of a container an object begins that lies in it, drawn yet or not.
func Below(in, o fyne.CanvasObject) (y float32, found bool) {
	if in == o {
		return 0, true
	}
	c, ok := in.(*fyne.Container)
	if !ok {
		return 0, false
	}
	for _, child := range c.Objects {
		if y, found := Below(child, o); found {
			return child.Position().Y + y, true
		}
	}
	return 0, false
}

// scrollsAround are what o scrolls in, the innermost first.
func scrollsAround(c fyne.Canvas, o fyne.CanvasObject) []*container.Scroll {
	tree := c.Content()
	if top := c.Overlays().Top(); top != nil {
		tree = laidOver(top)
	}
	_, around := scrollsTo(tree, o)
	return around
}

// laidOver is what an overlay shows. Its type is Fyne's own, and only its field leads to what is in it.
func laidOver(overlay fyne.CanvasObject) fyne.CanvasObject {
	v := reflect.Indirect(reflect.ValueOf(overlay))
	if v.Kind() != reflect.Struct || !v.FieldByName("Content").IsValid() {
		return overlay
	}
	content, _ := v.FieldByName("Content").Interface().(fyne.CanvasObject)
	return content
}

// scrollsTo looks for o in that tree. Of the widgets of this house only a block has something in it that takes the keyboard.
func scrollsTo(tree, o fyne.CanvasObject) (found bool, around []*container.Scroll) {
	switch {
	case tree == o:
		return true, nil
	case tree == nil || !tree.Visible():
		return false, nil
	}
	switch t := tree.(type) {
	case *fyne.Container:
		for _, child := range t.Objects {
			if found, around = scrollsTo(child, o); found {
				return true, around
			}
		}
	case *CodeBlock:
		return t.act != nil && t.act == o, nil
	case *widget.PopUp:
		return scrollsTo(t.Content, o)
	case *container.Scroll:
		found, around = scrollsTo(t.Content, o)
		if found {
			around = append(around, t)
		}
	}
	return found, around
}
