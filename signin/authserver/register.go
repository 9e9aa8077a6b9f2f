package authserver

import (
	"crypto/rand"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"slices"
	"time"
)

// registration is what a client says of itself (RFC 7591 §2), when it registers or in its document.
// What is not here is ignored.
type registration struct {
	Name      string   `json:"client_name,omitempty"`
	Redirects []string `json:"redirect_uris"`
	Method    string   `json:"token_endpoint_auth_method,omitempty"`
	Grants    []string `json:"grant_types,omitempty"`
	Responses []string `json:"response_types,omitempty"`
}

// Ways in which a client may authenticate.
const (
	methodNone  = "none"
	methodBasic = "client_secret_basic"
	methodPost  = "client_secret_post"
)

const maxRegistration = 16 << 10 // bytes

// serveRegister registers a client (RFC 7591). That opens nothing: the owner is asked later.
func (s *Server) serveRegister(w http.ResponseWriter, r *http.Request) {
	var asked registration
	if err := readRegistration(r, &asked); err != nil {
		s.answerProblem(w, r, problemOf(err))
		return
	}
	if asked.Method == "" {
		asked.Method = methodBasic // RFC 7591 §2
	}
	c, err := asked.client()
	if err != nil {
		s.answerProblem(w, r, problemOf(err))
		return
	}
	c.ID, c.Created = newID(), time.Now().UTC()
	answer := map[string]any{
		"client_id": c.ID, "client_id_issued_at": c.Created.Unix(), "redirect_uris": c.Redirects,
		"token_endpoint_auth_method": asked.Method, "response_types": []string{"code"}, "grant_types": c.GetGrantTypes(),
	}
	if c.Name != "" {
		answer["client_name"] = c.Name
	}
	if asked.Method != methodNone {
		secret := rand.Text() + rand.Text()
		c.Secret = s.keys.digest(secret)
		answer["client_secret"], answer["client_secret_expires_at"] = secret, 0
	}
	if err := s.store.addClient(c, s.index.clients()); err != nil {
		s.log.Error("register a client", "error", err)
		s.answerProblem(w, r, problemOf(err))
		return
	}
	writeJSON(w, http.StatusCreated, answer)
}

func readRegistration(r *http.Request, v *registration) error {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return invalidMetadata("send the metadata as application/json")
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxRegistration+1))
	if err != nil || len(body) > maxRegistration {
		return invalidMetadata("the metadata is cut short, or longer than 16 KiB")
	}
	if err := json.Unmarshal(body, v); err != nil {
		return invalidMetadata("the metadata is not the JSON object that RFC 7591 describes")
	}
	return nil
}

// client checks a registration and returns the client that it makes, without an id.
func (a registration) client() (*client, error) {
	if len(a.Redirects) == 0 || len(a.Redirects) > maxRedirects {
		return nil, &problem{code: "invalid_redirect_uri", reason: "a client has 1 to 16 redirects"}
	}
	for _, redirect := range a.Redirects {
		if err := checkRedirect(redirect); err != nil {
			return nil, &problem{code: "invalid_redirect_uri", reason: err.Error()}
		}
	}
	if !slices.Contains([]string{methodNone, methodBasic, methodPost}, a.Method) {
		return nil, invalidMetadata("this bridge knows the authentication methods none, client_secret_basic and client_secret_post")
	}
	if len(a.Grants) > 0 && !slices.Contains(a.Grants, "authorization_code") && !slices.Contains(a.Grants, grantJWT) {
		return nil, invalidMetadata("a client uses the grant type authorization_code")
	}
	if len(a.Responses) > 0 && !slices.Contains(a.Responses, "code") {
		return nil, invalidMetadata("a client uses the response type code")
	}
	// A client that does not say gets a refresh token all the same: many forget to ask for one.
	refreshes := len(a.Grants) == 0 || slices.Contains(a.Grants, "refresh_token")
	return &client{Name: plainName(a.Name), Redirects: slices.Compact(slices.Sorted(slices.Values(a.Redirects))), Refreshes: refreshes}, nil
}

func invalidMetadata(reason string) *problem {
	return &problem{code: "invalid_client_metadata", reason: reason}
}
