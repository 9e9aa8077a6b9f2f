// Package govalidator is what fosite needs of the module of this name, which compiles 80 regular expressions at each
// start of the program for it.
package govalidator

import "net/url"

// IsRequestURL says whether raw is an absolute URI, as net/url reads those of requests.
func IsRequestURL(raw string) bool {
	u, err := url.ParseRequestURI(raw)
	return err == nil && u.Scheme != ""
}
