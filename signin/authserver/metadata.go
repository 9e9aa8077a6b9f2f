package authserver

import "net/http"

const (
	pathMetadata = "/.well-known/oauth-authorization-server"
	pathOpenID   = "/.well-known/openid-configuration"
	pathKeys     = "/.well-known/jwks.json"
)

// metadata is what a client must know of this server (RFC 8414 §2).
type metadata struct {
	Issuer            string   `json:"issuer"`
	Authorize         string   `json:"authorization_endpoint"`
	Token             string   `json:"token_endpoint"`
	Register          string   `json:"registration_endpoint"`
	Revoke            string   `json:"revocation_endpoint"`
	Responses         []string `json:"response_types_supported"`
	Modes             []string `json:"response_modes_supported"`
	Grants            []string `json:"grant_types_supported"`
	Profiles          []string `json:"authorization_grant_profiles_supported,omitempty"`
	Methods           []string `json:"token_endpoint_auth_methods_supported"`
	RevokeMethods     []string `json:"revocation_endpoint_auth_methods_supported"`
	Challenges        []string `json:"code_challenge_methods_supported"`
	Scopes            []string `json:"scopes_supported"`
	NamesIssuer       bool     `json:"authorization_response_iss_parameter_supported"`
	ReadsDocuments    bool     `json:"client_id_metadata_document_supported"`
	Keys              string   `json:"jwks_uri,omitempty"`
	SubjectTypes      []string `json:"subject_types_supported,omitempty"`
	IDTokenAlgorithms []string `json:"id_token_signing_alg_values_supported,omitempty"`
}

// serveMetadata answers at both well-known paths. There is none below them: the issuer has no path,
// and a document whose issuer is not the one that was asked for would be refused.
func (s *Server) serveMetadata(w http.ResponseWriter, r *http.Request) {
	issuer := s.issuer(r)
	methods := []string{methodNone, methodBasic, methodPost}
	m := metadata{
		Issuer: issuer, Authorize: issuer + "/authorize", Token: issuer + "/token",
		Register: issuer + "/register", Revoke: issuer + "/revoke",
		Responses: []string{"code"}, Modes: []string{"query"}, Grants: []string{"authorization_code", "refresh_token"},
		Methods: methods, RevokeMethods: methods, Challenges: []string{"S256"},
		Scopes: []string{"mcp", "offline_access"}, NamesIssuer: true, ReadsDocuments: true,
	}
	if len(s.providers()) > 0 {
		m.Grants, m.Profiles = append(m.Grants, grantJWT), []string{profileAssertion}
	}
	if r.URL.Path == pathOpenID { // what OpenID Connect Discovery requires; no ID token is ever issued
		m.Keys, m.SubjectTypes, m.IDTokenAlgorithms = issuer+pathKeys, []string{"public"}, []string{"RS256"}
	}
	writeJSON(w, http.StatusOK, m)
}

// serveKeys answers that this server signs nothing that others could check.
func (s *Server) serveKeys(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, map[string][]string{"keys": {}})
}
