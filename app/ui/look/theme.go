// Package look is how Drawbridge looks: the theme, and the small widgets that its pages are made of.
//
// Nothing here knows of servers or agents. Widgets re-read their colours from the theme when they are
// refreshed, so they follow a change from light to dark. All of it belongs to Fyne's goroutine.
package look

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"drawbridge/assets"
)

// Mode says whether the theme is light or dark. The zero Mode follows the system.
type Mode int

const (
	System Mode = iota
	Light
	Dark
)

// Theme is the house's fyne.Theme. What it does not name is Fyne's own.
type Theme struct {
	mode                             Mode
	light, dark                      palette
	regular, medium, bold, monospace fyne.Resource
}

var _ fyne.Theme = (*Theme)(nil)

// NewTheme makes the theme, in the given mode for good.
func NewTheme(m Mode) *Theme {
	return &Theme{
		mode: m, light: light(), dark: dark(),
		regular:   fyne.NewStaticResource("Inter-Regular.otf", assets.Regular),
		medium:    fyne.NewStaticResource("Inter-Medium.otf", assets.Medium),
		bold:      fyne.NewStaticResource("Inter-SemiBold.otf", assets.SemiBold),
		monospace: fyne.NewStaticResource("JetBrainsMono-Regular.ttf", assets.Mono),
	}
}

// Color is a colour in the mode of the theme; v decides where the mode is System.
func (t *Theme) Color(name fyne.ThemeColorName, v fyne.ThemeVariant) color.Color {
	switch t.mode {
	case Light:
		v = theme.VariantLight
	case Dark:
		v = theme.VariantDark
	}
	p := t.light
	if v == theme.VariantDark {
		p = t.dark
	}
	if c, ok := p[name]; ok {
		return c
	}
	return theme.DefaultTheme().Color(name, v)
}

// Font is Inter, or JetBrains Mono for what is monospaced.
func (t *Theme) Font(s fyne.TextStyle) fyne.Resource {
	switch {
	case s.Symbol:
		return theme.DefaultTheme().Font(s)
	case s.Monospace:
		return t.monospace
	case s.Bold:
		return t.bold
	}
	return t.regular
}

// Icon is Fyne's own, which only its widgets ask for.
func (t *Theme) Icon(name fyne.ThemeIconName) fyne.Resource { return theme.DefaultTheme().Icon(name) }

// Size is a length or a text size in Fyne's pixels, which the scale of the screen multiplies.
func (t *Theme) Size(name fyne.ThemeSizeName) float32 {
	switch name {
	case theme.SizeNameText:
		return 13
	case theme.SizeNameCaptionText:
		return 11.5
	case theme.SizeNameSubHeadingText:
		return 15
	case theme.SizeNameHeadingText:
		return 22
	case theme.SizeNamePadding, theme.SizeNameLineSpacing:
		return 4
	case theme.SizeNameInnerPadding:
		return 8
	case theme.SizeNameInlineIcon:
		return 18
	case theme.SizeNameInputRadius, theme.SizeNameButtonRadius, theme.SizeNameSelectionRadius:
		return 7
	case theme.SizeNameMenuRadius:
		return 9
	case theme.SizeNameCardRadius, theme.SizeNamePopupRadius, theme.SizeNameDialogRadius:
		return 12
	case theme.SizeNameScrollBar:
		return 10
	case theme.SizeNameScrollBarSmall, theme.SizeNameModalBlurRadius:
		return 4
	}
	return theme.DefaultTheme().Size(name)
}

// Medium is Inter between regular and bold, which Fyne's text styles cannot name.
func (t *Theme) Medium() fyne.Resource { return t.medium }

// medium is the medium font of the theme as it is now; nil, which is the regular one, where it has none.
func medium() fyne.Resource {
	if t, ok := theme.Current().(interface{ Medium() fyne.Resource }); ok {
		return t.Medium()
	}
	return nil
}

// shade is a theme colour as it is now.
func shade(name fyne.ThemeColorName) color.Color {
	if name == "" {
		return color.Transparent
	}
	return theme.Color(name)
}
