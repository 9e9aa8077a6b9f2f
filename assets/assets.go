// Package assets holds the icons and fonts that the program carries inside itself.
//
// The fonts are under the SIL Open Font License, the icons in icons under the MIT license of Phosphor;
// both texts lie beside the files. The mark, the tray icons and the application's icon are our own.
package assets

import "embed"

//go:generate rsvg-convert -w 512 icon.svg -o icon.png
//go:generate rsvg-convert -w 64 tray/raised.svg -o tray/raised.png
//go:generate rsvg-convert -w 64 tray/lowered.svg -o tray/lowered.png
//go:generate rsvg-convert -w 64 tray/in-use.svg -o tray/in-use.png
//go:generate rsvg-convert -w 64 tray/needs-you.svg -o tray/needs-you.png

// Icon is the application's icon: a PNG of 512 by 512 pixels.
//
//go:embed icon.png
var Icon []byte

// The mark in one colour, as SVG: a gate tower with its bridge up and down.
var (
	//go:embed mark-raised.svg
	MarkRaised []byte
	//go:embed mark-lowered.svg
	MarkLowered []byte
)

// Icons holds icons/NAME.svg, each filled with one colour.
//
//go:embed icons/*.svg
var Icons embed.FS

// Tray holds tray/raised.png, tray/lowered.png, tray/in-use.png and tray/needs-you.png, 64 by 64 pixels.
//
//go:embed tray/*.png
var Tray embed.FS

// Text in Inter, and in JetBrains Mono where columns matter.
var (
	//go:embed fonts/Inter-Regular.otf
	Regular []byte
	//go:embed fonts/Inter-Medium.otf
	Medium []byte
	//go:embed fonts/Inter-SemiBold.otf
	SemiBold []byte
	//go:embed fonts/JetBrainsMono-Regular.ttf
	Mono []byte
)
