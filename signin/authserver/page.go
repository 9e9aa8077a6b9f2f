package authserver

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"net/http"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"drawbridge/assets"
)

var (
	//go:embed pages.html
	pagesText string
	//go:embed pages.css
	styleText string
)

// pages are what people see in a browser. They need no script, and run none.
type pages struct {
	templates *template.Template
	policy    string
}

type choice struct{ Value, Name string }

// consentView is the page on which the person at the browser agrees.
type consentView struct {
	Flow, CSRF string
	Asked      Pending
	Redirect   string
	Providers  []choice
}

// waitingView is the page that waits for the owner.
type waitingView struct {
	Asked    Pending
	SignedIn bool
}

// messageView is a page that leads on, or tells what failed.
type messageView struct {
	Heading string
	Text    string
	Next    template.URL // where to go on; "" is nowhere
}

func newPages() (*pages, error) {
	t, err := template.New("pages").Funcs(template.FuncMap{
		"style":    func() template.CSS { return template.CSS(styleText) },
		"mark":     func() template.HTML { return template.HTML(assets.MarkLowered) },
		"sentence": sentence,
	}).Parse(pagesText)
	if err != nil {
		return nil, err
	}
	// The hash is that of the style element's whole text.
	sum := sha256.Sum256([]byte(styleText))
	return &pages{t, "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
		"'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"}, nil
}

// sentence makes one of what a program says: errors begin small, and end without a stop.
func sentence(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	if size == 0 {
		return ""
	}
	return string(unicode.ToUpper(first)) + strings.TrimSuffix(text[size:], ".") + "."
}

func (p *pages) consent(w http.ResponseWriter, v consentView) {
	p.show(w, http.StatusOK, "consent", "", v)
}

// waiting shows a page that asks again every few seconds.
func (p *pages) waiting(w http.ResponseWriter, v waitingView) {
	p.show(w, http.StatusOK, "waiting", "3", v)
}

// leaving shows a page that leads the browser elsewhere, at once if there is nothing to read.
func (p *pages) leaving(w http.ResponseWriter, heading, text, next string) {
	seconds := "0"
	if text != "" {
		seconds = "4"
	}
	p.show(w, http.StatusOK, "leaving", seconds+"; url="+next, messageView{heading, text, template.URL(next)})
}

// failed shows what is wrong, and a link back to the client if next says where that is.
func (p *pages) failed(w http.ResponseWriter, status int, text, next string) {
	p.show(w, status, "failed", "", messageView{"This did not work", text, template.URL(next)})
}

// show answers with a page. refresh is the header that makes browsers go on by themselves; it has no quoting
// that an address could break out of.
func (p *pages) show(w http.ResponseWriter, status int, name, refresh string, v any) {
	var body bytes.Buffer
	if err := p.templates.ExecuteTemplate(&body, name, v); err != nil {
		http.Error(w, "internal error", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(body.Len()))
	h.Set("Content-Security-Policy", p.policy)
	h.Set("X-Frame-Options", "DENY")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	if refresh != "" {
		h.Set("Refresh", refresh)
	}
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes()) // whoever has gone gets nothing
}
