package app

import (
	"errors"
	"time"

	"drawbridge/app/settings"
)

// Moment is the point of time that somebody writes: how long before now, such as 7d, or a date, perhaps with a clock time here.
func Moment(text string, now time.Time) (time.Time, error) {
	if ago, err := settings.ParseDuration(text); err == nil && ago >= 0 {
		return now.Add(-ago), nil
	}
	for _, layout := range []string{time.DateOnly, "2006-01-02T15:04", "2006-01-02T15:04:05", time.RFC3339} {
		if t, err := time.ParseInLocation(layout, text, time.Local); err == nil {
			return t, nil
		}
	}
	return time.Time{}, errors.New("write how long ago, such as 90m or 30d, or a time such as 2026-11-29 or 2026-11-29T14:30")
}
