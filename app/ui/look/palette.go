package look

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// The colours of the house, beside those that Fyne names. They are looked up in the theme like Fyne's own.
const (
	Ground  = theme.ColorNameBackground // behind everything
	Ink     = theme.ColorNameForeground // text
	Muted   = theme.ColorNamePlaceHolder
	Accent  = theme.ColorNamePrimary
	Sidebar = fyne.ThemeColorName("sidebar")
	Paper   = fyne.ThemeColorName("paper") // a card
	Line    = fyne.ThemeColorName("line")  // its edge
	Well    = fyne.ThemeColorName("well")  // what is set into a card: code, a plain button
	Picked  = fyne.ThemeColorName("picked")
	Veil    = fyne.ThemeColorName("veil") // the shade of a card on the ground
)

// Tone is what a colour says. The zero Tone says nothing.
type Tone int

const (
	Quiet Tone = iota
	Busy       // something is under way
	Good
	Warn
	Bad
)

// Strong is the tone's colour for text and marks, Soft the one for what lies behind them.
func (t Tone) Strong() fyne.ThemeColorName { return t.names()[0] }

// Soft is the colour behind a text in the tone's strong colour.
func (t Tone) Soft() fyne.ThemeColorName { return t.names()[1] }

func (t Tone) names() [2]fyne.ThemeColorName {
	switch t {
	case Busy:
		return [2]fyne.ThemeColorName{"busy", "busy-soft"}
	case Good:
		return [2]fyne.ThemeColorName{theme.ColorNameSuccess, "good-soft"}
	case Warn:
		return [2]fyne.ThemeColorName{theme.ColorNameWarning, "warn-soft"}
	case Bad:
		return [2]fyne.ThemeColorName{theme.ColorNameError, "bad-soft"}
	}
	return [2]fyne.ThemeColorName{"quiet", "quiet-soft"}
}

type palette map[fyne.ThemeColorName]color.NRGBA

func rgb(hex uint32) color.NRGBA { return rgba(hex, 0xff) }

func rgba(hex uint32, alpha uint8) color.NRGBA {
	return color.NRGBA{R: uint8(hex >> 16), G: uint8(hex >> 8), B: uint8(hex), A: alpha}
}

func light() palette {
	return palette{
		Ground: rgb(0xf5f6f8), Sidebar: rgb(0xebedf1), Paper: rgb(0xffffff), Line: rgb(0xe2e5ea),
		Well: rgb(0xf1f3f6), Picked: rgb(0xdfe5fb), Veil: rgba(0x1b2333, 0x14),
		Ink: rgb(0x161a22), Muted: rgb(0x5a6474), Accent: rgb(0x3d57d8),

		"quiet": rgb(0x556071), "quiet-soft": rgb(0xe9ecf0),
		"busy": rgb(0x3450d1), "busy-soft": rgb(0xe4e9fd),
		theme.ColorNameSuccess: rgb(0x0b7447), "good-soft": rgb(0xdaf2e6),
		theme.ColorNameWarning: rgb(0x8a5000), "warn-soft": rgb(0xfcecd0),
		theme.ColorNameError: rgb(0xba2733), "bad-soft": rgb(0xfce3e4),

		theme.ColorNameForegroundOnPrimary: rgb(0xffffff),
		theme.ColorNameForegroundOnSuccess: rgb(0xffffff),
		theme.ColorNameForegroundOnWarning: rgb(0xffffff),
		theme.ColorNameForegroundOnError:   rgb(0xffffff),

		theme.ColorNameButton:              rgb(0xe9ecf0),
		theme.ColorNameDisabledButton:      rgb(0xf1f3f6),
		theme.ColorNameDisabled:            rgb(0x9aa3b0),
		theme.ColorNameHover:               rgba(0x1b2333, 0x0c),
		theme.ColorNamePressed:             rgba(0x1b2333, 0x1a),
		theme.ColorNameFocus:               rgba(0x3d57d8, 0xc0),
		theme.ColorNameSelection:           rgba(0x3d57d8, 0x33),
		theme.ColorNameHyperlink:           rgb(0x3d57d8),
		theme.ColorNameInputBackground:     rgb(0xffffff),
		theme.ColorNameInputBorder:         rgb(0x808a9b),
		theme.ColorNameMenuBackground:      rgb(0xffffff),
		theme.ColorNameOverlayBackground:   rgb(0xffffff),
		theme.ColorNameHeaderBackground:    rgb(0xf5f6f8),
		theme.ColorNameSeparator:           rgb(0xe6e9ee),
		theme.ColorNameScrollBar:           rgba(0x1b2333, 0x40),
		theme.ColorNameScrollBarBackground: rgba(0x1b2333, 0x08),
		theme.ColorNameShadow:              rgba(0x1b2333, 0x30),
	}
}

func dark() palette {
	return palette{
		Ground: rgb(0x101217), Sidebar: rgb(0x15181e), Paper: rgb(0x1a1d25), Line: rgb(0x292e38),
		Well: rgb(0x232731), Picked: rgb(0x272f52), Veil: rgba(0x000000, 0x50),
		Ink: rgb(0xe9ebf0), Muted: rgb(0x9aa4b4), Accent: rgb(0x8298ff),

		"quiet": rgb(0xa3adbc), "quiet-soft": rgb(0x282d37),
		"busy": rgb(0x9badff), "busy-soft": rgb(0x262d4c),
		theme.ColorNameSuccess: rgb(0x46cf92), "good-soft": rgb(0x16342a),
		theme.ColorNameWarning: rgb(0xf1b04c), "warn-soft": rgb(0x3a2d17),
		theme.ColorNameError: rgb(0xff8087), "bad-soft": rgb(0x40212a),

		theme.ColorNameForegroundOnPrimary: rgb(0x0d1020),
		theme.ColorNameForegroundOnSuccess: rgb(0x0b1a13),
		theme.ColorNameForegroundOnWarning: rgb(0x1c1204),
		theme.ColorNameForegroundOnError:   rgb(0x210609),

		theme.ColorNameButton:              rgb(0x282d37),
		theme.ColorNameDisabledButton:      rgb(0x20242c),
		theme.ColorNameDisabled:            rgb(0x667080),
		theme.ColorNameHover:               rgba(0xffffff, 0x0d),
		theme.ColorNamePressed:             rgba(0xffffff, 0x1a),
		theme.ColorNameFocus:               rgba(0x8298ff, 0xb0),
		theme.ColorNameSelection:           rgba(0x8298ff, 0x44),
		theme.ColorNameHyperlink:           rgb(0x8298ff),
		theme.ColorNameInputBackground:     rgb(0x14171d),
		theme.ColorNameInputBorder:         rgb(0x6b7587),
		theme.ColorNameMenuBackground:      rgb(0x20242d),
		theme.ColorNameOverlayBackground:   rgb(0x1d2129),
		theme.ColorNameHeaderBackground:    rgb(0x15181e),
		theme.ColorNameSeparator:           rgb(0x272c36),
		theme.ColorNameScrollBar:           rgba(0xffffff, 0x38),
		theme.ColorNameScrollBarBackground: rgba(0xffffff, 0x08),
		theme.ColorNameShadow:              rgba(0x000000, 0x78),
	}
}
